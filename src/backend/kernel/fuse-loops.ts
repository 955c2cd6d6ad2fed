/** A loop as a kernel: its body becomes kernels once, which run at every step. What is stacked is read and written in place, at the step's part. */
import { bodyOrder, nextOf, resultOf, type ScanNode } from '../../expr/loop.js'
import { topological, type Expr } from '../../expr/op.js'
import { sizeOf } from '../../value/shape.js'
import { copied, make, push, strided, viewed, type State } from './fuse-views.js'
import { isWhole, readsOf, withViews, writesOf, type Buffer, type Kernel, type LoopKernel, type View } from './ir.js'
import { materialize, type Materialized } from './materialize.js'
import { sameplace } from './memory-plan.js'
import { simplify } from './simplify.js'
import { unrollWindows } from './unroll-windows.js'

/** makes kernels of a graph */
export type FuseInto = (s: State, graph: Materialized) => void

/** where an expression is stored at the same place in each step */
export const still = (s: State, e: Expr): View => {
  const view = viewed(s, e)
  return view.moves === undefined ? view : copied(s, e, view)
}

const copyInto = (s: State, e: Expr, from: View, to: View): void => {
  push(s, { kind: 'map', shape: from.shape, outputs: [{ node: e, to }], reads: new Map([[e, from]]) }, to.buffer)
}

/** the part of a step among stacked numbers */
const partOf = ({ shape, stride, moves: _, ...view }: View, counter: Buffer, steps: number): View => ({
  ...view,
  shape: shape.slice(1),
  stride: stride.slice(1),
  ...(stride[0] === 0 || steps === 1 ? {} : { moves: { counter, by: stride[0] as number, times: steps } })
})

/** stores a value in a second place, within the kernel that computes it if that is elementwise */
const storeAlso = (s: State, e: Expr, to: View): void => {
  const from = viewed(s, e)
  const i = s.filledBy.get(from.buffer)
  const k = i === undefined ? undefined : s.kernels[i]
  const own = k?.kind === 'map' ? k.outputs.find(o => o.node === e && o.to === from) : undefined
  if (i === undefined || k?.kind !== 'map' || own === undefined) copyInto(s, e, from, to)
  else s.kernels[i] = { ...k, outputs: [...k.outputs, { node: e, to }] }
}

const inBuffer =
  (from: Buffer, to: Buffer) =>
  (v: View): View =>
    v.buffer === from ? { ...v, buffer: to } : v

/** writes the next carried values: in place where no kernel needs the old one any more, else by a copy at the end of the step */
const carry = (s: State, next: readonly Expr[], carried: readonly View[]): void => {
  const taken = new Set<Buffer>()
  const made = next.map(e => {
    const v = viewed(s, e)
    const writers = s.kernels.filter(k => writesOf(k).includes(v.buffer)).length
    const fresh = isWhole(v) && v.buffer.role.kind === 'temporary' && writers === 1 && !taken.has(v.buffer)
    const own = fresh ? v : copied(s, e, v)
    taken.add(own.buffer)
    return own
  })
  const copies: (() => void)[] = []
  made.forEach((v, i) => {
    const to = (carried[i] as View).buffer
    const first = s.kernels.findIndex(k => writesOf(k).includes(v.buffer))
    const last = s.kernels.reduce((at, k, j) => (readsOf(k).some(r => r.buffer === to) ? j : at), -1)
    const inPlace = last < first || (last === first && sameplace(s.kernels[first] as Kernel, to))
    if (inPlace) s.kernels.forEach((k, at) => (s.kernels[at] = withViews(k, inBuffer(v.buffer, to))))
    else
      copies.push(() => {
        copyInto(s, next[i] as Expr, v, { ...(carried[i] as View) })
      })
  })
  for (const copy of copies) copy()
}

/** the graph of a body: the carried values after a step, and the outputs */
const bodyGraph = (all: readonly ScanNode[]): { readonly graph: Materialized; readonly count: number } => {
  const next = nextOf(all[0] as ScanNode)
  const outputs = Object.fromEntries([
    ...next.map((e, i) => [`next/${i}`, e] as const),
    ...all.map((n, i) => [`result/${i}`, resultOf(n)] as const)
  ])
  const simple = simplify(bodyOrder(all), outputs)
  return {
    graph: materialize(unrollWindows(topological(Object.values(simple)), simple)),
    count: next.length
  }
}

/** Makes a kernel of a loop. The views of all its nodes are known then. */
export const fuseLoop = (s: State, all: readonly ScanNode[], fuseInto: FuseInto): void => {
  const [first] = all as readonly [ScanNode, ...ScanNode[]]
  const { steps, reverse, carried, stacked } = first.attrs
  const counter = make(s, 'u32', 1)
  const before = first.args.map((a, i) => (i < carried ? viewed(s, a) : still(s, a)))
  const state = first.args.slice(0, carried).map((a, i) => {
    const at = strided(make(s, a.dtype, sizeOf(a.shape)), a.shape)
    copyInto(s, a, before[i] as View, at)
    return at
  })
  const results = all.map(n => strided(make(s, n.dtype, sizeOf(n.shape)), n.shape))
  const inner: State = {
    ...s,
    views: new Map(),
    kernels: [],
    filledBy: new Map(),
    cut: new Map(),
    stored: new Map(),
    inputs: new Map([
      ...state.map((v, i) => [`carried/${i}`, v] as const),
      ...before.slice(carried, carried + stacked).map((v, i) => [`stacked/${i}`, partOf(v, counter, steps)] as const),
      ...before.slice(carried + stacked).map((v, i) => [`shared/${i}`, v] as const)
    ])
  }
  const { graph, count } = bodyGraph(all)
  fuseInto(inner, graph)
  all.forEach((n, i) => {
    if (n.attrs.result === 'output')
      storeAlso(inner, graph.outputs[`result/${i}`] as Expr, partOf(results[i] as View, counter, steps))
  })
  carry(
    inner,
    Array.from({ length: count }, (_, i) => graph.outputs[`next/${i}`] as Expr),
    state
  )
  s.next = inner.next
  const kept = new Set([...state, ...results, ...before].map(v => v.buffer))
  const inside = new Set(inner.kernels.flatMap(writesOf).filter(b => !kept.has(b)))
  const loop: LoopKernel = { kind: 'loop', steps, reverse, counter, kernels: inner.kernels, inside }
  const outputs = all.flatMap((n, i) => (n.attrs.result === 'output' ? [results[i] as View] : []))
  push(s, loop, ...[...state, ...outputs].map(v => v.buffer))
  all.forEach((n, i) => {
    const last = state[Number(n.attrs.result.split('/')[1])]
    s.views.set(n, n.attrs.result === 'output' ? (results[i] as View) : (last as View))
  })
}
