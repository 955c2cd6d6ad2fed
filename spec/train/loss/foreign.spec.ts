/** Losses and metrics of labels against committed numbers of PyTorch and scikit-learn: spec/golden/losses.py. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import golden from '../../golden/losses.json' with { type: 'json' }
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { dataset } from '../../../src/data/dataset.js'
import { sigmoid, softmax } from '../../../src/layer/activation.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import {
  classWeighted,
  gaussianLoss,
  meanSquaredError,
  poissonLoss,
  quantileLoss,
  sigmoidCrossEntropy,
  sigmoidFocalLoss,
  smoothed,
  softmaxCrossEntropy,
  softmaxFocalLoss,
  weightedSigmoidCrossEntropy,
  type Loss
} from '../../../src/train/loss/index.js'
import {
  accuracy,
  binaryAccuracy,
  labelF1,
  labelPrecision,
  labelRecall,
  labelRocAuc,
  rmse,
  subsetAccuracy,
  type LabelAverage,
  type Metric
} from '../../../src/train/metric/index.js'
import { sgd } from '../../../src/train/optimizer/index.js'
import { epochs } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import type { TrainingOptions } from '../../../src/train/training.js'
import { showError } from '../../../src/value/error.js'
import { numbers, tensorOf } from '../../support/tensors.js'
import { right } from '../../support/either.js'
import { metricOf } from '../metric/helpers.js'
import { close, evaluated } from './helpers.js'

const meant: Readonly<Record<string, Loss>> = {
  weighted: weightedSigmoidCrossEntropy({ positive: [2, 0.5, 4], labels: [1, 2, 0.25] }),
  'weighted, soft': weightedSigmoidCrossEntropy({ positive: 3 }),
  smoothed: smoothed(sigmoidCrossEntropy, 0.2),
  sigmoidFocal: sigmoidFocalLoss({ alpha: 0.25 }),
  'sigmoidFocal, gamma 1': sigmoidFocalLoss({ gamma: 1 }),
  softmaxFocal: softmaxFocalLoss(),
  quantile: quantileLoss(0.9),
  quantiles: quantileLoss(0.1, 0.5, 0.9),
  poisson: poissonLoss,
  gaussian: gaussianLoss
}
type Rows = readonly (readonly number[])[]
const tensorFrom = (rows: Rows, dtype: 'f32' | 'f64') =>
  tensorOf(dtype, [rows.length, (rows[0] ?? []).length], rows.flat())

describe.each(Object.entries(golden.losses))('%s', (name, { output, target, value, gradient }) => {
  test(`is as in PyTorch ${golden.torch}: value and gradient, to 1e-12 in f64 and 1e-5 in f32`, () => {
    for (const [dtype, tolerance] of [
      ['f64', 1e-12],
      ['f32', 1e-5]
    ] as const) {
      const r = evaluated(meant[name] as Loss, tensorFrom(output, dtype), tensorFrom(target, dtype))
      expect(close(r.value, value, tolerance)).toBe(true)
      gradient.flat().forEach((g, i) => {
        expect(close(r.gradient[i] as number, g, tolerance), `${i}`).toBe(true)
      })
    }
  })
})
test('focal losses with gamma 0 are cross-entropies; extreme logits stay finite', () => {
  const z = tensorOf('f32', [2, 2], [800, -800, 3, -0.5])
  const t = tensorOf('f32', [2, 2], [0, 1, 1, 0])
  for (const [a, b] of [
    [sigmoidFocalLoss({ gamma: 0 }), sigmoidCrossEntropy],
    [softmaxFocalLoss({ gamma: 0 }), softmaxCrossEntropy]
  ] as const)
    expect(close(evaluated(a, z, t).value, evaluated(b, z, t).value, 1e-6)).toBe(true)
  for (const l of [sigmoidFocalLoss(), softmaxFocalLoss(), weightedSigmoidCrossEntropy({ positive: 2 })]) {
    const { value, gradient } = evaluated(l, z, t)
    expect([value, ...gradient].every(Number.isFinite)).toBe(true)
  }
})

describe(`metrics of labels are as in scikit-learn ${golden['scikit-learn']}`, () => {
  const { output, target, thresholds } = golden.labels
  const logits = {
    y: output.flat(),
    t: target.flat(),
    output: [3],
    target: [3],
    scale: 'logits',
    dtype: 'f64'
  } as const
  const chances = { ...logits, y: logits.y.map(z => 1 / (1 + Math.exp(-z))), scale: 'probabilities' } as const
  const same = (m: Metric, wanted: number | readonly number[]): void => {
    for (const e of [logits, chances])
      for (const batch of [5, 12]) {
        const got = [metricOf(m, e, batch)].flat() as readonly number[]
        expect(got.length).toBe([wanted].flat().length)
        got.forEach((x, i) => {
          expect(close(x, [wanted].flat()[i] as number, 1e-12), `${m.tag} ${x}`).toBe(true)
        })
      }
  }
  test.each(Object.entries(thresholds))('with the threshold %s', (at, known) => {
    const threshold = Number(at)
    same(binaryAccuracy(threshold), known.binaryAccuracy)
    same(subsetAccuracy(threshold), known.subsetAccuracy)
    for (const average of ['macro', 'micro', 'perLabel'] as const satisfies readonly LabelAverage[]) {
      same(labelPrecision(average, threshold), known.labelPrecision[average])
      same(labelRecall(average, threshold), known.labelRecall[average])
      same(labelF1(average, threshold), known.labelF1[average])
    }
  })
  test('areas under the curve', () => {
    for (const average of ['macro', 'micro', 'perLabel'] as const)
      same(labelRocAuc(average), golden.labels.labelRocAuc[average])
  })
})

describe('in a training', () => {
  const from = (dtype: 'f32', shape: readonly number[], low: number, high: number) => {
    const n = shape.reduce((a, b) => a * b, 1)
    return tensorOf(
      dtype,
      shape,
      Array.from({ length: n }, (_, i) => low + (((i * 7) % 11) / 10) * (high - low))
    )
  }
  const net = model(input(3), dense(2))
  const x = numbers('f32', [10, 3], 1)
  const run = (loss: Loss, metrics: readonly Metric[], y = from('f32', [10, 2], 0, 1), m: unknown = net): unknown => {
    const t = { model: m, loss, metrics, optimizer: sgd(0.1), stop: epochs(1), batchSize: 5 } as TrainingOptions<
      typeof net
    >
    const r = train(t, { backend: wasm })(right(dataset({ x, y })))
    return E.isRight(r) ? Object.keys(r.right.history[0]?.metrics ?? {}) : showError(r.left)
  }
  test('metrics of labels go with losses of labels, or models that end in sigmoid', () => {
    expect(run(sigmoidCrossEntropy, [binaryAccuracy(), labelF1('micro'), labelRocAuc('perLabel')])).toEqual([
      'binaryAccuracy',
      'labelF1Micro',
      'labelRocAucPerLabel'
    ])
    expect(run(meanSquaredError, [labelF1()], undefined, model(input(3), dense(2), sigmoid))).toEqual(['labelF1'])
  })
  test('metrics of values compare the mean of a distribution: rmse of poissonLoss and gaussianLoss', () => {
    expect(run(poissonLoss, [rmse])).toEqual(['rmse'])
    expect(run(gaussianLoss, [rmse], from('f32', [10, 1], -1, 1))).toEqual(['rmse'])
  })
  test('what does not fit is refused with words', () => {
    expect([
      run(softmaxCrossEntropy, [labelF1()]),
      run(meanSquaredError, [labelF1()]),
      run(poissonLoss, [accuracy]),
      run(poissonLoss, [], from('f32', [10, 2], -1, 0)),
      run(gaussianLoss, []),
      run(gaussianLoss, [], undefined, model(input(3), dense(3))),
      run(quantileLoss(0.1, 0.5, 0.9), []),
      run(weightedSigmoidCrossEntropy({ positive: [1, 2, 3] }), []),
      run(classWeighted(sigmoidCrossEntropy, [1, 2]), []),
      run(sigmoidFocalLoss({ gamma: 0.5 }), []),
      run(sigmoidFocalLoss(), [], undefined, model(input(3), dense(2), softmax))
    ]).toMatchInlineSnapshot(`
      [
        "metrics/0/labelF1: expected a loss of labels, such as sigmoidCrossEntropy, or a model that ends in sigmoid, got the loss softmaxCrossEntropy; for examples of one class each take accuracy, precision, recall, f1 or rocAuc",
        "metrics/0/labelF1: expected a loss of labels, such as sigmoidCrossEntropy, or a model that ends in sigmoid, got the loss meanSquaredError; for examples of one class each take accuracy, precision, recall, f1 or rocAuc",
        "metrics/0/accuracy: expected a metric of values, such as rmse or mae, got accuracy beside the loss poissonLoss, whose outputs are parameters of a distribution",
        "targets/example 0: expected a number, 0 or more for the loss poissonLoss, got -1",
        "targets: expected f32 of shape [1] for each example, for the loss gaussianLoss, got f32 of shape [2]; targets never broadcast: give numbers of that shape",
        "loss/gaussianLoss: expected an even number of outputs along the last axis: means, then logarithms of variances, got the output shape [3]",
        "loss/quantileLoss: expected 3 outputs along the last axis, one for each quantile, got the output shape [2]",
        "loss/weightedSigmoidCrossEntropy: expected 3 outputs along the last axis, one for each weight, got the output shape [2]",
        "loss/classWeighted: expected a loss of classes, such as softmaxCrossEntropy, got sigmoidCrossEntropy; weightedSigmoidCrossEntropy has weights of labels",
        "loss/gamma: expected 0, or a number from 1 on, got 0.5",
        "loss/sigmoidFocalLoss: expected logits, got a model that ends in probabilities; leave out its last activation, which this loss applies itself, or use a loss of probabilities",
      ]
    `)
  })
})
