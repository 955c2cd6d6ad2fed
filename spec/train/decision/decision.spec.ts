import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classes, decideAt, probabilities } from '../../../src/train/decision/classes.js'
import { chooseThreshold, precisionRecallCurve, rocCurve, thresholds } from '../../../src/train/decision/curves.js'
import { crossEntropy, sigmoidCrossEntropy, softmaxCrossEntropy } from '../../../src/train/loss/cross-entropy.js'
import { smoothed } from '../../../src/train/loss/classes.js'
import { meanSquaredError } from '../../../src/train/loss/squared.js'
import { areaUnderRoc } from '../../../src/train/metric/roc.js'
import { numbersOf, tensorView } from '../../../src/value/tensor.js'
import { left, right } from '../../support/either.js'

const of = (shape: readonly number[], ...numbers: readonly number[]) =>
  tensorView('f32', shape, Float32Array.from(numbers))

describe('probabilities', () => {
  test('of logits of classes are softmax, and sum to 1, however large the logits', () => {
    const p = numbersOf(right(probabilities(softmaxCrossEntropy)(of([2, 2], 0, 0, 1000, -1000))))
    expect([...p]).toEqual([0.5, 0.5, 1, 0])
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 5 }), xs => {
        const p = [...numbersOf(right(probabilities(smoothed(softmaxCrossEntropy, 0.1))(of([1, xs.length], ...xs))))]
        expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      })
    )
  })
  test('of logits of yes or no are sigmoids, and probabilities stay', () => {
    const p = numbersOf(right(probabilities(sigmoidCrossEntropy)(of([3, 1], 0, -800, 800))))
    expect([...p]).toEqual([0.5, 0, 1])
    expect([...numbersOf(right(probabilities(crossEntropy)(of([1, 2], 0.25, 0.75))))]).toEqual([0.25, 0.75])
  })
  test('are not what a loss of values means', () => {
    expect(left(probabilities(meanSquaredError)(of([1, 1], 2)))).toContain('expected a loss of logits or probabilities')
    expect(left(probabilities(softmaxCrossEntropy)(7 as never))).toContain('a tensor of numbers')
  })
})

describe('decisions', () => {
  test('of classes are the first largest number', () => {
    const c = right(classes(of([2, 3], 1, 3, 3, 2, 1, 0)))
    expect([c.dtype, c.shape, [...numbersOf(c)]]).toEqual(['u32', [2], [1, 0]])
    expect(left(classes(of([2, 1], 1, 3)))).toContain('decideAt is for yes or no')
  })
  test('of yes or no are made from the threshold on', () => {
    expect([...numbersOf(right(decideAt(0.5)(of([3, 1], 0.25, 0.5, 1))))]).toEqual([0, 1, 1])
    expect(left(decideAt(2)(of([1], 1)))).toContain('a number from 0 to 1')
  })
})

// scikit-learn's documentation of roc_curve and precision_recall_curve has these numbers
const scores = [0.1, 0.4, 0.35, 0.8]
const targets = [0, 0, 1, 1]

describe('curves', () => {
  test('are those of scikit-learn', () => {
    const roc = right(rocCurve(scores, targets))
    expect(roc.map(p => p.threshold)).toEqual([Infinity, 0.8, 0.4, 0.35, 0.1])
    expect(roc.map(p => p.falsePositiveRate)).toEqual([0, 0, 0.5, 0.5, 1])
    expect(roc.map(p => p.truePositiveRate)).toEqual([0, 0.5, 0.5, 1, 1])
    const pr = right(precisionRecallCurve(scores, targets))
    expect(pr.map(p => p.precision)).toEqual([1, 1, 0.5, 2 / 3, 0.5])
    expect(pr.map(p => p.recall)).toEqual([0, 0.5, 0.5, 1, 1])
  })
  const example = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean())
  const examples = fc
    .array(example, { minLength: 2 })
    .filter(all => all.some(([, yes]) => yes) && all.some(([, yes]) => !yes))
  test('have the area of areaUnderRoc below them, by the rule of trapezoids', () => {
    fc.assert(
      fc.property(examples, all => {
        const [s, t] = [all.map(([x]) => x / 8), all.map(([, yes]) => (yes ? 1 : 0))]
        const points = right(rocCurve(s, t))
        const area = points.slice(1).reduce((sum, p, i) => {
          const before = points[i] as (typeof points)[number]
          return (
            sum +
            ((p.falsePositiveRate - before.falsePositiveRate) * (p.truePositiveRate + before.truePositiveRate)) / 2
          )
        }, 0)
        expect(area).toBeCloseTo(right(areaUnderRoc(s, t)), 12)
      })
    )
  })
  test('count what decideAt decides', () => {
    fc.assert(
      fc.property(examples, all => {
        const [s, t] = [all.map(([x]) => x / 8), all.map(([, yes]) => (yes ? 1 : 0))]
        for (const p of right(thresholds(s, t)).slice(1)) {
          const yes = numbersOf(right(decideAt(p.threshold)(tensorView('f64', [s.length], Float64Array.from(s)))))
          expect([...yes].filter((y, i) => y === 1 && t[i] === 1)).toHaveLength(p.truePositives)
          expect([...yes].filter((y, i) => y === 1 && t[i] === 0)).toHaveLength(p.falsePositives)
          expect(p.truePositives + p.falsePositives + p.trueNegatives + p.falseNegatives).toBe(s.length)
        }
      })
    )
  })
  test('need numbers and examples of both classes', () => {
    expect(left(rocCurve([1], [1, 0]))).toContain('1 targets, one for each probability')
    expect(left(rocCurve([1, 2], [1, 1]))).toContain('examples of both classes')
    expect(left(rocCurve([1, NaN], [1, 0]))).toContain('row 1')
    expect(left(rocCurve([1, 2], [1, 2]))).toContain('0 or 1')
  })
})

describe('chooseThreshold', () => {
  test('gives the threshold that is best by the metric, the highest of equal ones', () => {
    expect(right(chooseThreshold('accuracy')(scores, targets))).toMatchObject({ threshold: 0.8, value: 0.75 })
    expect(right(chooseThreshold('f1')(scores, targets))).toMatchObject({ threshold: 0.35, value: 0.8 })
    expect(right(chooseThreshold('youden')(scores, targets)).value).toBe(0.5)
    expect(right(chooseThreshold('balancedAccuracy')(scores, targets)).value).toBe(0.75)
    const careful = chooseThreshold(c => c.truePositives - 10 * c.falseNegatives - c.falsePositives)
    expect(right(careful(scores, targets)).threshold).toBe(0.35)
    expect(left(chooseThreshold('f2' as never)(scores, targets))).toContain('one of accuracy')
  })
})
