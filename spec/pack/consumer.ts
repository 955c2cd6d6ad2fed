/** A program as a user writes it: it must type-check against the packed declarations, under every compiler that users have. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as g from 'gradfold'
import * as codec from 'gradfold/codec'
import * as files from 'gradfold/files'
import * as laws from 'gradfold/laws'
import * as arrays from 'gradfold/ndarray'
import * as s from 'gradfold/search'
import * as x from 'gradfold/extend'

export const entries = { g, codec, files, laws, arrays, s, x }

export const mlp = g.model(
  g.input(784),
  g.dense(128),
  g.relu,
  g.residual(g.sequential(g.dense(16), g.relu, g.dense(128))),
  g.dense(10)
)
export const typed: g.Model<[784], [10]> = mlp
export type Params = g.ParamsOf<typeof mlp>
export const weight = (p: Params): g.Tensor<[784, 128]> => p.dense.weight

// a mistake is one sentence at the guilty layer
// @ts-expect-error: the block turns [128] into [64]
export const wrong = g.model(g.input(784), g.dense(128), g.residual(g.dense(64)), g.dense(10))

export const trained = pipe(
  g.fromArrays(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1]
    ],
    [[0], [1], [1], [0]]
  ),
  E.chainW(
    g.train(
      {
        model: g.model(g.input(2), g.dense(8), g.tanh, g.dense(1), g.sigmoid),
        loss: g.meanSquaredError,
        optimizer: g.adam(0.05),
        batchSize: 4,
        stop: g.lossBelow(0.01)
      },
      { backend: g.wasm }
    )
  )
)
export const said: string = E.isRight(trained) ? trained.right.reason : g.showError(trained.left)

// the parameters of a state, and of the best one, are those of the model
const small = g.model(g.input(4), g.dense(3))
declare const done: g.Trained<typeof small>
const kernel: g.Tensor<[4, 3]> = done.state.params.dense.weight
export const outputs = [done.params, done.state.params, done.best?.state.params].flatMap(params =>
  params === undefined ? [] : [g.predict(small, params, { backend: g.wasm })(kernel)]
)
// @ts-expect-error: those of another model
g.predict(g.model(g.input(4), g.dense(3), g.relu, g.dense(2)), done.state.params, { backend: g.wasm })

export const study = s.study({
  space: s.space({ rate: s.logUniform(1e-4, 1), units: s.choice(8, 16) }),
  run: ({ rate, units }) => ({
    data: s.iris(),
    validation: { tag: 'stratified', fraction: 0.8 },
    model: g.modelData(g.input(4), g.dense(units), g.relu, g.dense(3)),
    loss: g.softmaxCrossEntropy,
    optimizer: g.adam(rate),
    stop: g.epochs(20)
  }),
  budget: 12,
  // @ts-expect-error: no goal of that name
  metric: s.studyMetric('accuracy', { goal: 'high' }),
  zoom: s.zoom(3)
})
export const chosen: Promise<8 | 16 | undefined> = s
  .search(study, { runner: s.inProcess(g.wasm) })()
  .then(found => (E.isRight(found) ? found.right.best?.trial.settings.units : undefined))
