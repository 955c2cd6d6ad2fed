/** Every op as operators of ONNX: what no named operator is known for is written op by op, so every layer has a form. */
import type { Expr, Node, Op } from '../../expr/op.js'
import { settingError, type SettingError } from '../../value/error.js'
import { showShape, type Dims } from '../../value/shape.js'
import { allocate, filledTensor, numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { inOrder, isKnown, permuted, type Computed, type Held } from './graph.js'
import type { Size } from './sizes.js'
import {
  cast,
  commonOrder,
  computed,
  full,
  loose,
  looseSizes,
  numberByNumber,
  repeated,
  reshaped,
  type Scope
} from './values.js'

type Result = Computed | SettingError
type Row<K extends Op> = (node: Node<K>, s: Scope, args: readonly Held[]) => Result
const arg = (args: readonly Held[], i: number): Held => args[i] as Held

export const refusal = (expected: string, got: string, hint = ''): SettingError =>
  settingError([], expected, got, hint, 'unsuitable')
const refuse =
  (what: string) =>
  (n: Node<Op>): Result =>
    refusal('what ONNX has an operator for', n.op, what)

/** an operator that ONNX has, number by number */
const named =
  (type: string) =>
  (n: Node<Op>, s: Scope, args: readonly Held[]): Result =>
    numberByNumber(s, type, args, n, s.sizes(n as never))

/** a formula of one value, number by number; x is its name, and `one` a number of its type */
const formula =
  (f: (op: Scope['graph']['op'], x: string, one: (value: number) => string) => string) =>
  (n: Node<Op>, s: Scope, args: readonly Held[]): Result => {
    const order = commonOrder(args, n.shape.length)
    const x = loose(s, arg(args, 0), order)
    const name = f(s.graph.op, x, value => s.graph.number(n.dtype, value))
    return computed(name, n, looseSizes(args, s.sizes(n as never)), order)
  }
/** exact near 0, where log(1 + x) is not: x log(u) / (u - 1) with u = 1 + x rounded (Kahan) */
const log1p = formula((op, x, one) => {
  const u = op('Add', [x, one(1)])
  const quotient = op('Div', [op('Mul', [x, op('Log', [u])]), op('Sub', [u, one(1)])])
  const infinite = op('Equal', [u, one(Infinity)])
  return op('Where', [op('Equal', [u, one(1)]), x, op('Where', [infinite, u, quotient])])
})
/** exact near 0: (u - 1) x / log(u) with u = exp(x) rounded (Kahan) */
const expm1 = formula((op, x, one) => {
  const u = op('Exp', [x])
  const less = op('Sub', [u, one(1)])
  const quotient = op('Div', [op('Mul', [less, x]), op('Log', [u])])
  const far = op('Or', [op('Equal', [less, one(-1)]), op('Equal', [u, one(Infinity)])])
  return op('Where', [op('Equal', [u, one(1)]), x, op('Where', [far, less, quotient])])
})

/** a reduction of axes, which stay with size 1; opset 18 took the axes of all but ReduceSum from the attributes to the inputs */
export const reduced = (
  s: Scope,
  type: string,
  held: Held,
  from: readonly Size[],
  axes: readonly number[]
): Computed => {
  // an axis that is still to be repeated counts as often as it is meant to
  const wanted = from.map((n, i) => (axes.includes(i) || isKnown(held) ? n : (held.sizes[i] as Size)))
  const x = repeated(s, held, wanted)
  const stored = axes.map(a => x.order.indexOf(a)).sort((a, b) => a - b)
  const asInput = type === 'ReduceSum' || s.graph.opset >= 18
  const name = s.graph.op(type, asInput ? [x.name, s.graph.whole(stored)] : [x.name], {
    ...(asInput ? { noop_with_empty_axes: { int: 0 } } : { axes: { ints: stored } }),
    keepdims: { int: 1 }
  })
  return { ...x, name, sizes: wanted.map((n, i) => (axes.includes(i) ? 1 : n)) }
}
const reduction =
  (type: string) =>
  (n: Node<'sum' | 'reduceMax'>, s: Scope, args: readonly Held[]): Result =>
    n.attrs.axes.length === 0
      ? repeated(s, arg(args, 0), s.sizes(n))
      : reduced(s, type, arg(args, 0), s.sizes(n.args[0] as never), n.attrs.axes)

/** indices as int64, past the end the last row, as `gather` has them */
const indices = (s: Scope, h: Held, sizes: readonly Size[], rows: number): string =>
  isKnown(h)
    ? s.graph.known(
        {
          label: 'indices',
          tensor: tensorView(
            'u32',
            h.tensor.shape,
            numbersOf(h.tensor as Tensor<Dims, 'u32'>).map(i => Math.min(i, rows - 1))
          )
        },
        inOrder(sizes.length),
        false
      )
    : s.graph.op('Min', [full(s, h, sizes), s.graph.number('u32', rows - 1)])

const gather: Row<'gather'> = (n, s, args) => {
  const [table, index] = n.args as readonly [Expr, Expr]
  const rows = s.sizes(table)[0] as Size
  if (rows < 0) return refusal('a table whose rows are not the batch', showShape(table.shape))
  const at = indices(s, arg(args, 1), s.sizes(index), rows)
  const x = repeated(s, arg(args, 0), s.sizes(table))
  // with one axis of indices the order of the axes stays
  const one = index.shape.length === 1
  const source = one ? x : { ...x, name: full(s, x, x.sizes), order: inOrder(x.sizes.length) }
  const axis = source.order.indexOf(0)
  const name = s.graph.op('Gather', [source.name, at], { axis: { int: axis } })
  return computed(name, n, s.sizes(n), one ? source.order : undefined)
}

/** by numbers of rows and columns along two axes: [n, h, w, c] -> [n, oh, kh, ow, kw, c] */
const windows: Row<'windows'> = (n, s, args) => {
  const { size, stride, dilation } = n.attrs
  const x = full(s, arg(args, 0), s.sizes(n.args[0] as Expr))
  const along = (of: string, axis: number, i: 0 | 1): string => {
    const outputs = n.shape[1 + i] as number
    const places = Array.from({ length: outputs * size[i] }, (_, j) => {
      const [output, tap] = [Math.floor(j / size[i]), j % size[i]]
      return output * stride[i] + tap * dilation[i]
    })
    const tensor = tensorView('u32', [outputs, size[i]], Uint32Array.from(places))
    return s.graph.op('Gather', [of, s.graph.known({ label: 'windows', tensor }, [0, 1], false)], {
      axis: { int: axis }
    })
  }
  return computed(along(along(x, 1, 0), 3, 1), n, s.sizes(n), [0, 1, 3, 2, 4, 5])
}

/** windows added up by two products with matrices of 0 and 1: which place of which window is which place of the image */
const unwindows: Row<'unwindows'> = (n, s, args) => {
  const { size, stride, dilation, height, width } = n.attrs
  const [batch, oh, ow, kh, kw, c] = s.sizes(n.args[0] as Expr) as readonly [Size, Size, Size, Size, Size, Size]
  const matrix = (outputs: number, taps: number, places: number, i: 0 | 1): string => {
    const data = allocate(n.dtype, outputs * taps * places)
    for (let o = 0; o < outputs; o++)
      for (let t = 0; t < taps; t++) data[(o * taps + t) * places + o * stride[i] + t * dilation[i]] = 1
    const tensor = tensorView(n.dtype, [outputs * taps, places], data)
    return s.graph.known({ label: 'places', tensor }, [0, 1], false)
  }
  const x = full(s, arg(args, 0), s.sizes(n.args[0] as Expr), [0, 5, 2, 4, 1, 3])
  const rows = s.graph.op('MatMul', [reshaped(s, x, [batch, c, ow * kw, oh * kh]), matrix(oh, size[0], height, 0)])
  const back = s.graph.op('Transpose', [rows], { perm: { ints: [0, 1, 3, 2] } })
  const y = s.graph.op('MatMul', [back, matrix(ow, size[1], width, 1)])
  return computed(y, n, s.sizes(n), [0, 3, 1, 2])
}

const slice: Row<'slice'> = (n, s, args) => {
  const from = s.sizes(n.args[0] as Expr)
  const sizes = s.sizes(n)
  const axes = [...sizes.keys()].filter(i => sizes[i] !== from[i])
  if (axes.some(i => (from[i] as Size) < 0))
    return refusal('parts of examples, not of the batch', showShape(n.attrs.start))
  const x = repeated(s, arg(args, 0), from)
  const starts = axes.map(i => n.attrs.start[i] as number)
  const parts = [
    starts,
    axes.map((axis, i) => (starts[i] as number) + (sizes[axis] as Size)),
    axes.map(i => x.order.indexOf(i)),
    axes.map(() => 1)
  ]
  return { ...x, name: s.graph.op('Slice', [x.name, ...parts.map(s.graph.whole)]), sizes }
}

const pad: Row<'pad'> = (n, s, args) => {
  const { low, high, value } = n.attrs
  const from = s.sizes(n.args[0] as Expr)
  if (from.some((size, i) => size < 0 && (low[i] !== 0 || high[i] !== 0)))
    return refusal('padding of examples, not of the batch', showShape(low))
  const x = repeated(s, arg(args, 0), from)
  const pads = s.graph.whole([...permuted(low, x.order), ...permuted(high, x.order)])
  const name = s.graph.op('Pad', [x.name, pads, s.graph.number(n.dtype, value)], { mode: { text: 'constant' } })
  return { ...x, name, sizes: s.sizes(n) }
}

const concat: Row<'concat'> = (n, s, args) => {
  const order = commonOrder(args, n.shape.length)
  const parts = args.map((h, i) => full(s, h, s.sizes(n.args[i] as Expr), order))
  const name = s.graph.op('Concat', parts, { axis: { int: order.indexOf(n.attrs.axis) } })
  return computed(name, n, s.sizes(n), order)
}

const reshape: Row<'reshape'> = (n, s, args) => {
  const sizes = s.sizes(n)
  if (sizes.filter(k => k < 0).length > 1)
    return refusal(
      'a shape in which one axis counts examples',
      showShape(n.shape),
      'export it for one size of the batch'
    )
  const from = s.sizes(n.args[0] as Expr)
  const x = repeated(s, arg(args, 0), from)
  // axes of size 1 stand anywhere without a number being moved
  const moved = x.order.filter(axis => from[axis] !== 1)
  const stays = moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))
  return computed(reshaped(s, stays ? x.name : full(s, x, from), sizes), n, sizes)
}

