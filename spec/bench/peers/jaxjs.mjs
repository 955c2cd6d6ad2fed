// jax-js: the whole step, gradients and Adam, in one jit on its Wasm device (one thread: Node has no global Worker).
// usage: node [--experimental-wasm-relaxed-simd] jaxjs.mjs USE WORKLOAD
// USE, of W4: conv, its own convolution; patches, slices side by side and a matrix product, which is several times as fast
import * as jax from '@jax-js/jax'
import { adam, dropRate, makeConv, makeData, makeDense, workloads } from './work.mjs'
import { importDone, run } from './timing.mjs'

const { numpy: np, nn, lax, jit, valueAndGrad, tree, random } = jax
const [use, w] = process.argv.slice(2)
await jax.init('wasm')
jax.defaultDevice('wasm')
importDone()

const relaxed = process.execArgv.some(a => a.includes('relaxed'))
const peer = relaxed ? 'jax-js-relaxed' : use === 'conv' ? 'jax-js-conv' : 'jax-js'
const { kind, n, batch, sizes, norm = false, rate } = workloads[w]
const data = makeData(w)
const array = (numbers, shape) => np.array(numbers).reshape(shape)

const matmul = async () => {
  const [a, b] = [array(data.a, [n, n]), array(data.b, [n, n])]
  const product = jit((p, q) => np.matmul(p, q))
  await jax.blockUntilReady([a, b])
  await run(peer, w, async wanted => {
    const c = product(a.ref, b.ref)
    await c.blockUntilReady()
    if (wanted) return (await c.data())[0]
    c.dispose()
  })
}

const dense = makeDense(sizes ?? [])
const layerParams = ({ nIn, nOut, w, b }, i) => [
  array(w, [nIn, nOut]),
  array(b, [nOut]),
  ...(norm && i < dense.length - 1 ? [np.ones([nOut]), np.zeros([nOut])] : [])
]

/** params, inputs, key -> outputs and the batch's means and variances */
const forward = (p, x, key) => {
  const at = p[Symbol.iterator]()
  const next = () => at.next().value
  const keys = key === undefined ? undefined : random.split(key, dense.length - 1)
  const moments = []
  let h = x
  dense.forEach(({ nOut }, i) => {
    h = np.matmul(h, next()).add(next())
    if (i === dense.length - 1) return
    if (norm) {
      const mean = np.mean(h.ref, 0)
      const centred = h.sub(mean.ref)
      const variance = np.mean(np.square(centred.ref), 0)
      h = centred
        .div(np.sqrt(variance.ref.add(1e-5)))
        .mul(next())
        .add(next())
      moments.push(lax.stopGradient(mean), lax.stopGradient(variance))
    }
    h = kind === 'tiny' ? np.tanh(h) : nn.relu(h)
    if (keys === undefined) return
    h = np.where(random.bernoulli(keys.ref.slice(i), 1 - dropRate, [batch, nOut]), h.mul(1 / (1 - dropRate)), 0)
  })
  keys?.dispose()
  return [kind === 'tiny' ? nn.sigmoid(h) : h, moments]
}

/** W4, channels last, convolutions as products with patches: slices of the padded image side by side */
const patchConv = (h, kernel, bias) => {
  const [n, height, width, channels] = h.shape
  const padded = np.pad(h, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0]
  ])
  const slices = [0, 1, 2].flatMap(i => [0, 1, 2].map(j => padded.ref.slice([], [i, i + height], [j, j + width], [])))
  padded.dispose()
  const patches = np.concatenate(slices, 3).reshape([n * height * width, 9 * channels])
  return nn.relu(np.matmul(patches, kernel).add(bias)).reshape([n, height, width, kernel.shape[1]])
}
const patchPool = h => {
  const [n, height, width, channels] = h.shape
  return np.max(h.reshape([n, height / 2, 2, width / 2, 2, channels]), [2, 4])
}
/** and with its own convolution, channels first */
const ownConv = (h, kernel, bias) => nn.relu(lax.conv(h, kernel, [1, 1], 'SAME').add(bias))
const ownPool = h => lax.reduceWindow(h, np.max, [2, 2], [2, 2])
const forwardConv = ([k1, b1, k2, b2, kernel, bias], x) => {
  const [conv, pool, image] =
    use === 'conv' ? [ownConv, ownPool, [batch, 1, 28, 28]] : [patchConv, patchPool, [batch, 28, 28, 1]]
  const h = pool(conv(pool(conv(x.reshape(image), k1, b1)), k2, b2))
  return [np.matmul(h.reshape([batch, 1568]), kernel).add(bias), []]
}
const convParams = () => {
  const [first, second, { shape, w, b }] = makeConv()
  const conv = ({ shape: [kh, kw, nIn, nOut], w, b }) =>
    use === 'conv'
      ? [array(w, [kh, kw, nIn, nOut]).transpose([3, 2, 0, 1]), array(b, [nOut, 1, 1])]
      : [array(w, [kh * kw * nIn, nOut]), array(b, [nOut])]
  // rows of the dense layer in the order of the image
  const rows = array(w, use === 'conv' ? [7, 7, 32, 10] : shape)
  return [
    ...conv(first),
    ...conv(second),
    use === 'conv' ? rows.transpose([2, 0, 1, 3]).reshape(shape) : rows,
    array(b, [10])
  ]
}

