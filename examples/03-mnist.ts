/** Handwritten digits, with batch normalisation and dropout: both behave otherwise in training than in inference. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  accuracy,
  adam,
  batchNorm,
  dense,
  dropout,
  epochs,
  input,
  showError,
  model,
  relu,
  score,
  softmaxCrossEntropy,
  train,
  wasm
} from 'gradfold'
import { loadMnist } from 'gradfold/files'

const enough = 0.96
const examples = { train: 30_000, test: 10_000 }
export const claim =
  `after 4 passes over ${examples.train} digits of MNIST, ` +
  `a net with BatchNorm and Dropout names more than ${enough} of ${examples.test} others rightly`

const settings = {
  model: model(input(784), dense(128), batchNorm(), relu, dropout(0.2), dense(10)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.002),
  batchSize: 50,
  stop: epochs(4),
  metrics: [accuracy],
  seed: 1
}
const of = (m: Readonly<Record<string, unknown>>): string => Number(m['accuracy']).toFixed(4)

export const run = pipe(
  loadMnist({ ...examples, flat: true }),
  TE.chainEitherKW(mnist =>
    pipe(
      train(settings, { backend: wasm })(mnist.train),
      E.bindTo('trained'),
      E.bindW('test', ({ trained }) => score(trained.training, trained.state, mnist.test, { backend: wasm }))
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    ({ trained, test }) => ({
      holds: Number(test.metrics['accuracy']) > enough,
      text: [
        ...trained.history.map(
          h => `${h.epoch} of 4: loss ${h.loss.toFixed(4)}, accuracy ${of(h.metrics)} with dropout on`
        ),
        `${examples.train} digits seen; of ${examples.test} others ${of(test.metrics)} are right (claimed: more than ${enough})`
      ].join('\n')
    })
  )
)
