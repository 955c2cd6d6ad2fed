// Where nobody may compile WebAssembly: what the engine says, alone and with threads.
import * as gradfold from '../../../dist/index.js'

const model = gradfold.model(gradfold.input(2), gradfold.dense(1))
const options = {
  model,
  loss: gradfold.meanSquaredError,
  optimizer: gradfold.sgd(0.1),
  stop: gradfold.steps(1),
  batchSize: 2
}
const data = gradfold.fromArrays(
  [
    [0, 1],
    [1, 0]
  ],
  [[0], [1]]
).right
const told = e => (e._tag === 'Left' ? { tag: e.left._tag, message: gradfold.showError(e.left) } : { tag: 'Right' })

onmessage = async () => {
  try {
    const refused = [gradfold.train(options, { backend: gradfold.wasm })(data), await gradfold.wasmThreadPool(2)()].map(
      told
    )
    postMessage({ refused, digest: '', isolated: crossOriginIsolated })
  } catch (e) {
    postMessage({ error: String(e?.message ?? e) })
  }
}
