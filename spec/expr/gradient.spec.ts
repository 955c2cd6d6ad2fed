import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import type { Values } from '../../src/backend/backend.js'
import * as b from '../../src/expr/build.js'
import { grad, gradients, valueAndGrad } from '../../src/expr/gradient.js'
import { topological, type Expr, type Op } from '../../src/expr/op.js'
import { rulesOf } from '../../src/expr/ops/table.js'
import { checkGradient } from '../../src/backend/gradient-check.js'
import { sizeOf } from '../../src/value/shape.js'
import type { Tensor } from '../../src/value/tensor.js'
import type { Branch } from '../../src/value/tree.js'
import { argName, runnable, samplesOf, type Sample } from './arbitrary.js'
import { numbers, run, wrong } from './helpers.js'
import { right } from '../support/either.js'
import { randomFrom } from '../support/random.js'
import { tensorOf } from '../support/tensors.js'

type F64 = Tensor<readonly number[], 'f64'>

/** the sum of all numbers, each weighed differently, so that no two mistakes cancel */
const weighed = (y: Expr, seed: number): Expr => {
  const next = randomFrom(seed)
  const c = tensorOf(
    'f64',
    y.shape,
    Array.from({ length: sizeOf(y.shape) }, () => 0.5 + next())
  )
  return b.total(b.mul(y, b.constant(c)))
}
const isReal = (t: Tensor): t is F64 => t.dtype === 'f64'

/** the sample's node as a function of those of its arguments that can have a gradient */
const asFunction = ({ op, attrs, args, inputs, node }: Sample) => {
  const at: Branch<F64> = Object.fromEntries(Object.entries(inputs).filter((e): e is [string, F64] => isReal(e[1])))
  const others = Object.fromEntries(Object.entries(inputs).filter(([, t]) => !isReal(t)))
  const f = (x: Branch<Expr>): Expr => {
    const given = args.map((t, i) => (x[argName(i)] as Expr | undefined) ?? b.input(argName(i), t.dtype, t.shape))
    const y = op === 'input' ? (given[0] as Expr) : args.length === 0 ? node : b.node(op, given, attrs)
    return weighed(b.cast(y, 'f64'), 1)
  }
  return { at, others, f }
}
const leavesOf = (x: Branch<Expr>): readonly Expr[] => Object.values(x) as readonly Expr[]
/** the gradient again made one number */
const slope =
  (f: (x: Branch<Expr>) => Expr) =>
  (x: Branch<Expr>): Expr =>
    leavesOf(grad(f)(x)).reduce((sum, g, i) => b.add(sum, weighed(g, i + 2)), b.constant(0, { dtype: 'f64' }))

const drawn = { dtype: 'f64', numbers: 'tame' } as const
/** those with a rule that gives something */
const differentiable = runnable.filter(op => rulesOf(op).gradient.length > 0 || op === 'input')
/** the gradient of the one is 0 by definition, whatever the differences say; the other tells bits apart: any difference is a jump */
const byDifferences = runnable.filter(op => op !== 'stopGradient' && op !== 'fingerprint')

describe('against differences', () => {
  /** every compared coordinate is right; returns how many were compared */
  const check = (f: (x: Branch<Expr>) => Expr, at: Branch<F64>, inputs: Values = {}): number => {
    const result = right(checkGradient(reference, x => f(x as Branch<Expr>), at, { inputs }))
    expect(result.worst?.relativeError ?? 0).toBeLessThan(1e-6)
    return result.compared
  }

  test.each(byDifferences)('%s: first and second order', op => {
    let compared = 0
    fc.assert(
      fc.property(samplesOf(op, drawn), sample => {
        const { at, others, f } = asFunction(sample)
        compared += check(f, at, others) + check(slope(f), at, others)
      }),
      { numRuns: 15 }
    )
    if (differentiable.includes(op)) expect(compared).toBeGreaterThan(20)
  })

  test('a composition of all kinds, three times over', () => {
    const f = (x: Branch<Expr>): Expr => {
      const [u, v] = [x['u'] as Expr, x['v'] as Expr]
      const h = b.tanh(b.add(b.matmul(u, v), b.mul(u, b.transposed(v))))
      const p = b.exp(b.sub(h, b.reduceMax(h, [1])))
      const q = b.div(p, b.sum(p, [1]))
      return b.total(b.mul(b.log(q), b.pow(b.add(b.square(u), 1), b.sin(v))))
    }
    const next = randomFrom(5)
    const matrix = (): F64 =>
      tensorOf(
        'f64',
        [3, 3],
        Array.from({ length: 9 }, () => next() * 2 - 1)
      )
    const at = { u: matrix(), v: matrix() }
    expect(check(f, at)).toBe(18)
    expect(check(slope(f), at)).toBe(18)
    expect(check(slope(slope(f)), at)).toBe(18)
  })
})

