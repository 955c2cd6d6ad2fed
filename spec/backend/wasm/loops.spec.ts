/** What loops hand on from step to step, in whatever way it is made of what was there before: the bits of the reference. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend, Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import * as b from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { program, type Program } from '../../../src/expr/program.js'
import { sizeOf, type Dims } from '../../../src/value/shape.js'
import { numbersOf, type DType, type Tensor } from '../../../src/value/tensor.js'
import { left, right } from '../../support/either.js'
import { runs } from '../../support/runs.js'
import { numbers, seed, tensorOf } from '../../support/tensors.js'

type Call = readonly [program: number, count: number, inputs: Values]
interface Case {
  readonly programs: readonly Readonly<Record<string, Expr>>[]
  readonly start?: Values
  readonly resident?: Values
  readonly calls: readonly Call[]
}
const shown = (v: Values): unknown =>
  Object.fromEntries(Object.entries(v).map(([name, t]: readonly [string, Tensor]) => [name, Array.from(numbersOf(t))]))

/** all that is told, and the state after each call */
const history = (backend: Backend, { programs, start = {}, resident = {}, calls }: Case): unknown => {
  const made = programs.map(p => right(program(p)))
  const loop = right(backend.loop(made, start, resident))
  const seen = calls.map(([i, count, inputs]) => {
    const told = right(loop.steps(made[i] as Program, count, inputs))
    return [shown(told), shown(loop.state())]
  })
  loop.close()
  return seen
}
const agree = (c: Case, backends: readonly Backend[] = [wasm, wasmThreads(2), wasmThreads(3)]): void => {
  const wanted = history(reference, c)
  for (const backend of backends) expect(history(backend, c), backend.name).toEqual(wanted)
}

const a = b.input('a', 'f32', [4])
const c = b.input('c', 'f32', [6])
const x = b.input('x', 'f32', [3])
const key = b.input('key', 'u32', [2])
const start: Values = { a: tensorOf('f32', [4], [1, 2, 3, 4]), c: tensorOf('f32', [6], [10, 20, 30, 40, 50, 60]) }
const keys: Values = { key: tensorOf('u32', [2, 2], [1, 2, 3, 4]) }
const once = (outputs: Readonly<Record<string, Expr>>): Case => ({ programs: [outputs], start, calls: [[0, 1, {}]] })
/** moved by one, 0 coming in */
const shifted = (e: Expr): Expr => {
  const n = sizeOf(e.shape)
  return n === 1 ? b.neg(e) : b.pad(b.slice(e, [0], [n - 1]), [1], [0], 0)
}
const first = b.slice(c, [0], [1])
const halved = b.mul(c, 0.5)
const joined = b.concat([b.slice(a, [1], [3]), b.slice(x, [0], [1])], 0)
const withX = (outputs: Readonly<Record<string, Expr>>): Case => ({
  programs: [outputs],
  start,
  calls: [[0, 2, { x: tensorOf('f32', [2, 3], [9, 1, 2, Infinity, 5, 6]) }]]
})
const x4 = b.concat([x, b.slice(x, [0], [1])], 0)
const twice = (outputs: Readonly<Record<string, Expr>>, size = 6): Case => ({
  programs: [outputs],
  start: { ...start, c: numbers('f32', [size], 7) },
  calls: [
    [0, 2, { x: tensorOf('f32', [2, 3], [9, 1, 2, -0, 5, 6]) }],
    [0, 1, { x: tensorOf('f32', [1, 3], [3, 4, NaN]) }]
  ]
})
const drawn = (k: Expr, more: Readonly<Record<string, Expr>> = {}): Case => ({
  programs: [{ y: b.random(k, 'uniform', [3]), k: b.cast(key, 'f32'), ...more }],
  calls: [[0, 2, keys]]
})

const directed: Readonly<Record<string, Case>> = {
  'a tensor is handed on and told': once({ a: b.mul(a, 0.5), c: halved, o: halved }),
  'tensors are filled in two parts': once({ a: shifted(a), c: shifted(c) }),
  'a number of one tensor is a factor of all': once({ a: b.mul(a, first), c: b.mul(c, first) }),
  'the largest number is that of two parts': withX({ a: joined, m: b.reduceMax(joined) }),
  'the largest number is in the second part': withX({ a: joined, m: b.reduceMax(b.mul(joined, 0)) }),
  'the largest number is what is put over the border': once({ a: shifted(a), m: b.reduceMax(shifted(a)) }),
  'a tensor that nothing reads is filled again': twice({ a: b.add(x4, 1), c: shifted(c) }),
  'a tensor that nothing reads is what came in': twice({ a: x4, c: shifted(c) }),
  'a tensor that nothing reads is part of another one': twice({ a: b.slice(c, [1], [4]), c: shifted(c) }),
  'a tensor that nothing reads is told as well': twice({ a: b.neg(x4), o: b.neg(x4), c: b.concat([x4, x], 0) }, 7),
  'a part of what is worked out is told': {
    programs: [{ y: b.slice(b.neg(x), [0], [1]) }],
    calls: [[0, 2, { x: tensorOf('f32', [2, 3], [1, 2, 3, 4, 5, 6]) }]]
  },
  'a key is drawn': drawn(b.random(key, 'bits', [2])),
  'a key is counted': drawn(b.iota('u32', [2])),
  'a key is one number': drawn(b.constant(7, { dtype: 'u32', shape: [2] })),
  'a key is chosen': drawn(b.select(b.equal(key, key), key, b.iota('u32', [2]))),
  'a key is an index as well': drawn(key, { o: b.oneHot(key, 4), z: b.random(key, 'uniform', [2, 4]) }),
  'an input has another element type in another program': {
    programs: [
      { y: b.mul(b.input('x', 'f32', [64]), b.input('r', 'f32', [64])) },
      { z: b.mul(b.input('x', 'f64', [64]), b.cast(b.input('r', 'f32', [64]), 'f64')) }
    ],
    resident: { r: numbers('f32', [64], 1) },
    calls: [
      [0, 2, { x: numbers('f32', [2, 64], 2) }],
      [1, 2, { x: numbers('f64', [2, 64], 3) }],
      [0, 2, { x: numbers('f32', [2, 64], 4) }]
    ]
  }
}

