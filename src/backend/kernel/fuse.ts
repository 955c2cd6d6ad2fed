/**
 * From a graph to kernels. Elementwise chains dissolve into whatever consumes them; views (transpose, broadcast, slice, windows) are
 * ways of walking a buffer and cost nothing; the rest becomes kernels of its own.
 */
import { add, constant } from '../../expr/build.js'
import { loopsIn, type ScanNode } from '../../expr/loop.js'
import { topological, type Expr, type ExprOf, type Node } from '../../expr/op.js'
import { hasRole, readsKey, type OpOf } from '../../expr/ops/table.js'
import type { Program } from '../../expr/program.js'
import { sizeOf, stridesOf, type Dims } from '../../value/shape.js'
import {
  isPlain,
  isWhole,
  type Kernel,
  type KernelProgram,
  type MapKernel,
  type MatmulKernel,
  type View
} from './ir.js'
import { simplify, uniformValue } from './simplify.js'
import { copied, cutOf, leafView, make, matrix, push, strided, viewed, windowMatrix, type State } from './fuse-views.js'
import { fuseLoop, still, type FuseInto } from './fuse-loops.js'
import { materialize, type Materialized } from './materialize.js'
import { collapse, stridesAs } from './space.js'
import { unrollWindows } from './unroll-windows.js'
import { tilesOf } from './unroll.js'
import { channelSumsOf } from './unroll-channels.js'
import { largest } from '../../value/largest.js'

/** more outputs than this in one kernel would run out of registers */
const maxOutputs = 6
const at = (d: Dims, i: number): number => d[i] as number

/** the expressions below a root, down to values that are stored in memory */
const readsBelow = (roots: readonly Expr[], stored: ReadonlySet<Expr>, s: State): ReadonlyMap<Expr, View> => {
  const reads = new Map<Expr, View>()
  const seen = new Set<Expr>(roots)
  const stack = [...roots]
  for (let n = stack.pop(); n !== undefined; n = stack.pop())
    for (const a of n.args) {
      if (seen.has(a)) continue
      seen.add(a)
      // a key is read number by number, even where all of it is one
      if (uniformValue(a) !== undefined && !readsKey(n)) continue
      if (hasRole(a, 'map') && !stored.has(a)) stack.push(a)
      else reads.set(a, readsKey(n) ? still(s, a) : viewed(s, a))
    }
  return reads
}

/** a stored elementwise value joins an earlier kernel over the same space if all it reads is there by then */
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
    // what this kernel itself fills must be read at the place where it is written
    const own = (e: Expr, v: View): boolean =>
      k.outputs.some(o => o.to.buffer === v.buffer) && !k.outputs.some(o => o.node === e)
    if (i === ready && [...reads].some(([e, v]) => own(e, v))) continue
    // a kernel walks through what it reads in one way
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

/** fills a buffer with one number */
const filled = (s: State, n: Expr, to: View, value: number): void => {
  const border = constant(value, n)
  push(s, { kind: 'map', shape: n.shape, outputs: [{ node: border, to }], reads: new Map() }, to.buffer)
}

/** An image put together of windows that do not overlap, in one kernel along its windows. */
const tiled = (s: State, n: Node<'unwindows'>, places: readonly Expr[], stored: ReadonlySet<Expr>): View => {
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  const { size, stride, height, width } = n.attrs
  const [images, oh, ow] = (n.args[0] as Expr).shape as readonly [number, number, number]
  const channels = at(n.shape, 3)
  const [first] = places as readonly [Expr, ...Expr[]]
  const covered = oh * size[0] === height && ow * size[1] === width
  if (!covered) filled(s, n, to, 0)
  // sums of one number: they begin with 0, which makes 0 of -0
  const nodes = places.map(x => add(x, 0))
  const outputs = nodes.map((node, i) => {
    const [y, x] = [Math.floor(i / size[1]), i % size[1]]
    const steps = [height * width * channels, stride[0] * width * channels, stride[1] * channels, 1]
    const along = stridesAs([images, oh, ow, channels], steps, first.shape) as Dims
    return { node, to: { ...to, shape: first.shape, stride: along, offset: (y * width + x) * channels } }
  })
  push(s, { kind: 'map', shape: first.shape, outputs, reads: readsBelow(nodes, stored, s) }, to.buffer)
  return to
}

