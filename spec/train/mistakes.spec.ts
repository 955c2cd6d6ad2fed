/** Mistakes that don't depend on one another are reported together, each in the words it has alone. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset } from '../../src/data/dataset.js'
import { dense } from '../../src/layer/dense.js'
import { input, model } from '../../src/layer/model.js'
import { crossEntropy, meanSquaredError, type Loss } from '../../src/train/loss/index.js'
import { accuracy, mae, type Metric } from '../../src/train/metric/index.js'
import { sgd } from '../../src/train/optimizer/index.js'
import { steps, type StopRule } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import { checkTraining, type Training } from '../../src/train/training.js'
import { showError, mistakesOf, type Problem } from '../../src/value/error.js'
import { right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const left = (e: E.Either<Problem<string>, unknown>): Problem<string> => {
  if (E.isRight(e)) throw new Error('it should have been refused')
  return e.left
}
const valid: Training = {
  model: model(input(3), dense(2)),
  loss: meanSquaredError,
  optimizer: sgd(0.1),
  stop: steps(1),
  batchSize: 4,
  metrics: [],
  seed: 0,
  precision: 'f32'
}
/** in the order in which they are reported */
const mistakes: readonly (readonly [code: string, wrong: Partial<Training>])[] = [
  ['not-a-size', { batchSize: 0 }],
  ['out-of-range', { seed: -1 }],
  ['wrong-type', { precision: 'f16' as 'f32' }],
  ['unknown-member', { loss: { tag: 'none' } as unknown as Loss }],
  ['out-of-range', { optimizer: sgd(-1) }],
  ['missing-field', { stop: { tag: 'steps' } as StopRule }],
  ['unknown-member', { metrics: [mae, { tag: 'none' } as unknown as Metric] }],
  ['shape-mismatch', { model: { ...valid.model, input: [2, 3] } }]
]

describe('the mistakes of a training', () => {
  it('are reported together', () => {
    fc.assert(
      fc.property(fc.subarray([...mistakes], { minLength: 1 }), chosen => {
        const all = left(checkTraining(chosen.reduce<Training>((t, [, wrong]) => ({ ...t, ...wrong }), valid)))
        const alone = chosen.map(([, wrong]) => left(checkTraining({ ...valid, ...wrong })))
        expect(showError(all)).toBe(alone.map(showError).join('\n'))
        expect(mistakesOf(all).map(e => e.code)).toEqual(chosen.map(([code]) => code))
      })
    )
  })
  it('in how its parts fit together as well', () => {
    const unfit = left(
      checkTraining({ ...valid, loss: crossEntropy, metrics: [accuracy, { tag: 'topK', k: 5 }] as readonly Metric[] })
    )
    expect(mistakesOf(unfit).map(e => e.path.slice(0, 2))).toEqual([
      ['loss', 'crossEntropy'],
      ['metrics', '1']
    ])
  })
  it('and in the data of a run', () => {
    const x = numbers('f32', [3, 3], 1)
    const small = right(dataset({ x, y: numbers('f32', [3, 2], 2) }))
    const other = right(dataset({ x, y: numbers('f32', [3, 1], 2) }))
    const wrong = train({ ...valid, loss: meanSquaredError }, { backend: wasm, validation: other })(small)
    expect(E.isLeft(wrong) ? mistakesOf(wrong.left).map(e => e.path[0]) : []).toEqual(['batchSize', 'validation'])
  })
})
