// What every peer works on, mirrored by work.py. Data and initial weights come from one small generator, so that all of them start
// from the same numbers and their losses can be compared.

/** n numbers from 0 up to 1, as f32: mulberry32, a generator of 32-bit words that is easy to write in any language */
export const uniform = (seed, n) => {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) {
    const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) >>> 0
    const t = Math.imul(a ^ (a >>> 15), a | 1)
    const u = t ^ (t + Math.imul(t ^ (t >>> 7), t | 61))
    out[i] = ((u ^ (u >>> 14)) >>> 0) / 4294967296
  }
  return out
}

/** Glorot and Bengio 2010: uniform between -l and l, l = sqrt(6 / (in + out)) */
const glorot = (seed, nIn, nOut, numbers = nIn * nOut) => {
  const limit = Math.sqrt(6 / (nIn + nOut))
  return uniform(seed, numbers).map(u => (2 * u - 1) * limit)
}

const mnist = [784, 512, 512, 10]
export const workloads = {
  W1: { kind: 'mlp', batch: 32, sizes: [784, 128, 10], does: 'MLP 784-128-10, batch 32, Adam' },
  W2: { kind: 'mlp', batch: 128, sizes: mnist, does: 'MLP 784-512-512-10, batch 128, Adam' },
  W3: {
    kind: 'mlp',
    batch: 128,
    sizes: mnist,
    norm: true,
    does: 'W2 with BatchNorm and Dropout 0.2 after each hidden layer'
  },
  W4: {
    kind: 'conv',
    batch: 64,
    sizes: [784, 10],
    does: 'conv 3x3x16, pool, conv 3x3x32, pool, dense 10 on 28x28x1, batch 64, Adam'
  },
  W5: { kind: 'tiny', batch: 4, sizes: [2, 16, 1], rate: 0.5, does: '2-16-1 tanh, sigmoid, MSE, batch 4, SGD' },
  W6a: { kind: 'matmul', n: 512, does: 'matmul 512 x 512 x 512' },
  W6b: { kind: 'matmul', n: 1024, does: 'matmul 1024 x 1024 x 1024' },
  W7a: { kind: 'infer', batch: 1, sizes: mnist, does: "inference of W2's network, batch 1, probabilities read" },
  W7b: { kind: 'infer', batch: 256, sizes: mnist, does: 'the same, batch 256' }
}

// At this rate no weight moves, so that every step is the same work for as long as it is timed. At 1e-6 units of W1 died after some 800
// steps, and their moments became subnormal numbers, which take processors longer: the fast peers got there, the slow ones did not.
export const adam = { rate: Number(process.env.BENCH_RATE ?? 1e-20), beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
/** the masks differ from peer to peer, so where losses are compared it is 0 */
export const dropRate = Number(process.env.BENCH_DROPOUT ?? 0.2)

/** ms that making them took: nobody's first step, but in everybody's way */
export const making = { ms: 0 }
const timed = make => given => {
  const t = performance.now()
  const made = make(given)
  making.ms += performance.now() - t
  return made
}

export const makeData = timed(w => {
  const { kind, n, batch } = workloads[w]
  if (kind === 'tiny') return { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) }
  if (kind === 'matmul') return { a: uniform(1, n * n), b: uniform(2, n * n) }
  const labels = Int32Array.from(uniform(2, batch), u => Math.floor(u * 10))
  const y = new Float32Array(batch * 10)
  labels.forEach((l, i) => (y[i * 10 + l] = 1))
  return { x: uniform(1, batch * 784), y, labels }
})

/** W4: kernels [height, width, in, out], then the dense layer's [height * width * channels, out]; biases 0 */
export const makeConv = timed(() =>
  [
    { shape: [3, 3, 1, 16], fanIn: 9, fanOut: 144 },
    { shape: [3, 3, 16, 32], fanIn: 144, fanOut: 288 },
    { shape: [1568, 10], fanIn: 1568, fanOut: 10 }
  ].map(({ shape, fanIn, fanOut }, i) => {
    const outputs = shape.at(-1)
    const numbers = shape.reduce((a, b) => a * b, 1)
    return { shape, w: glorot(100 + i, fanIn, fanOut, numbers), b: new Float32Array(outputs) }
  })
)

/** weights [in, out] row-major, biases 0 */
export const makeDense = timed(sizes =>
  sizes.slice(1).map((nOut, i) => ({
    nIn: sizes[i],
    nOut,
    w: glorot(100 + i, sizes[i], nOut),
    b: new Float32Array(nOut)
  }))
)
