// Whether gradfold's memory grows while it trains: live bytes after garbage collection, early and late in a long run of `train`.
// usage: node --expose-gc growth.mjs WORKLOAD STEPS
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { adam, makeData, workloads } from './work.mjs'

const dist = process.env.BENCH_DIST ?? resolve(import.meta.dirname, '../../../dist')
const g = await import(pathToFileURL(resolve(dist, 'node/index.js')).href)
const [w, count] = [process.argv[2], Number(process.argv[3])]
const { kind, batch, sizes, rate } = workloads[w]
const tiny = kind === 'tiny'
const { x, y } = makeData(w)
const right = e => {
  if (e._tag === 'Left') throw new Error(g.showError(e.left))
  return e.right
}

/** `train` keeps a report of every epoch, so an epoch is long here */
const epochBatches = tiny ? 1024 : 64
const repeated = (numbers, width) => {
  const out = new Float32Array(numbers.length * epochBatches)
  for (let i = 0; i < epochBatches; i++) out.set(numbers, i * numbers.length)
  return g.tensorView('f32', [batch * epochBatches, width], out)
}
const data = right(g.dataset({ x: repeated(x, sizes[0]), y: repeated(y, sizes.at(-1)) }))
const act = tiny ? g.tanh : g.relu
const layers = sizes.slice(1, -1).flatMap(units => [g.dense(units), act])
const model = g.model(g.input(sizes[0]), ...layers, g.dense(sizes.at(-1)), ...(tiny ? [g.sigmoid] : []))

const live = () => {
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { live: heapUsed + external, rss }
}
const early = Math.floor(count / 5)
let before
const t = performance.now()
const observe = e => {
  if (e.tag === 'step' && e.step === early) before = live()
}
const trained = right(
  g.train(
    {
      model,
      batchSize: batch,
      loss: tiny ? g.meanSquaredError : g.softmaxCrossEntropy,
      optimizer: tiny ? g.sgd(rate) : g.adam(adam.rate),
      stop: g.steps(count)
    },
    { backend: g.wasm, observe }
  )(data)
)
const seconds = (performance.now() - t) / 1e3
const after = live()
console.log(
  JSON.stringify({
    peer: 'gradfold',
    workload: w,
    steps: trained.state.progress.step,
    seconds: Number(seconds.toFixed(2)),
    liveMb: [before.live, after.live].map(b => Number((b / 2 ** 20).toFixed(2))),
    rssMb: [before.rss, after.rss].map(b => Number((b / 2 ** 20).toFixed(1))),
    bytesPerStep: Number(((after.live - before.live) / (count - early)).toFixed(3))
  })
)
process.exit()
