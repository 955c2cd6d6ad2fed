/**
 * From a graph to kernels. Elementwise chains are fused into their consumers. Views (transpose, broadcast, slice,
 * windows) only change strides and cost nothing. Every other op becomes a kernel.
 */
import type { Expr, ExprOf } from '../../expr/op.js'
import { hasRole, readsKey, type OpOf } from '../../expr/ops/table.js'
import type { Program } from '../../expr/program.js'
import { sizeOf, stridesOf, type Dims } from '../../value/shape.js'
import { isPlain, isWhole, type Buffer, type Kernel, type KernelProgram, type MapKernel, type View } from './ir.js'
import { simplify, uniformValue } from './simplify.js'
import { materialize, type Materialized } from './materialize.js'
import { collapse } from './space.js'
import { largest } from '../../value/largest.js'

/** a kernel with more outputs would spill registers */
const maxOutputs = 6
const at = (d: Dims, i: number): number => d[i] as number

const strided = (buffer: Buffer, shape: Dims): View => ({ buffer, shape, stride: stridesOf(shape), offset: 0 })

interface State {
  readonly views: Map<Expr, View>
  readonly kernels: Kernel[]
  /** index of the kernel that fills a buffer */
  readonly filledBy: Map<Buffer, number>
  readonly constants: Buffer[]
  readonly inputs: Map<string, View>
  next: number
}

/** the expressions below a root, down to values that are stored in memory */
const readsBelow = (roots: readonly Expr[], stored: ReadonlySet<Expr>, s: State): ReadonlyMap<Expr, View> => {
  const reads = new Map<Expr, View>()
  const seen = new Set<Expr>(roots)
  const stack = [...roots]
  for (let n = stack.pop(); n !== undefined; n = stack.pop())
    for (const a of n.args) {
      if (seen.has(a)) continue
      seen.add(a)
      // a key is read number by number, even if all its numbers are equal
      if (uniformValue(a) !== undefined && !readsKey(n)) continue
      if (hasRole(a, 'map') && !stored.has(a)) stack.push(a)
      else reads.set(a, s.views.get(a) as View)
    }
  return reads
}

const make = (
  s: State,
  dtype: Buffer['dtype'],
  size: number,
  role: Buffer['role'] = { kind: 'temporary' }
): Buffer => ({ id: s.next++, dtype, size, role })

const push = (s: State, k: Kernel, ...buffers: readonly Buffer[]): void => {
  for (const b of buffers) s.filledBy.set(b, s.kernels.length)
  s.kernels.push(k)
}

/** copies the numbers of a view in row-major order */
const copied = (s: State, n: Expr, from: View): View => {
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  push(s, { kind: 'map', shape: n.shape, outputs: [{ node: n, to }], reads: new Map([[n, from]]) }, to.buffer)
  return to
}

const leafView = (s: State, n: ExprOf<OpOf<'leaf'>>): View => {
  switch (n.op) {
    case 'input': {
      const known =
        s.inputs.get(n.attrs.name) ??
        strided(make(s, n.dtype, sizeOf(n.shape), { kind: 'input', name: n.attrs.name }), n.shape)
      s.inputs.set(n.attrs.name, known)
      return known
    }
    case 'constant': {
      const { value } = n.attrs
      const buffer = make(s, n.dtype, value.data.length, { kind: 'constant', value })
      s.constants.push(buffer)
      return { buffer, shape: n.shape, stride: value.stride, offset: value.offset }
    }
  }
}

const viewOf = (s: State, n: ExprOf<OpOf<'view'>>): View => {
  const from = s.views.get(n.args[0] as Expr) as View
  switch (n.op) {
    case 'reshape': {
      const plain = isPlain(from) ? from : copied(s, n.args[0] as Expr, from)
      return { ...plain, shape: n.shape, stride: stridesOf(n.shape) }
    }
    case 'transpose':
      return { ...from, shape: n.shape, stride: n.attrs.permutation.map(i => at(from.stride, i)) }
    case 'broadcast':
      return {
        ...from,
        shape: n.shape,
        stride: from.stride.map((x, i) => (at(from.shape, i) === at(n.shape, i) ? x : 0))
      }
    case 'slice':
      return {
        ...from,
        shape: n.shape,
        offset: n.attrs.start.reduce((o, x, i) => o + x * at(from.stride, i), from.offset)
      }
    case 'windows': {
      const [sn, sh, sw, sc] = [at(from.stride, 0), at(from.stride, 1), at(from.stride, 2), at(from.stride, 3)]
      const w = n.attrs
      return {
        ...from,
        shape: n.shape,
        stride: [sn, sh * w.stride[0], sw * w.stride[1], sh * w.dilation[0], sw * w.dilation[1], sc]
      }
    }
  }
}

/**
 * the index of an earlier kernel over the same iteration space that can also compute a value, because all that it reads
 * is ready by then
 */
