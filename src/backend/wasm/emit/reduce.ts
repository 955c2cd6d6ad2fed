/**
 * Sums and maxima over the middle of [outer, reduced, inner]. A sum is four f64 accumulators, element i in accumulator i mod 4, and
 * (s0 + s2) + (s1 + s3) rounded once (numerics contract, section 1). Along contiguous memory these are two vectors,
 * across it eight.
 */
import { f32, f64, f64x2, local, type Local } from '../assemble/index.js'
import type { Dims } from '../../../value/shape.js'
import { bytesOf, type ReduceKernel } from '../../kernel/ir.js'
import { collapse } from '../../kernel/space.js'
import { bodyOf, type Body } from '../../kernel/body.js'
import { emitBody } from './body.js'
import { width, type Scope } from './scope.js'
import { store } from './memory.js'
import { bits, d2, f4, get, highHalf, joinPairs, set, type Push } from './lanes.js'
import { accumulators, firstOfHalf, largest } from './largest.js'
import { advance, nest, procedure, times, type Procedure, type Where } from './loops.js'

/** a reduction, and the code that both directions share */
interface Frame {
  readonly k: ReduceKernel
  readonly s: Scope
  readonly counters: readonly Local[]
  /** accumulators */
  readonly acc: (i: number) => Local
  readonly out: Local
  readonly emit: (loop: number | undefined, lanes: number) => void
  readonly move: (loop: number | undefined, by: number) => void
  readonly count: (loop: number | undefined) => number
}

const wide = (f: Frame): boolean => width(f.k.node.dtype) === 2
/** the four current numbers as two vectors of f64 */
const halves = (f: Frame): readonly Push[] => {
  const v = f.s.vectors(f.k.node).map(get)
  const first = v[0] as Push
  return wide(f) ? v : [d2.fromFloats(first), d2.fromFloats(highHalf(first))]
}
const accumulatorsOf = (f: Frame): readonly Local[] =>
  Array.from({ length: accumulators(f.k.node.dtype) }, (_, i) => f.acc(i))

/** along memory: one row, four elements at a time; lanes past its end add +0, which changes no sum that began with +0 */
const row = (f: Frame, loop: number | undefined): void => {
  const { acc, s, k } = f
  const n = f.count(loop)
  const isSum = k.op === 'sum'
  const top = largest(s, k.node, accumulatorsOf(f))
  const add = (lanes: number): void => {
    f.emit(loop, lanes)
    if (isSum)
      halves(f).forEach((x, half) => {
        set(acc(half), d2.add(get(acc(half)), lanes === 4 ? x : bits.and(x, firstOfHalf(lanes, half))))
      })
    else top.take(lanes)
  }
  if (isSum) for (const i of [0, 1]) set(acc(i), d2.of(0))
  else top.begin()
  const full = Math.floor(n / 4)
  times(f.counters.at(-1) as Local, full, () => {
    add(4)
    f.move(loop, 4)
  })
  if (n % 4 !== 0) add(n % 4)
  f.move(loop, -4 * full)
  // combine the accumulators
  const target = { offset: s.address(k.to.buffer) + k.to.offset * bytesOf[k.to.buffer.dtype] }
  const single = k.to.buffer.dtype === 'f32'
  local.get(f.out)
  if (isSum) {
    set(acc(0), d2.add(get(acc(0)), get(acc(1))))
    get(acc(0))()
    f64x2.extract_lane(0)
    get(acc(0))()
    f64x2.extract_lane(1)
    f64.add()
    if (single) f32.demote_f64()
  } else top.push()
  if (single) f32.store(target)
  else f64.store(target)
}

