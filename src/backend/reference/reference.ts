/**
 * The reference backend: op by op on ndarrays with ndarray-ops. Its f32 results are the numerics contract: every stored number is
 * rounded once to its element type. It is the definition, not the fast way.
 */
import * as E from 'fp-ts/lib/Either.js'
import ndarray from 'ndarray'
import ops from 'ndarray-ops'
import { row, type Expr, type Node, type Op } from '../../expr/op.js'
import * as el from '../../value/elementary.js'
import { bits32At, foldInWords, normalAt, uniformAt, type Words } from '../../random/index.js'
import { fingerprintOf } from '../../value/fingerprint.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import {
  allocate,
  filledTensor,
  numbersOf,
  permutedView,
  repeatedView,
  tensorView,
  type DType,
  type Storage,
  type Tensor
} from '../../value/tensor.js'
import { backendError } from '../../value/error.js'
import { checkInputs, loopOfRuns, type Backend, type Executable } from '../backend.js'
import { withCanaries } from '../canaries.js'
import * as k from './kernels.js'
import { loopsOf, type Compute } from './loops.js'

type Nd = ndarray.NdArray<Storage[DType]>

/** the same storage, seen as an ndarray; a scalar has one axis, since ndarray-ops has no loop for none */
const nd = (t: Tensor): Nd =>
  t.shape.length === 0
    ? ndarray(t.data as Storage[DType], [1], [1], t.offset)
    : ndarray(t.data as Storage[DType], [...t.shape], [...t.stride], t.offset)

type Kernel<K extends Op> = (node: Node<K>, args: readonly Tensor[]) => Tensor
const arg = (args: readonly Tensor[], i: number): Tensor => args[i] as Tensor

/** a fresh tensor that f fills */
const filled = (dtype: DType, shape: Dims, f: (into: Nd) => void): Tensor => {
  const out = tensorView(dtype, shape, allocate(dtype, sizeOf(shape)))
  f(nd(out))
  return out
}
const one =
  (f: (into: Nd, x: Nd) => void) =>
  (n: Node<Op>, args: readonly Tensor[]): Tensor =>
    filled(n.dtype, n.shape, into => f(into, nd(arg(args, 0))))
const two =
  (f: (into: Nd, x: Nd, y: Nd) => void) =>
  (n: Node<Op>, args: readonly Tensor[]): Tensor =>
    filled(n.dtype, n.shape, into => f(into, nd(arg(args, 0)), nd(arg(args, 1))))
/** an elementary function: in f64, rounded once */
const elementary =
  (f: (x: number) => number) =>
  (_: Node<Op>, args: readonly Tensor[]): Tensor =>
    k.mapNumbers(arg(args, 0), f)

const sign = (x: number): number => (x > 0 ? 1 : x < 0 ? -1 : x)
const wordsOf = (t: Tensor): Words => {
  const w = numbersOf(t)
  return [w[0] as number, w[1] as number]
}
const draws = { bits: bits32At, uniform: uniformAt, normal: normalAt } as const

