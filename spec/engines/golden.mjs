// The golden runs: small trainings that use every registered member, and the SHA-256 of all they end with. A plain ES module that runs
// unchanged in Node, Deno, Bun and browsers: it is handed the library (`import * as gradfold`), and knows of no file and no process.

// ---- data, from whole numbers only

/** numbers in (-1, 1), multiples of 2^-23, from a linear congruential generator */
const numbers = (n, seed) => {
  let x = seed | 0
  return Float32Array.from({ length: n }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >> 8) / 0x800000
  })
}
const unwrap = (what, r) => {
  if (r._tag === 'Left') throw new Error(`${what}: ${JSON.stringify(r.left)}`)
  return r.right
}
const size = shape => shape.reduce((a, b) => a * b, 1)
const floats = (g, shape, seed) => unwrap('tensor', g.tensor('f32', shape, numbers(size(shape), seed)))
const bytes = (g, shape, seed) =>
  unwrap(
    'tensor',
    g.tensor(
      'u8',
      shape,
      numbers(size(shape), seed).map(x => Math.floor((x + 1) * 128))
    )
  )
/** one row of 0 and a single 1 per example */
const oneHot = (g, n, classes) =>
  unwrap(
    'tensor',
    g.tensor(
      'f32',
      [n, classes],
      Float32Array.from({ length: n * classes }, (_, i) =>
        (Math.floor(i / classes) * 5 + 1) % classes === i % classes ? 1 : 0
      )
    )
  )
/** whole numbers from 0 to below - 1 */
const indexes = (g, shape, below, seed) =>
  unwrap(
    'tensor',
    g.tensor(
      'u32',
      shape,
      Uint32Array.from(numbers(size(shape), seed), x => Math.floor(((x + 1) / 2) * below))
    )
  )
const dataset = (g, x, y) => unwrap('dataset', g.dataset({ x, y }))

// ---- what is run

/** networks large enough that every kind of kernel is shared out among threads, with a short last batch */
const networks = g => {
  const { model, input, dense, relu, tanh, gelu, batchNorm, dropout, layerNorm } = g
  const [examples, pixels, classes] = [300, 400, 10]
  const x = { tensor: bytes(g, [examples, pixels], 1), scale: 1 / 255, shift: -0.5 }
  const y = oneHot(g, examples, classes)
  const common = { loss: g.softmaxCrossEntropy, batchSize: 128, stop: g.steps(7), seed: 42 }
  const data = dataset(g, x, y)
  const of = (name, optimizer, ...layers) => ({
    name,
    settings: { ...common, model: model(input(pixels), ...layers), optimizer },
    data
  })
  const narrow = dataset(g, floats(g, [37, 2], 7), floats(g, [37, 1], 8))
  return [
    of('network: mlp', g.adam(0.001), dense(160), relu, dense(136), tanh, dense(classes)),
    of(
      'network: batchNorm and dropout',
      g.adamw(g.cosineDecay(0.002, g.steps(9)), { decay: 0.01 }),
      dense(144),
      batchNorm(),
      relu,
      dropout(0.2),
      dense(128),
      layerNorm(),
      gelu,
      dropout(0.1),
      dense(classes)
    ),
    {
      name: 'network: single numbers',
      settings: {
        model: model(input(2), dense(16), tanh, dense(1)),
        loss: g.meanSquaredError,
        optimizer: g.sgd(0.1),
        batchSize: 4,
        stop: g.steps(60),
        seed: 3
      },
      data: narrow
    }
  ]
}