/** across memory: `lanes` neighbouring columns, four rows per turn, one for each accumulator */
const columns = (f: Frame, reduced: number, inner: number, output: number, lanes: number): void => {
  const { acc, s, k } = f
  const n = f.count(reduced)
  const isSum = k.op === 'sum'
  const result = s.vectors(k.node)
  const top = largest(s, k.node, accumulatorsOf(f))
  if (isSum) for (let i = 0; i < 8; i++) set(acc(i), d2.of(0))
  else top.begin()
  const add = (which: number): void => {
    f.emit(inner, lanes)
    if (isSum)
      halves(f).forEach((x, half) => {
        set(acc(2 * which + half), d2.add(get(acc(2 * which + half)), x))
      })
    else top.take(4)
    f.move(reduced, 1)
  }
  times(f.counters.at(-1) as Local, Math.floor(n / 4), () => {
    for (const i of [0, 1, 2, 3]) add(i)
  })
  for (let i = 0; i < n % 4; i++) add(i)
  f.move(reduced, -n)
  const total = (half: number): Push =>
    d2.add(d2.add(get(acc(half)), get(acc(4 + half))), d2.add(get(acc(2 + half)), get(acc(6 + half))))
  if (isSum && !wide(f)) set(result[0] as Local, joinPairs(f4.fromDoubles(total(0)), f4.fromDoubles(total(1))))
  else
    result.forEach((v, half) => {
      set(v, isSum ? total(half) : top.lanes(half))
    })
  store(s, k.node, k.to, output, f.out, lanes)
}

/** the iteration space of a reduction: its loops, and the steps of walkers along them */
interface ReduceLoops {
  readonly body: Body
  /** the walker of the result */
  readonly output: Dims
  readonly counts: Dims
  readonly stepOf: (loop: number | undefined, walker: Dims) => number
  readonly outer: readonly number[]
  readonly reduced: number | undefined
  readonly inner: readonly number[]
}

const loopsOf = (k: ReduceKernel): ReduceLoops => {
  const body = bodyOf([k.node], k.reads, k.shape, k.start)
  const size = bytesOf[k.to.buffer.dtype]
  const isReduced = (a: number): boolean => k.axes.includes(a)
  // the result's walker does not move along reduced axes
  const output = k.shape.map((n, a) => (isReduced(a) || n === 1 ? 0 : (k.to.stride[a] as number) * size))
  const first = [...k.shape.keys()].find(a => isReduced(a) && (k.shape[a] as number) > 1) ?? k.shape.length
  const segment = (a: number): number => (isReduced(a) ? 1 : a < first ? 0 : 2)
  const walks = [...body.reads.map(r => r.steps), ...body.places.map(p => p.steps), output]
  const space = collapse(k.shape, walks, segment)
  const collapsed = new Map(walks.map((w, i) => [w.join(','), space.steps[i] as Dims]))
  const loops = (which: number): readonly number[] =>
    [...space.counts.keys()].filter(l => segment(space.axes[l] as number) === which)
  return {
    body,
    output,
    counts: space.counts,
    stepOf: (loop, w) => (loop === undefined ? 0 : ((collapsed.get(w.join(',')) as Dims)[loop] as number)),
    outer: loops(0),
    reduced: loops(1)[0],
    inner: loops(2)
  }
}

/** all columns along the last inner loop, four at a time */
const blocks = (f: Frame, reduced: number, last: number, output: number): void => {
  const count = f.count(last)
  const full = Math.floor(count / 4)
  times(f.counters.at(-2) as Local, full, () => {
    columns(f, reduced, last, output, 4)
    f.move(last, 4)
  })
  if (count % 4 !== 0) columns(f, reduced, last, output, count % 4)
  f.move(last, -4 * full)
}

export const emitReduce = (k: ReduceKernel, where: Where): Procedure => {
  const { body, output, counts, stepOf, outer, reduced, inner } = loopsOf(k)
  const needs = { counters: counts.length + 1, extra: 8 }
  return procedure(body, [{ steps: output, start: undefined }], needs, where, (s, counters, extra, walkers) => {
    const f: Frame = {
      k,
      s,
      counters,
      acc: i => extra[i] as Local,
      out: s.walker(output),
      emit: (loop, lanes) => {
        const step = (w: Dims): number => stepOf(loop, w)
        emitBody(s, body, step, lanes, () => false)
      },
      move: (loop, by) => {
        for (const w of walkers) advance(w.local, by * stepOf(loop, w.steps))
      },
      count: loop => (loop === undefined ? 1 : (counts[loop] as number))
    }
    const last = inner.at(-1)
    const around = [...outer, ...inner.slice(0, -1)]
    nest(
      around.map(l => f.count(l)),
      counters,
      walkers.map(w => ({ local: w.local, step: i => stepOf(around[i], w.steps) })),
      () => {
        if (last === undefined) row(f, reduced)
        else blocks(f, reduced as number, last, stepOf(last, output))
      }
    )
  })
}