const joinable = (s: State, n: Expr, reads: ReadonlyMap<Expr, View>): number => {
  const size = sizeOf(n.shape)
  const ready = largest(
    [...reads.values()].map(v => s.filledBy.get(v.buffer) ?? -1),
    -1
  )
  for (let i = s.kernels.length - 1; i >= Math.max(0, ready); i--) {
    const k = s.kernels[i] as Kernel
    if (
      k.kind !== 'map' ||
      k.outputs.length >= maxOutputs ||
      k.shape.length !== n.shape.length ||
      !k.shape.every((x, a) => x === n.shape[a])
    )
      continue
    // results of the same kernel must be read at the index where they are written
    const own = (e: Expr, v: View): boolean =>
      k.outputs.some(o => o.to.buffer === v.buffer) && !k.outputs.some(o => o.node === e)
    if (i === ready && [...reads].some(([e, v]) => own(e, v))) continue
    // a kernel reads each value through one view
    if ([...reads].some(([e, v]) => k.reads.has(e) && k.reads.get(e) !== v)) continue
    if (size > 0) return i
  }
  return -1
}

const fuseMap = (s: State, n: Expr, stored: ReadonlySet<Expr>): View => {
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  const reads = readsBelow([n], stored, s)
  const i = joinable(s, n, reads)
  if (i < 0) push(s, { kind: 'map', shape: n.shape, outputs: [{ node: n, to }], reads }, to.buffer)
  else {
    const k = s.kernels[i] as MapKernel
    const own = new Set(k.outputs.map(o => o.node))
    s.kernels[i] = {
      ...k,
      outputs: [...k.outputs, { node: n, to }],
      reads: new Map([...k.reads, ...[...reads].filter(([e]) => !own.has(e))])
    }
    s.filledBy.set(to.buffer, i)
  }
  return to
}

/** part of a view, as a destination */
const part = (v: View, start: Dims, shape: Dims): View => ({
  ...v,
  shape,
  offset: start.reduce((o, x, i) => o + x * at(v.stride, i), v.offset)
})

/** copies a view into part of a result */
const copyInto = (s: State, e: Expr, from: View, to: View): void => {
  push(s, { kind: 'map', shape: from.shape, outputs: [{ node: e, to }], reads: new Map([[e, from]]) }, to.buffer)
}

const concatenated = (s: State, n: ExprOf<'concat'>, to: View): void => {
  const { axis } = n.attrs
  n.args.reduce((start, a) => {
    const begin = n.shape.map((_, d) => (d === axis ? start : 0))
    copyInto(s, a, s.views.get(a) as View, part(to, begin, a.shape))
    return start + at(a.shape, axis)
  }, 0)
}

const padded = (s: State, n: ExprOf<'pad'>, to: View): void => {
  const { dtype, shape } = n
  const value = { dtype, shape, stride: shape.map(() => 0), offset: 0, data: [n.attrs.value] }
  const border: Expr = { op: 'constant', args: [], attrs: { value }, dtype, shape }
  push(s, { kind: 'map', shape, outputs: [{ node: border, to }], reads: new Map() }, to.buffer)
  const inner = n.args[0] as Expr
  copyInto(s, inner, s.views.get(inner) as View, part(to, n.attrs.low, inner.shape))
}

/** computed element by element: 1 where the position along the last axis is the index */
const oneHot = (s: State, n: ExprOf<'oneHot'>, to: View): void => {
  const index = n.args[0] as Expr
  const view = s.views.get(index) as View
  const spread: View = { ...view, shape: n.shape, stride: [...view.stride, 0] }
  push(s, { kind: 'map', shape: n.shape, outputs: [{ node: n, to }], reads: new Map([[index, spread]]) }, to.buffer)
}

const heavy = (s: State, n: ExprOf<OpOf<'heavy'>>): View => {
  const arg = (i: number): View => s.views.get(n.args[i] as Expr) as View
  const plain = (i: number): View => (isPlain(arg(i)) ? arg(i) : copied(s, n.args[i] as Expr, arg(i)))
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  switch (n.op) {
    case 'matmul': {
      const [a, b] = [0, 1].map(i => matrix(s, n.args[i] as Expr, arg(i))) as [View, View]
      push(s, { kind: 'matmul', a, b, to }, to.buffer)
      return to
    }
    case 'gather':
      push(s, { kind: 'gather', table: plain(0), index: plain(1), to }, to.buffer)
      return to
    case 'scatterAdd':
    case 'unwindows': {
      const scratch = make(s, 'f64', sizeOf(n.shape))
      const target =
        n.op === 'unwindows'
          ? ({ by: 'window', window: n.attrs } as const)
          : ({ by: 'index', index: plain(1), rows: n.attrs.rows } as const)
      push(s, { kind: 'scatter', values: plain(0), target, scratch, to }, to.buffer, scratch)
      return to
    }
    case 'concat':
      concatenated(s, n, to)
      return to
    case 'pad':
      padded(s, n, to)
      return to
    case 'oneHot':
      oneHot(s, n, to)
      return to
    case 'fingerprint':
      push(s, { kind: 'fingerprint', values: plain(0), to }, to.buffer)
      return to
    case 'foldIn':
      push(s, { kind: 'foldIn', key: plain(0), data: n.attrs.data, to }, to.buffer)
      return to
  }
}

