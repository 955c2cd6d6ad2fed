/**
 * Building expressions. Builders never fail: a mistake gives an `invalid` node, which passes through every later
 * builder; `program` reports it as Left.
 */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError } from '../value/error.js'
import { showShape, type Dims } from '../value/shape.js'
import { filledTensor, isTensor, type DType, type FloatType, type Tensor } from '../value/tensor.js'
import type { Distribution, Expr, Node, Op, Ops, Window } from './op.js'
import { holds } from './ops/shapes.js'
import { rulesOf } from './ops/table.js'
import { largest } from '../value/largest.js'

export type Arg = Expr | number

const invalid = (error: Ops['invalid']['error']): Expr =>
  Object.freeze({ op: 'invalid', args: [], attrs: { error }, dtype: 'f32', shape: [] })

/** a node, if its arguments suit the op; else an `invalid` node */
export const node = <K extends Op>(op: K, args: readonly Expr[], attrs: Ops[K]): Expr => {
  const wrong = args.find(a => a.op === 'invalid')
  if (wrong !== undefined) return wrong
  const aval = rulesOf(op).shape(attrs, args)
  return E.isLeft(aval)
    ? invalid(aval.left)
    : (Object.freeze({
        op,
        args,
        attrs,
        dtype: aval.right.dtype,
        shape: aval.right.shape
      } satisfies Node<K>) as Node<Op> as Expr)
}

// ---- leaves

/** a value given when the program runs */
export const input = (name: string, dtype: DType, shape: Dims): Expr => node('input', [], { name, dtype, shape })

/** a tensor known now, or one number repeated over the given shape */
export const constant = (
  value: number | Tensor,
  like: { readonly dtype: DType; readonly shape?: Dims } = { dtype: 'f32' }
): Expr =>
  isTensor(value) || holds(like.dtype, value)
    ? node('constant', [], { value: isTensor(value) ? value : filledTensor(like.dtype, like.shape ?? [], value) })
    : invalid(
        shapeError(
          ['constant'],
          `a number that ${like.dtype} has`,
          String(value),
          'cast the others to a type that has it'
        )
      )

/** 0, 1, 2, ... along an axis */
export const iota = (dtype: DType, shape: Dims, axis = shape.length - 1): Expr =>
  node('iota', [], { dtype, shape, axis })

// ---- broadcasting, as NumPy does: shapes are aligned at their ends, and sizes of 1 stretch

/** the same numbers, in row-major order, as another shape; sizes must have the same product */
export const reshape = (x: Expr, shape: Dims): Expr => (same(x.shape, shape) ? x : node('reshape', [x], { shape }))
const same = (a: Dims, b: Dims): boolean => a.length === b.length && a.every((n, i) => n === b[i])

const lift = (x: Arg, like: Expr): Expr => (typeof x === 'number' ? constant(x, { dtype: like.dtype }) : x)
const stretched = (shapes: readonly Dims[]): Dims => {
  const rank = largest(
    shapes.map(s => s.length),
    0
  )
  return Array.from({ length: rank }, (_, i) =>
    largest(
      shapes.map(s => s[i - rank + s.length] ?? 1),
      -Infinity
    )
  )
}

/** repeats axes of size 1 and adds leading axes, so that x has the given shape */
export const broadcast = (x: Expr, shape: Dims): Expr => {
  if (same(x.shape, shape)) return x
  const missing = Math.max(0, shape.length - x.shape.length)
  const wide = node('broadcast', [reshape(x, [...Array.from({ length: missing }, () => 1), ...x.shape])], { shape })
  // a broadcast constant is a larger constant
  return wide.op === 'broadcast' && x.op === 'constant' && x.attrs.value.data.length === 1
    ? constant(x.attrs.value.data[0] as number, { dtype: x.dtype, shape })
    : wide
}

/** turns numbers into constants with the element type of the others, then broadcasts all to one shape */
const aligned = (op: Op, args: readonly Arg[]): readonly Expr[] => {
  const exprs = args.filter(a => typeof a !== 'number')
  const like = exprs.at(-1)
  const no = (expected: string, got: string, hint: string): readonly Expr[] => [
    invalid(shapeError([op], expected, got, hint))
  ]
  if (like === undefined)
    return no(
      'at least one argument that is an expression',
      args.filter(a => typeof a === 'number').join(' and '),
      'use constant(number, like)'
    )
  const wrong = exprs.find(a => a.op === 'invalid')
  if (wrong !== undefined) return [wrong]
  const shape = stretched(exprs.map(e => e.shape))
  const fits = (s: Dims): boolean => s.every((n, i) => n === 1 || n === shape[i + shape.length - s.length])
  return exprs.every(e => fits(e.shape))
    ? args.map(a => (typeof a === 'number' ? constant(a, { dtype: like.dtype, shape }) : broadcast(a, shape)))
    : no('shapes that are equal, or 1, from the last axis on', exprs.map(e => showShape(e.shape)).join(' and '), '')
}