/** part of a buffer, to be written */
const part = (v: View, start: Dims, shape: Dims): View => ({
  ...v,
  shape,
  offset: start.reduce((o, x, i) => o + x * at(v.stride, i), v.offset)
})

/** a product of windows and numbers, each channel by itself, as its own kernel: where the channels lie side by side */
const channelSums = (s: State, n: Expr, to: View): Kernel | undefined => {
  const windows = channelSumsOf(n)
  if (windows === undefined) return undefined
  const [a, b] = [viewed(s, windows), viewed(s, n.args[1] as Expr)]
  const channels = at(n.shape, 0)
  const isStill = a.moves === undefined && b.moves === undefined
  const alongside = isStill && (channels === 1 || (a.stride[5] === 1 && b.stride[0] === 1))
  return alongside ? { kind: 'channelSums', windows: a, values: b, to } : undefined
}

/** a matrix product; one that reads windows cuts them while it packs, and stores none of them */
const product = (s: State, n: ExprOf<'matmul'>, to: View): void => {
  const [a, b] = n.args as readonly [Expr, Expr]
  const sums = channelSums(s, n, to)
  if (sums !== undefined) {
    push(s, sums, to.buffer)
    return
  }
  const cut = windowMatrix(s, a)
  // many windows at a time are packed from rows of B
  const rowsOfB = (v: View): View => (cut?.transposed !== true || v.stride[1] === 1 ? v : copied(s, b, v))
  const left: Pick<MatmulKernel, 'a' | 'windows'> =
    cut === undefined
      ? { a: matrix(s, a, viewed(s, a)) }
      : { a: cut.view, windows: cut.transposed ? 'columns' : 'rows' }
  push(s, { kind: 'matmul', ...left, b: rowsOfB(matrix(s, b, viewed(s, b))), to }, to.buffer)
}

/** copies a view into part of a result */
const copyInto = (s: State, e: Expr, from: View, to: View): void => {
  push(s, { kind: 'map', shape: from.shape, outputs: [{ node: e, to }], reads: new Map([[e, from]]) }, to.buffer)
}

const concatenated = (s: State, n: ExprOf<'concat'>, to: View): void => {
  const { axis } = n.attrs
  n.args.reduce((start, a) => {
    const begin = n.shape.map((_, d) => (d === axis ? start : 0))
    copyInto(s, a, viewed(s, a), part(to, begin, a.shape))
    return start + at(a.shape, axis)
  }, 0)
}

const padded = (s: State, n: ExprOf<'pad'>, to: View): void => {
  filled(s, n, to, n.attrs.value)
  const inner = n.args[0] as Expr
  copyInto(s, inner, viewed(s, inner), part(to, n.attrs.low, inner.shape))
}

/** computed element by element: 1 where the position along the last axis is the index */
const oneHot = (s: State, n: ExprOf<'oneHot'>, to: View): void => {
  const index = n.args[0] as Expr
  const view = viewed(s, index)
  const spread: View = { ...view, shape: n.shape, stride: [...view.stride, 0] }
  push(s, { kind: 'map', shape: n.shape, outputs: [{ node: n, to }], reads: new Map([[index, spread]]) }, to.buffer)
}

