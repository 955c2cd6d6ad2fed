// The golden runs in this process: `node run.mjs wasm 2` prints what they gave as one line of JSON. Unchanged in Node, Deno and Bun.
import { goldenRuns } from './golden.mjs'

const [kind, threads] = [process.argv[2] ?? 'wasm', Number(process.argv[3] ?? 1)]

// counted, so that a row of the matrix cannot speak of threads that were never there
let workers = 0
const counted = Worker =>
  class extends Worker {
    constructor(...args) {
      super(...args)
      workers++
    }
  }
const nodeThreads = process.getBuiltinModule('node:worker_threads')
nodeThreads.Worker = counted(nodeThreads.Worker)
if (globalThis.Worker !== undefined) globalThis.Worker = counted(globalThis.Worker)

const gradfold = await import('../../dist/node/index.js')
const backends = {
  reference: async () => (await import('../../dist/node/ndarray.js')).reference,
  wasm: () => gradfold.wasmThreads(threads),
  native: () => gradfold.nativeThreads(threads)
}
const backend = await backends[kind]()

const { bun, deno, node, v8, webkit } = process.versions
const began = performance.now()
const digests = await goldenRuns(gradfold, backend)
console.log(
  JSON.stringify({
    digests,
    workers,
    seconds: (performance.now() - began) / 1000,
    version: bun ?? deno ?? node,
    engine: bun === undefined ? `V8 ${v8}` : `JavaScriptCore ${webkit.slice(0, 7)}`
  })
)
