import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type Backend } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { compile } from '../../src/backend/kernel/compile.js'
import { emitModule } from '../../src/backend/wasm/emit/module.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import {
  add,
  concat,
  constant,
  input,
  less,
  matmul,
  mul,
  reshape,
  select,
  slice,
  square,
  sub,
  sum,
  tanh,
  total
} from '../../src/expr/build.js'
import { sigmoid } from '../../src/expr/functions.js'
import { gradients } from '../../src/expr/gradient.js'
import { topological, type Expr } from '../../src/expr/op.js'
import { program } from '../../src/expr/program.js'
import { scan, type ScanOptions, type ScanResults } from '../../src/expr/scan.js'
import { withoutLoops } from '../../src/expr/unroll-loops.js'
import { numbersOf, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

/** the same loop, written out by hand: what `scan` means */
const byHand = ({ steps, carried = [], stacked = [], reverse = false, body }: ScanOptions): ScanResults => {
  const rows: Expr[][] = []
  let now = carried
  for (let i = 0; i < steps; i++) {
    const step = reverse ? steps - 1 - i : i
    const parts = stacked.map(x =>
      reshape(
        slice(
          x,
          x.shape.map((_, a) => (a === 0 ? step : 0)),
          [1, ...x.shape.slice(1)]
        ),
        x.shape.slice(1)
      )
    )
    const made = body(now, parts)
    now = made.carried
    ;(made.stacked ?? []).forEach((y, k) => (rows[k] ??= []).push(reshape(y, [1, ...y.shape])))
  }
  // joined in the order of the loop: in this order their gradients are added
  const joined = rows.map(ys => concat(ys, 0))
  const turned = (y: Expr): Expr =>
    concat(
      Array.from({ length: steps }, (_, i) =>
        slice(
          y,
          y.shape.map((_, a) => (a === 0 ? steps - 1 - i : 0)),
          [1, ...y.shape.slice(1)]
        )
      ),
      0
    )
  return { carried: now, stacked: reverse ? joined.map(turned) : joined }
}

type Ways = (o: ScanOptions) => ScanResults
interface Sample {
  readonly dtype: FloatType
  readonly steps: number
  readonly kind: 'rnn' | 'lstm' | 'masked' | 'mixed'
  readonly reverse: boolean
  /** whether the score is of the last carried values or of the outputs */
  readonly last: boolean
  readonly numbers: (i: number) => number
}
const batch = 2
const units = 3
/** a loop of some kind and a number made of its results; the values that it depends on */
const network = ({ dtype, steps, kind, reverse, last }: Sample, way: Ways) => {
  const xs = input('xs', dtype, [steps, batch, kind === 'lstm' ? 4 * units : units])
  const w = input('w', dtype, [units, kind === 'lstm' ? 4 * units : units])
  const bias = input('bias', dtype, [units])
  const h0 = input('h', dtype, [batch, units])
  const c0 = input('c', dtype, [batch, units])
  const block = (x: Expr, k: number): Expr => slice(x, [0, k * units], [batch, units])
  const half = mul(bias, 0.5)
  const bodies: Readonly<Record<Sample['kind'], ScanOptions['body']>> = {
    rnn: ([h = xs], [x = xs]) => {
      const next = tanh(add(add(x, matmul(h, w)), half))
      return { carried: [next], stacked: [next] }
    },
    lstm: ([h = xs, c = xs], [x = xs]) => {
      const sums = add(x, matmul(h, w))
      const memory = add(mul(sigmoid(block(sums, 0)), c), mul(sigmoid(block(sums, 1)), tanh(block(sums, 2))))
      const next = mul(sigmoid(block(sums, 3)), tanh(memory))
      return { carried: [next, memory], stacked: [next] }
    },
    masked: ([h = xs], [x = xs]) => {
      const next = select(less(0, x), tanh(add(x, matmul(h, w))), h)
      return { carried: [next], stacked: [next] }
    },
    mixed: ([h = xs, c = xs], [x = xs]) => {
      const s = sum(mul(h, x), [1])
      const next = add(mul(h, half), mul(x, tanh(s)))
      return { carried: [sub(next, mul(c, w.shape[0] === 3 ? 0.25 : 1)), h], stacked: [matmul(next, w), s] }
    }
  }
  const { carried, stacked } = way({
    steps,
    reverse,
    carried: kind === 'rnn' || kind === 'masked' ? [h0] : [h0, c0],
    stacked: [xs],
    body: bodies[kind]
  })
  const wrt = { xs, w, bias, h0, c0 }
  const score = (last ? carried : stacked).reduce(
    (all, e, i) => add(all, total(mul(square(e), i + 1))),
    constant(0, { dtype })
  )
  return { wrt, carried, stacked, score }
}
const valuesFor = ({ dtype, numbers }: Sample, wrt: Readonly<Record<string, Expr>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    Object.values(wrt).flatMap((e, k) =>
      e.op === 'input'
        ? [
            [
              e.attrs.name,
              tensorOf(
                dtype,
                e.shape,
                Array.from({ length: e.shape.reduce((a, b) => a * b, 1) }, (_, i) => numbers(97 * k + i))
              )
            ]
          ]
        : []
    )
  )
/** values and gradients, and for few steps the gradients of their squares */
const outputsOf = (s: Sample, way: Ways) => {
  const { wrt, carried, stacked, score } = network(s, way)
  const exprs = Object.values(wrt)
  const first = gradients(score, exprs)
  const squares = first.reduce((all, e) => add(all, total(square(e))), constant(0, { dtype: s.dtype }))
  const second = s.steps > 4 ? [] : gradients(squares, exprs)
  const named = (prefix: string, es: readonly Expr[]) => es.map((e, i) => [`${prefix}${i}`, e] as const)
  return {
    wrt,
    outputs: Object.fromEntries([
      ...named('carried', carried),
      ...named('stacked', stacked),
      ...named('first', first),
      ...named('second', second)
    ])
  }
}
const valuesOn = (backend: Backend, s: Sample, way: Ways): Readonly<Record<string, readonly number[]>> => {
  const { wrt, outputs } = outputsOf(s, way)
  return Object.fromEntries(
    Object.entries(right(evaluate(backend)(outputs, valuesFor(s, wrt)))).map(([name, t]) => [
      name,
      Array.from(numbersOf(t))
    ])
  )
}

const samples = fc.record({
  dtype: fc.constantFrom<FloatType>('f32', 'f64'),
  steps: fc.integer({ min: 1, max: 12 }),
  kind: fc.constantFrom<Sample['kind']>('rnn', 'lstm', 'masked', 'mixed'),
  reverse: fc.boolean(),
  last: fc.boolean(),
  numbers: fc.integer({ min: 1, max: 1000 }).map(seed => (i: number) => (((i + 1) * 7919 * seed) % 2000) / 1000 - 0.99)
})

describe('scan', () => {
  test('values and gradients are those of the loop written out, to the bit, and so are gradients of gradients up to rounding', () => {
    fc.assert(
      fc.property(samples, s => {
        const [loop, hand] = [valuesOn(reference, s, scan), valuesOn(reference, s, byHand)]
        for (const name of Object.keys(hand))
          if (name.startsWith('second'))
            hand[name]?.forEach((x, i) => {
              expect(Math.abs((loop[name]?.[i] as number) - x)).toBeLessThan(
                (s.dtype === 'f32' ? 1e-3 : 1e-10) * (1 + Math.abs(x))
              )
            })
          else expect([name, loop[name]]).toEqual([name, hand[name]])
      }),
      { numRuns: 15 }
    )
  })
  test('computing again gives the bits of storing', () => {
    fc.assert(
      fc.property(samples, s => {
        const again = valuesOn(reference, s, o => scan({ ...o, recompute: true }))
        const kept = valuesOn(reference, s, scan)
        for (const name of Object.keys(kept))
          if (!name.startsWith('second')) expect([name, again[name]]).toEqual([name, kept[name]])
      }),
      { numRuns: 8 }
    )
  })
  test('the compiled loop has the bits of the reference', () => {
    fc.assert(
      fc.property(samples, fc.boolean(), (s, recompute) => {
        const way: Ways = o => scan({ ...o, recompute })
        expect(valuesOn(wasm, s, way)).toEqual(valuesOn(reference, s, way))
      }),
      { numRuns: 12 }
    )
  })
  test('a program whose loops are written out has no loop, and the same bits', () => {
    fc.assert(
      fc.property(samples, s => {
        const { wrt, carried, stacked, score } = network(s, scan)
        const roots = [...carried, ...stacked, ...gradients(score, Object.values(wrt))]
        const written = withoutLoops(roots)
        const values = (es: readonly Expr[]) =>
          right(evaluate(reference)(Object.fromEntries(es.map((e, i) => [`y${i}`, e])), valuesFor(s, wrt)))
        expect(topological(written).filter(n => n.op === 'scan')).toEqual([])
        expect(values(written)).toEqual(values(roots))
      }),
      { numRuns: 6 }
    )
  })
  test('the size of the compiled program does not depend on the number of steps', () => {
    const bytes = (steps: number): number => {
      const s: Sample = { dtype: 'f32', steps, kind: 'lstm', reverse: false, last: false, numbers: i => i }
      const { wrt, score } = network(s, scan)
      const [g] = gradients(score, [wrt.w]) as [Expr]
      const { parts } = compile({ programs: [right(program({ g }))] })
      return (parts[0]?.[0] ?? []).reduce((sum, part) => sum + emitModule(part).bytes.length, 0)
    }
    expect(Math.abs(bytes(500) - bytes(5))).toBeLessThan(200)
  })
})
