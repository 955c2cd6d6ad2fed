/** The assembler, against another assembler and against the engine. */
import fc from 'fast-check'
import wabt from 'wabt'
import { describe, expect, it } from 'vitest'
import { watOf } from '../../../src/backend/wasm/emit/wat.js'
import * as a from '../../../src/backend/wasm/assemble/index.js'
import * as instructions from '../../../src/backend/wasm/assemble/instructions.js'
import type { Instruction } from '../../../src/backend/wasm/assemble/instructions.js'

const features = { simd: true, threads: true, bulk_memory: true }
const memory = { min: 1, max: 1, shared: false, value: new WebAssembly.Memory({ initial: 1, maximum: 1 }) }

type Any = Instruction<readonly never[]>
type Tree = { readonly [name: string]: Any | Tree }
const all = (tree: Tree, prefix = ''): readonly (readonly [name: string, Any])[] =>
  Object.entries(tree).flatMap(([name, item]) =>
    typeof item === 'function' ? [[`${prefix}${name}`, item] as const] : all(item, `${prefix}${name}.`)
  )

/** what an instruction is called with here */
const given: Readonly<Record<instructions.Immediate, readonly unknown[]>> = {
  none: [],
  lane: [1],
  lanes: [Int32Array.of(1, -2, 3, 1 << 30)],
  local: [{ type: 'i32', index: 300 }],
  integer: [-123456],
  place: [{ offset: 4_000_000_000, align: 1 }],
  'place and lane': [{ offset: 128 }, 1],
  memory: [],
  memories: []
}

/** runs a function without arguments that a module exports */
const run = (f: a.Func): unknown => {
  const { bytes, imports } = a.assemble({ f }, memory)
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
  return (instance.exports as { readonly f: () => unknown }).f()
}

describe('the assembler', () => {
  it('writes every instruction as another assembler does that reads their names', async () => {
    const f = a.func({ in: [], locals: [], out: [] }, () => {
      for (const [name, instruction] of all(instructions))
        instruction(...((name === 'i8x16.shuffle' ? [[...Array(16).keys()]] : given[instruction.immediate]) as never[]))
    })
    const { bytes } = a.assemble({ f }, memory)
    // parsed without a check of types, because the instructions don't fit together
    const { buffer } = (await wabt()).parseWat('all.wat', watOf(bytes), features).toBinary({})
    // ours has a count of data segments: a section of three bytes
    const [mine, theirs] = [bytes, buffer].map(x => Buffer.from(x).toString('hex')) as [string, string]
    expect(mine.replace('0c0100', '')).toBe(theirs)
    expect(all(instructions as unknown as Tree).length).toBeGreaterThan(100)
  })

  it('writes integers that the engine reads as they were', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -200, max: 200 })), n => {
        expect(run(a.func({ in: [], locals: [], out: ['i32'] }, () => a.i32.const(n)))).toBe(n)
      })
    )
    const top = a.func({ in: [], locals: [], out: ['i32'] }, () => a.i32.const(0xffff_fff0))
    expect(run(top)).toBe(-16)
  })

  it('writes lanes of numbers that the engine reads as they were', () => {
    fc.assert(
      fc.property(fc.double(), fc.integer({ min: 0, max: 1 }), (x, lane) => {
        const f = a.func({ in: [], locals: [], out: ['f64'] }, () => {
          a.v128.const(Float64Array.from([0, 1], i => (i === lane ? x : 1.5)))
          a.f64x2.extract_lane(lane)
        })
        expect(run(f)).toBe(x)
      })
    )
  })

  it('sorts locals by type and keeps them apart, and counts those of the arguments', () => {
    const types = ['v128', 'i32', 'f64', 'i32', 'f32', 'v128', 'i32'] as const
    const inner = a.func({ in: ['i32', 'i32'], locals: types, out: ['i32'] }, ([x, y], locals) => {
      const integers = locals.filter((l): l is a.Local<'i32'> => l.type === 'i32')
      integers.forEach((l, i) => {
        a.local.get(i === 1 ? y : x)
        a.i32.const(10 ** i)
        a.i32.mul()
        a.local.set(l)
      })
      expect(new Set(locals.map(l => l.index)).size).toBe(types.length)
      expect(Math.min(...locals.map(l => l.index))).toBe(2)
      integers.forEach((l, i) => {
        a.local.get(l)
        if (i > 0) a.i32.add()
      })
    })
    const f = a.func({ in: [], locals: [], out: ['i32'] }, () => {
      a.i32.const(3)
      a.i32.const(7)
      a.call(inner)
    })
    expect(run(f)).toBe(3 + 70 + 300)
  })

  it('takes each function that is called once, wherever it is made', () => {
    const twice = a.importFunc({ in: ['i32'], out: ['i32'] }, (x: number) => 2 * x)
    const f = a.func({ in: [], locals: ['i32'], out: ['i32'] }, (_, [left]) => {
      const made = a.func({ in: ['i32'], locals: [], out: ['i32'] }, ([x]) => {
        a.local.get(x)
        a.call(twice)
      })
      a.i32.const(3)
      a.local.set(left)
      a.loop(() => {
        a.local.get(left)
        a.i32.const(1)
        a.i32.sub()
        a.local.tee(left)
        a.br_if(0)
      })
      a.i32.const(5)
      a.call(made)
      a.call(made)
      a.call(twice)
    })
    const { bytes, imports } = a.assemble({ f }, memory)
    expect(imports).toEqual({ '': { f0: twice.value, m0: memory.value } })
    expect(watOf(bytes).match(/\(func \(;/g)).toHaveLength(2)
    expect(run(f)).toBe(40)
  })

  it('writes a long function', () => {
    const f = a.func({ in: [], locals: [], out: ['i32'] }, () => {
      a.i32.const(0)
      for (let i = 0; i < 40_000; i++) {
        a.i32.const(i)
        a.i32.add()
      }
    })
    expect(run(f)).toBe(799_980_000)
  })
})
