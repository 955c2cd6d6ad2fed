// TensorFlow.js. usage: node tfjs.mjs NAME BACKEND USE WORKLOAD
// BACKEND wasm | cpu. USE plain: variables and optimizer.minimize, as its documentation shows; tuned: dense layers whose gradients
// transpose explicitly, because the Wasm backend is fast only for matrix products without transposed operands (public API, but not
// what most users write; it makes training up to 8 times as fast. W4 is only tuned: there is no gradient of a convolution by its kernel in
// WebAssembly, so convolutions are products with patches).
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { adam, dropRate, makeConv, makeData, makeDense, workloads } from './work.mjs'
import { importDone, run } from './timing.mjs'

const require = createRequire(import.meta.url)
const [peer, backend, use, w] = process.argv.slice(2)
console.warn = () => {}
const tf = require('@tensorflow/tfjs')
if (backend === 'wasm') {
  const { setWasmPaths, setThreadsCount } = require('@tensorflow/tfjs-backend-wasm')
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + '/')
  setThreadsCount(1)
}
await tf.setBackend(backend)
await tf.ready()
importDone()

const { kind, n, batch, sizes, norm = false, rate } = workloads[w]
const data = makeData(w)

const matmul = async () => {
  const [a, b] = [tf.tensor2d(data.a, [n, n]), tf.tensor2d(data.b, [n, n])]
  await run(peer, w, wanted => {
    const c = tf.matMul(a, b)
    const first = wanted ? c.dataSync()[0] : undefined
    c.dispose()
    return first
  })
}

const x = kind === 'matmul' ? undefined : tf.tensor2d(data.x, [batch, sizes[0]])
const transposed = use === 'tuned' ? tf.transpose(x) : undefined
const denseOf = tf.customGrad((h, w, b, save) => {
  save([h, w])
  return {
    value: tf.fused.matMul({ a: h, b: w, bias: b }),
    gradFunc: (dy, [h, w]) => [tf.matMul(dy, tf.transpose(w)), tf.matMul(tf.transpose(h), dy), tf.sum(dy, 0)]
  }
})
/** the first layer: the data need no gradient */
const firstDense = tf.customGrad((w, b) => ({
  value: tf.fused.matMul({ a: x, b: w, bias: b }),
  gradFunc: dy => [tf.matMul(transposed, dy), tf.sum(dy, 0)]
}))
const affine = (h, { w, b }, i) =>
  use === 'tuned' ? (i === 0 ? firstDense(w, b) : denseOf(h, w, b)) : tf.add(tf.matMul(h, w), b)

const layers = makeDense(kind === 'conv' ? [] : (sizes ?? [])).map(({ nIn, nOut, w, b }, i, all) => ({
  w: tf.variable(tf.tensor(w, [nIn, nOut])),
  b: tf.variable(tf.tensor(b, [nOut])),
  ...(norm && i < all.length - 1
    ? {
        gamma: tf.variable(tf.ones([nOut])),
        beta: tf.variable(tf.zeros([nOut])),
        mean: tf.variable(tf.zeros([nOut]), false),
        variance: tf.variable(tf.ones([nOut]), false)
      }
    : {})
}))
const normalised = (h, l) => {
  const { mean, variance } = tf.moments(h, 0)
  l.mean.assign(tf.add(tf.mul(l.mean, 0.9), tf.mul(mean, 0.1)))
  l.variance.assign(tf.add(tf.mul(l.variance, 0.9), tf.mul(variance, 0.1)))
  return tf.batchNorm(h, mean, variance, l.beta, l.gamma, 1e-5)
}
const forward = () =>
  layers.reduce((h, l, i) => {
    const z = affine(h, l, i)
    if (i === layers.length - 1) return kind === 'tiny' ? tf.sigmoid(z) : z
    if (kind === 'tiny') return tf.tanh(z)
    if (!norm) return tf.relu(z)
    const a = tf.relu(normalised(z, l))
    return dropRate > 0 ? tf.dropout(a, dropRate) : a
  }, x)

/** W4: slices of the padded image side by side, times the kernel */
const patchConv = (h, { w, b }) => {
  const [n, height, width, channels] = h.shape
  const sides = [0, 1, 1, 0].map(side => [side, side])
  const padded = tf.pad(h, sides)
  const slices = [0, 1, 2].flatMap(i =>
    [0, 1, 2].map(j => tf.slice(padded, [0, i, j, 0], [n, height, width, channels]))
  )
  const patches = tf.reshape(tf.concat(slices, 3), [n * height * width, 9 * channels])
  return tf.relu(tf.reshape(denseOf(patches, w, b), [n, height, width, w.shape[1]]))
}
const convLayers =
  kind === 'conv'
    ? makeConv().map(({ shape, w, b }) => ({
        w: tf.variable(tf.tensor(w, [w.length / shape.at(-1), shape.at(-1)])),
        b: tf.variable(tf.tensor(b, [shape.at(-1)]))
      }))
    : []
const forwardConv = () => {
  const [first, second, { w, b }] = convLayers
  const block = (h, l) => tf.maxPool(patchConv(h, l), 2, 2, 'valid')
  const h = block(block(tf.reshape(x, [batch, 28, 28, 1]), first), second)
  return denseOf(tf.reshape(h, [batch, 1568]), w, b)
}

const infer = () => run(peer, w, () => tf.tidy(() => tf.softmax(forward()).dataSync()[0]))

const train = async () => {
  const y = tf.tensor2d(data.y, [batch, sizes.at(-1)])
  const optimizer =
    kind === 'tiny' ? tf.train.sgd(rate) : tf.train.adam(adam.rate, adam.beta1, adam.beta2, adam.epsilon)
  const loss = () =>
    kind === 'tiny'
      ? tf.losses.meanSquaredError(y, forward())
      : tf.losses.softmaxCrossEntropy(y, kind === 'conv' ? forwardConv() : forward())
  await run(peer, w, wanted => {
    const cost = optimizer.minimize(loss, wanted)
    if (!wanted) return undefined
    const [value] = cost.dataSync()
    cost.dispose()
    return value
  })
}

await (kind === 'matmul' ? matmul() : kind === 'infer' ? infer() : train())
process.exit()