const oneHot: Row<'oneHot'> = (n, s, args) => {
  const index = s.sizes(n.args[0] as Expr)
  const at = reshaped(s, full(s, arg(args, 0), index), [...index, 1])
  const places = tensorView(
    'u32',
    [n.attrs.depth],
    Uint32Array.from({ length: n.attrs.depth }, (_, i) => i)
  )
  const hit = s.graph.op('Equal', [at, s.graph.known({ label: 'places', tensor: places }, [0], false)])
  return computed(cast(s, hit, n.dtype), n, s.sizes(n))
}

const scatterAdd: Row<'scatterAdd'> = (n, s, args) => {
  const index = s.sizes(n.args[1] as Expr)
  const sizes = s.sizes(n)
  if (sizes.some(k => k < 0)) return refusal('a table without the batch', showShape(n.shape))
  const rows = reshaped(s, indices(s, arg(args, 1), index, n.attrs.rows), [...index, 1])
  const zeros = s.graph.known(
    { label: 'zeros', tensor: filledTensor(n.dtype, n.shape, 0) },
    inOrder(n.shape.length),
    false
  )
  const values = full(s, arg(args, 0), s.sizes(n.args[0] as Expr))
  return computed(s.graph.op('ScatterND', [zeros, rows, values], { reduction: { text: 'add' } }), n, sizes)
}

