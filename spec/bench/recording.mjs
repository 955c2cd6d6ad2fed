// node spec/bench/recording.mjs: what recording costs. W2 (784-512-512-10, batch 128, Adam) on MNIST, plain and recorded in turn:
// every step's row with fingerprints, the digest and the checkpoint of every epoch. Timed from the end of the first step to the end of the run,
// the scores of the last state and what is written last in it. Before that, a recorded run takes the SHA-256 of its data once: that is told apart.
// Options: --epochs 1, --repeats 3, --every 0 (a checkpoint after so many steps too), --dist FOLDER (another build)
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'

const { values: o } = parseArgs({
  options: {
    epochs: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '3' },
    every: { type: 'string', default: '0' },
    dist: { type: 'string', default: resolve(import.meta.dirname, '../../dist') }
  }
})
const load = file => import(pathToFileURL(resolve(o.dist, 'node', file)).href)
const [g, codec, files] = [await load('index.js'), await load('codec.js'), await load('files.js')]
const [epochs, repeats, every] = [o.epochs, o.repeats, o.every].map(Number)
const right = e => {
  if (e._tag === 'Left') throw new Error(g.showError(e.left))
  return e.right
}

const run = right(
  codec.parseRunFile(
    JSON.stringify({
      seed: 1,
      data: { tag: 'mnist', flat: true },
      model: {
        input: [784],
        layers: [
          { tag: 'dense', units: 512 },
          'relu',
          { tag: 'dense', units: 512 },
          'relu',
          { tag: 'dense', units: 10 }
        ]
      },
      loss: 'softmaxCrossEntropy',
      optimizer: { tag: 'adam', rate: 0.001 },
      batchSize: 128,
      stop: { tag: 'epochs', count: epochs }
    })
  )
)
const { datasets, training, source } = right(await codec.openRun(run)())
const began = performance.now()
codec.dataDigest(source)
const digest = performance.now() - began

/** seconds by the clock, and of processors, which others on the machine disturb less; and steps */
const now = () => {
  const { user, system } = process.cpuUsage()
  return { clock: performance.now() / 1e3, processor: (user + system) / 1e6 }
}
const timed = async work => {
  let first
  let steps = 0
  const observe = e => {
    if (e.tag !== 'step') return
    steps = e.step
    first ??= now()
  }
  const state = await work(observe)
  const end = now()
  return { clock: end.clock - first.clock, processor: end.processor - first.processor, steps, state }
}
const plain = observe => {
  const { state } = right(g.train(training, { backend: g.wasm, observe })(datasets.train))
  const parts = [datasets.train, datasets.test]
  for (const part of parts) right(g.score(training, state, part, { backend: g.wasm }))
  return codec.stateDigest(state)
}
const recorded = async observe => {
  const folder = mkdtempSync(join(tmpdir(), 'gradfold-bench-'))
  try {
    const options = { backend: g.wasm, observe, ...(every > 0 ? { every } : {}) }
    return right(await files.recordRun(folder, run, options)()).end.state
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const median = xs => [...xs].sort((a, b) => a - b)[xs.length >> 1]
const pairs = []
for (let i = 0; i < repeats; i++) {
  // now the one first, now the other: what warms up or tires is shared
  const order = i % 2 === 0 ? [plain, recorded] : [recorded, plain]
  const cells = new Map()
  for (const work of order) cells.set(work, await timed(work))
  const [p, r] = [cells.get(plain), cells.get(recorded)]
  if (p.state !== r.state) throw new Error('a recorded run must end with the bits of a plain one')
  pairs.push([p, r])
  const show = c => `${c.clock.toFixed(2)} s (${c.processor.toFixed(2)} s of processors)`
  console.error(`${p.steps} steps: plain ${show(p)}, recorded ${show(r)}`)
}
const percent = ratio => `${((ratio - 1) * 100).toFixed(1)} %`
for (const by of ['clock', 'processor']) {
  const single = pairs.map(([p, r]) => r[by] / p[by]).sort((a, b) => a - b)
  const all = median(pairs.map(([, r]) => r[by])) / median(pairs.map(([p]) => p[by]))
  console.log(`${by}: recording costs ${percent(all)}, of medians; single repeats ${single.map(percent).join(', ')}`)
}
console.log(`SHA-256 of the data, once: ${digest.toFixed(0)} ms`)
