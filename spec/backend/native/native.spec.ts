/** The native backend: the bits of the reference in whole programs, on several threads, and what it says where it cannot be used. */
import fc from 'fast-check'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { Backend, Values } from '../../../src/backend/backend.js'
import { compile } from '../../../src/backend/kernel/compile.js'
import { productsFrom } from '../../../src/backend/native/addon.js'
import { native, nativeThreads } from '../../../src/backend/native/native.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { emitModule } from '../../../src/backend/wasm/emit/module.js'
import { withProducts } from '../../../src/backend/wasm/wasm.js'
import * as b from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { program, type Program } from '../../../src/expr/program.js'
import { numbersOf, type FloatType } from '../../../src/value/tensor.js'
import { runs } from '../../support/runs.js'
import { numbers, seed } from '../../support/tensors.js'
import { left, right } from '../../support/either.js'
import { build, folder, hasFma, without } from './built.js'

const file = join(folder, 'addon.node')
const missing = without === '' ? build('--file', file) : ''

interface Case {
  readonly dtype: FloatType
  readonly batch: number
  readonly sizes: readonly [number, number, number]
  readonly seed: number
}
const turned = (e: Expr): Expr => b.transpose(e, [1, 0])
/** two layers, their gradients and an update, written out; and the same numbers as several products at once */
const programOf = ({ dtype, batch, sizes: [n, hidden, m] }: Case): Program => {
  const x = b.input('x', dtype, [batch, n])
  const [w1, w2] = [b.input('w1', dtype, [n, hidden]), b.input('w2', dtype, [hidden, m])]
  const h = b.max(b.matmul(x, w1), 0)
  const y = b.matmul(h, w2)
  const [g1, g2] = [b.matmul(turned(x), b.matmul(y, turned(w2))), b.matmul(turned(h), y)]
  const many = b.matmul(b.reshape(x, [1, batch, n]), b.reshape(w1, [1, n, hidden]))
  return right(program({ y, many, w1: b.sub(w1, b.mul(g1, 1e-3)), w2: b.sub(w2, b.mul(g2, 1e-3)) }))
}
const cases: fc.Arbitrary<Case> = fc.record({
  dtype: fc.constantFrom('f32', 'f64'),
  batch: fc.integer({ min: 1, max: 70 }),
  sizes: fc.tuple(fc.integer({ min: 1, max: 130 }), fc.constantFrom(8, 16, 20, 64, 72), fc.constantFrom(1, 8, 10, 32)),
  seed
})
const shown = (v: Values): unknown => Object.entries(v).map(([name, t]) => [name, Array.from(numbersOf(t))])
const startOf = ({ dtype, sizes: [n, hidden, m], seed: s }: Case): Values => ({
  w1: numbers(dtype, [n, hidden], s),
  w2: numbers(dtype, [hidden, m], s + 1)
})
const history = (backend: Backend, c: Case): unknown => {
  const p = programOf(c)
  const loop = right(backend.loop([p], startOf(c), {}))
  const step = (i: number): unknown =>
    shown(right(loop.step(p, { x: numbers(c.dtype, [c.batch, c.sizes[0]], c.seed + 2 + i) })))
  const told = [step(0), step(1), shown(loop.state())]
  loop.close()
  return told
}
/** how many products of a case are left to the addon, on one thread */
const leftOut = (c: Case): number => {
  const { parts } = compile({ programs: [programOf(c)], carried: startOf(c) })
  return (parts[0]?.[0] ?? []).flatMap(part => emitModule(part, true).products).length
}

describe.skipIf(without !== '')(`the native backend${without}`, () => {
  const on = (threads: number, variant?: string): Backend =>
    withProducts('native', threads, () => productsFrom({ file }, variant))

  it('gives the bits of the reference on 1, 2 and 3 threads, and on each variant', () => {
    expect(missing).toBe('')
    const { variants } = right(productsFrom({ file }))
    let products = 0
    fc.assert(
      fc.property(cases, c => {
        products += leftOut(c)
        const wanted = history(reference, c)
        for (const backend of [on(1), on(2), on(3), ...variants.map(v => on(1, v))])
          expect(history(backend, c)).toEqual(wanted)
      }),
      { numRuns: runs(25) }
    )
    expect(products).toBeGreaterThan(runs(25) / 2)
  })
  it('leaves large products to the addon, and small ones to Wasm', () => {
    const sized = (n: number): number => leftOut({ dtype: 'f32', batch: n, sizes: [n, n, n], seed: 1 })
    expect([sized(8), sized(64)]).toEqual([0, 6])
  })
  it('runs many loops at the same time, each in its own memory', () => {
    const c: Case = { dtype: 'f32', batch: 32, sizes: [40, 64, 32], seed: 5 }
    const loops = Array.from({ length: 5 }, () => right(on(1).loop([programOf(c)], startOf(c), {})))
    const other = history(reference, c)
    for (const loop of loops) loop.close()
    expect(history(on(1), c)).toEqual(other)
  })
})

