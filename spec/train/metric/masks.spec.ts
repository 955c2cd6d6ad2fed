/** Metrics of sequences whose targets are rows: a row of zeros is a position that does not count, as one with the ignored index. */
import { expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { dataset, fromArrays } from '../../../src/data/index.js'
import { input, model, relu } from '../../../src/layer/index.js'
import { epochs, sgd, softmaxCrossEntropy, train } from '../../../src/train/index.js'
import { sequenceCrossEntropy } from '../../../src/train/loss/sequence.js'
import { accuracy } from '../../../src/train/metric/index.js'
import { exactMatch, positionAccuracy, positionPerplexity } from '../../../src/train/metric/sequence.js'
import { left, right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'

const net = model(input(3, 2), relu)
const logits = [
  [
    [3, 1],
    [5, 0],
    [0, 2]
  ],
  [
    [0, 1],
    [2, 1],
    [9, 0]
  ]
]
const rows = [
  [
    [1, 0],
    [0, 0],
    [0, 1]
  ],
  [
    [1, 0],
    [0, 0],
    [0, 0]
  ]
]
const settings = { model: net, optimizer: sgd(0.1), stop: epochs(1), batchSize: 2 }

test('rows of zeros do not count, as positions of the ignored class', () => {
  // hits 2 of 3 positions; one example of two is right; the mean of ln(1 + exp(-2)) twice and of ln(1 + e) is 0.52233...
  const wanted = {
    positionAccuracy: 2 / 3,
    exactMatch: 1 / 2,
    positionPerplexity: Math.exp((2 * Math.log1p(Math.exp(-2)) + Math.log1p(Math.E)) / 3)
  }
  const metrics = [positionAccuracy(), exactMatch(), positionPerplexity()]
  const ignoring = [positionAccuracy({ ignore: 2 }), exactMatch({ ignore: 2 }), positionPerplexity({ ignore: 2 })]
  const { x } = right(fromArrays(logits, rows))
  const indexes = right(dataset({ x: x.tensor, y: tensorOf('u32', [2, 3], [0, 2, 1, 0, 2, 2]) }))
  const all = [
    train({ ...settings, loss: sequenceCrossEntropy(), metrics }, { backend: wasm })(right(fromArrays(logits, rows))),
    train({ ...settings, loss: softmaxCrossEntropy, metrics }, { backend: wasm })(right(fromArrays(logits, rows))),
    train({ ...settings, loss: sequenceCrossEntropy({ ignore: 2 }), metrics: ignoring }, { backend: wasm })(indexes)
  ]
  for (const trained of all) {
    const got = right(trained).history[0]?.metrics ?? {}
    expect(got['positionAccuracy']).toBe(wanted.positionAccuracy)
    expect(got['exactMatch']).toBe(wanted.exactMatch)
    expect(got['positionPerplexity']).toBeCloseTo(wanted.positionPerplexity, 6)
  }
})

test('rows of zeros are refused beside a metric that takes each row for a class', () =>
  expect(
    left(
      train(
        { ...settings, loss: softmaxCrossEntropy, metrics: [positionAccuracy(), accuracy] },
        { backend: wasm }
      )(right(fromArrays(logits, rows)))
    )
  ).toBe(
    'targets/example 0: expected one class, the place of the largest number, for the metric accuracy, got a row of zeros; positionAccuracy, positionPerplexity and exactMatch leave such rows out'
  ))