describe('what the rules choose where there is no derivative', () => {
  const at = (f: (x: Expr) => Expr, ...xs: readonly number[]): readonly number[] => {
    const x = b.input('x', 'f64', [xs.length])
    return numbers(grad((u: Expr) => b.total(f(u)))(x), { x: tensorOf('f64', [xs.length], xs) })
  }
  test('abs and sign at 0', () => {
    expect(at(b.abs, -2, 0, 3)).toEqual([-1, 0, 1])
    expect(at(b.sign, -2, 0, 3)).toEqual([0, 0, 0])
    expect(at(b.floor, -1, 0.5)).toEqual([0, 0])
  })
  test('ties share equally', () => {
    expect(at(x => b.max(x, 1), 0, 1, 2)).toEqual([0, 0.5, 1])
    expect(at(x => b.max(1, x), 0, 1, 2)).toEqual([0, 0.5, 1])
    expect(at(x => b.min(x, 1), 0, 1, 2)).toEqual([1, 0.5, 0])
    expect(at(x => b.reduceMax(x), 3, 1, 3, 3)).toEqual([1 / 3, 0, 1 / 3, 1 / 3])
    expect(at(x => b.max(x, x), 4)).toEqual([1])
  })
  test('stopGradient stops it', () => {
    expect(at(x => b.mul(x, b.stopGradient(x)), 3, 4)).toEqual([3, 4])
  })
  test('pow where a factor is 0', () => {
    const power = (x: number, y: number): readonly number[] => {
      const [u, v] = [b.input('u', 'f64', []), b.input('v', 'f64', [])]
      const given = { u: tensorOf('f64', [], [x]), v: tensorOf('f64', [], [y]) }
      const first = gradients(b.pow(u, v), [u, v])
      const second = gradients(b.add(first[0] as Expr, first[1] as Expr), [u, v])
      return [...first, ...second].flatMap(g => numbers(g, given))
    }
    expect(power(0, 2)).toEqual([0, 0, 2, 0])
    expect(power(-3, 2)).toEqual([-6, 0, 2, -3])
    expect(power(0, 0).every(Number.isFinite)).toBe(true)
    expect(power(2, 0).slice(0, 2)).toEqual([0, Math.log(2)])
  })
  test('a select hides what is not chosen, even NaN', () => {
    expect(at(x => b.select(b.less(0, x), b.log(b.select(b.less(0, x), x, 1)), 0), -1, 0, 2)).toEqual([0, 0, 0.5])
  })
})

