// What one core can do at most from WebAssembly: 128-bit f32 multiplications and additions, rounded one by one (no fused multiply-add).
import { br_if, f32x4, func, i32, local, loop, memory, Module, v128 } from 'wasmati'

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

/** runs so many rounds; gives GFLOP/s */
export const wasmLimit = async () => {
  const m = memory({ min: 1, max: 1 })
  const { instance } = await Module({ exports: { run: wasmLoop(), m } }).instantiate()
  return rounds => {
    const t = performance.now()
    instance.exports.run(rounds)
    return (rounds * chains * 4 * 2) / (performance.now() - t) / 1e6
  }
}
