/** Matrices that a loop keeps in panels: the bits of the reference, whatever else is done with them, and panels where nothing stands against them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend, Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { compile } from '../../../src/backend/kernel/compile.js'
import { pack, unpack } from '../../../src/backend/kernel/weight-layout.js'
import { wasm, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import * as b from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { program, type Program } from '../../../src/expr/program.js'
import { numbersOf, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import { right } from '../../support/either.js'
import { runs } from '../../support/runs.js'
import { numbers, seed, tensorOf } from '../../support/tensors.js'

/** what else is done with a matrix of weights, and whether it may lie in panels then */
const uses: Readonly<Record<string, { readonly panels: boolean; readonly of: (w: Expr) => Expr | undefined }>> = {
  nothing: { panels: true, of: () => undefined },
  'multiplied by its transpose, from the right': { panels: false, of: w => b.matmul(b.transpose(w, [1, 0]), w) },
  'its sum': { panels: false, of: w => b.sum(b.mul(w, w), [0, 1]) },
  'the sum of its rows': { panels: false, of: w => b.sum(w, [1]) },
  'some of its rows': { panels: false, of: w => b.gather(w, b.constant(tensorOf('u32', [2], [0, 0]))) },
  'a part of it': {
    panels: false,
    of: w => b.mul(b.slice(w, [0, 0], [1, w.shape[1] as number]), 3)
  },
  'one of its numbers': {
    panels: false,
    of: w =>
      b.mul(
        b.slice(
          w,
          w.shape.map(n => n - 1),
          [1, 1]
        ),
        3
      )
  },
  'told, times a number': { panels: false, of: w => b.mul(w, 2) },
  'told, transposed': { panels: false, of: w => b.mul(b.transpose(w, [1, 0]), 2) },
  'numbers of its places': { panels: false, of: w => b.add(w, b.iota(w.dtype, w.shape)) }
}

interface Case {
  readonly dtype: FloatType
  /** inputs, hidden numbers, outputs */
  readonly sizes: readonly [number, number, number]
  readonly batches: readonly number[]
  readonly use: string
  readonly momentum: boolean
  readonly seed: number
}
const width = fc.oneof(fc.constantFrom(4, 8, 16, 24, 64, 128), fc.integer({ min: 1, max: 40 }))
const cases: fc.Arbitrary<Case> = fc.record({
  dtype: fc.constantFrom('f32', 'f64'),
  sizes: fc.tuple(fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constant(333)), width, width),
  batches: fc.array(fc.integer({ min: 1, max: 41 }), { minLength: 1, maxLength: 2 }),
  use: fc.constantFrom(...Object.keys(uses)),
  momentum: fc.boolean(),
  seed
})

/** two layers and their gradients, written out */
const programOf = (c: Case, batch: number): Program => {
  const [n, hidden, m] = c.sizes
  const x = b.input(`x${batch}`, c.dtype, [batch, n])
  const [w1, w2] = [b.input('w1', c.dtype, [n, hidden]), b.input('w2', c.dtype, [hidden, m])]
  const [s1, s2] = [b.input('s1', c.dtype, w1.shape), b.input('s2', c.dtype, w2.shape)]
  const turned = (e: Expr): Expr => b.transpose(e, [1, 0])
  const h = b.matmul(x, w1)
  const y = b.matmul(h, w2)
  const g2 = b.matmul(turned(h), y)
  const g1 = b.matmul(turned(x), b.matmul(y, turned(w2)))
  const slot = (s: Expr, g: Expr): Expr => (c.momentum ? b.add(b.mul(s, 0.5), g) : g)
  const [t1, t2] = [slot(s1, g1), slot(s2, g2)]
  const use = uses[c.use]?.of(w1)
  return right(
    program({
      y,
      w1: b.sub(w1, b.mul(t1, 1e-4)),
      w2: b.sub(w2, b.mul(t2, 1e-4)),
      ...(c.momentum ? { s1: t1, s2: t2 } : {}),
      ...(use === undefined ? {} : { use })
    })
  )
}
const spread = (dtype: FloatType, shape: readonly number[], x: number): Tensor => ({
  ...tensorOf(dtype, [], [x]),
  shape,
  stride: shape.map(() => 0)
})
const startOf = (c: Case): Values => {
  const [n, hidden, m] = c.sizes
  return {
    w1: numbers(c.dtype, [n, hidden], c.seed),
    w2: numbers(c.dtype, [hidden, m], c.seed + 1),
    // one number for all, as slots begin
    ...(c.momentum ? { s1: numbers(c.dtype, [n, hidden], c.seed + 2), s2: spread(c.dtype, [hidden, m], 0.25) } : {})
  }
}

