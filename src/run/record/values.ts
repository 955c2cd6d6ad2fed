/** Two tensors number by number: how many differ, where, and by how many ulps. */
import { sameShape } from '../../value/shape.js'
import { numbersOf, type Tensor } from '../../value/tensor.js'
import { STEP, type Fingerprint } from '../../value/fingerprint.js'

/** a place where two tensors differ */
export interface NumberDifference {
  /** one index per axis */
  readonly index: readonly number[]
  readonly a: number
  readonly b: number
  /** how many floating-point numbers lie between them, one of the two counted: neighbours are 1 apart, -0 and +0 too */
  readonly ulps: number
}
export interface TensorDifference {
  /** how many numbers differ, of how many */
  readonly count: number
  readonly of: number
  readonly first: NumberDifference
  /** the one with the most ulps; the first of several */
  readonly largest: NumberDifference
}

const cell = new DataView(new ArrayBuffer(8))

/** the place of a number among all of its type, so that neighbours are 1 apart */
const rank32 = (x: number): number => {
  cell.setFloat32(0, x)
  const bits = cell.getInt32(0)
  return bits >= 0 ? bits : -1 - (bits & 0x7fffffff)
}
const rank64 = (x: number): bigint => {
  cell.setFloat64(0, x)
  const bits = cell.getBigInt64(0)
  return bits >= 0n ? bits : -1n - (bits & 0x7fffffffffffffffn)
}

/**
 * The distance of two numbers in units in the last place of their type: the count of steps from one representable number to the next.
 *
 * @example ulps('f32', 1, 1 + 2 / 2 ** 23) // 2
 */
export const ulps = (dtype: 'f32' | 'f64', a: number, b: number): number => {
  if (dtype === 'f32') return Math.abs(rank32(a) - rank32(b))
  const d = rank64(a) - rank64(b)
  return Number(d < 0n ? -d : d)
}

/** the index along each axis of the `i`th number in row-major order */
const indexAt = (shape: readonly number[], i: number): readonly number[] =>
  shape.reduceRight<{ readonly rest: number; readonly index: readonly number[] }>(
    ({ rest, index }, n) => ({ rest: Math.floor(rest / n), index: [rest % n, ...index] }),
    { rest: i, index: [] }
  ).index

/** Where two tensors of equal type and shape differ; undefined where all bits are equal. */
export const tensorDifference = (a: Tensor, b: Tensor): TensorDifference | undefined => {
  const [x, y] = [numbersOf(a), numbersOf(b)]
  const dtype = a.dtype === 'f64' ? 'f64' : 'f32'
  let count = 0
  let first: NumberDifference | undefined
  let largest: NumberDifference | undefined
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] as number, y[i] as number]
    if (Object.is(p, q)) continue
    count++
    const distance = ulps(dtype, p, q)
    if (largest !== undefined && distance <= largest.ulps) continue
    largest = { index: indexAt(a.shape, i), a: p, b: q, ulps: distance }
    first ??= largest
  }
  return first === undefined || largest === undefined ? undefined : { count, of: x.length, first, largest }
}

/** tensors by their names */
type Tensors = Readonly<Record<string, Tensor>>

/** the first tensor, in the order of `b`, that differs between two states; what one of them lacks, or has in another shape, is passed over */
export const firstDifference = (
  a: Tensors,
  b: Tensors
): { readonly at: string; readonly tensor: TensorDifference } | undefined => {
  for (const [at, right] of Object.entries(b)) {
    const left = a[at]
    const tensor =
      left?.dtype === right.dtype && sameShape(left.shape, right.shape) ? tensorDifference(left, right) : undefined
    if (tensor !== undefined) return { at, tensor }
  }
  return undefined
}

// ---- what a fingerprint tells of a tensor that is not at hand

const two64 = 1n << 64n
const two32 = 1n << 32n
const whole = ([low, high]: Fingerprint): bigint => (BigInt(high) << 32n) | BigInt(low)

/**
 * The one number whose change explains how a fingerprint differs: from tensor `b` and the fingerprint of a tensor `a` that is not at
 * hand. A change of word i by d moves the fingerprint by d k_i mod 2^64, and k_i and d are below 2^32, so k_i must divide the difference.
 * The smallest such d is taken.
 *
 * @returns undefined where no change of a single 32-bit word explains it: then more than one number differs
 */
export const singleDifference = (b: Tensor, ofB: Fingerprint, ofA: Fingerprint): NumberDifference | undefined => {
  const up = (whole(ofA) - whole(ofB) + two64) % two64
  const down = two64 - up
  const perNumber = b.dtype === 'f64' ? 2 : 1
  const numbers = numbersOf(b)
  const [plain, bytes] = [new Float64Array(numbers.length), new ArrayBuffer(8)]
  plain.set(numbers)
  const view = new DataView(bytes)
  const put = (x: number): void => (perNumber === 2 ? view.setFloat64(0, x, true) : view.setFloat32(0, x, true))
  let found: { readonly size: bigint; readonly i: number; readonly a: number } | undefined
  for (let w = 0; w < perNumber * numbers.length; w++) {
    const k = BigInt((Math.imul(w, STEP) | 1) >>> 0)
    for (const [d, sign] of [
      [up, 1n],
      [down, -1n]
    ] as const) {
      if (d % k !== 0n) continue
      const size = d / k
      if (size >= two32 || (found !== undefined && size >= found.size)) continue
      const i = Math.floor(w / perNumber)
      put(plain[i] as number)
      const at = 4 * (w % perNumber)
      const word = BigInt(view.getUint32(at, true)) + sign * size
      if (word < 0n || word >= two32) continue
      view.setUint32(at, Number(word), true)
      found = { size, i, a: perNumber === 2 ? view.getFloat64(0, true) : view.getFloat32(0, true) }
    }
  }
  if (found === undefined) return undefined
  const other = plain[found.i] as number
  return {
    index: indexAt(b.shape, found.i),
    a: found.a,
    b: other,
    ulps: ulps(perNumber === 2 ? 'f64' : 'f32', found.a, other)
  }
}
