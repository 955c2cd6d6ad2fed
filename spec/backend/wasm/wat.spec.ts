/** A module's text means the module: assembled again by another tool, it gives the known answers of the self-test. */
import wabt from 'wabt'
import { describe, expect, it } from 'vitest'
import { explainWat } from '../../../src/backend/wasm/explain.js'
import { watOf } from '../../../src/backend/wasm/emit/wat.js'
import { makeSelfTest, runSelfTest } from '../../../src/backend/wasm/runtime/self-test.js'
import { programs } from '../kernel/programs.js'
import { right } from '../../support/either.js'

const features = { simd: true, threads: true, bulk_memory: true }

describe('WebAssembly as text', () => {
  it('can be assembled to a module that computes the same', async () => {
    const assembler = await wabt()
    const test = right(makeSelfTest())
    const assembled = test.parts.map(part => ({
      ...part,
      bytes: Uint8Array.from(assembler.parseWat('self-test.wat', watOf(part.bytes), features).toBinary({}).buffer)
    }))
    expect(runSelfTest({ ...test, parts: assembled })).toBe(undefined)
  })

  it.each(Object.entries(programs))('of %s, for one thread and for two, is well formed', async (_, { program }) => {
    const assembler = await wabt()
    for (const threads of [1, 2])
      for (const text of explainWat(program, { threads }).split(/^(?=;; thread)/m)) {
        const { buffer } = assembler.parseWat('program.wat', text, features).toBinary({})
        expect(WebAssembly.validate(Uint8Array.from(buffer))).toBe(true)
      }
  })

  it('says which thread runs which module', () => {
    const { program } = programs['large step'] as (typeof programs)[string]
    const heads = (threads: number): readonly string[] =>
      explainWat(program, { threads })
        .split('\n')
        .filter(line => line.startsWith(';;'))
    expect(heads(1)).toEqual([';; thread 0, module 0'])
    expect(heads(2)).toEqual([';; thread 0, module 0', ';; thread 1, module 0'])
  })
})