const heavy = (s: State, n: Exclude<ExprOf<OpOf<'heavy'>>, ScanNode>): View => {
  const plain = (i: number): View => {
    const e = n.args[i] as Expr
    const view = viewed(s, e)
    return isPlain(view) ? view : copied(s, e, view)
  }
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  switch (n.op) {
    case 'matmul':
      product(s, n, to)
      return to
    case 'gather':
      push(s, { kind: 'gather', table: plain(0), index: plain(1), to }, to.buffer)
      return to
    case 'scatterAdd': {
      const scratch = make(s, 'f64', sizeOf(n.shape))
      const { rows } = n.attrs
      push(s, { kind: 'scatter', values: plain(0), index: plain(1), rows, scratch, to }, to.buffer, scratch)
      return to
    }
    case 'unwindows':
      push(s, { kind: 'unwindows', values: plain(0), window: n.attrs, to }, to.buffer)
      return to
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

/** whether one loop passes through all reduced axes, in every buffer that is read */
const oneLoop = (shape: Dims, axes: Dims, reads: readonly View[]): boolean => {
  const real = [...shape.keys()].filter(a => at(shape, a) > 1)
  const reduced = real.filter(a => axes.includes(a))
  const neighbours = reduced.every((a, i) => i === 0 || real.indexOf(a) === real.indexOf(reduced[i - 1] as number) + 1)
  const space = collapse(shape, [stridesOf(shape), ...reads.map(v => v.stride)], a => (axes.includes(a) ? 1 : 0))
  return neighbours && space.axes.filter(a => axes.includes(a)).length <= 1
}

/** The reduced axes must be neighbours, and passed through in one loop; otherwise what is reduced is first laid out so. */
const reduce = (s: State, n: ExprOf<OpOf<'reduce'>>, stored: ReadonlySet<Expr>): View => {
  const x = n.args[0] as Expr
  const { axes } = n.attrs
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  const inline = (hasRole(x, 'map') && !stored.has(x)) || uniformValue(x) !== undefined
  const reads = inline ? readsBelow([x], stored, s) : new Map([[x, viewed(s, x)]])
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
  const from = inline ? fuseMap(s, x, stored) : viewed(s, x)
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

/** Makes kernels of a graph, in an order in which everything is there when it is read. */
const fuseInto: FuseInto = (s, { order, materialized: stored }) => {
  const loops = loopsIn(order)
  const inside = new Set(order.flatMap(n => tilesOf(n)?.inside ?? []).filter(n => !stored.has(n)))
  for (const n of order) {
    if (inside.has(n)) continue
    const tiles = tilesOf(n)
    // `program` lets no invalid node through
    if (hasRole(n, 'none')) continue
    else if (n.op === 'unwindows' && tiles !== undefined) s.views.set(n, tiled(s, n, tiles.places, stored))
    else if (hasRole(n, 'leaf')) s.views.set(n, leafView(s, n))
    else if (hasRole(n, 'view')) {
      const cut = cutOf(s, n)
      // what shows it is found when something reads it
      if (cut !== undefined) s.cut.set(n, cut)
    } else if (hasRole(n, 'map')) {
      if (stored.has(n)) s.views.set(n, fuseMap(s, n, stored))
    } else if (hasRole(n, 'reduce')) s.views.set(n, reduce(s, n, stored))
    else if (n.op === 'scan') {
      if (!s.views.has(n)) fuseLoop(s, loops.get(n) as readonly ScanNode[], fuseInto)
    } else s.views.set(n, heavy(s, n))
  }
}

/** Kernels in an order in which everything is there when it is read. */
export const fuse = ({ outputs, order, materialized: stored }: Materialized): KernelProgram => {
  const s: State = {
    views: new Map(),
    kernels: [],
    filledBy: new Map(),
    constants: [],
    inputs: new Map(),
    cut: new Map(),
    stored: new Map(),
    next: 0
  }
  fuseInto(s, { outputs, order, materialized: stored })
  const results = Object.fromEntries(
    Object.entries(outputs).map(([name, e]) => {
      const v = viewed(s, e)
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
export const toKernels = (p: Program): KernelProgram => {
  const outputs = simplify(p.order, p.outputs)
  return fuse(materialize(unrollWindows(topological(Object.values(outputs)), outputs)))
}