describe('the graph of a gradient', () => {
  const step = (x: Expr): Expr => b.mul(b.tanh(x), b.add(x, x))
  const chain = (x: Expr, n: number): Expr => (n === 0 ? x : Array.from({ length: n }).reduce<Expr>(step, x))
  const x = b.input('x', 'f64', [])
  const count = (n: number): number => topological([grad((u: Expr) => chain(u, n))(x)]).length

  test('grows by the same number of nodes with every step', () => {
    const [ten, twenty, forty] = [count(10), count(20), count(40)]
    expect(forty - twenty).toBe(2 * (twenty - ten))
    expect(forty).toBeLessThan(40 * 20)
  })
  test('may be 20,000 steps deep', () => {
    const deep = Array.from({ length: 20_000 }).reduce<Expr>(u => b.add(b.mul(u, 0.5), 1), x)
    const [g] = gradients(deep, [x])
    expect(numbers(g as Expr, { x: tensorOf('f64', [], [1]) })).toEqual([0])
    expect(numbers(deep, { x: tensorOf('f64', [], [1]) })).toEqual([2])
  })
  test('holds nothing for arguments that are not asked for', () => {
    const [w, data] = [b.input('w', 'f64', [3, 2]), b.input('data', 'f64', [4, 3])]
    const g = gradients(b.total(b.matmul(data, w)), [w])
    expect(topological(g).filter(e => e.op === 'matmul')).toHaveLength(1)
  })
  test('is 0 where nothing depends on the argument', () => {
    const other = b.input('other', 'f64', [2])
    expect(gradients(b.exp(x), [other]).map(g => numbers(g))).toEqual([[0, 0]])
  })
  test('is 1 for the function that gives its argument', () => {
    expect(numbers(grad((u: Expr) => u)(x))).toEqual([1])
  })
  test('repeats to the bit', () => {
    const g = (): Expr => grad((u: Expr) => chain(u, 12))(x)
    const at = { x: tensorOf('f64', [], [0.3]) }
    expect(numbers(g(), at)).toEqual(numbers(g(), at))
  })
})

describe('grad and valueAndGrad', () => {
  const w = b.input('w', 'f64', [2])
  const inner = { layer: { weight: w, bias: b.input('b', 'f64', []) }, scale: b.input('s', 'f64', []) }
  const f = (p: typeof inner): Expr => b.total(b.mul(b.add(b.square(p.layer.weight), p.layer.bias), p.scale))
  const at = { w: tensorOf('f64', [2], [1, 2]), b: tensorOf('f64', [], [3]), s: tensorOf('f64', [], [4]) }

  test('give trees of the form of the argument', () => {
    const { value, gradient } = valueAndGrad(f)(inner)
    expect(numbers(value, at)).toEqual([(1 + 3 + 4 + 3) * 4])
    expect(numbers(gradient.layer.weight, at)).toEqual([8, 16])
    expect(numbers(gradient.layer.bias, at)).toEqual([8])
    expect(numbers(gradient.scale, at)).toEqual([11])
    expect(Object.keys(gradient)).toEqual(['layer', 'scale'])
  })
  test('can be applied to their own results', () => {
    const cube = (u: Expr): Expr => b.total(b.mul(u, b.square(u)))
    const second = grad((u: Expr) => b.total(grad(cube)(u)))
    const third = grad((u: Expr) => b.total(second(u)))
    expect(numbers(grad(cube)(w), at)).toEqual([3, 12])
    expect(numbers(second(w), at)).toEqual([6, 12])
    expect(numbers(third(w), at)).toEqual([6, 6])
  })
  test('take a value of any shape that holds one number', () => {
    expect(run(grad((u: Expr) => b.sum(u))(w), at).shape).toEqual([2])
  })
  test('refuse a function to more than one number', () => {
    expect(wrong(grad((u: Expr) => b.exp(u))(w))).toMatchInlineSnapshot(
      `"gradient: expected a function whose value is one number, got f64[2]; use mean or total"`
    )
    expect(wrong(grad((u: Expr) => b.less(b.total(u), 0))(w))).toMatchInlineSnapshot(
      `"gradient: expected a function whose value is one number, got bool[]; cast it first"`
    )
  })
  test('pass a mistake inside the function on', () => {
    expect(wrong(grad((u: Expr) => b.total(b.matmul(u, u)))(w))).toMatch(/^matmul: /)
  })
})