/** axes in another order are stored as they were */
const transpose: Row<'transpose'> = (n, s, args) => {
  const { permutation } = n.attrs
  const h = arg(args, 0)
  if (isKnown(h)) return computed(loose(s, h, permutation), n, s.sizes(n))
  return { ...h, sizes: permuted(h.sizes, permutation), order: h.order.map(axis => permutation.indexOf(axis)) }
}
/** the operator that needs the repeated numbers repeats them */
const broadcast: Row<'broadcast'> = (n, s, args) => {
  const h = arg(args, 0)
  return isKnown(h) ? repeated(s, h, s.sizes(n)) : h
}

const computedAlready: Row<'constant' | 'input'> = n => refusal('a value that is known before', n.op)

/** a row for each op; `input` and `constant` are values already, and known numbers are computed before */
export const ops: { readonly [K in Op]: Row<K> } = {
  input: computedAlready,
  constant: computedAlready,
  iota: n => refusal('counting along an axis of the examples', `an axis of the batch: ${showShape(n.shape)}`),
  invalid: n => settingError(n.attrs.error.path, n.attrs.error.expected, n.attrs.error.got, n.attrs.error.hint),
  neg: named('Neg'),
  abs: named('Abs'),
  sign: named('Sign'),
  floor: named('Floor'),
  sqrt: named('Sqrt'),
  exp: named('Exp'),
  log: named('Log'),
  log1p,
  expm1,
  tanh: named('Tanh'),
  erf: named('Erf'),
  sin: named('Sin'),
  cos: named('Cos'),
  cast: (n, s, args) => {
    const order = commonOrder(args, n.shape.length)
    return computed(cast(s, loose(s, arg(args, 0), order), n.dtype), n, looseSizes(args, s.sizes(n)), order)
  },
  stopGradient: (n, s, args) => repeated(s, arg(args, 0), s.sizes(n)),
  add: named('Add'),
  sub: named('Sub'),
  mul: named('Mul'),
  div: named('Div'),
  max: named('Max'),
  min: named('Min'),
  pow: named('Pow'),
  equal: named('Equal'),
  less: named('Less'),
  lessEqual: named('LessOrEqual'),
  select: named('Where'),
  sum: reduction('ReduceSum'),
  reduceMax: reduction('ReduceMax'),
  fingerprint: refuse('a fingerprint is for checks of a run'),
  matmul: (n, s, args) => {
    const parts = args.map((h, i) => full(s, h, s.sizes(n.args[i] as Expr)))
    return computed(s.graph.op('MatMul', parts), n, s.sizes(n))
  },
  reshape,
  transpose,
  broadcast,
  slice,
  concat,
  pad,
  gather,
  scatterAdd,
  oneHot,
  windows,
  unwindows,
  foldIn: refuse('random numbers are drawn in training only'),
  random: refuse('random numbers are drawn in training only'),
  // export.ts writes loops out first
  scan: refuse('a loop is written out step by step')
}
