// What one core can do at most, in this run: 128-bit f32 multiplications and additions, rounded one by one (no fused multiply-add),
// from a Wasm loop and, where there is a C compiler, from C; and wider registers, which only native peers can use.
// usage: node limits.mjs [LIMITS_BINARY]; node limits.mjs --cores: how much more two threads get through than one
import { execFileSync } from 'node:child_process'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { wasmLimit } from './peers/limit.mjs'

const rounds = 3_000_000
const wasm = async () => {
  const limit = await wasmLimit()
  return Math.max(...Array.from({ length: 9 }, () => limit(rounds)))
}

/** two cores may share what they are made of, with one another or with somebody else: nothing gets more out of them than this */
const cores = async () => {
  const url = new URL(import.meta.url)
  const one = await wasm()
  const both = await Promise.all(
    [1, 2].map(
      () => new Promise((resolve, reject) => void new Worker(url).once('message', resolve).once('error', reject))
    )
  )
  return { 'two cores over one': Number(((both[0] + both[1]) / one).toFixed(2)) }
}

if (!isMainThread) parentPort.postMessage(await wasm())
else if (process.argv[2] === '--cores') console.log(JSON.stringify({ peer: 'limits', ...(await cores()) }))
else {
  const native = process.argv[2] ? JSON.parse(execFileSync(process.argv[2], { encoding: 'utf8' })) : {}
  console.log(JSON.stringify({ peer: 'limits', 'wasm 128-bit mul+add': Number((await wasm()).toFixed(1)), ...native }))
}
