/** Three species of iris told apart by four lengths: split, scale by what the training part looks like, train, score. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  accuracy,
  adam,
  applyScaling,
  confusionMatrix,
  dense,
  epochs,
  exampleCount,
  fitScaling,
  input,
  leafKey,
  showError,
  model,
  rootKey,
  score,
  softmaxCrossEntropy,
  stratifiedSplit,
  tanh,
  train,
  wasm
} from 'gradfold'
import { loadIris } from 'gradfold/files'

const enough = 0.9
export const claim = `of the flowers of Iris that were kept back, more than ${enough} are named rightly`

const settings = {
  model: model(input(4), dense(16), tanh, dense(3)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 16,
  stop: epochs(60),
  metrics: [accuracy, confusionMatrix],
  seed: 1
}

export const run = pipe(
  loadIris(),
  TE.chainEitherKW(iris =>
    pipe(
      E.Do,
      // as many of each species in the one part as in the other
      E.bind('parts', () => stratifiedSplit(iris, 0.7, leafKey(rootKey(1), 'split'))),
      // nothing of the test part may reach training, not even its mean
      E.bindW('scaling', ({ parts }) => fitScaling(parts.train, 'standardise')),
      E.bindW('training', ({ parts, scaling }) => applyScaling(scaling, parts.train)),
      E.bindW('test', ({ parts, scaling }) => applyScaling(scaling, parts.test)),
      E.bindW('trained', ({ training }) => train(settings, { backend: wasm })(training)),
      E.bindW('scores', ({ trained, test }) => score(trained.training, trained.state, test, { backend: wasm }))
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    ({ training, test, scores }) => ({
      holds: Number(scores.metrics['accuracy']) > enough,
      text: [
        `${exampleCount(training)} flowers to learn from, ${exampleCount(test)} kept back`,
        `accuracy ${Number(scores.metrics['accuracy']).toFixed(3)} (claimed: more than ${enough})`,
        `confusion ${JSON.stringify(scores.metrics['confusionMatrix'])}`
      ].join('\n')
    })
  )
)