describe.skipIf(without !== '')(`what is refused as an addon${without}`, () => {
  const refused = (place: Parameters<typeof productsFrom>[0]): string => left(productsFrom(place))
  test('a file that is missing', () =>
    expect(refused({ file: join(folder, 'none.node') })).toMatch(
      /^native: expected the native products, got Cannot find module .*npm run build:native/
    ))
  test('a file that is none', () => {
    const text = join(folder, 'text.node')
    writeFileSync(text, 'not machine code')
    expect(refused({ file: text })).toMatch(/^native: expected the native products, got .*npm run build:native/)
  })
  test('one of another version', () =>
    expect(refused({ file, version: '0.0.9' })).toMatch(
      /expected native products of gradfold 0\.0\.9 \(numerics contract 1\), got those of gradfold \d+\.\d+\.\d+/
    ))
  test('one of another numerics contract', () => {
    const other = join(folder, 'contract.node')
    expect(build('--file', other, '--', '-DCONTRACT=2')).toBe('')
    expect(refused({ file: other })).toMatch(/\(numerics contract 1\), got .*\(numerics contract 2\)/)
  })
  test('a backend says so from every door, and does not throw', () => {
    const nowhere = withProducts('native', 2, () => productsFrom({ file: join(folder, 'none.node') }))
    const c: Case = { dtype: 'f32', batch: 2, sizes: [2, 8, 2], seed: 1 }
    expect(left(nowhere.compile(programOf(c)))).toMatch(/^native: expected the native products/)
    expect(left(nowhere.loop([programOf(c)], startOf(c), {}))).toMatch(/^native: expected the native products/)
  })
  test('threads that cannot load it end the run, and say why', () => {
    const moved = join(folder, 'moved')
    mkdirSync(moved)
    copyFileSync(file, join(moved, 'addon.node'))
    const here = right(productsFrom({ file: join(moved, 'addon.node') }))
    const c: Case = { dtype: 'f32', batch: 64, sizes: [64, 64, 64], seed: 1 }
    const p = programOf(c)
    const elsewhere = withProducts('native', 2, () => productsFrom({ file }))
    const broken = withProducts('native', 2, () => ({
      _tag: 'Right',
      right: { ...here, file: join(moved, 'gone.node') }
    }))
    const x = numbers('f32', [64, 64], 3)
    const loop = right(broken.loop([p], startOf(c), {}))
    expect(left(loop.step(p, { x }))).toMatch(/expected every thread to do its share, got Cannot find module/)
    loop.close()
    const well = right(elsewhere.loop([p], startOf(c), {}))
    expect(right(well.step(p, { x }))['y']?.shape).toEqual([64, 64])
    well.close()
  })
})

describe.skipIf(without !== '')(`the build${without}`, () => {
  const fused = hasFma ? '' : ' (skipped: a processor without FMA)'
  test.skipIf(fused !== '')(`that joins multiplications and additions is caught, and not installed${fused}`, () => {
    const other = join(folder, 'fused.node')
    expect(build('--file', other, '--', '-ffp-contract=fast', '-mfma')).toMatch(
      /expected that a product is rounded \(f32\)/
    )
    expect(left(productsFrom({ file: other }))).toContain('Cannot find module')
  })
  test('changes no arithmetic of the process that loads it', () => {
    right(productsFrom({ file }))
    const [small, smaller] = [2.2250738585072014e-308, 5e-324]
    expect([small * 0.5, smaller * 1.5]).toEqual([1.1125369292536007e-308, 1e-323])
    expect(Math.fround(Math.fround(1.401298464324817e-45) * 1.5)).toBe(2.802596928649634e-45)
  })
})

describe('the package', () => {
  const root = join(import.meta.dirname, '../../..')
  const text = (path: string): string => readFileSync(join(root, path), 'utf8')
  test('compiles nothing when it is installed', () => {
    const { scripts, gypfile } = JSON.parse(text('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>
      readonly gypfile?: unknown
    }
    expect(['preinstall', 'install', 'postinstall', 'prepare'].filter(name => name in scripts)).toEqual([])
    // npm runs node-gyp for a package that has this file in its root
    expect([gypfile, existsSync(join(root, 'binding.gyp'))]).toEqual([undefined, false])
  })
  test('is built with one floating-point option, by either tool', () => {
    for (const file of ['build.mjs', 'binding.gyp']) {
      const quoted = text(`src/backend/native/addon/${file}`).matchAll(/['"](-(?:f|O|m|Wl)[^'"]*)['"]/g)
      const arithmetic = [...quoted].map(m => m[1]).filter(o => o !== '-fPIC' && o !== '-fvisibility=hidden')
      expect([...new Set(arithmetic)].sort()).toEqual(['-O2', '-ffp-contract=off'])
    }
  })
})

test('names', () => {
  expect([native.name, nativeThreads(3).name]).toEqual(['native', 'native, 3 threads'])
})
