// gradfold, from its built package. usage: node gradfold.mjs NAME USE WORKLOAD
// USE public: what users write. Training is `train`, timed between what it tells an observer, over a dataset of copies of
//     the batch: shuffling, gathering, bookkeeping and what the end of an epoch takes are in the time. Inference is
//     `predict`, a product is `backend.compile(...)` and `run`: tensors in, tensors out.
// USE loop: the engine alone, which is what the other peers' steps are: one fixed batch that stays in its memory, a training step a
//     call; for inference parameters that stay there, for a product everything.
// USE step: the pure `stepOf`, the whole state copied in and out.
// BENCH_THREADS: how many. BENCH_BACKEND: wasm (default) or native.
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { adam, dropRate, makeConv, makeData, makeDense, workloads } from './work.mjs'
import { importDone, losses, meter, run, say } from './timing.mjs'

const dist = process.env.BENCH_DIST ?? resolve(import.meta.dirname, '../../../dist')
const load = file => import(pathToFileURL(resolve(dist, file)).href)
const [peer, use, w] = process.argv.slice(2)
const g = await load('node/index.js')
importDone()

const { kind, n, batch, sizes, norm = false, rate } = workloads[w]
const data = makeData(w)
const threads = Number(process.env.BENCH_THREADS ?? 1)
const backend = process.env.BENCH_BACKEND === 'native' ? g.nativeThreads(threads) : g.wasmThreads(threads)
const f32 = (shape, numbers) => g.tensorView('f32', shape, numbers)
/** a benchmark has nobody to tell a problem to but its reader */
const right = e => {
  if (e._tag === 'Left') throw new Error(g.showError(e.left))
  return e.right
}

/** W4: the rows of the data are images */
const convolutional = () => {
  const conv = channels => g.conv2d(channels, 3, { padding: 'same', initializer: 'zeros' })
  const block = channels => [conv(channels), g.relu, g.maxPool(2)]
  return g.model(
    g.input(28, 28, 1),
    ...block(16),
    ...block(32),
    g.flatten,
    g.dense(sizes.at(-1), { initializer: 'zeros' })
  )
}
const network = () => {
  if (kind === 'conv') return convolutional()
  const hidden = sizes.slice(1, -1)
  // every peer starts from the weights of work.mjs: to draw others first would be work that nobody else does
  const dense = units => g.dense(units, { initializer: 'zeros' })
  const layers = hidden.flatMap(units => {
    if (kind === 'tiny') return [dense(units), g.tanh]
    return norm ? [dense(units), g.batchNorm(), g.relu, g.dropout(dropRate)] : [dense(units), g.relu]
  })
  const last = kind === 'tiny' ? [g.sigmoid] : kind === 'infer' ? [g.softmax] : []
  return g.model(g.input(sizes[0]), ...layers, dense(sizes.at(-1)), ...last)
}
const model = kind === 'matmul' ? undefined : network()

const trainingFor = stop =>
  g.training({
    model,
    batchSize: batch,
    stop,
    loss: kind === 'tiny' ? g.meanSquaredError : g.softmaxCrossEntropy,
    optimizer:
      kind === 'tiny' ? g.sgd(rate) : g.adam(adam.rate, { beta1: adam.beta1, beta2: adam.beta2, epsilon: adam.epsilon })
  })

/** the weights that every peer starts from, where a fresh model has its own */
const sameWeights = params => {
  const made = kind === 'conv' ? makeConv() : makeDense(sizes).map(d => ({ ...d, shape: [d.nIn, d.nOut] }))
  const next = made[Symbol.iterator]()
  const replaced = layer => {
    const { w, b, shape } = next.next().value
    return { ...layer, weight: f32(shape, w), bias: f32([shape.at(-1)], b) }
  }
  return Object.fromEntries(
    Object.entries(params).map(([label, layer]) => [label, 'weight' in layer ? replaced(layer) : layer])
  )
}
const startOf = training => {
  const fresh = right(g.startState(training))
  return { ...fresh, params: sameWeights(fresh.params) }
}

const repeated = (numbers, times) => {
  const out = new Float32Array(numbers.length * times)
  for (let i = 0; i < times; i++) out.set(numbers, i * numbers.length)
  return out
}
/** the shape of so many examples */
const examples = n => (kind === 'conv' ? [n, 28, 28, 1] : [n, sizes[0]])
const datasetOf = times =>
  right(
    g.dataset({
      x: f32(examples(batch * times), repeated(data.x, times)),
      y: f32([batch * times, sizes.at(-1)], repeated(data.y, times))
    })
  )

/** a real epoch has hundreds of steps; more than these would not fit beside the memory that the other peers need */
const epochBatches = Number(process.env.BENCH_BATCHES ?? (kind === 'tiny' ? 256 : batch < 128 ? 64 : 32))
/** small steps are taken many at a time, and told of together: they are timed by the epoch */
const timedEvent = kind !== 'conv' && batch < 128 ? 'epoch' : 'step'

