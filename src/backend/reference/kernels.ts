/** The loops of the reference backend that ndarray-ops has no function for. Plain on purpose: they are the definition. */
import {
  numbersOf,
  permutedView,
  allocate,
  toTypedArray,
  tensorView,
  type DType,
  type FloatType,
  type Tensor
} from '../../value/tensor.js'
import { sizeOf, stridesOf, type Dims } from '../../value/shape.js'
import type { Window } from '../../expr/op.js'

const at = (d: Dims, i: number): number => d[i] as number

/** a tensor of its own with the same numbers, lying row-major */
export const copy = <D extends DType>(t: Tensor<Dims, D>): Tensor<Dims, D> =>
  tensorView(t.dtype, t.shape, toTypedArray(t))

/** f of every number; storing rounds once to the element type */
export const mapNumbers = (t: Tensor, f: (x: number) => number): Tensor => {
  const x = numbersOf(t)
  const out = allocate(t.dtype, x.length)
  for (let i = 0; i < x.length; i++) out[i] = f(x[i] as number)
  return tensorView(t.dtype, t.shape, out)
}

export const zipNumbers = (a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor => {
  const [x, y] = [numbersOf(a), numbersOf(b)]
  const out = allocate(a.dtype, x.length)
  for (let i = 0; i < x.length; i++) out[i] = f(x[i] as number, y[i] as number)
  return tensorView(a.dtype, a.shape, out)
}

export const select = (condition: Tensor, then: Tensor, otherwise: Tensor): Tensor => {
  const [c, x, y] = [numbersOf(condition), numbersOf(then), numbersOf(otherwise)]
  const out = allocate(then.dtype, c.length)
  for (let i = 0; i < c.length; i++) out[i] = (c[i] === 0 ? y[i] : x[i]) as number
  return tensorView(then.dtype, then.shape, out)
}

/** the reduced axes moved to the end: [outer, n] numbers, in row-major order of the reduced axes */
const rowsToReduce = (t: Tensor, axes: Dims): { readonly x: ArrayLike<number>; readonly n: number } => {
  const order = [...t.shape.keys()].filter(a => !axes.includes(a)).concat(axes)
  return { x: numbersOf(permutedView(t, order)), n: axes.reduce((p, a) => p * at(t.shape, a), 1) }
}

/** numerics contract, section 1: four f64 accumulators, element i to accumulator i mod 4, then (s0 + s2) + (s1 + s3), rounded once */
export const sum = (t: Tensor, axes: Dims, shape: Dims): Tensor => {
  const { x, n } = rowsToReduce(t, axes)
  const out = allocate(t.dtype, sizeOf(shape))
  for (let r = 0; r < out.length; r++) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    const end = (r + 1) * n
    let i = r * n
    for (; i + 3 < end; i += 4) {
      s0 += x[i] as number
      s1 += x[i + 1] as number
      s2 += x[i + 2] as number
      s3 += x[i + 3] as number
    }
    if (i < end) s0 += x[i] as number
    if (i + 1 < end) s1 += x[i + 1] as number
    if (i + 2 < end) s2 += x[i + 2] as number
    out[r] = s0 + s2 + (s1 + s3)
  }
  return tensorView(t.dtype, shape, out)
}

export const reduceMax = (t: Tensor, axes: Dims, shape: Dims): Tensor => {
  const { x, n } = rowsToReduce(t, axes)
  const out = allocate(t.dtype, sizeOf(shape))
  for (let r = 0; r < out.length; r++) {
    let m = x[r * n] as number
    for (let i = r * n + 1; i < (r + 1) * n; i++) m = Math.max(m, x[i] as number)
    out[r] = m
  }
  return tensorView(t.dtype, shape, out)
}

