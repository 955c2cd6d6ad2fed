/** Each metric against its definition, worked out plainly. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accuracy,
  areaUnderRoc,
  calibrationError,
  confusionMatrix,
  f1,
  mae,
  perplexity,
  precision,
  r2,
  recall,
  rmse,
  rocAuc,
  topK
} from '../../../src/train/metric/index.js'
import { metricOf, sumsOf, type Examples } from './helpers.js'
import { left, right } from '../../support/either.js'
import { randomFrom } from '../../support/random.js'
import { seed } from '../../support/tensors.js'

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
const mean = (xs: readonly number[]): number => sum(xs) / xs.length
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** scores on a coarse grid, so that ties occur, and classes */
const classified = (
  n: number,
  classes: number,
  s: number
): { readonly rows: readonly (readonly number[])[]; readonly t: readonly number[] } => {
  const next = randomFrom(s)
  return {
    rows: range(n).map(() => range(classes).map(() => Math.floor(next() * 6) / 2 - 1)),
    t: range(n).map(() => Math.floor(next() * classes))
  }
}
const given = ({ rows, t }: ReturnType<typeof classified>): Examples => ({
  y: rows.flat(),
  t,
  output: [rows[0]?.length as number],
  scale: 'logits'
})
const best = (row: readonly number[]): number => row.indexOf(Math.max(...row))
const cases = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 6 }), seed)

describe('of classes', () => {
  test('accuracy is the share of rows whose largest number stands at the class', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = classified(...c)
        expect(metricOf(accuracy, given(e))).toBe(e.rows.filter((row, i) => best(row) === e.t[i]).length / e.t.length)
      })
    ))
  test('topK counts rows whose class is among the k first, in order of size, then of place', () =>
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 7 }), (c, k) => {
        const e = classified(...c)
        const hits = e.rows.filter((row, i) => {
          const order = [...range(row.length)].sort((a, b) => (row[b] as number) - (row[a] as number) || a - b)
          return order.slice(0, k).includes(e.t[i] as number)
        })
        expect(metricOf(topK(k), given(e))).toBe(hits.length / e.t.length)
      })
    ))
  test('topK(1) is accuracy, and topK of all classes is 1', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = given(classified(...c))
        expect(metricOf(topK(1), e)).toBe(metricOf(accuracy, e))
        expect(metricOf(topK(c[1]), e)).toBe(1)
      })
    ))
  test('a row with NaN is a miss', () => {
    const e: Examples = { y: [NaN, 1, 0, NaN], t: [1, 0], output: [2], scale: 'logits' }
    expect(metricOf(accuracy, e)).toBe(0)
    expect(metricOf(topK(1), e)).toBe(0)
  })
  test('the confusion matrix has classes as rows and what they were taken for as columns', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = classified(...c)
        const table = range(c[1]).map(i =>
          range(c[1]).map(j => e.rows.filter((row, k) => e.t[k] === i && best(row) === j).length)
        )
        expect(metricOf(confusionMatrix, given(e))).toEqual(table)
      })
    ))
  test('precision, recall and F1 are what the confusion matrix says', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = given(classified(...c))
        const table = metricOf(confusionMatrix, e) as readonly (readonly number[])[]
        const at = (i: number, j: number): number => table[i]?.[j] as number
        const all = range(c[1])
        const [hits, predicted, actual] = [
          all.map(i => at(i, i)),
          all.map(j => sum(all.map(i => at(i, j)))),
          all.map(i => sum(all.map(j => at(i, j))))
        ]
        const div = (a: number | undefined, b: number | undefined): number =>
          b === 0 ? 0 : (a as number) / (b as number)
        const lists = [
          [precision, all.map(i => div(hits[i], predicted[i]))],
          [recall, all.map(i => div(hits[i], actual[i]))],
          [f1, all.map(i => div(2 * (hits[i] as number), (predicted[i] as number) + (actual[i] as number)))]
        ] as const
        const there = all.filter(i => (predicted[i] as number) + (actual[i] as number) > 0)
        for (const [metric, list] of lists) {
          expect(metricOf(metric('perClass'), e)).toEqual(list)
          expect(metricOf(metric(), e)).toBeCloseTo(mean(there.map(i => list[i] as number)), 12)
          // with one class asked for and one given for each example, all three are the accuracy
          expect(metricOf(metric('micro'), e)).toBeCloseTo(metricOf(accuracy, e) as number, 12)
        }
      })
    ))
  test('F1 of a class is the harmonic mean of its precision and recall', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = given(classified(...c))
        const [p, r, f] = [precision, recall, f1].map(m => metricOf(m('perClass'), e) as readonly number[])
        f?.forEach((x, i) => {
          const [a, b] = [p?.[i] as number, r?.[i] as number]
          expect(x).toBeCloseTo(a + b === 0 ? 0 : (2 * a * b) / (a + b), 12)
        })
      })
    ))
  test('outputs with axes before the last are asked at each place', () => {
    const e: Examples = { y: [1, 0, 0, 1, 0, 1, 1, 0], t: [0, 1, 0, 0], output: [2, 2], target: [2], scale: 'logits' }
    expect(metricOf(accuracy, e)).toBe(0.75)
    expect(metricOf(confusionMatrix, e)).toEqual([
      [2, 1],
      [0, 1]
    ])
  })
  test('one output tells two classes: above 0 as a logit, above a half otherwise', () => {
    const e: Examples = { y: [-1, 0, 0.2, 0.5, 0.6, 2], t: [0, 0, 1, 0, 1, 1], output: [1], target: [] }
    expect(metricOf(accuracy, e)).toBe(5 / 6)
    expect(metricOf(accuracy, { ...e, scale: 'logits' })).toBe(5 / 6)
    expect(metricOf(confusionMatrix, e)).toEqual([
      [3, 0],
      [1, 2]
    ])
    expect(metricOf(confusionMatrix, { ...e, scale: 'logits' })).toEqual([
      [2, 1],
      [0, 3]
    ])
  })
})