describe('the check itself', () => {
  test.each(differentiable)('%s with a gradient that is a thousandth too large is caught', op => {
    let caught = 0
    fc.assert(
      fc.property(samplesOf(op, drawn), sample => {
        const { at, others: inputs, f } = asFunction(sample)
        // the value of f to the bit, and 1.001 times its gradient
        const bad = (x: Branch<Expr>): Expr => {
          const y = f(x)
          return b.add(y, b.mul(b.sub(y, b.stopGradient(y)), 0.001))
        }
        const result = right(checkGradient(reference, x => bad(x as Branch<Expr>), at, { inputs }))
        if (Math.abs(result.worst?.analytic ?? 0) < 0.01) return
        expect(result.ok).toBe(false)
        caught++
      }),
      { numRuns: 6 }
    )
    expect(caught).toBeGreaterThan(0)
  })
  /** x times a factor, whose gradient rule believes in another */
  const planted = (x: Expr, factor: number, believed: number): Expr =>
    b.add(b.mul(b.stopGradient(x), factor - believed), b.mul(x, believed))
  test.each<readonly [Op, (x: Expr) => Expr, (x: Expr) => Expr]>([
    ['tanh', b.tanh, x => b.sub(1, b.tanh(x))],
    ['exp', b.exp, x => b.neg(b.exp(x))],
    ['sin', b.sin, b.sin],
    ['erf', b.erf, x => b.exp(b.neg(b.square(x)))]
  ])('%s with a wrong derivative is caught', (_, f, wrongDerivative) => {
    const at = tensorOf('f64', [4], [-1, 0.3, 0.5, 2])
    // f(x), whose gradient is g(x): the value from one part, the gradient from another
    const bad = (x: Expr): Expr => {
      const g = b.mul(x, b.stopGradient(wrongDerivative(x)))
      return b.total(b.add(b.stopGradient(b.sub(f(x), g)), g))
    }
    expect(right(checkGradient(reference, x => b.total(f(x)), at)).ok).toBe(true)
    expect(right(checkGradient(reference, bad, at)).ok).toBe(false)
  })
  test('an error of one part in ten thousand is caught', () => {
    const at = tensorOf('f64', [3], [1, 2, 3])
    expect(right(checkGradient(reference, x => b.total(planted(x, 1, 1.0001)), at)).ok).toBe(false)
    expect(right(checkGradient(reference, x => b.total(planted(x, 1, 1)), at)).ok).toBe(true)
  })
})

describe('the gradient of parts of one tensor', () => {
  const rows = (x: Expr, [from, size]: readonly [number, number]): Expr => b.slice(x, [0, from, 0], [2, size, 2])
  /** the sum of whole tensors, each with zeros around one part: what the joined parts replace */
  const summed = (parts: readonly (readonly [number, number])[], weights: readonly Expr[]): Expr =>
    parts
      .map(([from, size], i) => b.pad(weights[i] as Expr, [0, from, 0], [0, 5 - from - size, 0]))
      .reduce((a, c) => b.add(a, c))
  test.for<[string, readonly (readonly [number, number])[], boolean]>([
    [
      'parts that are all of it',
      [
        [0, 1],
        [3, 2],
        [1, 2]
      ],
      true
    ],
    [
      'parts in its middle',
      [
        [2, 2],
        [1, 1]
      ],
      true
    ],
    [
      'parts with a gap',
      [
        [0, 1],
        [3, 2]
      ],
      false
    ],
    [
      'parts that overlap',
      [
        [0, 3],
        [2, 3]
      ],
      false
    ]
  ])('%s: the bits are those of the sum, -0 included', ([, parts, joins]) => {
    const x = b.input('x', 'f32', [2, 5, 2])
    const weights = parts.map(([, size], i) =>
      b.constant(
        tensorOf(
          'f32',
          [2, size, 2],
          Array.from({ length: 4 * size }, (_, j) => [-0, 0.1, -3, 0][(i + j) % 4] as number)
        )
      )
    )
    const y = parts.map((part, i) => b.total(b.mul(rows(x, part), weights[i] as Expr))).reduce((a, c) => b.add(a, c))
    const [g] = gradients(y, [x])
    expect(topological([g as Expr]).some(n => n.op === 'concat')).toBe(joins)
    expect(numbers(g as Expr)).toEqual(numbers(summed(parts, weights)))
  })
})