/** nets of images, on few small ones: the blocks of examples/12-lenet.ts and 13-image-nets.ts */
const imageNets = g => {
  const { model, input, relu, conv2d, dense, flatten, maxPool, globalAveragePool } = g
  const common = { loss: g.softmaxCrossEntropy, optimizer: g.adam(0.002), batchSize: 4, stop: g.steps(3), seed: 11 }
  const images = (name, shape, layers, more) => ({
    name: `image net: ${name}`,
    settings: { ...common, model: model(input(...shape), ...layers), ...more },
    data: dataset(
      g,
      { tensor: bytes(g, [10, ...shape], 21), scale: 1 / 255, shift: 0 },
      more?.loss === undefined ? oneHot(g, 10, 4) : floats(g, [10, ...shape], 22)
    )
  })
  const start = [conv2d(8, 3, { padding: 1, bias: false }), g.batchNorm(), relu]
  const end = [globalAveragePool, dense(4)]
  return [
    images(
      'LeNet-5',
      [28, 28, 1],
      [
        ...[conv2d(6, 5, { padding: 2 }), relu, maxPool(2), conv2d(16, 5), relu, maxPool(2)],
        ...[flatten, dense(120), relu, dense(84), relu, dense(4)]
      ]
    ),
    images('residual blocks', [10, 9, 3], [...start, g.residualBlock(8), g.residualBlock(16, { stride: 2 }), ...end]),
    images(
      'inverted residuals',
      [9, 10, 3],
      [...start, g.invertedResidual(8, 8, { expand: 1 }), g.invertedResidual(8, 12, { stride: 2 }), ...end]
    ),
    images('dense block, squeeze and excitation', [6, 6, 3], [g.denseBlock(2, 5), g.squeezeExcite(13, 2), ...end]),
    images(
      'autoencoder',
      [8, 12, 1],
      [
        ...[conv2d(6, 3, { stride: 2, padding: 'same' }), relu],
        ...[g.convTranspose2d(1, 3, { stride: 2, padding: 'same' }), g.sigmoid]
      ],
      { loss: g.meanSquaredError }
    )
  ]
}

/** a transformer on few texts, large enough that threads share its products; and one with a mask and the norm after */
const texts = g => {
  const { model, input, embedding, positions, transformerBlock, layerNorm, perPosition, dense, ofIndices } = g
  const common = { optimizer: g.adam(0.003), batchSize: 16, stop: g.steps(3), seed: 12 }
  const x = indexes(g, [24, 20], 11, 31)
  const data = dataset(g, x, indexes(g, [24, 20], 11, 32))
  const end = [layerNorm(), perPosition(dense(11))]
  const block = transformerBlock(48, 4, { causal: true, dropout: 0.1, rotary: 'pairs' })
  const after = transformerBlock(12, 3, { normAt: 'after', norm: 'rmsNorm', gated: true })
  return [
    {
      name: 'text: causal transformer',
      settings: {
        ...common,
        model: ofIndices(model(input(20), embedding(11, 48), positions(), g.repeat(2)(block), ...end)),
        loss: g.sequenceCrossEntropy({ smoothing: 0.1 })
      },
      data
    },
    {
      name: 'text: transformer with a mask',
      settings: {
        ...common,
        model: ofIndices(
          model(
            input(20),
            g.maskPadding(0)(g.sequential(embedding(11, 12, { padding: 0 }), positions('sinusoidal'), after, ...end))
          )
        ),
        loss: g.sequenceCrossEntropy({ ignore: 0 })
      },
      data
    }
  ]
}

/** the laws' own small network: parameters dense/weight, dense/bias, dense2/weight, dense2/bias */
const small = (g, more) => ({
  model: g.model(g.input(3), g.dense(4), g.tanh, g.dense(2), g.tanh),
  loss: g.meanSquaredError,
  optimizer: g.adam(0.01),
  batchSize: 4,
  stop: g.steps(6),
  seed: 7,
  ...more
})

/** a loss that is made of another one takes what that one takes */
const takes = (g, loss) => {
  const kind = g.builtIn.losses[loss.tag]
  return 'inner' in kind ? takes(g, kind.inner(loss)) : kind
}

/** a name for each sample: its data, as JSON */
const named = (family, samples, make) =>
  samples.map(sample => ({
    name: `${family}: ${typeof sample === 'string' ? sample : JSON.stringify(sample)}`,
    ...make(sample)
  }))
const samplesOf = kinds => Object.values(kinds).flatMap(kind => kind.samples)

