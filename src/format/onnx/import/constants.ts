/** Numbers that a graph holds. */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../../value/error.js'
import { numbersFrom, widths } from '../../../value/bytes.js'
import { isSize, sizeOf, type Dims } from '../../../value/shape.js'
import { allocate, tensorView, type Tensor } from '../../../value/tensor.js'
import type { StoredTensor } from './decode.js'

/** numbers that weights may be, or whole numbers, which say sizes, axes and places */
export type Constant =
  | { readonly kind: 'float'; readonly tensor: Tensor }
  | { readonly kind: 'whole'; readonly dims: Dims; readonly numbers: readonly number[] }

const names: Readonly<Record<number, string>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  8: 'text',
  10: 'float16',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16'
}
const floats = { 1: 'f32', 11: 'f64' } as const
/** bytes of the whole numbers that are read: int32, int64, bool */
const wholes: Readonly<Record<number, number>> = { 6: 4, 7: 8, 9: 1 }

const rawWholes = (raw: Uint8Array, width: number): readonly number[] => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  return Array.from({ length: raw.length / width }, (_, i) =>
    width === 1 ? view.getUint8(i) : width === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true))
  )
}

/** the numbers of a stored tensor; Left for element types that no layer has, and for numbers that are not all there */
export const constantOf = (t: StoredTensor): E.Either<DecodeError, Constant> => {
  const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
    E.left(decodeError(['onnx', t.name], expected, got, hint))
  if (t.outside) return fail('numbers in the file itself', 'numbers in another file', 'save it as one file')
  if (!t.dims.every(n => n === 0 || isSize(n))) return fail('sizes', `[${t.dims.join(', ')}]`)
  const count = sizeOf(t.dims)
  const float = t.type === 1 || t.type === 11 ? floats[t.type] : undefined
  const width = float === undefined ? wholes[t.type] : widths[float]
  if (width === undefined)
    return fail('an element type of f32, f64, int32, int64 or bool', names[t.type] ?? `type ${t.type}`)
  const listed = float === 'f32' ? t.floats : float === 'f64' ? t.doubles : t.ints
  const stored = t.raw === undefined ? listed.length : t.raw.length / width
  if (t.raw !== undefined && t.floats.length + t.doubles.length + t.ints.length > 0)
    return fail('numbers once', 'raw ones and others')
  if (stored !== count) return fail(`${count} numbers, as in [${t.dims.join(', ')}]`, `${stored}`)
  if (float !== undefined)
    return E.right({
      kind: 'float',
      tensor: tensorView(float, t.dims, t.raw === undefined ? allocate(float, listed) : numbersFrom(float, t.raw))
    })
  return E.right({ kind: 'whole', dims: t.dims, numbers: t.raw === undefined ? listed : rawWholes(t.raw, width) })
}

/** the decimal number with as few digits as possible that is this f32: 1e-5, not 0.000009999999747378752 */
export const shortest = (x: number): number => {
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(x.toPrecision(digits))
    if (Object.is(Math.fround(short), Math.fround(x))) return short
  }
  return x
}
