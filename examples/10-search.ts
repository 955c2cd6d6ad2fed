/**
 * A learning rate and a number of units for Iris: three rounds of short trainings, each around the best of the one before, and the run
 * that is chosen judged by flowers that no trial has seen.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  accuracy,
  dense,
  epochs,
  input,
  showError,
  modelData,
  relu,
  score,
  sgd,
  softmaxCrossEntropy,
  train,
  wasm,
  type Problem
} from 'gradfold'
import { openRun } from 'gradfold/codec'
import { choice, inProcess, iris, logUniform, search, space, study, studyTablesText, zoom } from 'gradfold/search'

const [decades, enough] = [2, 0.9]
export const claim =
  `three rounds narrow a learning rate from 7 powers of ten to fewer than ${decades}, ` +
  `and the run that is chosen names more than ${enough} of the flowers that were kept back`

const flowers = study({
  space: space({ rate: logUniform(1e-6, 10), units: choice(4, 8, 16, 32) }),
  run: ({ rate, units }) => ({
    data: iris(),
    // a test part that no trial sees, and a validation part that all are compared by
    split: { tag: 'stratified', fraction: 0.7 },
    validation: { tag: 'stratified', fraction: 0.7 },
    normalise: { tag: 'standardise', per: 'column' },
    model: modelData(input(4), dense(units), relu, dense(3)),
    loss: softmaxCrossEntropy,
    optimizer: sgd(rate),
    batchSize: 16,
    stop: epochs(20),
    metrics: [accuracy]
  }),
  budget: 30,
  zoom: zoom(3, { keep: 4 }),
  seed: 1
})

const none = (expected: string): Problem<'None'> => ({
  _tag: 'None',
  code: 'unusable-data',
  path: [],
  expected,
  got: 'none',
  hint: ''
})

export const run = pipe(
  search(flowers, { runner: inProcess(wasm) }),
  TE.bindTo('found'),
  TE.bindW('best', ({ found }) => TE.fromNullable(none('a trial that gives a value'))(found.best)),
  TE.bindW('opened', ({ best }) => openRun(best.run)),
  TE.bindW('test', ({ opened: { datasets } }) => TE.fromNullable(none('a test part'))(datasets.test)),
  TE.bindW('scores', ({ opened: { training, datasets }, test }) =>
    TE.fromEither(
      pipe(
        train(training, { backend: wasm })(datasets.train),
        E.chainW(({ state }) => score(training, state, test, { backend: wasm }))
      )
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    ({ found, scores }) => {
      const { lower, upper } = found.rounds.at(-1)?.space.dimensions.rate ?? logUniform(1e-6, 10)
      const width = Math.log10(upper / lower)
      return {
        holds: width < decades && Number(scores.metrics['accuracy']) > enough,
        text: [
          studyTablesText(found),
          `the last range: ${width.toFixed(2)} powers of ten, of 7; claimed fewer than ${decades}`,
          `of the flowers kept back ${Number(scores.metrics['accuracy']).toFixed(3)} named rightly; claimed more than ${enough}`
        ].join('\n\n')
      }
    }
  )
)
