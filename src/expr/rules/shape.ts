/** The shape rule of every op: what it takes and what it gives, or a typed error. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isSize, sameShape, showShape, sizeOf, type Dims } from '../../value/shape.js'
import { isFloat, isSound, type Aval, type DType } from '../../value/tensor.js'
import { showAval as show } from '../../value/text.js'
import type { Op, Ops, Window } from '../op.js'

export type ShapeRule<K extends Op> = (attrs: Ops[K], args: readonly Aval[]) => E.Either<ShapeError, Aval>

const all = (as: readonly Aval[]): string => as.map(show).join(' and ')
const no = (op: string, expected: string, got: string, hint = ''): E.Either<ShapeError, never> =>
  E.left(shapeError([op], expected, got, hint))
const arg = (args: readonly Aval[], i: number): Aval => args[i] as Aval
const at = (d: Dims, i: number): number => d[i] as number

const castHint = 'cast it first'
const float1 =
  (op: Op): ShapeRule<Op> =>
  (_, args) => {
    const x = arg(args, 0)
    return isFloat(x.dtype)
      ? E.right({ dtype: x.dtype, shape: x.shape })
      : no(op, 'floating-point numbers', show(x), castHint)
  }
const equalPair = (op: Op, a: Aval, b: Aval): E.Either<ShapeError, Aval> =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape)
    ? E.right(a)
    : no(op, 'two arguments of one element type and shape', all([a, b]), a.dtype === b.dtype ? '' : castHint)
const float2 =
  (op: Op): ShapeRule<Op> =>
  (_, args) => {
    const [a, b] = [arg(args, 0), arg(args, 1)]
    return isFloat(a.dtype) ? equalPair(op, a, b) : no(op, 'floating-point numbers', all(args), castHint)
  }
const compare =
  (op: Op): ShapeRule<Op> =>
  (_, args) =>
    E.map((a: Aval): Aval => ({ dtype: 'bool', shape: a.shape }))(equalPair(op, arg(args, 0), arg(args, 1)))
const reduce =
  (op: 'sum' | 'reduceMax'): ShapeRule<'sum' | 'reduceMax'> =>
  ({ axes }, args) => {
    const x = arg(args, 0)
    const rank = x.shape.length
    if (!isFloat(x.dtype)) return no(op, 'floating-point numbers', show(x), castHint)
    if (!axes.every((a, i) => Number.isInteger(a) && a >= 0 && a < rank && (i === 0 || a > at(axes, i - 1))))
      return no(op, `axes of ${show(x)}, rising`, showShape(axes))
    return E.right({ dtype: x.dtype, shape: x.shape.map((n, a) => (axes.includes(a) ? 1 : n)) })
  }
const sizes = (op: string, shape: Dims, aval: Aval): E.Either<ShapeError, Aval> =>
  shape.every(isSize) ? E.right(aval) : no(op, 'sizes that are positive whole numbers', showShape(shape))
/** whether an element type has this number: floats round, the others must have it exactly */
export const holds = (dtype: DType, x: number): boolean =>
  isFloat(dtype) || (Number.isInteger(x) && x >= 0 && x <= { u8: 0xff, u32: 0xffffffff, bool: 1 }[dtype])
const isKey = (a: Aval): boolean => a.dtype === 'u32' && sameShape(a.shape, [2])
const isIndex = (a: Aval): boolean => a.dtype === 'u32'

/** how many windows fit along an axis of n */
export const windowCount = (n: number, size: number, stride: number, dilation: number): number =>
  Math.floor((n - (size - 1) * dilation - 1) / stride) + 1
const windowsOf = (w: Window, h: number, wd: number): readonly [number, number] => [
  windowCount(h, w.size[0], w.stride[0], w.dilation[0]),
  windowCount(wd, w.size[1], w.stride[1], w.dilation[1])
]
const windowSizes = (w: Window): Dims => [...w.size, ...w.stride, ...w.dilation]

