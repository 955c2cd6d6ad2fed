/** The backends by name, for whoever can send no function: a command line, a message to a thread. All of them give the same bits. */
import type { Backend } from './backend.js'
import { reference } from './reference/reference.js'
import { wasmThreads } from './wasm/wasm.js'

export const backends = {
  wasm: wasmThreads,
  reference: () => reference
} satisfies Readonly<Record<string, (threads: number) => Backend>>
export type BackendName = keyof typeof backends
/** used unless another is asked for */
export const defaultBackend: BackendName = 'wasm'
