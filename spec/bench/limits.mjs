// What one core can do at most, in this run: 128-bit f32 multiplications and additions, rounded one by one (no fused multiply-add),
// from a Wasm loop and, where there is a C compiler, from C; and wider registers, which only native peers can use.
// usage: node limits.mjs [LIMITS_BINARY]; node limits.mjs --cores: how much more two threads get through than one
import { execFileSync } from 'node:child_process'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { br_if, f32x4, func, i32, local, loop, memory, Module, v128 } from 'wasmati'

const rounds = 3_000_000
const [chains, rows] = [8, 4]

/** eight sums in registers: four rows times two vectors that are loaded anew in each turn, as inside a product of matrices */
const wasmLoop = () =>
  func({ in: [i32], locals: [i32, ...Array(chains + rows + 2).fill(v128)], out: [] }, ([count], [at, ...v]) => {
    const [sums, xs, ys] = [v.slice(0, chains), v.slice(chains, chains + rows), v.slice(chains + rows)]
    const load = (to, offset) => {
      local.get(at)
      v128.load({ offset })
      local.set(to)
    }
    xs.forEach((x, i) => load(x, 1024 + 16 * i))
    loop({}, () => {
      ys.forEach((y, i) => load(y, 16 * i))
      sums.forEach((sum, i) => {
        local.get(sum)
        local.get(xs[i >> 1])
        local.get(ys[i & 1])
        f32x4.mul()
        f32x4.add()
        local.set(sum)
      })
      local.get(at)
      i32.const(32)
      i32.add()
      i32.const(1023)
      i32.and()
      local.set(at)
      local.get(count)
      i32.const(1)
      i32.sub()
      local.tee(count)
      br_if(0)
    })
    sums.forEach((sum, i) => {
      i32.const(2048 + 16 * i)
      local.get(sum)
      v128.store({})
    })
  })

const best = f => Math.min(...Array.from({ length: 9 }, f))
const wasm = async () => {
  const m = memory({ min: 1, max: 1 })
  const { instance } = await Module({ exports: { run: wasmLoop(), m } }).instantiate()
  const seconds = best(() => {
    const t = performance.now()
    instance.exports.run(rounds)
    return (performance.now() - t) / 1e3
  })
  return (rounds * chains * 4 * 2) / seconds / 1e9
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
