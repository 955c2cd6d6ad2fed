/** What holds for every metric: it is a monoid over batches, both backends agree, and it is data. */
import { codecsOf } from '../../../src/registry/codecs.js'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { metrics, type Metric, type MetricValue } from '../../../src/train/metric/index.js'
import { isPerExample } from '../../../src/infer/totals.js'
import { addTotals, plainTotals } from '../../../src/train/metric/metric.js'
import { kindOf, metricOf, sumsOf, type Examples } from './helpers.js'
import { randomFrom } from '../../support/random.js'
import { seed } from '../../support/tensors.js'

const samples = Object.values(metrics).flatMap(kind =>
  kind.samples.map((m): readonly [string, Metric] => [JSON.stringify(m), m])
)
/** sums that are not counts */
const rounded = ['perplexity', 'calibrationError', 'mae', 'rmse', 'r2']

/** outputs and targets that suit a metric: probabilities of two classes, which every metric takes */
const examples = (m: Metric, n: number, s: number): Examples => {
  const next = randomFrom(s)
  const p = Array.from({ length: n }, () => Math.fround(next()))
  // both classes occur
  const classes = p.map((_, i) => (i < 2 ? i : Math.floor(next() * 2)))
  return kindOf(m).targets === 'classes'
    ? { y: p.flatMap(x => [1 - x, x]), t: classes, output: [2], scale: 'probabilities' }
    : { y: p.flatMap(x => [1 - x, x]), t: Array.from({ length: 2 * n }, next), output: [2], target: [2] }
}
const flat = (v: MetricValue): readonly number[] => (typeof v === 'number' ? [v] : v.flatMap(flat))
const counts = fc.integer({ min: 2, max: 40 })

describe.each(samples)('%s', (_, m) => {
  test('does not depend on how examples are cut into batches, the last one short', () =>
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 45 }), seed, (n, batch, s) => {
        const e = examples(m, n, s)
        const [whole, cut] = [metricOf(m, e), metricOf(m, e, batch)]
        if (rounded.includes(m.tag)) flat(cut).forEach((x, i) => expect(x).toBeCloseTo(flat(whole)[i] as number, 9))
        else expect(cut).toEqual(whole)
      }),
      { numRuns: 25 }
    ))
  test('nor on their order', () =>
    fc.assert(
      fc.property(counts, seed, (n, s) => {
        const e = examples(m, n, s)
        const width = e.t.length / n
        const backwards = (xs: readonly number[], k: number): readonly number[] =>
          Array.from({ length: n }, (_, i) => xs.slice((n - 1 - i) * k, (n - i) * k)).flat()
        const turned = metricOf(m, { ...e, y: backwards(e.y, 2), t: backwards(e.t, width) })
        const straight = flat(metricOf(m, e))
        flat(turned).forEach((x, i) => {
          if (!Object.is(x, straight[i])) expect(x).toBeCloseTo(straight[i] as number, 9)
        })
      }),
      { numRuns: 10 }
    ))
  test('sums form a monoid', () => {
    const [a = {}, b = {}, c = {}] = E.getOrElse((): readonly Readonly<Record<string, readonly number[]>>[] => [])(
      sumsOf(m, examples(m, 30, 5), 10)
    )
    expect(plainTotals(addTotals({}, a))).toEqual(a)
    expect(plainTotals(addTotals(a, {}))).toEqual(a)
    const [left, right] = [addTotals(addTotals(a, b), c), addTotals(a, addTotals(b, c))]
    for (const k of Object.keys(left)) left[k]?.forEach((x, i) => expect(x).toBeCloseTo(right[k]?.[i] as number, 10))
  })
  test('totals are values: what is added to them later is not seen in them', () => {
    const [a = {}, b = {}, c = {}] = E.getOrElse((): readonly Readonly<Record<string, readonly number[]>>[] => [])(
      sumsOf(m, examples(m, 30, 5), 10)
    )
    const first = addTotals(a, b)
    const kept = plainTotals(first)
    const [withC, withA] = [plainTotals(addTotals(first, c)), plainTotals(addTotals(first, a))]
    expect(plainTotals(first)).toEqual(kept)
    expect(plainTotals(addTotals(first, c))).toEqual(withC)
    expect(plainTotals(addTotals(first, a))).toEqual(withA)
    for (const k of Object.keys(a).filter(isPerExample)) {
      expect(withC[k]).toEqual([a, b, c].flatMap(t => t[k] ?? []))
      expect(withA[k]).toEqual([a, b, a].flatMap(t => t[k] ?? []))
    }
  })
  test('both backends give the same sums, to the bit', () =>
    fc.assert(
      fc.property(counts, seed, fc.constantFrom('f32' as const, 'f64' as const), (n, s, dtype) => {
        const e = { ...examples(m, n, s), dtype }
        expect(sumsOf(m, { ...e, backend: wasm }, 16)).toEqual(sumsOf(m, e, 16))
      }),
      { numRuns: 8 }
    ))
  test('JSON keeps it', () => {
    const codec = codecsOf({ metrics }).metric
    expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(m))))).toEqual(E.right(m))
  })
})

test('settings out of range are refused', () => {
  const codec = codecsOf({ metrics }).metric
  const wrong: readonly unknown[] = [
    { tag: 'topK', k: 0 },
    { tag: 'precision', average: 'weighted' },
    { tag: 'calibrationError', bins: 1.5 },
    { tag: 'rocAuc', bins: -1 },
    { tag: 'mae', scale: 2 }
  ]
  for (const m of wrong) expect(E.isLeft(codec.decode(m))).toBe(true)
})
