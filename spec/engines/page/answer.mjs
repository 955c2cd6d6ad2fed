// What the worker of the golden page does: it trains as told, and answers.
import { goldenRuns, sha256 } from '../golden.mjs'

// counted is the work that others are given, so that a row of the matrix cannot speak of threads that did nothing
let workers = 0
if (globalThis.Worker !== undefined)
  globalThis.Worker = class extends globalThis.Worker {
    postMessage(orders) {
      if (orders.memory !== undefined) workers++
      super.postMessage(orders)
    }
  }

/** whether this page may make code from text */
const mayEval = () => {
  try {
    return new Function('return true')()
  } catch {
    return false
  }
}

export const answer = (gradfold, backendOn) => {
  onmessage = async ({ data: threads }) => {
    try {
      const began = performance.now()
      const digests = await goldenRuns(gradfold, await backendOn(threads))
      const seconds = (performance.now() - began) / 1000
      const digest = await sha256(new TextEncoder().encode(JSON.stringify(digests)))
      postMessage({ digests, digest, workers, seconds, eval: mayEval(), isolated: crossOriginIsolated })
    } catch (e) {
      postMessage({ error: String(e?.message ?? e) })
    }
  }
}
