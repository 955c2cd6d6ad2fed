/** Elementwise kernels: nested loops, four elements at a time along the innermost. */
import { br_if, if_, local, loop, v128, type Local } from 'wasmati'
import { sizeOf } from '../../../value/shape.js'
import type { MapKernel } from '../../kernel/ir.js'
import { bytesOf } from '../../kernel/ir.js'
import { bodyOf } from '../../kernel/body.js'
import { emitBody } from './body.js'
import { d2, f4, get, integer, set } from './lanes.js'
import { accumulators, largest, type Largest } from './largest.js'
import { store } from './memory.js'
import { advance, nest, procedure, repeat, times, type Procedure, type Where } from './loops.js'
import { i1 } from './routine.js'
import { collapse } from '../../kernel/space.js'

/** does the inside for the one number from `from` up to `to` that the local is, which is found by halves */
const choose = (l: Local<'i32'>, from: number, to: number, inside: (n: number) => void): void => {
  if (to - from === 1) {
    inside(from)
    return
  }
  const middle = (from + to) >> 1
  i1.lt(get(l), integer(middle))()
  if_(
    {},
    () => {
      choose(l, from, middle, inside)
    },
    () => {
      choose(l, middle, to, inside)
    }
  )
}

export const emitMap = (k: MapKernel, where: Where): Procedure => {
  const maxima = k.maxima ?? []
  const body = bodyOf(
    [...k.outputs, ...maxima].map(o => o.node),
    k.reads,
    k.shape,
    k.start
  )
  const outputs = k.outputs.map(o => o.to.stride.map(s => s * bytesOf[o.to.buffer.dtype]))
  const walks = [...body.reads.map(r => r.steps), ...body.places.map(p => p.steps), ...outputs]
  const space = collapse(k.shape, walks)
  const collapsed = new Map(walks.map((w, i) => [w.join(','), space.steps[i] as readonly number[]]))
  const steps = (w: readonly number[]): readonly number[] => collapsed.get(w.join(',')) as readonly number[]
  const depth = space.counts.length
  const inner = depth === 0 ? 1 : (space.counts[depth - 1] as number)
  const innerStep = (w: readonly number[]): number => (depth === 0 ? 0 : (steps(w)[depth - 1] as number))
  const constantInside = new Set(body.reads.filter(r => innerStep(r.steps) === 0).map(r => r.node))
  const first = (i: number): number => maxima.slice(0, i).reduce((at, { node }) => at + accumulators(node.dtype), 0)
  const needs = { counters: Math.max(1, depth) + (k.runs === undefined ? 0 : 2), extra: first(maxima.length) }
  return procedure(body, outputs, needs, where, (s, counters, extra, walkers) => {
    const tops = maxima.map(({ node }, i) => largest(s, node, extra.slice(first(i), first(i + 1))))
    const moving = walkers.map(w => ({ local: w.local, step: (l: number) => steps(w.steps)[l] as number }))
    const group = (lanes: number): void => {
      emitBody(s, body, innerStep, lanes, n => constantInside.has(n))
      k.outputs.forEach((o, i) => {
        store(
          s,
          o.node,
          o.to,
          innerStep(outputs[i] as readonly number[]),
          s.walker(outputs[i] as readonly number[]),
          lanes
        )
      })
      for (const top of tops) top.take(lanes)
    }
    for (const top of tops) top.begin()
    const neighbours = (): void => {
      group(4)
      for (const w of walkers) advance(w.local, 4 * innerStep(w.steps))
    }
    const constants = (): void => {
      emitBody(s, { ...body, nodes: body.nodes.filter(n => constantInside.has(n)) }, innerStep, 4, () => false)
    }
    /** the parts of a kernel in a row, one after another */
    const inRuns = (runs: NonNullable<MapKernel['runs']>): void => {
      const [left, run, start] = counters as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>]
      constants()
      set(run, integer(0))
      loop({}, () => {
        choose(run, 0, runs.length, which => {
          const [from, size] = runs[which] as readonly [number, number]
          set(start, integer(from))
          set(left, integer(Math.floor(size / 4)))
        })
        for (const w of walkers) set(w.local, i1.mul(get(start), integer(innerStep(w.steps))))
        repeat(left, neighbours)
        advance(run, 1)
        i1.lt(get(run), integer(runs.length))()
        br_if(0)
      })
      const last = (runs.at(-1)?.[1] ?? 0) % 4
      if (last !== 0) group(last)
    }
    if (k.runs !== undefined) inRuns(k.runs)
    else
      nest(space.counts.slice(0, -1), counters, moving, () => {
        constants()
        const full = Math.floor(inner / 4)
        times(counters[Math.max(0, depth - 1)] as (typeof counters)[number], full, neighbours)
        if (inner % 4 !== 0) group(inner % 4)
        if (depth > 1) for (const w of walkers) advance(w.local, -full * 4 * innerStep(w.steps))
      })
    maxima.forEach(({ node, to }, i) => {
      const size = bytesOf[node.dtype]
      const value = extra[first(i)] as Local<'v128'>
      set(value, (node.dtype === 'f64' ? d2 : f4).splat((tops[i] as Largest).push))
      for (let at = 0; at < sizeOf(to.shape) * size; at += 16) {
        integer(where.address(to.buffer) + to.offset * size + at)()
        local.get(value)
        v128.store({ align: size })
      }
    })
  })
}
