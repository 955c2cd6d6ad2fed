/** The reports that a training keeps: all, or the last ones; and the end of a training whose stop rule is never met. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { fromArrays } from '../../src/data/arrays.js'
import { dense } from '../../src/layer/dense.js'
import { input, model } from '../../src/layer/model.js'
import { checkRun } from '../../src/train/check-data.js'
import { trainingLoop, type LoopOptions } from '../../src/train/loop.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { sgd } from '../../src/train/optimizer/index.js'
import { builtInTraining } from '../../src/train/registry.js'
import { rmse } from '../../src/train/metric/index.js'
import { allOf, epochs, lossBelow, steps, type StopRule } from '../../src/train/stop/index.js'
import { train, trainIterator } from '../../src/train/train.js'
import { checkTraining, training } from '../../src/train/training.js'
import { drained } from '../../src/value/bracket.js'
import { left, right } from '../support/either.js'

const data = right(fromArrays([[1], [2]], [[1], [2]]))
const settings = (stop: StopRule) => ({
  model: model(input(1), dense(1)),
  loss: meanSquaredError,
  optimizer: sgd(0.01),
  batchSize: 2,
  stop
})
/** with the internal limit, which is 1,000,000 for callers */
const limited = (stop: StopRule, more: Partial<LoopOptions>) => {
  const checked = right(checkTraining(training(settings(stop)), builtInTraining))
  const options = { backend: wasm, emitEvents: false, acrossEpochs: true, epochLimit: 50, ...more }
  const { first, data: arranged } = right(checkRun(checked, { ...options, data }))
  return pipe(
    trainingLoop(checked, arranged, 2, first, options, ended => ended),
    E.chainW(pulled => drained(pulled, () => E.right(undefined)))
  )
}

test.each([lossBelow(0), lossBelow(-1), allOf(epochs(10), lossBelow(0))])(
  'a rule that is never met, %j, ends as an error that says how to end in any case',
  stop =>
    expect(left(limited(stop, {}))).toMatch(
      /^stop: expected a rule that is met within \d+ epochs, got none, with a mean loss of .* in the last one; add an end, as anyOf/
    )
)
test('a rule that is met at the limit ends the training', () => {
  expect(right(limited(epochs(50), {})).history).toHaveLength(50)
})
test('the last reports alone have no limit, and are those of the whole history', () => {
  const all = right(train(settings(epochs(120)), { backend: wasm })(data))
  const last = right(limited(epochs(120), { maxHistory: 7 }))
  expect(last.history).toEqual(all.history.slice(-7))
  expect(right(train(settings(epochs(120)), { backend: wasm, maxHistory: 1 })(data))).toEqual({
    ...all,
    history: all.history.slice(-1)
  })
  expect(right(train(settings(epochs(3)), { backend: wasm, maxHistory: 7 })(data)).history).toHaveLength(3)
})
test.each([0, -1, 1.5, NaN])('maxHistory %d is refused', maxHistory => {
  expect(left(train(settings(epochs(1)), { backend: wasm, maxHistory })(data))).toMatch(
    /^maxHistory: expected a positive whole number/
  )
  expect(left(trainIterator(settings(epochs(1)), { backend: wasm, maxHistory })(data))).toMatch(/^maxHistory/)
})

describe('a run that ends within an epoch', () => {
  const net = model(input(1), dense(1))
  const examples = right(
    fromArrays(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(i => [i / 10]),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(i => [i / 5])
    )
  )
  const ran = (count: number) =>
    right(
      train(
        { model: net, loss: meanSquaredError, optimizer: sgd(0.1), metrics: [rmse], batchSize: 4, stop: steps(count) },
        { backend: wasm }
      )(examples)
    )
  test('reports the part that was trained: of the examples seen', () => {
    const { part, history } = ran(5)
    expect([history.length, part?.epoch, part?.step, part?.examples]).toEqual([1, 2, 5, 8])
    expect(part?.metrics.rmse).toBeCloseTo(Math.sqrt(part?.loss ?? NaN), 5)
  })
  test('has none at the end of an epoch', () => expect(ran(6)).not.toHaveProperty('part'))
})
