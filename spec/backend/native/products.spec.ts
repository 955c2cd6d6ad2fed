/** Native products against sums written out here: the same bits, for every edge of every layout, on each variant that this processor runs. */
import fc from 'fast-check'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../support/random.js'
import { runs } from '../../support/runs.js'
import { seed } from '../../support/tensors.js'
import { build, folder, without } from './built.js'

interface Addon {
  readonly variants: readonly string[]
  readonly selfTest: (variant?: string) => string | undefined
  readonly bind: (memory: unknown, product: unknown, variant?: unknown) => () => void
}
const load = (name: string, ...options: readonly string[]): Addon => {
  const file = join(folder, `${name}.node`)
  expect(build('--file', file, '--', ...options)).toBe('')
  return createRequire(import.meta.url)(file) as Addon
}

type Kind = 'rows' | 'columns' | 'panels' | 'panels of the transpose' | 'apart' | 'one number'
interface Operand {
  readonly kind: Kind
  readonly lines: number
  readonly columns: number
}
interface Placed {
  readonly numbers: readonly number[]
  /** elements from the start to a number of a batch */
  readonly at: (batch: number, i: number, j: number) => number
  readonly size: number
}

/** how an operand lies, in elements: row, column, batch, panel, and where each number is */
const place = ({ kind, lines, columns }: Operand, batches: number, bytes: number): Placed => {
  const width = 32 / bytes
  const size = lines * columns
  const up = (n: number): number => Math.ceil(n / width) * width
  switch (kind) {
    case 'rows':
      return { numbers: [columns, 1, size, 0], at: (b, i, j) => b * size + i * columns + j, size: batches * size }
    case 'columns':
      return { numbers: [1, lines, size, 0], at: (b, i, j) => b * size + j * lines + i, size: batches * size }
    case 'panels':
      return {
        numbers: [width, 1, 0, lines * width],
        at: (_, i, j) => Math.floor(j / width) * lines * width + i * width + (j % width),
        size: lines * up(columns)
      }
    case 'panels of the transpose':
      return {
        numbers: [1, width, 0, columns * width],
        at: (_, i, j) => Math.floor(i / width) * columns * width + j * width + (i % width),
        size: columns * up(lines)
      }
    case 'apart':
      return {
        numbers: [3 * columns + 1, 3, 0, 0],
        at: (_, i, j) => i * (3 * columns + 1) + 3 * j,
        size: lines * (3 * columns + 1)
      }
    case 'one number':
      return { numbers: [0, 0, 0, 0], at: () => 0, size: 1 }
  }
}

interface Case {
  readonly bytes: 4 | 8
  readonly m: number
  readonly n: number
  readonly depth: number
  readonly batches: number
  readonly kinds: readonly [a: Kind, b: Kind, c: Kind]
  readonly threads: number
  readonly seed: number
}

const addons: Addon[] = []
const addon = (): Addon => (addons[0] ??= load('products'))

/** the result of a product, and the sums written out */
const both = (c: Case, variant: string, from: Addon): readonly [Float64Array, Float64Array] => {
  const { bytes, m, n, depth, batches, threads } = c
  const [a, b, to] = [
    place({ kind: c.kinds[0], lines: m, columns: depth }, batches, bytes),
    place({ kind: c.kinds[1], lines: depth, columns: n }, batches, bytes),
    place({ kind: c.kinds[2], lines: m, columns: n }, batches, bytes)
  ]
  // what is behind the last number must not be touched: counters before it, and a wall after it
  const start = (64 * threads) / bytes
  const bases = [start, start + a.size, start + a.size + b.size]
  const end = (bases[2] as number) + to.size
  const buffer = new SharedArrayBuffer(Math.ceil(((end + 1) * bytes) / 8) * 8)
  const memory = bytes === 4 ? new Float32Array(buffer) : new Float64Array(buffer)
  const next = randomFrom(c.seed)
  for (let i = start; i < end; i++) memory[i] = (next() * 2 - 1) * 2
  memory[end] = 7
  const numbers = (o: Placed, base: number): readonly number[] => [base, ...o.numbers].map(x => x * bytes)
  const operands = [a, b, to].flatMap((o, i) => numbers(o, bases[i] as number))
  // one after another: the first does the pieces of all, and the counters must be back at 0
  for (let thread = 0; thread < threads; thread++)
    from.bind(
      new Uint8Array(buffer, 0, end * bytes),
      Float64Array.from([bytes, m, n, depth, batches, ...operands, threads, thread, 0]),
      variant
    )()
  expect(new Int32Array(buffer, 0, 16 * threads).every(x => x === 0)).toBe(true)
  expect(memory[end]).toBe(7)
  const round = bytes === 4 ? Math.fround : (x: number): number => x
  const results: number[] = []
  const sums: number[] = []
  for (let batch = 0; batch < batches; batch++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let k = 0; k < depth; k++) {
          const x = memory[(bases[0] as number) + a.at(batch, i, k)] as number
          sum = round(sum + round(x * (memory[(bases[1] as number) + b.at(batch, k, j)] as number)))
        }
        sums.push(sum)
        results.push(memory[(bases[2] as number) + to.at(batch, i, j)] as number)
      }
  return [Float64Array.from(results), Float64Array.from(sums)]
}
const same = (c: Case, variant: string, from: Addon): void => {
  const [results, sums] = both(c, variant, from)
  if (!Buffer.from(results.buffer).equals(Buffer.from(sums.buffer)))
    expect({ c, variant, results: [...results] }).toEqual({ c, variant, results: [...sums] })
}