/** each element: acc = 0; for k in order: acc = round(acc + round(a[k] * b[k])); storing into f32 is the rounding */
export const matmul = (a: Tensor, b: Tensor, shape: Dims): Tensor => {
  const rank = shape.length
  const [m, n, k] = [at(shape, rank - 2), at(shape, rank - 1), at(a.shape, rank - 1)]
  const [x, y] = [numbersOf(a), numbersOf(b)]
  const out = allocate(a.dtype, sizeOf(shape))
  const single = a.dtype === 'f32'
  const batches = sizeOf(shape) / (m * n)
  for (let s = 0; s < batches; s++)
    for (let i = 0; i < m; i++) {
      const row = (s * m + i) * n
      for (let p = 0; p < k; p++) {
        const f = x[(s * m + i) * k + p] as number
        const col = (s * k + p) * n
        if (single)
          for (let j = 0; j < n; j++) out[row + j] = (out[row + j] as number) + Math.fround(f * (y[col + j] as number))
        else for (let j = 0; j < n; j++) out[row + j] = (out[row + j] as number) + f * (y[col + j] as number)
      }
    }
  return tensorView(a.dtype, shape, out)
}

export const iota = (dtype: DType, shape: Dims, axis: number): Tensor => {
  const out = allocate(dtype, sizeOf(shape))
  const step = at(stridesOf(shape), axis)
  for (let i = 0; i < out.length; i++) out[i] = Math.floor(i / step) % at(shape, axis)
  return tensorView(dtype, shape, out)
}

/** an index past the end means the last row, so that no index can read outside the table */
export const gather = (table: Tensor, index: Tensor, shape: Dims): Tensor => {
  const [x, at0] = [numbersOf(table), numbersOf(index)]
  const rows = at(table.shape, 0)
  const width = x.length / rows
  const out = allocate(table.dtype, sizeOf(shape))
  for (let i = 0; i < at0.length; i++) {
    const row = Math.min(at0[i] as number, rows - 1)
    out.set(x.subarray(row * width, (row + 1) * width), i * width)
  }
  return tensorView(table.dtype, shape, out)
}

/** values that meet are added in f64 in the order of the indexes, and rounded once */
export const scatterAdd = (values: Tensor, index: Tensor, rows: number, shape: Dims): Tensor => {
  const [x, at0] = [numbersOf(values), numbersOf(index)]
  const sums = new Float64Array(sizeOf(shape))
  const width = sums.length / rows
  for (let i = 0; i < at0.length; i++) {
    const row = Math.min(at0[i] as number, rows - 1)
    for (let j = 0; j < width; j++)
      sums[row * width + j] = (sums[row * width + j] as number) + (x[i * width + j] as number)
  }
  return tensorView(values.dtype, shape, allocate(values.dtype, sums))
}

/** an index past the end gives a row of zeros */
export const oneHot = (index: Tensor, depth: number, dtype: FloatType, shape: Dims): Tensor => {
  const at0 = numbersOf(index)
  const out = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < at0.length; i++) if ((at0[i] as number) < depth) out[i * depth + (at0[i] as number)] = 1
  return tensorView(dtype, shape, out)
}

/** every window of the images, as a view: strides do it all */
export const windows = (x: Tensor, w: Window, shape: Dims): Tensor => {
  const [sn, sh, sw, sc] = [at(x.stride, 0), at(x.stride, 1), at(x.stride, 2), at(x.stride, 3)]
  return { ...x, shape, stride: [sn, sh * w.stride[0], sw * w.stride[1], sh * w.dilation[0], sw * w.dilation[1], sc] }
}

/** the adjoint of `windows`: overlapping windows are added in f64, in row-major order of the windows, and rounded once */
export const unwindows = (x: Tensor, w: Window, shape: Dims): Tensor => {
  const [n, oh, ow, kh, kw, c] = [0, 1, 2, 3, 4, 5].map(i => at(x.shape, i)) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const [height, width] = [at(shape, 1), at(shape, 2)]
  const from = numbersOf(x)
  const sums = new Float64Array(sizeOf(shape))
  let i = 0
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let ky = 0; ky < kh; ky++)
          for (let kx = 0; kx < kw; kx++) {
            const to =
              ((b * height + oy * w.stride[0] + ky * w.dilation[0]) * width + ox * w.stride[1] + kx * w.dilation[1]) * c
            for (let ch = 0; ch < c; ch++) sums[to + ch] = (sums[to + ch] as number) + (from[i++] as number)
          }
  return tensorView(x.dtype, shape, allocate(x.dtype, sums))
}