describe('of probabilities', () => {
  const softmax = (row: readonly number[]): readonly number[] => {
    const e = row.map(Math.exp)
    return e.map(x => x / sum(e))
  }
  test('perplexity is exp of the mean of -ln p(class)', () =>
    fc.assert(
      fc.property(cases, c => {
        const e = classified(...c)
        const wanted = Math.exp(-mean(e.rows.map((row, i) => Math.log(softmax(row)[e.t[i] as number] as number))))
        const logits = { ...given(e), dtype: 'f64' } as const
        expect(metricOf(perplexity, logits)).toBeCloseTo(wanted, 9)
        expect(metricOf(perplexity, { ...logits, y: e.rows.flatMap(softmax), scale: 'probabilities' })).toBeCloseTo(
          wanted,
          9
        )
      })
    ))
  test('perplexity of a model that knows nothing is the number of classes', () =>
    expect(
      metricOf(perplexity, { y: range(30).map(() => 7), t: range(5), output: [6], scale: 'logits', dtype: 'f64' })
    ).toBeCloseTo(6, 12))
  test('perplexity of one logit is that of the two logits 0 and z', () => {
    const z = [-3, 0.5, 2]
    const one = metricOf(perplexity, { y: z, t: [0, 1, 0], output: [1], target: [], scale: 'logits', dtype: 'f64' })
    expect(one).toBeCloseTo(
      Math.exp(mean([Math.log1p(Math.exp(-3)), Math.log1p(Math.exp(-0.5)), Math.log1p(Math.exp(2))])),
      12
    )
  })
  test('zero probability elsewhere is no NaN', () =>
    expect(metricOf(perplexity, { y: [1, 0, 0, 1], t: [0, 1], output: [2], scale: 'probabilities' })).toBe(1))

  test('the calibration error compares confidence and hits bin by bin', () =>
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 12 }), (c, bins) => {
        const e = classified(...c)
        const rows = e.rows.map(softmax)
        const seen = rows.map((row, i) => ({ confidence: Math.max(...row), hit: best(row) === e.t[i] ? 1 : 0 }))
        const inBin = (b: number): typeof seen =>
          seen.filter(x => Math.min(Math.floor(x.confidence * bins), bins - 1) === b)
        const wanted =
          sum(range(bins).map(b => Math.abs(sum(inBin(b).map(x => x.hit)) - sum(inBin(b).map(x => x.confidence))))) /
          rows.length
        const probabilities: Examples = { ...given(e), y: rows.flat(), scale: 'probabilities', dtype: 'f64' }
        expect(metricOf(calibrationError(bins), probabilities)).toBeCloseTo(wanted, 10)
      })
    ))
  test('a model that is always sure and always right is calibrated; one always wrong is off by 1', () => {
    const e: Examples = { y: [1, 0, 0, 1], t: [0, 1], output: [2], scale: 'probabilities' }
    expect(metricOf(calibrationError(), e)).toBe(0)
    expect(metricOf(calibrationError(), { ...e, t: [1, 0] })).toBe(1)
  })
})

