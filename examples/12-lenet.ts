/** LeNet-5 (LeCun et al. 1998), as it is trained today: relu, largest of 2 x 2, Adam with a rate that falls along a cosine. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  accuracy,
  adam,
  conv2d,
  cosineDecay,
  dense,
  epochs,
  flatten,
  input,
  maxPool,
  model,
  relu,
  score,
  showError,
  softmaxCrossEntropy,
  train,
  wasmThreads
} from 'gradfold'
import { loadMnist } from 'gradfold/files'

const enough = 0.99
const passes = 4
export const claim = `after ${passes} passes over MNIST, LeNet names more than ${enough} of 10000 test digits rightly`

/** 61,706 learned numbers */
export const lenet5 = model(
  input(28, 28, 1),
  conv2d(6, 5, { padding: 2 }),
  relu,
  maxPool(2),
  conv2d(16, 5),
  relu,
  maxPool(2),
  flatten,
  dense(120),
  relu,
  dense(84),
  relu,
  dense(10)
)
// examples/lenet.json is the same training as a run file
export const settings = {
  model: lenet5,
  loss: softmaxCrossEntropy,
  optimizer: adam(cosineDecay(0.003, epochs(passes))),
  batchSize: 50,
  stop: epochs(passes),
  metrics: [accuracy],
  seed: 1
}
const of = (m: Readonly<Record<string, unknown>>): string => Number(m['accuracy']).toFixed(4)

// two threads give the same bits as one
const backend = wasmThreads(2)
export const run = pipe(
  loadMnist(),
  TE.chainEitherKW(mnist =>
    pipe(
      train(settings, { backend })(mnist.train),
      E.bindTo('trained'),
      E.bindW('test', ({ trained }) => score(trained.training, trained.state, mnist.test, { backend }))
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    ({ trained, test }) => ({
      holds: Number(test.metrics['accuracy']) > enough,
      text: [
        ...trained.history.map(
          h => `pass ${h.epoch} of ${passes}: loss ${h.loss.toFixed(4)}, accuracy ${of(h.metrics)}`
        ),
        `of 10000 test digits ${of(test.metrics)} are right (claimed: more than ${enough})`
      ].join('\n')
    })
  )
)