// ---- elementwise

const unary =
  (
    op:
      | 'neg'
      | 'abs'
      | 'sign'
      | 'floor'
      | 'sqrt'
      | 'exp'
      | 'log'
      | 'log1p'
      | 'expm1'
      | 'tanh'
      | 'erf'
      | 'sin'
      | 'cos'
      | 'stopGradient'
  ) =>
  (x: Expr): Expr =>
    node(op, [x], {})
/** -x */
export const neg = unary('neg')
/** |x|; the derivative at 0 is 0 */
export const abs = unary('abs')
/** -1, 0 or 1; the gradient is 0 */
export const sign = unary('sign')
/** the largest whole number that is at most x; the gradient is 0 */
export const floor = unary('floor')
/** the square root; NaN below 0. The derivative at 0 is infinite. */
export const sqrt = unary('sqrt')
/** e^x */
export const exp = unary('exp')
/** the natural logarithm; -Infinity at 0, NaN below */
export const log = unary('log')
/** log(1 + x), exact near 0 */
export const log1p = unary('log1p')
/** exp(x) - 1, exact near 0 */
export const expm1 = unary('expm1')
/** the hyperbolic tangent, (e^x - e^-x) / (e^x + e^-x) */
export const tanh = unary('tanh')
/** the error function, 2 / sqrt(pi) times the integral of exp(-s^2) from 0 to x */
export const erf = unary('erf')
/** the sine of x in radians */
export const sin = unary('sin')
/** the cosine of x in radians */
export const cos = unary('cos')
/** the value, with gradient 0 */
export const stopGradient = unary('stopGradient')
/**
 * the same numbers as another element type: any type can become f32 (rounded) or f64; u8 and bool can also become u32
 */
export const cast = (x: Expr, dtype: DType): Expr => (x.dtype === dtype ? x : node('cast', [x], { dtype }))

type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min' | 'pow' | 'equal' | 'less' | 'lessEqual'
const binary =
  (op: BinaryOp) =>
  (a: Arg, b: Arg): Expr =>
    node(op, aligned(op, [a, b]), {})
/** a + b, broadcast. @example add(mul(x, 2), 1) */
export const add = binary('add')
/** a - b, broadcast */
export const sub = binary('sub')
/** a b, number by number, broadcast; products of matrices are `matmul` */
export const mul = binary('mul')
/** a / b, broadcast */
export const div = binary('div')
/** the larger one, broadcast: NaN wins, and max(-0, +0) = +0; where both are equal each gets half of the gradient */
export const max = binary('max')
/** the smaller one, broadcast: NaN wins, and min(-0, +0) = -0; where both are equal each gets half of the gradient */
export const min = binary('min')
/**
 * a^b as IEEE 754 has it, broadcast: 1 where b is 0, NaN for a negative a and a b that is not whole. The derivative by b counts as 0
 * where a <= 0.
 */
export const pow = binary('pow')
/** whether a = b, as bool, broadcast; NaN equals nothing, -0 equals +0 */
export const equal = binary('equal')
/** whether a < b, as bool, broadcast; false beside NaN */
export const less = binary('less')
/** whether a <= b, as bool, broadcast; false beside NaN */
export const lessEqual = binary('lessEqual')
/** x^2 */
export const square = (x: Expr): Expr => mul(x, x)

/** `then` where the condition holds, else `otherwise` */
export const select = (condition: Expr, then: Arg, otherwise: Arg): Expr => {
  const like = typeof then === 'number' ? otherwise : then
  const values = typeof like === 'number' ? [then, otherwise] : [lift(then, like), lift(otherwise, like)]
  return node(
    'select',
    typeof like === 'number' ? aligned('select', values) : aligned('select', [condition, ...values]),
    {}
  )
}

// ---- reductions: the reduced axes stay, with size 1; without `axes`, all axes are reduced

const axesOf = (x: Expr, axes: Dims | undefined): Dims =>
  [...new Set((axes ?? x.shape.map((_, i) => i)).map(a => (a < 0 ? a + x.shape.length : a)))].sort((a, b) => a - b)
/**
 * The sum along the given axes (-1 is the last), or of all numbers. These axes stay, with size 1. The sum is computed
 * in f64 and rounded once.
 *
 * @example sum(x, [-1]) // [2, 3] -> [2, 1]
 */
