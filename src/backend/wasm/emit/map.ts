/** Elementwise kernels: nested loops, four elements at a time along the innermost. */
import { br_if, if_, local, loop, v128, type Local } from '../assemble/index.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import type { MapKernel } from '../../kernel/ir.js'
import { bytesOf } from '../../kernel/ir.js'
import { bodyOf, type Body } from '../../kernel/body.js'
import { emitBody } from './body.js'
import { d2, f4, get, integer, set, type Push } from './lanes.js'
import { accumulators, largest, type Largest } from './largest.js'
import { store } from './memory.js'
import { advance, nest, procedure, repeat, times, type Procedure, type Where } from './loops.js'
import { i1 } from './routine.js'
import { startOf, type Scope } from './scope.js'
import { collapse } from '../../kernel/space.js'

/** runs the inside for the value of the local, from `from` up to `to` (exclusive), which a binary search finds */
const choose = (l: Local<'i32'>, from: number, to: number, inside: (n: number) => void): void => {
  if (to - from === 1) {
    inside(from)
    return
  }
  const middle = (from + to) >> 1
  i1.lt(get(l), integer(middle))()
  if_(
    () => {
      choose(l, from, middle, inside)
    },
    () => {
      choose(l, middle, to, inside)
    }
  )
}

interface MapCode {
  readonly k: MapKernel
  readonly body: Body
  /** the walkers of the outputs */
  readonly outputs: readonly Dims[]
  readonly counts: Dims
  /** the steps of a walker for each loop */
  readonly steps: (w: Dims) => Dims
}

const codeOf = (k: MapKernel): MapCode => {
  const nodes = [...k.outputs, ...(k.maxima ?? [])].map(o => o.node)
  const body = bodyOf(nodes, k.reads, k.shape, k.start)
  const outputs = k.outputs.map(o => o.to.stride.map(s => s * bytesOf[o.to.buffer.dtype]))
  const walks = [...body.reads.map(r => r.steps), ...body.places.map(p => p.steps), ...outputs]
  const space = collapse(k.shape, walks)
  const collapsed = new Map(walks.map((w, i) => [w.join(','), space.steps[i] as Dims]))
  return { k, body, outputs, counts: space.counts, steps: w => collapsed.get(w.join(',')) as Dims }
}

/** the code for the elements along the innermost loop */
interface Inner {
  /** computes and stores the first `lanes` of four elements */
  readonly group: (lanes: number) => void
  /** computes four elements and advances */
  readonly four: () => void
  /** computes what is constant along the innermost loop */
  readonly constants: () => void
  readonly back: (elements: number) => void
  readonly to: (element: Push) => void
}
const innerOf = (
  { k, body, outputs, counts, steps }: MapCode,
  s: Scope,
  walkers: readonly { readonly steps: Dims; readonly local: Local }[],
  tops: readonly Largest[]
): Inner => {
  const step = (w: Dims): number => (counts.length === 0 ? 0 : (steps(w)[counts.length - 1] as number))
  const constantInside = new Set(body.reads.filter(r => step(r.steps) === 0).map(r => r.node))
  const group = (lanes: number): void => {
    emitBody(s, body, step, lanes, n => constantInside.has(n))
    k.outputs.forEach((o, i) => {
      const walk = outputs[i] as Dims
      store(s, o.node, o.to, step(walk), s.walker(walk, undefined, startOf(o.to)), lanes)
    })
    for (const top of tops) top.take(lanes)
  }
  const move = (elements: number): void => {
    for (const w of walkers) advance(w.local, elements * step(w.steps))
  }
  return {
    group,
    four: () => {
      group(4)
      move(4)
    },
    constants: () => {
      emitBody(s, { ...body, nodes: body.nodes.filter(n => constantInside.has(n)) }, step, 4, () => false)
    },
    back: elements => {
      move(-elements)
    },
    to: element => {
      for (const w of walkers) set(w.local, i1.mul(element, integer(step(w.steps))))
    }
  }
}

/** the ranges of a one-dimensional kernel, one after another */
const emitRuns = (runs: NonNullable<MapKernel['runs']>, inner: Inner, counters: readonly Local[]): void => {
  const [left, run, start] = counters as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>]
  inner.constants()
  set(run, integer(0))
  loop(() => {
    choose(run, 0, runs.length, which => {
      const [from, size] = runs[which] as readonly [number, number]
      set(start, integer(from))
      set(left, integer(Math.floor(size / 4)))
    })
    inner.to(get(start))
    repeat(left, inner.four)
    advance(run, 1)
    i1.lt(get(run), integer(runs.length))()
    br_if(0)
  })
  const last = (runs.at(-1)?.[1] ?? 0) % 4
  if (last !== 0) inner.group(last)
}

/** writes a maximum into all of its share of memory */
const storeMaximum = (
  { node, to }: NonNullable<MapKernel['maxima']>[number],
  top: Largest,
  value: Local<'v128'>,
  where: Where
): void => {
  const size = bytesOf[node.dtype]
  set(value, (node.dtype === 'f64' ? d2 : f4).splat(top.push))
  for (let at = 0; at < sizeOf(to.shape) * size; at += 16) {
    integer(where.address(to.buffer) + to.offset * size + at)()
    local.get(value)
    v128.store({ align: size })
  }
}

export const emitMap = (k: MapKernel, where: Where): Procedure => {
  const code = codeOf(k)
  const { body, outputs, counts, steps } = code
  const maxima = k.maxima ?? []
  const depth = counts.length
  const count = depth === 0 ? 1 : (counts[depth - 1] as number)
  const first = (i: number): number => maxima.slice(0, i).reduce((at, { node }) => at + accumulators(node.dtype), 0)
  const needs = { counters: Math.max(1, depth) + (k.runs === undefined ? 0 : 2), extra: first(maxima.length) }
  const walks = k.outputs.map(({ to }, i) => ({ steps: outputs[i] as Dims, start: startOf(to) }))
  return procedure(body, walks, needs, where, (s, counters, extra, walkers) => {
    const tops = maxima.map(({ node }, i) => largest(s, node, extra.slice(first(i), first(i + 1))))
    const inner = innerOf(code, s, walkers, tops)
    for (const top of tops) top.begin()
    if (k.runs !== undefined) emitRuns(k.runs, inner, counters)
    else {
      const moving = walkers.map(w => ({ local: w.local, step: (l: number) => steps(w.steps)[l] as number }))
      nest(counts.slice(0, -1), counters, moving, () => {
        inner.constants()
        const full = Math.floor(count / 4)
        times(counters[Math.max(0, depth - 1)] as Local, full, inner.four)
        if (count % 4 !== 0) inner.group(count % 4)
        if (depth > 1) inner.back(full * 4)
      })
    }
    maxima.forEach((m, i) => {
      storeMaximum(m, tops[i] as Largest, extra[first(i)] as Local<'v128'>, where)
    })
  })
}
