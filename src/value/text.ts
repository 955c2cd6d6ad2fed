/** Short texts that errors, reports and files share. */
import { showShape } from './shape.js'
import type { Aval } from './tensor.js'

/** `f32[2, 3]` */
export const showAval = ({ dtype, shape }: Aval): string => `${dtype}${showShape(shape)}`

const encoder = new TextEncoder()
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** the message of a thrown value */
export const errorText = (e: unknown): string => (e instanceof Error ? e.message : String(e))

/** the system's code of an error (`ENOENT`), or its message if it has none */
export const errorCode = (e: unknown): string =>
  e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : errorText(e)
