// What compiling costs as networks get deep: a first step of LAYERS dense layers of 64 units with ReLU (Adam, batch 32), and the modules it makes.
// usage: node layers.mjs LAYERS
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const dist = process.env.BENCH_DIST ?? resolve(import.meta.dirname, '../../../dist')
const g = await import(pathToFileURL(resolve(dist, 'node/index.js')).href)
const count = Number(process.argv[2])
const right = e => {
  if (e._tag === 'Left') throw new Error(g.showError(e.left))
  return e.right
}
const data = right(
  g.dataset({
    x: g.tensorView('f32', [64, 64], new Float32Array(4096).fill(0.5)),
    y: g.tensorView('u32', [64], new Uint32Array(64))
  })
)
const settings = layers => ({
  model: g.modelData(g.input(64), ...Array.from({ length: layers }, () => [g.dense(64), g.relu]).flat()),
  loss: g.softmaxCrossEntropy,
  optimizer: g.adam(),
  batchSize: 32,
  stop: g.steps(1)
})
const made = { modules: 0, bytes: 0 }
const { Module } = WebAssembly
WebAssembly.Module = function (bytes) {
  made.modules++
  made.bytes += bytes.length
  return new Module(bytes)
}
const timed = layers => {
  const t = performance.now()
  right(g.train(settings(layers), { backend: g.wasm })(data))
  return performance.now() - t
}
// the compiler itself warms up on another network
timed(3)
Object.assign(made, { modules: 0, bytes: 0 })
const [first, again] = [timed(count), timed(count)]
console.log(
  JSON.stringify({
    peer: 'gradfold',
    layers: count,
    firstMs: Number(first.toFixed(1)),
    againMs: Number(again.toFixed(1)),
    modules: made.modules,
    kB: Number((made.bytes / 1024).toFixed(1))
  })
)
