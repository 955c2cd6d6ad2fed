/** What updates the values that are fed back: one kernel for all tensors of a kind, and the bits of the reference. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend, Loop, Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { runPasses, uncompiled } from '../../../src/backend/kernel/compile.js'
import { toKernels } from '../../../src/backend/kernel/fuse.js'
import type { KernelProgram, View } from '../../../src/backend/kernel/ir.js'
import { wasm, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import * as b from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { program, type Program } from '../../../src/expr/program.js'
import type { Dims } from '../../../src/value/shape.js'
import { numbersOf, scalarOf, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import { right } from '../../support/either.js'
import { runs } from '../../support/runs.js'
import { numbers, seed, tensorOf } from '../../support/tensors.js'

const shapes: readonly Dims[] = [[], [1], [3], [4], [5, 3], [16], [2, 8], [67], [130, 129], [64, 257]]

/** momentum over tensors of some shapes, with gradients that are sums over a batch */
interface Case {
  readonly dtype: FloatType
  readonly shapes: readonly Dims[]
  /** one of the tensors is updated in another way */
  readonly odd: boolean
  /** the first gradient is looked at from outside */
  readonly shown: boolean
  readonly seed: number
}
const cases: fc.Arbitrary<Case> = fc.record({
  dtype: fc.constantFrom('f32', 'f64'),
  shapes: fc.array(fc.constantFrom(...shapes), { minLength: 1, maxLength: 5 }),
  odd: fc.boolean(),
  shown: fc.boolean(),
  seed
})
const batch = 3
const inputs = (c: Case) =>
  c.shapes.map((shape, i) => ({
    p: b.input(`p${i}`, c.dtype, shape),
    m: b.input(`m${i}`, c.dtype, shape),
    x: b.input(`x${i}`, c.dtype, [batch, ...shape])
  }))

const programOf = (c: Case): Program => {
  const rate = b.input('rate', c.dtype, [])
  const updated = inputs(c).map(({ p, m, x }, i) => {
    const g = b.reshape(b.sum(b.mul(x, p), [0]), p.shape)
    const next = c.odd && i === 0 ? b.sub(m, g) : b.add(b.mul(m, 0.9), g)
    return { g, m: next, p: b.sub(p, b.mul(rate, next)) }
  })
  const checks = updated.map(u => b.reshape(b.reduceMax(b.mul(u.p, 0)), []))
  return right(
    program({
      ...Object.fromEntries(
        updated.flatMap((u, i): readonly (readonly [string, Expr])[] => [
          [`p${i}`, u.p],
          [`m${i}`, u.m]
        ])
      ),
      finite: checks.slice(1).reduce(b.max, checks[0] as Expr),
      ...(c.shown ? { shown: (updated[0] as { readonly g: Expr }).g } : {})
    })
  )
}
const startOf = (c: Case): Values =>
  Object.fromEntries(
    c.shapes.flatMap((shape, i) => [
      [`p${i}`, numbers(c.dtype, shape, c.seed + i)],
      [`m${i}`, numbers(c.dtype, shape, c.seed + 100 + i)]
    ])
  )
const stepOf = (c: Case, rate: number): Values => ({
  rate: tensorOf(c.dtype, [], [rate]),
  ...Object.fromEntries(c.shapes.map((shape, i) => [`x${i}`, numbers(c.dtype, [batch, ...shape], c.seed + 200 + i)]))
})
const shown = (v: Values): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(Object.entries(v).map(([name, t]: readonly [string, Tensor]) => [name, Array.from(numbersOf(t))]))

/** three steps, the last of which takes numbers beyond all bounds */
const history = (backend: Backend, c: Case): unknown => {
  const p = programOf(c)
  const loop: Loop = right(backend.loop([p], startOf(c), {}))
  const told = [0.1, 0.5, 1e300, 0.1].map(rate => shown(right(loop.step(p, stepOf(c, rate)))))
  const state = shown(loop.state())
  loop.close()
  return { told, state }
}

/** compiled as for a loop in which every input that is an output too is fed back */
const compiled = (programs: readonly Program[], threads = 1): readonly KernelProgram[] => {
  const carried = Object.fromEntries(
    programs.flatMap(p => Object.entries(p.inputs).filter(([name]) => Object.hasOwn(p.outputs, name)))
  )
  return runPasses(uncompiled({ programs, carried, threads }), { to: 'fuse-finite-check' }).programs
}
const updatesOf = (l: KernelProgram): readonly string[] => l.kernels.slice(l.updates).map(k => k.kind)