describe('the area under the ROC', () => {
  const pairs = (scores: readonly number[], positive: readonly number[]): number => {
    const wins = scores.flatMap((a, i) =>
      scores.flatMap((b, j) => (positive[i] === 1 && positive[j] === 0 ? [a > b ? 1 : a === b ? 0.5 : 0] : []))
    )
    return mean(wins)
  }
  const binary = fc.tuple(fc.integer({ min: 2, max: 60 }), seed).map(([n, s]) => {
    const next = randomFrom(s)
    const grid = 64
    return {
      scores: range(n).map(() => Math.floor(next() * grid) / grid),
      positive: range(n).map(i => (i === 0 ? 1 : i === 1 ? 0 : Math.floor(next() * 2)))
    }
  })
  test('of lists is the share of pairs in order, ties half, exactly', () =>
    fc.assert(
      fc.property(binary, ({ scores, positive }) => {
        expect(right(areaUnderRoc(scores, positive))).toBeCloseTo(pairs(scores, positive), 12)
      })
    ))
  test('is one minus itself when classes are exchanged', () =>
    fc.assert(
      fc.property(binary, ({ scores, positive }) => {
        const other = right(
          areaUnderRoc(
            scores,
            positive.map(p => 1 - p)
          )
        )
        expect(right(areaUnderRoc(scores, positive)) + other).toBeCloseTo(1, 12)
      })
    ))
  test('as a metric is exact, however examples are cut into batches', () =>
    fc.assert(
      fc.property(binary, fc.integer({ min: 1, max: 9 }), ({ scores, positive }, batch) => {
        const exact = right(areaUnderRoc(scores, positive))
        const one: Examples = { y: scores, t: positive, output: [1], target: [], scale: 'probabilities' }
        const two: Examples = { ...one, y: scores.flatMap(p => [1 - p, p]), output: [2] }
        expect(metricOf(rocAuc(), one, batch)).toBe(exact)
        expect(metricOf(rocAuc(), two, batch)).toBe(exact)
        // these lie at the edges of bins
        expect(metricOf(rocAuc(64), one, batch)).toBe(exact)
        expect(metricOf(rocAuc(64), two, batch)).toBe(exact)
      })
    ))
  test('as a metric is exact where scores crowd: rare classes, logits far from 0', () => {
    const rare = range(400).map(i => -9 - 0.3 * Math.sin(i) + (i < 8 ? 1.5 : 0))
    const sure = range(400).map(i => 20 + (i % 20) + (i < 200 ? 4.5 : 0))
    for (const [scores, share] of [
      [rare, 8],
      [sure, 200]
    ] as const) {
      const t = range(400).map(i => (i < share ? 1 : 0))
      const e: Examples = { y: scores, t, output: [1], target: [], scale: 'logits', dtype: 'f64' }
      const exact = pairs(scores, t)
      expect(metricOf(rocAuc(), e, 32)).toBeCloseTo(exact, 12)
      expect(metricOf(rocAuc(), { ...e, y: scores.flatMap(z => [-z / 2, z / 2]), output: [2] }, 7)).toBeCloseTo(
        exact,
        12
      )
      // in bins all of them are tied
      expect(metricOf(rocAuc(1024), e)).toBe(0.5)
    }
  })
  test('as a metric is NaN where an output is NaN or a class does not occur', () => {
    const e: Examples = { y: [0.1, NaN], t: [0, 1], output: [1], target: [], scale: 'probabilities' }
    expect(metricOf(rocAuc(), e)).toBeNaN()
    expect(metricOf(rocAuc(), { ...e, y: [0.1, 0.2], t: [1, 1] })).toBeNaN()
  })
  test('as a metric is off by at most half the pairs that share a bin', () =>
    fc.assert(
      fc.property(binary, fc.integer({ min: 1, max: 20 }), ({ scores, positive }, bins) => {
        const e: Examples = { y: scores, t: positive, output: [1], target: [], scale: 'probabilities', dtype: 'f64' }
        const bin = scores.map(x => Math.floor(x * bins))
        const tied = mean(
          scores.flatMap((_, i) =>
            scores.flatMap((_, j) => (positive[i] === 1 && positive[j] === 0 ? [bin[i] === bin[j] ? 1 : 0] : []))
          )
        )
        expect(Math.abs((metricOf(rocAuc(bins), e) as number) - pairs(scores, positive))).toBeLessThanOrEqual(
          tied / 2 + 1e-12
        )
      })
    ))
  test('of a known list', () =>
    expect(areaUnderRoc([0.1, 0.4, 0.35, 0.8], [false, false, true, true])).toEqual(E.right(0.75)))
  test.each<[string, string]>([
    [left(areaUnderRoc([1, 2], [true])), 'positive: expected 2 of them, one for each score, got 1'],
    [left(areaUnderRoc([1, NaN], [true, false])), 'scores/1: expected a number, got NaN'],
    [left(areaUnderRoc([1, 2], [true, true])), 'positive: expected both positives and negatives, got no negatives'],
    [left(areaUnderRoc([], [])), 'positive: expected both positives and negatives, got no positives']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
  test('of three classes is refused', () =>
    expect(sumsOf(rocAuc(), { y: [1, 2, 3], t: [0], output: [3] }, 1)).toEqual(
      E.left('metrics: expected one or two outputs, for rocAuc, got 3')
    ))
})

describe('of numbers', () => {
  const numbers = fc
    .tuple(fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 4 }), seed)
    .map(([n, width, s]) => {
      const next = randomFrom(s)
      const list = (): readonly number[] => range(n * width).map(() => Math.fround(next() * 4 - 2))
      return { y: list(), t: list(), output: [width], target: [width] } satisfies Examples
    })
  test('mean absolute error, root mean squared error', () =>
    fc.assert(
      fc.property(numbers, e => {
        const d = e.y.map((y, i) => y - (e.t[i] as number))
        expect(metricOf(mae, e)).toBeCloseTo(mean(d.map(Math.abs)), 12)
        expect(metricOf(rmse, e)).toBeCloseTo(Math.sqrt(mean(d.map(x => x * x))), 12)
      })
    ))
  test('R2 is one minus the residual over the variation, for each output, averaged', () =>
    fc.assert(
      fc.property(numbers, e => {
        const [width] = e.output
        const each = range(width as number).map(j => {
          const at = (xs: readonly number[]): readonly number[] => xs.filter((_, i) => i % (width as number) === j)
          const [y, t] = [at(e.y), at(e.t)]
          const m = mean(t)
          return 1 - sum(t.map((v, i) => (v - (y[i] as number)) ** 2)) / sum(t.map(v => (v - m) ** 2))
        })
        const wanted = mean(each)
        expect(Math.abs((metricOf(r2, e) as number) - wanted)).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted)))
      })
    ))
  test('R2 of the targets themselves is 1, of their mean 0', () => {
    const t = [1, 2, 3, 4]
    expect(metricOf(r2, { y: t, t, output: [1], target: [1] })).toBe(1)
    expect(metricOf(r2, { y: t.map(() => 2.5), t, output: [1], target: [1] })).toBe(0)
  })
  test('R2 of a target that never varies is 1 where it is met, else 0', () => {
    expect(metricOf(r2, { y: [3, 3], t: [3, 3], output: [1], target: [1] })).toBe(1)
    expect(metricOf(r2, { y: [3, 4], t: [3, 3], output: [1], target: [1] })).toBe(0)
  })
  test('outputs may be single numbers', () =>
    expect(metricOf(mae, { y: [1, 5], t: [2, 3], output: [], target: [] })).toBe(1.5))
})
