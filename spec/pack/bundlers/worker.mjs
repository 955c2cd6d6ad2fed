// A worker of a page: trains on two threads, and answers with the loss, the weights, and how many threads there were.
import {
  adam,
  dense,
  fromArrays,
  input,
  meanSquaredError,
  model,
  numbersOf,
  steps,
  tanh,
  train,
  wasmThreadPool
} from 'gradfold'

const settings = {
  model: model(input(2), dense(64), tanh, dense(64), tanh, dense(1)),
  loss: meanSquaredError,
  optimizer: adam(0.01),
  batchSize: 64,
  stop: steps(20),
  seed: 3
}
const rows = Array.from({ length: 64 }, (_, i) => [(i % 8) / 8, Math.floor(i / 8) / 8])
const run = backend => {
  const trained = train(settings, { backend })(
    fromArrays(
      rows,
      rows.map(([a, b]) => [a * b])
    ).right
  )
  if (trained._tag === 'Left') throw new Error(JSON.stringify(trained.left))
  const { params } = trained.right
  return Array.from(numbersOf(params.dense3.weight))
}
// counted, so that the answer cannot speak of threads that were never there
let threads = 0
if (globalThis.Worker !== undefined)
  globalThis.Worker = class extends globalThis.Worker {
    constructor(...given) {
      super(...given)
      threads++
    }
  }

/** what every bundler's page, and Node, must answer alike */
export const answer = async () => {
  const started = await wasmThreadPool(2)()
  if (started._tag === 'Left') throw new Error(JSON.stringify(started.left))
  const { right: pool } = started
  const weights = run(pool)
  await pool.close()
  return { weights, threads, isolated: globalThis.crossOriginIsolated !== false }
}
if (typeof globalThis.WorkerGlobalScope !== 'undefined')
  answer().then(
    a => globalThis.postMessage(a),
    e => globalThis.postMessage({ error: String(e) })
  )