const shown = (v: Values): unknown => Object.entries(v).map(([name, t]) => [name, t.shape, Array.from(numbersOf(t))])

/** steps of all programs in turn, a state put back on the way */
const history = (backend: Backend, c: Case): unknown => {
  const programs = c.batches.map(batch => programOf(c, batch))
  const loop = right(backend.loop(programs, startOf(c), {}))
  const step = (): readonly unknown[] =>
    programs.map((p, i) => {
      const batch = c.batches[i] as number
      return shown(right(loop.step(p, { [`x${batch}`]: numbers(c.dtype, [batch, c.sizes[0]], c.seed + 9 + i) })))
    })
  const first = step()
  const early = loop.state()
  const told = [first, step(), shown(loop.state(loop.state()))]
  right(loop.place(early))
  const again = [step(), shown(loop.state())]
  loop.close()
  return [told, again]
}

/** the names of what lies in panels */
const packedNames = (programs: readonly Program[], state: Values): readonly string[] => {
  const { panels } = compile({ programs, carried: state })
  return [...panels.keys()].sort((x, y) => (x < y ? -1 : 1))
}

const usual: Case = {
  dtype: 'f32',
  sizes: [20, 16, 24],
  batches: [8, 3],
  use: 'nothing',
  momentum: true,
  seed: 1
}

describe('matrices in panels', () => {
  it('give the bits of the reference, whatever else is done with them, on 1, 2 and 3 threads', () => {
    fc.assert(
      fc.property(cases, c => {
        const wanted = history(reference, c)
        for (const backend of [wasm, wasmThreads(2), wasmThreads(3)]) expect(history(backend, c)).toEqual(wanted)
      }),
      // the transpose of a single row is a single column
      { numRuns: runs(60), examples: [[{ ...usual, sizes: [1, 1, 24], batches: [4] }]] }
    )
  })

  const found = (c: Case): readonly string[] =>
    packedNames(
      c.batches.map(batch => programOf(c, batch)),
      startOf(c)
    )

  it('are weights, and with them what is updated number by number', () => {
    expect(found(usual)).toEqual(['s1', 's2', 'w1', 'w2'])
    expect(found({ ...usual, momentum: false })).toEqual(['w1', 'w2'])
    expect(found({ ...usual, dtype: 'f64', sizes: [20, 12, 28] })).toEqual(['s1', 's2', 'w1', 'w2'])
  })
  it('are full panels alone, of products of more than a few rows', () => {
    expect(found({ ...usual, sizes: [20, 16, 10] })).toEqual(['s1', 'w1'])
    expect(found({ ...usual, batches: [3, 1] })).toEqual([])
  })
  it.each(Object.entries(uses))('with %s', (use, { panels }) => {
    expect(found({ ...usual, use })).toEqual(panels ? ['s1', 's2', 'w1', 'w2'] : ['s2', 'w2'])
  })

  it('come back as they went in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(4, 8),
        (rows, n, width) => {
          const panels = { columns: n * width, width }
          const matrix = Float32Array.from({ length: rows * n * width }, (_, i) => i)
          const [there, back] = [new Float32Array(matrix.length), new Float32Array(matrix.length)]
          pack(matrix, there, panels)
          unpack(there, back, panels)
          expect(back).toEqual(matrix)
          // column c of a row is number c mod `width` of the row in its panel
          const at = (row: number, c: number): number =>
            Math.floor(c / width) * rows * width + row * width + (c % width)
          for (let row = 0; row < rows; row++)
            for (let c = 0; c < panels.columns; c++) expect(there[at(row, c)]).toBe(row * panels.columns + c)
        }
      ),
      { numRuns: 50 }
    )
  })
})
