/** Scores of predictions against published numbers and definitions. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accuracyOf,
  calibrationOf,
  classScores,
  confusionOf,
  precisionRecallOf,
  rocOf,
  type ClassPredictions
} from '../../src/report/classification.js'
import { predictionContent } from '../../src/report/evaluation.js'
import { fragment } from '../../src/report/markup.js'
import { binned, residualScores } from '../../src/report/regression.js'
import { hostile } from './hostile.js'

const three: ClassPredictions = {
  kind: 'classes',
  names: ['a', 'b', 'c'],
  truth: [0, 0, 1, 2],
  scores: [
    [0.7, 0.2, 0.1],
    [0.3, 0.6, 0.1],
    [0.1, 0.8, 0.1],
    [0.5, 0.1, 0.4]
  ],
  probabilities: true
}

describe('predictions of classes', () => {
  test('are counted by class and predicted class', () => {
    const counts = confusionOf(three)
    expect(counts).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 0]
    ])
    expect(accuracyOf(counts)).toBe(0.5)
    const [a, b, c] = classScores(three.names, counts)
    expect(a).toEqual({ name: 'a', precision: 0.5, recall: 0.5, f1: 0.5, examples: 2 })
    expect(b?.f1).toBeCloseTo(2 / 3, 12)
    expect(c).toEqual({ name: 'c', precision: 0, recall: 0, f1: 0, examples: 1 })
  })
  test('have the areas that scikit-learn 1.5 documents for roc_auc_score and average_precision_score', () => {
    // y_true = [0, 0, 1, 1], y_scores = [0.1, 0.4, 0.35, 0.8]
    const scores = [0.1, 0.4, 0.35, 0.8]
    const isClass = [false, false, true, true]
    expect(rocOf(scores, isClass)?.area).toBeCloseTo(0.75, 12)
    expect(precisionRecallOf(scores, isClass)?.area).toBeCloseTo(0.8333333333, 9)
    expect(rocOf(scores, isClass)?.points).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 0.5],
      [0.5, 1],
      [1, 1]
    ])
  })
  test('have the area under the ROC curve that counting pairs gives, ties as halves', () => {
    const score = fc.integer({ min: 0, max: 5 })
    fc.assert(
      fc.property(fc.array(fc.tuple(score, fc.boolean()), { maxLength: 30 }), all => {
        const [yes, no] = [all.filter(a => a[1]), all.filter(a => !a[1])]
        const pairs = yes.flatMap(([a]) => no.map(([b]) => (a > b ? 1 : a === b ? 0.5 : 0)))
        const area = rocOf(
          all.map(a => a[0]),
          all.map(a => a[1])
        )?.area
        if (pairs.length === 0) expect(area).toBeUndefined()
        else expect(area).toBeCloseTo(pairs.reduce<number>((a, b) => a + b, 0) / pairs.length, 9)
      })
    )
  })
  test('are calibrated where probabilities are shares', () => {
    const { bins, error } = calibrationOf(three, 2)
    expect(bins).toEqual([{ confidence: expect.closeTo(0.65, 12) as number, accuracy: 0.5, examples: 4 }])
    expect(error).toBeCloseTo(0.15, 12)
  })
  test('with names of any text are shown as text', () => {
    const names = hostile.slice(0, 3)
    const made = fragment(predictionContent({ ...three, names })).markup
    expect(made).not.toMatch(/<script|<img|<b>/)
    expect(made).toContain('&#60;script&#62;')
  })
})

describe('predictions of numbers', () => {
  const output = { name: 'Output', predicted: [2.5, 0, 2, 8], truth: [3, -0.5, 2, 7] }
  test('have the scores that scikit-learn 1.5 documents: r2_score 0.9486, mean_absolute_error 0.5', () => {
    const { rmse, mae, r2 } = residualScores(output)
    expect(r2).toBeCloseTo(0.9486, 4)
    expect(mae).toBe(0.5)
    expect(rmse).toBeCloseTo(Math.sqrt(0.375), 12)
  })
  test('are counted in bins, all of them', () => {
    expect(binned([0, 0.1, 0.5, 1, NaN], [0, 1], 2)).toEqual([2, 2])
    expect(binned([], [0, 1], 2)).toEqual([0, 0])
  })
  test('are drawn', () => {
    const made = fragment(predictionContent({ kind: 'values', outputs: [output] })).markup
    expect(made).toContain('R² 0.9486')
    expect(made).not.toMatch(/NaN|undefined/)
  })
})