// ---- random states

const shapes: readonly Dims[] = [[1], [3], [4], [6], [5, 3], [4, 4], [64], [130, 129]]
/** how a state follows from itself, another one, and a number */
const next: Readonly<Record<string, (mine: Expr, other: Expr, rate: Expr) => Expr>> = {
  same: mine => mine,
  scaled: (mine, _, rate) =>
    b.mul(
      mine,
      b.reshape(
        rate,
        mine.shape.map(() => 1)
      )
    ),
  stepped: (mine, _, rate) =>
    b.sub(
      mine,
      b.mul(
        b.tanh(mine),
        b.reshape(
          rate,
          mine.shape.map(() => 1)
        )
      )
    ),
  shifted: mine => b.reshape(shifted(b.reshape(mine, [sizeOf(mine.shape)])), mine.shape),
  turned: mine => {
    const flat = b.reshape(mine, [sizeOf(mine.shape)])
    const half = Math.floor(sizeOf(mine.shape) / 2)
    const parts = [
      b.slice(flat, [half], [sizeOf(mine.shape) - half]),
      ...(half === 0 ? [] : [b.slice(flat, [0], [half])])
    ]
    return b.reshape(b.concat(parts, 0), mine.shape)
  },
  /** its first number, or all of it where the shapes agree */
  of: (mine, other) =>
    sizeOf(mine.shape) === sizeOf(other.shape)
      ? b.reshape(other, mine.shape)
      : b.mul(
          mine,
          b.reshape(
            b.slice(b.reshape(other, [sizeOf(other.shape)]), [0], [1]),
            mine.shape.map(() => 1)
          )
        ),
  lying: mine => (mine.shape.length === 2 && mine.shape[0] === mine.shape[1] ? b.transpose(mine) : b.neg(mine))
}
const states = fc.array(
  fc.record({
    shape: fc.constantFrom(...shapes),
    next: fc.constantFrom(...Object.keys(next)),
    other: fc.nat(),
    told: fc.boolean(),
    largest: fc.boolean()
  }),
  { minLength: 1, maxLength: 5 }
)

describe('loops', () => {
  it.each(Object.keys(directed))('give the bits of the reference where %s', name => {
    agree(directed[name] as Case)
  })

  it('give the bits of the reference, however states follow from one another', () => {
    fc.assert(
      fc.property(states, fc.constantFrom<DType>('f32', 'f64'), seed, (made, dtype, from) => {
        const input = made.map((s, i) => b.input(`s${i}`, dtype, s.shape))
        const rate = b.input('rate', dtype, [])
        const after = made.map((s, i) =>
          (next[s.next] as (typeof next)[string])(input[i] as Expr, input[s.other % made.length] as Expr, rate)
        )
        const outputs = Object.fromEntries(
          made.flatMap((s, i): readonly (readonly [string, Expr])[] => {
            const e = after[i] as Expr
            return [
              [`s${i}`, e],
              ...(s.told ? [[`o${i}`, e] as const] : []),
              ...(s.largest ? [[`m${i}`, b.reduceMax(b.mul(e, 0))] as const] : [])
            ]
          })
        )
        const rates = (count: number): Values => ({ rate: numbers(dtype, [count], from + 50) })
        const given = right(program(outputs)).inputs
        agree(
          {
            programs: [outputs],
            start: Object.fromEntries(made.map((s, i) => [`s${i}`, numbers(dtype, s.shape, from + i)])),
            calls: [1, 3, 2].map(n => [0, n, Object.hasOwn(given, 'rate') ? rates(n) : {}] as const)
          },
          [wasm, wasmThreads(2)]
        )
      }),
      { numRuns: runs(60) }
    )
  })

  it('refuse an output that has not the shape of the state it becomes, and a number of steps that is none', () => {
    const wide = right(program({ a: b.concat([a, a], 0) }))
    const plain = right(program({ a: b.neg(a) }))
    for (const backend of [reference, wasm]) {
      expect(left(backend.loop([wide], { a: start['a'] as Tensor }, {}))).toBe(
        'output/a: expected f32[4], got f32[8]; what is fed back keeps its shape'
      )
      const loop = right(backend.loop([plain], { a: start['a'] as Tensor }, {}))
      for (const count of [0, -1, 1.5, NaN])
        expect(left(loop.steps(plain, count, {}))).toBe(
          `count: expected a whole number of steps, at least 1, got ${count}`
        )
    }
  })
})
