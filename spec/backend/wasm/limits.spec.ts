/** What the engine cannot do is said in its own words, not in those of the platform. */
import { describe, expect, it } from 'vitest'
import { wasm, wasmThreadPool, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import { explain } from '../../../src/backend/kernel/explain.js'
import * as b from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { left, right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'

const x = b.input('x', 'f32', [1])
const small = right(program({ y: b.neg(x) }))

describe('the compiled engine', () => {
  it('names the memory that a program would need, and what to do about it', () => {
    const large = right(program({ y: b.exp(b.broadcast(b.input('x', 'f32', [1, 1]), [60_000, 40_000])) }))
    expect(left(wasm.compile(large))).toBe(
      'wasm/memory: expected at most 4 GiB for all that a program works with, got 8.9 GiB; take fewer examples at a time'
    )
  })
  it('refuses numbers of threads that are none', async () => {
    const told = (n: number): string => `wasm/threads: expected a whole number, 1 or more, got ${n}`
    for (const n of [0, -1, 2.5, NaN]) {
      expect(left(wasmThreads(n).loop([small], {}, {}))).toBe(told(n))
      expect(left(await wasmThreadPool(n)())).toBe(told(n))
    }
    // more than make sense are as many as do
    expect(wasmThreads(1e9).name).toBe('wasm, 64 threads')
    const loop = right(wasmThreads(1e9).loop([small], {}, { x: tensorOf('f32', [1], [1]) }))
    loop.close()
  })
})

describe('explain', () => {
  it('counts of a table the rows that are taken', () => {
    const table = b.input('table', 'f32', [60_000, 784])
    const text = explain(right(program({ rows: b.gather(table, b.input('index', 'u32', [32])) })))
    // 32 indexes, 32 rows read, 32 rows written
    expect(text).toContain(`${32 * 4 + 2 * 32 * 784 * 4} bytes moved`)
  })
})