const trainPublic = () => {
  const l = losses(w)
  const compared = trainingFor(g.steps(20))
  const options = { backend, from: startOf(compared) }
  right(g.train(compared, { ...options, observe: e => e.tag === 'step' && l.add(e.loss) })(datasetOf(1)))

  const m = meter(timedEvent === 'epoch' ? epochBatches : 1)
  let more = true
  const observe = e => {
    if (e.tag === timedEvent && more) more = m.more()
  }
  // a stop rule of one's own: until the clock has seen enough
  const until = {
    tag: 'until',
    fields: () => ({}),
    reason: () => (more ? undefined : 'time'),
    samples: [{ tag: 'until' }]
  }
  const registry = g.extend(g.builtIn, { stopRules: { until } })
  right(g.train(trainingFor({ tag: 'until' }), { ...options, registry, observe })(datasetOf(epochBatches)))
  say(peer, w, m.result(), l.result())
}

const trainStep = () => {
  const training = trainingFor(g.steps(1))
  const step = right(g.stepOf(training, { backend }))
  const given = { x: f32(examples(batch), data.x), y: f32([batch, sizes.at(-1)], data.y) }
  let state = startOf(training)
  return run(peer, w, () => {
    const { state: next, report } = right(step(state, given))
    state = next
    return report.loss
  })
}

/** below the public surface: the program that `train` hands to the engine, on a batch that stays */
const trainLoop = async () => {
  const { handedIn } = await load('data/program-inputs.js')
  const { stepOutputs } = await load('train/program.js')
  const { checkTraining } = await load('train/training.js')
  const { stepInputs } = await load('train/step-program.js')
  const { tensorsOf } = await load('train/state.js')
  const training = trainingFor(g.steps(1))
  const checked = right(checkTraining(training))
  const state = startOf(training)
  const given = { x: f32(examples(batch), data.x), y: f32([batch, sizes.at(-1)], data.y) }
  const p = right(g.program(stepOutputs(checked, state, handedIn(given, 'f32'))))
  const loop = right(backend.loop([p], tensorsOf(state), given))
  let steps = 0
  // as in `train`: most programs draw nothing, and need no key
  const draws = p.inputs.key !== undefined
  await run(peer, w, () => {
    const key = draws ? stepInputs(checked, { ...state.progress, step: steps++ }, [{}]) : {}
    return right(loop.steps(p, 1, key)).loss.data[0]
  })
}

const paramsForInference = () => sameWeights(right(g.init(model, g.rootKey(0))))
const x = () => f32([batch, sizes[0]], data.x)

const inferPublic = () => {
  const probabilities = g.predict(model, paramsForInference(), { backend })
  const examples = x()
  return run(peer, w, () => right(probabilities(examples)).data[0])
}
const inferLoop = () => {
  const { value } = right(g.toExpr(model, { batch }))
  const p = right(g.program({ y: value }))
  const resident = Object.fromEntries(g.treeLeaves(paramsForInference(), 'params'))
  const loop = right(backend.loop([p], {}, resident))
  const given = { x: x() }
  return run(peer, w, () => right(loop.step(p, given)).y.data[0])
}

const product = () => {
  const input = name => g.expr.input(name, 'f32', [n, n])
  return right(g.program({ c: g.expr.matmul(input('a'), input('b')) }))
}
const factors = () => ({ a: f32([n, n], data.a), b: f32([n, n], data.b) })
/**
 * Products and the limit in turns, a few milliseconds each, since what a shared core gives changes from one moment to the next: the median
 * of what the products reach of the limit beside them, in percent
 */
const shareOfLimit = async step => {
  // only here: it is no part of anybody's first step
  const limit = await (await import('./limit.mjs')).wasmLimit()
  const gflops = () => {
    const times = Math.ceil(512 ** 3 / n ** 3)
    const t = performance.now()
    for (let i = 0; i < times; i++) step(false)
    return (times * 2 * n ** 3) / (performance.now() - t) / 1e6
  }
  const shares = Array.from({ length: 50 }, () => {
    const before = limit(400_000)
    const mine = gflops()
    return (200 * mine) / (before + limit(400_000))
  })
  return { share: Number(shares.sort((a, b) => a - b)[shares.length >> 1].toFixed(1)) }
}
const timedProduct = step => run(peer, w, step, () => shareOfLimit(step))
const matmulPublic = () => {
  const executable = right(backend.compile(product()))
  const given = factors()
  return timedProduct(() => right(executable.run(given)).c.data[0])
}
const matmulLoop = () => {
  const p = product()
  // fed back, the product stays where it is made
  const loop = right(backend.loop([p], { c: f32([n, n], new Float32Array(n * n)) }, factors()))
  return timedProduct(wanted => {
    right(loop.step(p, {}))
    return wanted ? loop.state().c.data[0] : undefined
  })
}

const uses = {
  public: { mlp: trainPublic, conv: trainPublic, tiny: trainPublic, infer: inferPublic, matmul: matmulPublic },
  loop: { mlp: trainLoop, conv: trainLoop, tiny: trainLoop, infer: inferLoop, matmul: matmulLoop },
  step: { mlp: trainStep, conv: trainStep, tiny: trainStep }
}
await uses[use][kind]()
// threads of loops that are still open would keep the process
process.exit()
