/** The type of every node once more, in the simplest words there are, to hold against the shape rules. */
import type { Op, Ops } from '../../src/expr/op.js'
import type { Aval, DType } from '../../src/value/tensor.js'

type Shape = readonly number[]
type Type<K extends Op> = (attrs: Ops[K], args: readonly Aval[]) => Aval

const aval = (dtype: DType, ...shape: Shape): Aval => ({ dtype, shape })
const first: Type<Op> = (_, [x]) => x as Aval
const truth: Type<Op> = (_, [x]) => ({ ...(x as Aval), dtype: 'bool' })
const given: Type<'input' | 'iota'> = ({ dtype, shape }) => aval(dtype, ...shape)
/** the first argument's, with another shape */
const reshaped =
  <K extends Op>(f: (shape: Shape, attrs: Ops[K], args: readonly Aval[]) => Shape): Type<K> =>
  (attrs, args) => ({ dtype: (args[0] as Aval).dtype, shape: f((args[0] as Aval).shape, attrs, args) })
const withOnes = reshaped<'sum' | 'reduceMax'>((s, { axes }) => s.map((n, a) => (axes.indexOf(a) < 0 ? n : 1)))

/** the last place of a window that starts at p */
const reach = (p: number, size: number, dilation: number): number => p + (size - 1) * dilation
/** how many starts 0, stride, 2 stride, ... leave the window inside n, by trying */
const starts = (n: number, size: number, stride: number, dilation: number): number =>
  Array.from({ length: n }, (_, i) => i * stride).filter(p => reach(p, size, dilation) < n).length

export const expectedType: { readonly [K in Op]: Type<K> } = {
  input: given,
  constant: ({ value }) => aval(value.dtype, ...value.shape),
  iota: given,
  invalid: () => aval('f32'),
  neg: first,
  abs: first,
  sign: first,
  floor: first,
  sqrt: first,
  exp: first,
  log: first,
  log1p: first,
  expm1: first,
  tanh: first,
  erf: first,
  sin: first,
  cos: first,
  cast: ({ dtype }, [x]) => ({ ...(x as Aval), dtype }),
  stopGradient: first,
  add: first,
  sub: first,
  mul: first,
  div: first,
  max: first,
  min: first,
  pow: first,
  equal: truth,
  less: truth,
  lessEqual: truth,
  select: (_, [, x]) => x as Aval,
  sum: withOnes,
  reduceMax: withOnes,
  matmul: reshaped((s, _, [, b]) => [...s.slice(0, -1), ...(b as Aval).shape.slice(-1)]),
  reshape: reshaped((_, { shape }) => shape),
  transpose: reshaped((s, { permutation }) => permutation.map(p => s[p] as number)),
  broadcast: reshaped((_, { shape }) => shape),
  slice: reshaped((_, { shape }) => shape),
  concat: reshaped((s, { axis }, args) =>
    s.map((n, i) => (i === axis ? args.map(a => a.shape[axis] as number).reduce((p, q) => p + q) : n))
  ),
  pad: reshaped((s, { low, high }) => s.map((n, i) => n + (low[i] as number) + (high[i] as number))),
  gather: reshaped((s, _, [, index]) => [...(index as Aval).shape, ...s.slice(1)]),
  scatterAdd: reshaped((s, { rows }, [, index]) => [rows, ...s.slice((index as Aval).shape.length)]),
  oneHot: ({ depth, dtype }, [index]) => aval(dtype, ...(index as Aval).shape, depth),
  windows: reshaped(([n = 0, h = 0, w = 0, c = 0], { size: [kh, kw], stride, dilation }) => [
    ...[n, starts(h, kh, stride[0], dilation[0]), starts(w, kw, stride[1], dilation[1])],
    ...[kh, kw, c]
  ]),
  unwindows: reshaped(([n = 0, , , , , c = 0], { height, width }) => [n, height, width, c]),
  fingerprint: () => aval('u32', 2),
  foldIn: () => aval('u32', 2),
  random: ({ distribution, shape }) => aval(distribution === 'bits' ? 'u32' : 'f32', ...shape),
  scan: ({ steps, body, result }) => {
    const { dtype, shape } = body.outputs[result] as Aval
    return result === 'output' ? aval(dtype, steps, ...shape) : aval(dtype, ...shape)
  }
}