const kernels: { readonly [K in Exclude<Op, 'scan'>]: Kernel<K> } = {
  // inputs and invalid nodes never get here: inputs are bound before, and `program` refuses invalid ones
  input: n => filledTensor(n.dtype, n.shape, NaN),
  invalid: n => filledTensor(n.dtype, n.shape, NaN),
  constant: n => n.attrs.value,
  iota: n => k.iota(n.dtype, n.shape, n.attrs.axis),

  neg: one(ops.neg),
  abs: one(ops.abs),
  sign: (_, args) => k.mapNumbers(arg(args, 0), sign),
  floor: one(ops.floor),
  sqrt: one(ops.sqrt),
  exp: elementary(el.exp),
  log: elementary(el.log),
  log1p: elementary(el.log1p),
  expm1: elementary(el.expm1),
  tanh: elementary(el.tanh),
  erf: elementary(el.erf),
  sin: elementary(el.sin),
  cos: elementary(el.cos),
  cast: (n, args) => tensorView(n.dtype, n.shape, allocate(n.dtype, numbersOf(arg(args, 0)))),
  stopGradient: (_, args) => arg(args, 0),

  add: two(ops.add),
  sub: two(ops.sub),
  mul: two(ops.mul),
  div: two(ops.div),
  max: two(ops.max),
  min: two(ops.min),
  pow: (_, args) => k.zipNumbers(arg(args, 0), arg(args, 1), el.pow),
  equal: two(ops.eq),
  less: two(ops.lt),
  lessEqual: two(ops.leq),
  select: (_, args) => k.select(arg(args, 0), arg(args, 1), arg(args, 2)),

  sum: (n, args) => k.sum(arg(args, 0), n.attrs.axes, n.shape),
  reduceMax: (n, args) => k.reduceMax(arg(args, 0), n.attrs.axes, n.shape),
  matmul: (n, args) => k.matmul(arg(args, 0), arg(args, 1), n.shape),

  reshape: (n, args) => tensorView(n.dtype, n.shape, numbersOf(arg(args, 0))),
  transpose: (n, args) => permutedView(arg(args, 0), n.attrs.permutation),
  broadcast: (n, args) => repeatedView(arg(args, 0), n.shape),
  slice: (n, args) => {
    const x = arg(args, 0)
    return {
      ...x,
      shape: n.shape,
      offset: n.attrs.start.reduce((o, s, i) => o + s * (x.stride[i] as number), x.offset)
    }
  },
  concat: (n, args) =>
    filled(n.dtype, n.shape, into => {
      const { axis } = n.attrs
      const along = (size: number): number[] => n.shape.map((_, i) => (i === axis ? size : 0))
      args.reduce((at, x) => {
        ops.assign(into.lo(...along(at)).hi(...x.shape), nd(x))
        return at + (x.shape[axis] as number)
      }, 0)
    }),
  pad: (n, args) =>
    filled(n.dtype, n.shape, into => {
      ops.assigns(into, n.attrs.value)
      ops.assign(into.lo(...n.attrs.low).hi(...arg(args, 0).shape), nd(arg(args, 0)))
    }),

  gather: (n, args) => k.gather(arg(args, 0), arg(args, 1), n.shape),
  scatterAdd: (n, args) => k.scatterAdd(arg(args, 0), arg(args, 1), n.attrs.rows, n.shape),
  oneHot: (n, args) => k.oneHot(arg(args, 0), n.attrs.depth, n.attrs.dtype, n.shape),

  windows: (n, args) => k.windows(arg(args, 0), n.attrs, n.shape),
  unwindows: (n, args) => k.unwindows(arg(args, 0), n.attrs, n.shape),

  fingerprint: (_, args) => tensorView('u32', [2], Uint32Array.from(fingerprintOf(arg(args, 0)))),

  foldIn: (n, args) => tensorView('u32', [2], Uint32Array.from(foldInWords(wordsOf(arg(args, 0)), n.attrs.data))),
  random: (n, args) => {
    const words = wordsOf(arg(args, 0))
    const draw = draws[n.attrs.distribution]
    const out = allocate(n.dtype, sizeOf(n.shape))
    for (let i = 0; i < out.length; i++) out[i] = draw(words, i)
    return tensorView(n.dtype, n.shape, out)
  }
}

const run = (n: Exclude<Expr, Node<'scan'>>, args: readonly Tensor[]): Tensor => row(kernels, n)(n, args)

/** computes the outputs of a graph, whose inputs fit */
const computing = (order: readonly Expr[], outputs: Readonly<Record<string, Expr>>): Compute => {
  const uses = new Map<Expr, number>()
  for (const n of order) for (const a of n.args) uses.set(a, (uses.get(a) ?? 0) + 1)
  for (const n of Object.values(outputs)) uses.set(n, (uses.get(n) ?? 0) + 1)
  const loops = loopsOf(order, computing)
  return inputs => {
    const values = new Map<Expr, Tensor>()
    const left = new Map(uses)
    for (const n of order) {
      const args = n.args.map(a => values.get(a) as Tensor)
      if (n.op === 'scan') {
        if (!values.has(n)) for (const [e, t] of loops.get(n)?.(args) ?? []) values.set(e, t)
      } else values.set(n, n.op === 'input' ? (inputs[n.attrs.name] as Tensor) : run(n, args))
      // a value is let go after its last use, so that a long program needs the memory of its widest place only
      for (const a of n.args) {
        const still = (left.get(a) as number) - 1
        left.set(a, still)
        if (still === 0) values.delete(a)
      }
    }
    // copied, since ops that only move numbers give views of what was given, which its owner may change
    return Object.fromEntries(Object.entries(outputs).map(([name, n]) => [name, k.copy(values.get(n) as Tensor)]))
  }
}

const compile: Backend['compile'] = p => {
  const compute = computing(p.order, p.outputs)
  const executable: Executable = {
    run: inputs => {
      const wrong = checkInputs(p.inputs, inputs)
      // nothing here throws but an allocation
      return wrong !== undefined
        ? E.left(wrong)
        : E.tryCatch(
            () => compute(inputs),
            e => backendError(['reference'], 'memory for every value of the program', String(e))
          )
    }
  }
  return E.right(executable)
}

/**
 * The backend that defines the bits: op by op on ndarrays, slow and readable. It also runs where WebAssembly cannot; see `withFallback`.
 */
export const reference: Backend = {
  name: 'reference',
  compile,
  loop: withCanaries('reference', loopOfRuns(compile))
}
