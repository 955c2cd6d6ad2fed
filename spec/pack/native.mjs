// Products that are large enough for the native ones: prints why these cannot be used, or whether the bits are those of Wasm.
import { dense, epochs, fromArrays, input, meanSquaredError, model, native, sgd, train, wasm } from 'gradfold'

const rows = Array.from({ length: 64 }, (_, i) => Array.from({ length: 64 }, (_, j) => ((i * 7 + j * 3) % 11) / 11))
const settings = {
  model: model(input(64), dense(64), dense(64)),
  loss: meanSquaredError,
  optimizer: sgd(0.01),
  batchSize: 64,
  stop: epochs(2)
}
const trained = backend => train(settings, { backend })(fromArrays(rows, rows).right)
const [natively, inWasm] = [trained(native), trained(wasm)]
const shown = ({ right }) => JSON.stringify(right.params)
console.log(
  natively._tag === 'Left'
    ? `${natively.left.got}; ${natively.left.hint}`
    : `native: ${shown(natively) === shown(inWasm) ? 'the same bits' : 'other bits'}`
)