export const sum = (x: Expr, axes?: Dims): Expr => node('sum', [x], { axes: axesOf(x, axes) })
/** the largest number; several equal largest numbers share the gradient equally */
export const reduceMax = (x: Expr, axes?: Dims): Expr => node('reduceMax', [x], { axes: axesOf(x, axes) })
/** the sum divided by the count, rounded once in all (numerics contract, section 1) */
export const mean = (x: Expr, axes?: Dims): Expr => {
  const n = axesOf(x, axes).reduce((p, a) => p * (x.shape[a] ?? 1), 1)
  return cast(div(sum(cast(x, 'f64'), axes), n), x.dtype)
}
/** the sum of everything, as a scalar */
export const total = (x: Expr): Expr => reshape(sum(x), [])

// ---- linear algebra and shape

/**
 * The product of matrices: [..., m, k] and [..., k, n] give [..., m, n]. The axes before the last two are equal; nothing is broadcast.
 */
export const matmul = (a: Expr, b: Expr): Expr => node('matmul', [a, b], {})
/** axes in another order: axis i of the result is axis permutation[i] of x; default: the reverse order */
export const transpose = (x: Expr, permutation: Dims = [...x.shape.keys()].reverse()): Expr =>
  permutation.every((p, i) => p === i) && permutation.length === x.shape.length
    ? x
    : node('transpose', [x], { permutation })
/** matrices with rows and columns exchanged: swaps the last two axes */
export const transposed = (x: Expr): Expr => {
  const r = x.shape.length
  return transpose(x, [...Array.from({ length: Math.max(0, r - 2) }, (_, i) => i), r - 1, r - 2])
}
/**
 * The part of the given shape that begins at `start`.
 *
 * @example slice(x, [0, 1], [2, 1]) // the second column of [2, 3]
 */
export const slice = (x: Expr, start: Dims, shape: Dims): Expr =>
  same(x.shape, shape) && start.length === shape.length && start.every(s => s === 0)
    ? x
    : node('slice', [x], { start, shape })
/** tensors joined along an axis (-1 is the last); the other sizes are equal */
export const concat = (xs: readonly Expr[], axis: number): Expr =>
  xs.length === 0
    ? invalid(shapeError(['concat'], 'at least one tensor', 'none'))
    : node('concat', xs, { axis: axis < 0 ? axis + (xs[0]?.shape.length ?? 0) : axis })
/** adds `low` copies of `value` before and `high` copies after each axis */
export const pad = (x: Expr, low: Dims, high: Dims, value = 0): Expr => node('pad', [x], { low, high, value })

// ---- indexing, images, randomness

/** rows by index: table [n, ...r] and index u32 [...i] give [...i, ...r] */
export const gather = (table: Expr, index: Expr): Expr => node('gather', [table, index], {})
/**
 * The adjoint of `gather`: values [...i, ...r] and index u32 [...i] give [rows, ...r]. Values of the same row are
 * added; an index past the end means the last row.
 */
export const scatterAdd = (values: Expr, index: Expr, rows: number): Expr =>
  node('scatterAdd', [values, index], { rows })
/** index u32 [...i] -> [...i, depth]: 1 at the place of the index and 0 elsewhere; all 0 where the index is past the end */
export const oneHot = (index: Expr, depth: number, dtype: FloatType = 'f32'): Expr =>
  node('oneHot', [index], { depth, dtype })

/** images [n, h, w, c] -> windows [n, oh, ow, kh, kw, c] */
export const windows = (
  x: Expr,
  size: Window['size'],
  stride: Window['stride'] = [1, 1],
  dilation: Window['dilation'] = [1, 1]
): Expr => node('windows', [x], { size, stride, dilation })
/** the adjoint of `windows`: adds overlapping windows */
export const unwindows = (x: Expr, window: Window, height: number, width: number): Expr =>
  node('unwindows', [x], { ...window, height, width })

/** a hash of the bits of x: 64 bits, as u32 [2] */
export const fingerprint = (x: Expr): Expr => node('fingerprint', [x], {})

/** the child key of this key for a number */
export const foldIn = (key: Expr, data: number): Expr => node('foldIn', [key], { data })
/**
 * Random numbers from a key (u32 [2], see `foldIn`); equal keys give equal numbers. 'bits' are u32, 'uniform' is f32 in
 * [0, 1), 'normal' is f32 with mean 0 and variance 1.
 */
export const random = (key: Expr, distribution: Distribution, shape: Dims): Expr =>
  node('random', [key], { distribution, shape })