let params = kind === 'conv' ? convParams() : dense.flatMap(layerParams)
const infer = async () => {
  const x = array(data.x, [batch, sizes[0]])
  const f = jit((p, h) => nn.softmax(forward(p, h)[0]))
  await run(peer, w, async () => (await f(tree.ref(params), x.ref).data())[0])
}

const lossOf = (p, x, y, key) => {
  const [out, moments] = kind === 'conv' ? forwardConv(p, x) : forward(p, x, key)
  const loss = kind === 'tiny' ? np.mean(np.square(out.sub(y))) : np.sum(nn.logSoftmax(out).mul(y)).mul(-1 / batch)
  return [loss, moments]
}
const lossAndGradients = valueAndGrad(lossOf, { hasAux: true })

const trainTiny = async (x, y) => {
  const f = jit((p, x, y) => {
    const [[loss], g] = lossAndGradients(tree.ref(p), x, y)
    return [loss, p.map((q, i) => q.sub(g[i].mul(rate)))]
  })
  await run(peer, w, async wanted => {
    const [loss, next] = f(params, x.ref, y.ref)
    params = next
    await jax.blockUntilReady(params)
    if (wanted) return (await loss.data())[0]
    loss.dispose()
  })
}

/** unbiased: [1 - beta1^t, 1 - beta2^t] */
const adamStep = (p, g, m, v, unbiased) => {
  const { beta1, beta2, epsilon, rate } = adam
  const nextM = m.map((q, i) => q.mul(beta1).add(g[i].ref.mul(1 - beta1)))
  const nextV = v.map((q, i) => q.mul(beta2).add(np.square(g[i]).mul(1 - beta2)))
  const nextP = p.map((q, i) => {
    const root = np.sqrt(nextV[i].ref.div(unbiased.ref.slice(1))).add(epsilon)
    return q.sub(nextM[i].ref.div(unbiased.ref.slice(0)).mul(rate).div(root))
  })
  unbiased.dispose()
  return [nextP, nextM, nextV]
}

const trainAdam = async (x, y) => {
  let m = params.map(p => np.zerosLike(p.ref))
  let v = params.map(p => np.zerosLike(p.ref))
  let running = norm ? sizes.slice(1, -1).flatMap(k => [np.zeros([k]), np.ones([k])]) : []
  let key = norm ? random.key(0) : []
  let t = 0
  await jax.blockUntilReady([m, v])
  const f = jit((p, m, v, unbiased, running, x, y, key) => {
    const keys = norm ? random.split(key, 2) : undefined
    const [[loss, moments], g] = lossAndGradients(tree.ref(p), x, y, ...(norm ? [keys.ref.slice(0)] : []))
    const nextRunning = running.map((r, i) => r.mul(0.9).add(moments[i].mul(0.1)))
    return [loss, adamStep(p, g, m, v, unbiased), nextRunning, norm ? keys.slice(1) : []]
  })
  await run(peer, w, async wanted => {
    t++
    const unbiased = np.array(Float32Array.of(1 - adam.beta1 ** t, 1 - adam.beta2 ** t))
    const [loss, next, nextRunning, nextKey] = f(params, m, v, unbiased, running, x.ref, y.ref, key)
    ;[params, m, v] = next
    running = nextRunning
    key = nextKey
    await jax.blockUntilReady(params)
    if (wanted) return (await loss.data())[0]
    loss.dispose()
  })
}

await jax.blockUntilReady(params)
if (kind === 'matmul') await matmul()
else if (kind === 'infer') await infer()
else {
  const x = array(data.x, [batch, sizes[0]])
  const y = array(data.y, [batch, sizes.at(-1)])
  await (kind === 'tiny' ? trainTiny(x, y) : trainAdam(x, y))
}
process.exit()