/** a matmul operand: its rows or its columns must be contiguous, and its batches evenly spaced */
const matrix = (s: State, e: Expr, v: View): View => {
  const r = v.shape.length
  const [row, col] = [at(v.stride, r - 2), at(v.stride, r - 1)]
  const [m, n] = [at(v.shape, r - 2), at(v.shape, r - 1)]
  const rows = (col === 1 || n === 1) && (row >= n || m === 1)
  const cols = (row === 1 || m === 1) && (col >= m || n === 1)
  const batches = v.stride.slice(0, -2)
  const even = batches.every((x, i) => i === batches.length - 1 || x === at(batches, i + 1) * at(v.shape, i + 1))
  return (rows || cols) && even ? v : copied(s, e, v)
}

/** whether one loop passes through all reduced axes, in every buffer that is read */
const oneLoop = (shape: Dims, axes: Dims, reads: readonly View[]): boolean => {
  const real = [...shape.keys()].filter(a => at(shape, a) > 1)
  const reduced = real.filter(a => axes.includes(a))
  const neighbours = reduced.every((a, i) => i === 0 || real.indexOf(a) === real.indexOf(reduced[i - 1] as number) + 1)
  const space = collapse(shape, [stridesOf(shape), ...reads.map(v => v.stride)], a => (axes.includes(a) ? 1 : 0))
  return neighbours && space.axes.filter(a => axes.includes(a)).length <= 1
}

/**
 * The reduced axes must be adjacent and covered by one loop; otherwise the operand is first copied into such a layout.
 */
const reduce = (s: State, n: ExprOf<OpOf<'reduce'>>, stored: ReadonlySet<Expr>): View => {
  const x = n.args[0] as Expr
  const { axes } = n.attrs
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  const inline = (hasRole(x, 'map') && !stored.has(x)) || uniformValue(x) !== undefined
  const reads = inline ? readsBelow([x], stored, s) : new Map([[x, s.views.get(x) as View]])
  if (
    oneLoop(
      x.shape,
      axes,
      [...reads].filter(([e]) => e.shape.length === x.shape.length).map(([, v]) => v)
    )
  ) {
    push(s, { kind: 'reduce', op: n.op, node: x, shape: x.shape, axes, reads, to }, to.buffer)
    return to
  }
  const from = inline ? fuseMap(s, x, stored) : (s.views.get(x) as View)
  const order = [...x.shape.keys()].filter(a => !axes.includes(a)).concat(axes)
  const shape = order.map(a => at(x.shape, a))
  const node = { ...x, shape }
  const laid = copied(s, node, { ...from, shape, stride: order.map(a => at(from.stride, a)) })
  push(
    s,
    {
      kind: 'reduce',
      op: n.op,
      node,
      shape,
      axes: axes.map((_, i) => shape.length - axes.length + i),
      reads: new Map([[node, laid]]),
      to: strided(
        to.buffer,
        shape.map((n, i) => (i < shape.length - axes.length ? n : 1))
      )
    },
    to.buffer
  )
  return to
}

/** Kernels in an order in which every value is ready when it is read. */
export const fuse = ({ outputs, order, materialized: stored }: Materialized): KernelProgram => {
  const s: State = { views: new Map(), kernels: [], filledBy: new Map(), constants: [], inputs: new Map(), next: 0 }
  for (const n of order) {
    // `program` refuses invalid nodes
    if (hasRole(n, 'none')) continue
    else if (hasRole(n, 'leaf')) s.views.set(n, leafView(s, n))
    else if (hasRole(n, 'view')) s.views.set(n, viewOf(s, n))
    else if (hasRole(n, 'map')) {
      if (stored.has(n)) s.views.set(n, fuseMap(s, n, stored))
    } else if (hasRole(n, 'reduce')) s.views.set(n, reduce(s, n, stored))
    else s.views.set(n, heavy(s, n))
  }
  const results = Object.fromEntries(
    Object.entries(outputs).map(([name, e]) => {
      const v = s.views.get(e) as View
      return [name, isWhole(v) && v.buffer.role.kind === 'temporary' ? v : copied(s, e, v)]
    })
  )
  return {
    kernels: s.kernels,
    updates: s.kernels.length,
    inputs: Object.fromEntries(s.inputs),
    constants: s.constants,
    outputs: results
  }
}

/** a program as kernels: simplified, materialized, fused */
export const toKernels = (p: Program): KernelProgram => fuse(materialize(simplify(p.order, p.outputs)))