export const shapeRules: { readonly [K in Op]: ShapeRule<K> } = {
  input: ({ dtype, shape }) => sizes('input', shape, { dtype, shape }),
  constant: ({ value }) => {
    const { dtype, shape } = value
    return isSound(value) || !shape.every(isSize)
      ? sizes('constant', shape, { dtype, shape })
      : no('constant', `${dtype} storage that shape, stride and offset stay inside`, show(value), 'make it with tensor')
  },
  iota: ({ dtype, shape, axis }) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length)
      return no('iota', `an axis of ${showShape(shape)}`, String(axis))
    const last = Math.max(0, at(shape, axis) - 1)
    return dtype !== 'bool' && holds(dtype, last)
      ? sizes('iota', shape, { dtype, shape })
      : no('iota', `an element type that counts to ${last}`, dtype, 'use u32')
  },
  invalid: ({ error }) => E.left(error),

  neg: float1('neg'),
  abs: float1('abs'),
  sign: float1('sign'),
  floor: float1('floor'),
  sqrt: float1('sqrt'),
  exp: float1('exp'),
  log: float1('log'),
  log1p: float1('log1p'),
  expm1: float1('expm1'),
  tanh: float1('tanh'),
  erf: float1('erf'),
  sin: float1('sin'),
  cos: float1('cos'),
  cast: ({ dtype }, args) => {
    const x = arg(args, 0)
    const fits = isFloat(dtype) || (!isFloat(x.dtype) && dtype === 'u32')
    return fits
      ? E.right({ dtype, shape: x.shape })
      : no('cast', 'a cast to f32 or f64, or from bytes to u32', `${show(x)} to ${dtype}`)
  },
  stopGradient: (_, args) => E.right({ dtype: arg(args, 0).dtype, shape: arg(args, 0).shape }),

  add: float2('add'),
  sub: float2('sub'),
  mul: float2('mul'),
  div: float2('div'),
  max: float2('max'),
  min: float2('min'),
  pow: float2('pow'),
  equal: compare('equal'),
  less: compare('less'),
  lessEqual: compare('lessEqual'),
  select: (_, args) => {
    const [c, a, b] = [arg(args, 0), arg(args, 1), arg(args, 2)]
    return c.dtype === 'bool' && sameShape(c.shape, a.shape)
      ? equalPair('select', a, b)
      : no('select', 'a condition (bool) of the same shape as the two values', all(args))
  },

  sum: reduce('sum'),
  reduceMax: reduce('reduceMax'),

  matmul: (_, args) => {
    const [a, b] = [arg(args, 0), arg(args, 1)]
    const r = a.shape.length
    if (!isFloat(a.dtype) || a.dtype !== b.dtype)
      return no('matmul', 'two matrices of one floating-point type', all(args), castHint)
    return r >= 2 &&
      r === b.shape.length &&
      sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) &&
      a.shape[r - 1] === b.shape[r - 2]
      ? E.right({ dtype: a.dtype, shape: [...a.shape.slice(0, -1), at(b.shape, r - 1)] })
      : no('matmul', 'matrices [..., m, k] and [..., k, n]', all(args))
  },

  reshape: ({ shape }, args) => {
    const x = arg(args, 0)
    return sizeOf(shape) === sizeOf(x.shape)
      ? sizes('reshape', shape, { dtype: x.dtype, shape })
      : no('reshape', `a shape that holds ${sizeOf(x.shape)} numbers`, showShape(shape))
  },
  transpose: ({ permutation }, args) => {
    const x = arg(args, 0)
    const rank = x.shape.length
    return permutation.length === rank && x.shape.every((_, i) => permutation.includes(i))
      ? E.right({ dtype: x.dtype, shape: permutation.map(i => at(x.shape, i)) })
      : no('transpose', `each axis of ${show(x)} once`, showShape(permutation))
  },
  broadcast: ({ shape }, args) => {
    const x = arg(args, 0)
    return x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i] || n === 1)
      ? sizes('broadcast', shape, { dtype: x.dtype, shape })
      : no('broadcast', `a shape that differs from ${show(x)} only where that is 1`, showShape(shape))
  },
  slice: ({ start, shape }, args) => {
    const x = arg(args, 0)
    const ok = (s: number, i: number): boolean =>
      Number.isInteger(s) && s >= 0 && isSize(shape[i]) && s + at(shape, i) <= at(x.shape, i)
    return start.length === x.shape.length && shape.length === x.shape.length && start.every(ok)
      ? E.right({ dtype: x.dtype, shape })
      : no('slice', `a part of ${show(x)}`, `${showShape(shape)} from ${showShape(start)}`)
  },
  concat: ({ axis }, args) => {
    const x = arg(args, 0)
    const fits = (y: Aval): boolean =>
      y.dtype === x.dtype &&
      y.shape.length === x.shape.length &&
      y.shape.every((n, i) => i === axis || n === x.shape[i])
    return Number.isInteger(axis) && axis >= 0 && axis < x.shape.length && args.every(fits)
      ? E.right({
          dtype: x.dtype,
          shape: x.shape.map((n, i) => (i === axis ? args.reduce((s, y) => s + at(y.shape, axis), 0) : n))
        })
      : no('concat', `tensors that differ only along axis ${axis}`, all(args))
  },
  pad: ({ low, high, value }, args) => {
    const x = arg(args, 0)
    const ok = (d: Dims): boolean => d.length === x.shape.length && d.every(n => Number.isSafeInteger(n) && n >= 0)
    if (!holds(x.dtype, value)) return no('pad', `a number that ${x.dtype} has`, String(value))
    return ok(low) && ok(high)
      ? E.right({ dtype: x.dtype, shape: x.shape.map((n, i) => at(low, i) + n + at(high, i)) })
      : no(
          'pad',
          `a width of 0 or more before and after each axis of ${show(x)}`,
          `${showShape(low)} and ${showShape(high)}`
        )
  },

  gather: (_, args) => {
    const [table, index] = [arg(args, 0), arg(args, 1)]
    return table.shape.length >= 1 && isIndex(index)
      ? E.right({ dtype: table.dtype, shape: [...index.shape, ...table.shape.slice(1)] })
      : no('gather', 'a table [n, ...] and indexes (u32)', all(args))
  },
  scatterAdd: ({ rows }, args) => {
    const [values, index] = [arg(args, 0), arg(args, 1)]
    return isFloat(values.dtype) &&
      isIndex(index) &&
      sameShape(values.shape.slice(0, index.shape.length), index.shape) &&
      isSize(rows)
      ? E.right({ dtype: values.dtype, shape: [rows, ...values.shape.slice(index.shape.length)] })
      : no(
          'scatterAdd',
          'floating-point values [...i, ...r], indexes (u32) [...i] and a positive count of rows',
          `${all(args)}, ${rows}`
        )
  },
  oneHot: ({ depth, dtype }, args) => {
    const x = arg(args, 0)
    return isIndex(x) && isSize(depth)
      ? E.right({ dtype, shape: [...x.shape, depth] })
      : no('oneHot', 'indexes (u32) and a positive depth', `${show(x)}, ${depth}`)
  },

  windows: (w, args) => {
    const x = arg(args, 0)
    if (x.shape.length !== 4) return no('windows', 'images [n, h, w, c]', show(x))
    if (!windowSizes(w).every(isSize)) return no('windows', 'positive sizes', showShape(windowSizes(w)))
    const [oh, ow] = windowsOf(w, at(x.shape, 1), at(x.shape, 2))
    return oh > 0 && ow > 0
      ? E.right({ dtype: x.dtype, shape: [at(x.shape, 0), oh, ow, ...w.size, at(x.shape, 3)] })
      : no('windows', `images at least as large as the window ${showShape(w.size)}`, show(x))
  },
  unwindows: (w, args) => {
    const x = arg(args, 0)
    const [oh, ow] = windowsOf(w, w.height, w.width)
    if (![...windowSizes(w), w.height, w.width].every(isSize))
      return no('unwindows', 'positive sizes', showShape([...windowSizes(w), w.height, w.width]))
    return isFloat(x.dtype) && x.shape.length === 6 && sameShape(x.shape.slice(1, 5), [oh, ow, ...w.size])
      ? E.right({ dtype: x.dtype, shape: [at(x.shape, 0), w.height, w.width, at(x.shape, 5)] })
      : no('unwindows', `floating-point windows [n, ${oh}, ${ow}, ${w.size.join(', ')}, c]`, show(x))
  },

  fingerprint: (_, args) =>
    isFloat(arg(args, 0).dtype)
      ? E.right({ dtype: 'u32', shape: [2] })
      : no('fingerprint', 'floating-point numbers', show(arg(args, 0)), castHint),

  foldIn: ({ data }, args) =>
    isKey(arg(args, 0)) && data >>> 0 === data
      ? E.right({ dtype: 'u32', shape: [2] })
      : no('foldIn', 'a key (u32[2]) and a whole number below 2^32', `${show(arg(args, 0))}, ${data}`),
  random: ({ distribution, shape }, args) =>
    isKey(arg(args, 0))
      ? sizes('random', shape, { dtype: distribution === 'bits' ? 'u32' : 'f32', shape })
      : no('random', 'a key (u32[2])', show(arg(args, 0)))
}