/** a model with the layer in the middle: whatever it takes is made from three numbers, and what it gives is brought down to two */
const around = (g, { layer, input: shape, indexes: below }) => {
  const { sequential, dense, reshape, fanOut, parallel, flatten, mergeConcat } = g
  const making = s => (Array.isArray(s[0]) ? fanOut(...s.map(making)) : sequential(dense(size(s)), reshape(...s)))
  const endings = [[flatten], [], [mergeConcat], [parallel(flatten, flatten), mergeConcat]]
  for (const ending of endings) {
    const r = g.checkModel(
      below === undefined
        ? g.modelData([3], making(shape), layer, ...ending, dense(2))
        : g.ofIndices(g.modelData(shape, layer, ...ending, dense(2)))
    )
    if (r._tag === 'Right') return r.right
  }
  throw new Error(`no ending suits the layer ${JSON.stringify(layer)}: add one to spec/engines/golden.mjs`)
}

/** one run for every sample of every registered member that says something about numbers */
const members = g => {
  const { builtIn, model, input, dense } = g
  const data = dataset(g, floats(g, [8, 3], 11), floats(g, [8, 2], 12))
  const classes = dataset(g, floats(g, [8, 3], 13), oneHot(g, 8, 3))
  const initializers = Object.entries(builtIn.initializers).flatMap(([tag, { samples }]) =>
    samples === undefined ? [tag] : samples.map(s => ({ tag, ...s }))
  )
  return [
    ...named('optimizer', samplesOf(builtIn.optimizers), optimizer => ({ settings: small(g, { optimizer }), data })),
    ...named('schedule', samplesOf(builtIn.schedules), rate => ({
      settings: small(g, { optimizer: g.momentum(rate, 0.9), stop: g.steps(9) }),
      data
    })),
    ...named('activation', Object.keys(builtIn.activations), name => ({
      settings: small(g, { model: model(input(3), dense(6), g.activation(name), dense(2)) }),
      data
    })),
    ...named('initializer', initializers, initializer => ({
      settings: small(g, { model: model(input(3), dense(8, { initializer }), g.tanh, dense(2)) }),
      data
    })),
    ...named('loss', samplesOf(builtIn.losses), loss => {
      const { expects, targetShape = shape => shape } = takes(g, loss)
      const ending = expects === 'probabilities' ? [g.softmax] : []
      // as many outputs as make three targets
      const outputs = [3, 6].find(n => targetShape([n])[0] === 3)
      return {
        settings: small(g, { loss, model: model(input(3), dense(5), g.tanh, dense(outputs), ...ending) }),
        data: classes
      }
    }),
    ...named('layer', samplesOf(builtIn.layers), sample => ({
      settings: small(g, { model: around(g, sample) }),
      data:
        sample.indexes === undefined
          ? data
          : dataset(g, indexes(g, [8, ...sample.input], sample.indexes, 14), floats(g, [8, 2], 12))
    }))
  ]
}

// ---- what they end with

/** in hexadecimal digits */
export const sha256 = async bytes =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), b => b.toString(16).padStart(2, '0')).join(
    ''
  )
const asBytes = array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const joined = parts => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

/**
 * SHA-256 over the loss of each step (f64, little-endian), then every tensor of the state in its order: a line with name, element type and
 * shape, then its numbers (little-endian, as on every machine that an engine here runs on).
 */
const digestOf = async (g, backend, { name, settings, data }) => {
  const losses = []
  const { state } = unwrap(
    name,
    g.train(settings, { backend, observe: e => void (e.tag === 'step' && losses.push(e.loss)) })(data)
  )
  const tensors = ['params', 'layers', 'optimizer'].flatMap(part => g.treeLeaves(state[part], part))
  const text = new TextEncoder()
  return sha256(
    joined([
      asBytes(Float64Array.from(losses)),
      ...tensors.flatMap(([path, t]) => [
        text.encode(`${path} ${t.dtype} ${t.shape.join('x')}\n`),
        asBytes(g.numbersOf(t))
      ])
    ])
  )
}

/**
 * All golden runs on a backend, in both precisions: the name of each with its digest.
 *
 * @param g the library
 */
export const goldenRuns = async (g, backend) => {
  const digests = {}
  for (const run of [...networks(g), ...imageNets(g), ...texts(g), ...members(g)])
    for (const precision of ['f32', 'f64'])
      digests[`${run.name} ${precision}`] = await digestOf(g, backend, {
        ...run,
        settings: { ...run.settings, precision }
      })
  return digests
}

/** the names of the runs whose digests are not the same in both */
export const differing = (a, b) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(name => a[name] !== b[name])
