// Runs in plain Node against the packed package: every entry loads, and a training gives the same bits on both backends.
import assert from 'node:assert/strict'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as g from 'gradfold'
import * as codec from 'gradfold/codec'
import * as files from 'gradfold/files'
import * as laws from 'gradfold/laws'
import { reference, toNdarray } from 'gradfold/ndarray'
import * as s from 'gradfold/search'

for (const [name, entry] of Object.entries({ g, codec, files, laws, s })) assert.ok(Object.keys(entry).length > 0, name)

const xor = g.fromArrays(
  [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1]
  ],
  [[0], [1], [1], [0]]
)
const settings = {
  model: g.model(g.input(2), g.dense(8), g.tanh, g.dense(1), g.sigmoid),
  loss: g.meanSquaredError,
  optimizer: g.adam(0.05),
  batchSize: 4,
  stop: g.lossBelow(0.01),
  seed: 3
}
const run = backend => {
  const trained = pipe(xor, E.chainW(g.train(settings, { backend })))
  assert.ok(E.isRight(trained), JSON.stringify(trained))
  return trained.right
}
const [slow, fast] = [run(reference), run(g.wasm)]
assert.deepEqual(fast.state, slow.state)
assert.ok(fast.state.progress.epochLoss < 0.01)
assert.equal(toNdarray(fast.params.dense.weight).get(1, 7), g.numbersOf(fast.params.dense.weight)[15])

// a study in process, and on the worker threads that the package has
const study = s.study({
  space: s.space({ rate: s.logUniform(1e-3, 1), units: s.choice(4, 8) }),
  run: ({ rate, units }) => ({
    data: s.arrays({ train: { x: [[0], [1], [2], [3]], y: [[1], [3], [5], [7]] } }),
    model: g.modelData(g.input(1), g.dense(units), g.tanh, g.dense(1)),
    loss: g.meanSquaredError,
    optimizer: g.adam(rate),
    batchSize: 4,
    stop: g.epochs(5)
  }),
  metric: s.studyMetric('loss', { part: 'train' }),
  budget: 6,
  zoom: s.zoom(2, { keep: 2 })
})
const crew = s.inThreads(2)
const [alone, together] = await Promise.all(
  [s.inProcess(reference), crew.runner].map(runner => s.search(study, { runner, workers: 2 })())
)
await crew.close()
assert.ok(E.isRight(alone) && E.isRight(together), JSON.stringify([alone, together]))
assert.deepEqual(together.right.trials, alone.right.trials)
assert.equal(together.right.best.trial.outcome.tag, 'scored')
console.log('consumer: ok')
