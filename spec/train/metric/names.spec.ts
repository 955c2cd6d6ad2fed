/** The names of metrics: a report, a study and a state find a number by its name alone. */
import { describe, expect, test } from 'vitest'
import { builtIn, customMetric, dense, expr, extend, input, model, topK } from '../../../src/index.js'
import { accuracy, epochs, meanSquaredError, mae, sgd, softmaxCrossEntropy } from '../../../src/train/index.js'
import { checkTraining, training } from '../../../src/train/training.js'
import { left } from '../../support/either.js'

const net = model(input(2), dense(60))
const settings = { model: net, loss: softmaxCrossEntropy, optimizer: sgd(0.1), stop: epochs(1) } as const
const close = (name: string) => customMetric(name, (y, t) => expr.abs(expr.sub(y, t)))

describe('names of metrics', () => {
  test('are numbered where a metric is there twice', () =>
    expect(checkTraining(training({ ...settings, metrics: [topK(5), topK(5), accuracy, accuracy] }))._tag).toBe(
      'Right'
    ))
  test('may not meet: the second topK(5) is called as topK(52) is', () => {
    for (const metrics of [
      [topK(5), topK(5), topK(52)],
      [topK(52), topK(5), topK(5)]
    ])
      expect(left(checkTraining(training({ ...settings, metrics })))).toBe(
        'metrics/2: expected a name that no other number of a report has, without a /, got "top52", as that of another metric; the second metric of a name has a 2 behind it: name each metric once'
      )
  })
  test.each(['loss', 'mae2', 'mae/total', ''])(
    'a custom metric may not be called %j where that name has a meaning',
    name => {
      const own = close(name)
      const t = training({ ...settings, loss: meanSquaredError, metrics: [own.member, mae, mae] })
      expect(left(checkTraining(t, extend(builtIn, { metrics: [own] })))).toMatch(
        /^metrics\/[02]: expected a name that no other number of a report has, without a \/, got "/
      )
    }
  )
})