describe('updates', () => {
  it('give the bits of the reference, whatever the tensors, on 1, 2 and 3 threads', () => {
    fc.assert(
      fc.property(cases, c => {
        const wanted = history(reference, c)
        for (const backend of [wasm, wasmThreads(2), wasmThreads(3)]) expect(history(backend, c)).toEqual(wanted)
      }),
      { numRuns: runs(40) }
    )
  })

  it('are one kernel that also finds the largest number, and one for what the threads found', () => {
    const many = {
      dtype: 'f32',
      shapes: [[130, 129], [129], [64, 257], [3]],
      odd: false,
      shown: false,
      seed: 1
    } as const
    for (const threads of [1, 2, 3]) {
      const [l] = compiled([programOf(many)], threads) as [KernelProgram]
      expect(updatesOf(l)).toEqual(['map', 'reduce'])
      const [update] = l.kernels.slice(l.updates)
      expect(update).toMatchObject({
        kind: 'map',
        shape: [130 * 129 + 129 + 64 * 257 + 3],
        maxima: [{ to: { shape: [4 * threads] } }]
      })
    }
    // one tensor more is no kernel more
    expect(
      updatesOf(compiled([programOf({ ...many, shapes: [...many.shapes, [5, 3]] })])[0] as KernelProgram)
    ).toHaveLength(2)
  })

  it('leave alone what is done differently, or looked at from outside', () => {
    const odd = { dtype: 'f32', shapes: [[5, 3], [16], [67]], odd: true, shown: false, seed: 1 } as const
    const kinds = updatesOf(compiled([programOf(odd)])[0] as KernelProgram)
    expect(kinds.filter(k => k === 'map').length).toBeGreaterThan(1)
    const [l] = compiled([programOf({ ...odd, odd: false, shown: true })]) as [KernelProgram]
    const gradient = l.outputs['shown'] as View
    expect(gradient).toMatchObject({ offset: 0, buffer: { size: 15 } })
  })

  it('stay as they are where the programs of a loop do not agree, with the bits of the reference', () => {
    const c = { dtype: 'f32', shapes: [[5, 3], [16], [67]], odd: false, shown: false, seed: 7 } as const
    const programs = [programOf(c), programOf({ ...c, odd: true })] as const
    expect(compiled(programs).map(l => updatesOf(l).filter(k => k === 'map').length)).not.toContain(1)
    const both = (backend: Backend): unknown => {
      const loop = right(backend.loop(programs, startOf(c), {}))
      const told = [0, 1, 0].map(i => shown(right(loop.step(programs[i] as Program, stepOf(c, 0.1)))))
      return { told, state: shown(loop.state()) }
    }
    expect(both(wasm)).toEqual(both(reference))
  })
})

describe('single numbers', () => {
  const special = [
    0,
    -0,
    1,
    -1,
    0.1,
    1 / 3,
    1.5,
    -2.75,
    2 ** 126,
    2 ** -126,
    2 ** -140,
    5e-324,
    1e300,
    Infinity,
    -Infinity
  ]
  const two = { add: b.add, sub: b.sub, mul: b.mul, div: b.div, max: b.max, min: b.min }
  const one = { neg: b.neg, abs: b.abs, sqrt: b.sqrt, cast: (x: Expr) => b.cast(x, x.dtype === 'f32' ? 'f64' : 'f32') }
  const formulas = fc.letrec<{ readonly formula: (dtype: FloatType) => Expr }>(tie => ({
    formula: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...special).map(x => (dtype: FloatType) => b.constant(tensorOf(dtype, [], [x]))),
      fc.tuple(fc.constantFrom(...Object.values(two)), tie('formula'), tie('formula')).map(
        ([f, x, y]) =>
          (dtype: FloatType) =>
            b.cast(f(b.cast(x(dtype), dtype), b.cast(y(dtype), dtype)), dtype)
      ),
      fc.tuple(fc.constantFrom(...Object.values(one)), tie('formula')).map(
        ([f, x]) =>
          (dtype: FloatType) =>
            b.cast(f(x(dtype)), dtype)
      )
    )
  })).formula

  it('are worked out beforehand, to the bit', () => {
    fc.assert(
      fc.property(formulas, fc.constantFrom('f32', 'f64'), (formula, dtype) => {
        const y = b.broadcast(formula(dtype), [3])
        const p = right(program({ y }))
        // what is left is to write the number down
        expect(toKernels(p).kernels.map(k => (k.kind === 'map' ? k.outputs.map(o => o.node.op) : k.kind))).toEqual([
          ['constant']
        ])
        const value = (backend: Backend): number => scalarOf(right(right(backend.compile(p)).run({}))['y'] as Tensor)
        expect(value(wasm)).toBe(value(reference))
      }),
      { numRuns: runs(400) }
    )
  })

  it('are not taken for tensors of several numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 }), (value, others) => {
        const [one, x] = [b.constant(value, { dtype: 'f32', shape: [2] }), b.input('x', 'f32', [2])]
        const several = Array.from({ length: others }, (_, i) => b.constant(tensorOf('f32', [2], [i + 0.25, i + 0.5])))
        const y = [...several, b.neg(one)].reduce((sum, t) => b.add(b.mul(sum, x), t), b.mul(x, one))
        const p = right(program({ y }))
        const values = (backend: Backend): readonly number[] =>
          Array.from(
            numbersOf(right(right(backend.compile(p)).run({ x: tensorOf('f32', [2], [3, 5]) }))['y'] as Tensor)
          )
        expect(values(wasm)).toEqual(values(reference))
      }),
      { numRuns: runs(200) }
    )
  })
})