const lefts: readonly Kind[] = ['rows', 'columns', 'apart', 'one number']
const rights: readonly Kind[] = [...lefts, 'panels', 'panels of the transpose']
const plain: Case = { bytes: 4, m: 1, n: 1, depth: 1, batches: 1, kinds: ['rows', 'rows', 'rows'], threads: 1, seed: 1 }
const batched: ReadonlySet<Kind> = new Set(['rows', 'columns', 'one number'])

describe.skipIf(without !== '')(`native products${without}`, () => {
  for (const bytes of [4, 8] as const)
    for (const a of lefts)
      for (const b of rights)
        it(`${bytes === 4 ? 'f32' : 'f64'}, ${a} times ${b}: every edge of blocks and vectors`, () => {
          for (const variant of addon().variants)
            for (const kind of ['rows', 'panels'] satisfies Kind[])
              for (const m of [1, 2, 3, 4, 5, 6, 8, 9, 14])
                for (const n of [1, 3, 4, 8, 9, 15, 16, 24, 35])
                  for (const depth of [1, 4, 7, 9])
                    same({ ...plain, bytes, m, n, depth, kinds: [a, b, kind], seed: m * n }, variant, addon())
        })

  const large: fc.Arbitrary<Case> = fc
    .record({
      bytes: fc.constantFrom(4 as const, 8 as const),
      m: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(192, 220)),
      n: fc.oneof(fc.integer({ min: 1, max: 150 }), fc.constantFrom(256, 300)),
      depth: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(255, 256, 257, 513, 1100)),
      batches: fc.integer({ min: 1, max: 3 }),
      kinds: fc.tuple(fc.constantFrom(...lefts), fc.constantFrom(...rights), fc.constantFrom<Kind>('rows', 'panels')),
      threads: fc.integer({ min: 1, max: 3 }),
      seed
    })
    .filter(c => c.m * c.n * c.depth * c.batches < 1.5e6)
    .map(c => (c.kinds.every(k => batched.has(k)) ? c : { ...c, batches: 1 }))

  it('of any size, in pieces for 1 to 3 threads', () => {
    fc.assert(
      fc.property(large, c => {
        for (const variant of addon().variants) same(c, variant, addon())
      }),
      { numRuns: runs(60) }
    )
  })

  it('of vectors of 512 bits, on whatever this processor computes them with', ({ skip }) => {
    const wide = load('wide', '-DGRADFOLD_AVX512="avx2"', '-Wno-psabi')
    skip(!wide.variants.includes('avx512'), 'a processor without AVX2')
    expect(wide.selfTest('avx512')).toBe(undefined)
    fc.assert(
      fc.property(large, c => {
        same(c, 'avx512', wide)
      }),
      { numRuns: runs(60) }
    )
  })

  it('of no sizes and places but those inside the memory', () => {
    const bytes = new Uint8Array(4096)
    const fits = [4, 8, 8, 8, 1, 0, 32, 4, 0, 0, 256, 32, 4, 0, 0, 512, 32, 4, 0, 0, 1, 0, 0]
    const bind = (change: Readonly<Record<number, number>>, memory: unknown = bytes): (() => void) =>
      addon().bind(
        memory,
        Float64Array.from(fits, (x, i) => change[i] ?? x)
      )
    bind({})()
    const outside: readonly (readonly [string, Readonly<Record<number, number>>])[] = [
      ['numbers of 4 or 8 bytes', { 0: 2 }],
      ['sizes of at least 1', { 1: 0 }],
      ['sizes of at least 1', { 3: -1 }],
      ['sizes below 2^31', { 2: 2 ** 31 }],
      ['places below 2^32', { 6: 2 ** 33 }],
      ['the 23 numbers of a product', { 5: NaN }],
      ['the 23 numbers of a product', { 5: Infinity }],
      ['a left operand inside the memory', { 5: -4 }],
      ['a left operand inside the memory', { 5: 4096 - 252 }],
      ['a left operand inside the memory', { 6: -32 }],
      ['a right operand inside the memory', { 10: 4096 - 252 }],
      ['a right operand inside the memory', { 11: 2 ** 32 }],
      ['a right operand inside the memory', { 14: 4096, 2: 9 }],
      ['a result inside the memory', { 15: 4096 - 252 }],
      ['a result inside the memory', { 4: 1000, 18: 256 }],
      ['a left operand without panels, and a result in rows', { 9: 256 }],
      ['a left operand without panels, and a result in rows', { 17: 8 }],
      ['panels of lines of 32 bytes', { 14: 256, 11: 64 }],
      ['a thread among 1 to 64', { 20: 2, 21: 2 }],
      ['counters inside the memory', { 20: 2, 22: 4096 - 64 }]
    ]
    for (const [why, change] of outside) expect(() => bind(change)).toThrow(`expected ${why}`)
    for (const memory of [new Uint8Array(0), new Float32Array(64), new ArrayBuffer(4096), undefined, 'memory'])
      expect(() => addon().bind(memory, Float64Array.from(fits))).toThrow('the memory as a Uint8Array')
    expect(() => addon().bind(bytes, fits)).toThrow('the 23 numbers')
    expect(() => addon().bind(bytes, Float64Array.from(fits.slice(1)))).toThrow('the 23 numbers')
    expect(() => addon().bind(bytes, Float64Array.from(fits), 'mmx')).toThrow('a variant that this processor can run')
    // memory that has grown: the old view is there, and empty
    const grown = new WebAssembly.Memory({ initial: 1, maximum: 2 })
    const stale = new Uint8Array(grown.buffer)
    grown.grow(1)
    expect(() => bind({}, stale)).toThrow('the memory as a Uint8Array, not empty')
  })
})
