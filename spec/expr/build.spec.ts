import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as b from '../../src/expr/build.js'
import { topological, type Expr } from '../../src/expr/op.js'
import { sizeOf, stridesOf, type Dims } from '../../src/value/shape.js'
import { sameBits } from '../../src/value/tensor.js'
import { shapes, tensors, type Draw } from './arbitrary.js'
import { numbers, run, wrong } from './helpers.js'
import { tensorOf } from '../support/tensors.js'

const d: Draw = { dtype: 'f64', numbers: 'any' }
const x = b.input('x', 'f32', [2, 3])

/** NumPy's rule from its description: align at the end, missing sizes are 1, 1 stretches; undefined where sizes disagree */
const broadcastShapes = (p: Dims, q: Dims): Dims | undefined => {
  const out: number[] = []
  for (let i = 1; i <= Math.max(p.length, q.length); i++) {
    const [m, n] = [p[p.length - i] ?? 1, q[q.length - i] ?? 1]
    if (m !== n && m !== 1 && n !== 1) return undefined
    out.unshift(Math.max(m, n))
  }
  return out
}
/** the number that a tensor shows at an index of a wider shape */
const shown = (values: readonly number[], shape: Dims, index: Dims): number => {
  const stride = stridesOf(shape)
  const own = index.slice(index.length - shape.length)
  return values[own.reduce((at, i, axis) => at + (shape[axis] === 1 ? 0 : i * (stride[axis] as number)), 0)] as number
}
const indexOf = (place: number, shape: Dims): Dims => {
  const stride = stridesOf(shape)
  return shape.map((n, a) => Math.floor(place / (stride[a] as number)) % n)
}

/** two shapes that often fit each other */
const twoShapes = shapes({ ...d, numbers: 'tame' }).chain(s =>
  fc.tuple(
    fc.constant(s),
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.nat(s.length), fc.tuple(...s.map(n => fc.constantFrom(1, n))))
          .map(([cut, t]) => t.slice(cut))
      },
      { weight: 1, arbitrary: shapes({ ...d, numbers: 'tame' }) }
    )
  )
)

describe('broadcasting', () => {
  const binary = { add: b.add, sub: b.sub, less: b.less } as const
  const plain = {
    add: (p: number, q: number) => p + q,
    sub: (p: number, q: number) => p - q,
    less: (p: number, q: number) => Number(p < q)
  }

  test.each(Object.keys(binary) as (keyof typeof binary)[])('%s: as NumPy does it', op => {
    fc.assert(
      fc.property(
        twoShapes.chain(([p, q]) => fc.tuple(tensors('f64', p, d), tensors('f64', q, d), fc.boolean())),
        ([s, t, flip]) => {
          const [u, v] = flip ? [t, s] : [s, t]
          const [p, q] = [b.input('p', 'f64', u.shape), b.input('q', 'f64', v.shape)]
          const shape = broadcastShapes(u.shape, v.shape)
          const y = binary[op](p, q)
          if (shape === undefined) {
            expect(wrong(y)).toMatch(/^\w+: expected shapes that are equal, or 1, from the last axis on/)
            return
          }
          expect(y.shape).toEqual(shape)
          const [m, n] = [numbers(p, { p: u }), numbers(q, { q: v })]
          const expected = Array.from({ length: sizeOf(shape) }, (_, i) => {
            const index = indexOf(i, shape)
            return plain[op](shown(m, u.shape, index), shown(n, v.shape, index))
          })
          expect(numbers(y, { p: u, q: v })).toEqual(expected)
        }
      ),
      { numRuns: 150 }
    )
  })
  test('select: condition and values alike', () => {
    const [c, t] = [b.input('c', 'bool', [3, 1]), b.input('t', 'f32', [2])]
    const given = { c: tensorOf('bool', [3, 1], [1, 0, 1]), t: tensorOf('f32', [2], [5, 6]) }
    expect(numbers(b.select(c, t, 0), given)).toEqual([5, 6, 0, 0, 5, 6])
    expect(numbers(b.select(c, 0, t), given)).toEqual([0, 0, 5, 6, 0, 0])
  })
  test('broadcast: to any shape that NumPy would', () => {
    fc.assert(
      fc.property(twoShapes, ([p, q]) => {
        const y = b.broadcast(b.input('p', 'f32', p), q)
        const fits = broadcastShapes(p, q)?.join() === q.join()
        expect(y.op === 'invalid' ? undefined : y.shape).toEqual(fits ? q : undefined)
        // the same for one number everywhere, which stays one number
        const z = b.broadcast(b.constant(2, { dtype: 'f32', shape: p }), q)
        expect(z.op === 'invalid' ? undefined : z.shape).toEqual(fits ? q : undefined)
        if (fits) expect(z.op === 'constant' && z.attrs.value.data.length).toBe(1)
      })
    )
  })
})

describe('numbers', () => {
  test('take the element type of the expression', () => {
    expect(b.add(x, 1).dtype).toBe('f32')
    expect(b.div(1, b.cast(x, 'f64')).dtype).toBe('f64')
    expect(numbers(b.mul(b.input('x', 'f32', []), 0.1), { x: tensorOf('f32', [], [1]) })).toEqual([Math.fround(0.1)])
  })
  test('must be numbers that it has', () => {
    const bytes = b.input('x', 'u8', [2])
    expect(wrong(b.equal(bytes, 256))).toMatch(/^constant: expected a number that u8 has, got 256/)
    expect(wrong(b.less(bytes, -1))).toMatch(/^constant: /)
    expect(numbers(b.equal(bytes, 255), { x: tensorOf('u8', [2], [255, 0]) })).toEqual([1, 0])
  })
  test('alone are no expression', () => {
    expect(wrong(b.add(1, 2))).toMatchInlineSnapshot(
      `"add: expected at least one argument that is an expression, got 1 and 2; use constant(number, like)"`
    )
    expect(wrong(b.select(b.input('c', 'bool', []), 1, 2))).toMatch(/^select: /)
  })
})

describe('what changes nothing builds nothing', () => {
  const same: Readonly<Record<string, Expr>> = {
    reshape: b.reshape(x, [2, 3]),
    broadcast: b.broadcast(x, [2, 3]),
    cast: b.cast(x, 'f32'),
    transpose: b.transpose(x, [0, 1]),
    slice: b.slice(x, [0, 0], [2, 3])
  }
  test.each(Object.entries(same))('%s', (_, y) => expect(y).toBe(x))

  test('and keeps every bit that the op would keep', () => {
    fc.assert(
      fc.property(
        shapes(d).chain(s => tensors('f32', s, d)),
        t => {
          const u = b.input('u', 'f32', t.shape)
          const axes = [...t.shape.keys()]
          const long = [
            b.node('reshape', [u], { shape: t.shape }),
            b.node('broadcast', [u], { shape: t.shape }),
            b.node('cast', [u], { dtype: 'f32' }),
            b.node('transpose', [u], { permutation: axes }),
            b.node('slice', [u], { start: axes.map(() => 0), shape: t.shape })
          ]
          for (const y of long) expect(sameBits(run(y, { u: t }), run(u, { u: t }))).toBe(true)
        }
      ),
      { numRuns: 40 }
    )
  })
})

describe('axes', () => {
  test('count from the end where negative, in any order, once each', () => {
    const y = b.input('y', 'f32', [2, 3, 4])
    expect(b.sum(y, [-1, 0, 2]).shape).toEqual([1, 3, 1])
    expect(b.sum(y).shape).toEqual([1, 1, 1])
    expect(b.sum(y, []).shape).toEqual([2, 3, 4])
    expect(b.reduceMax(y, [1]).shape).toEqual([2, 1, 4])
    expect(b.concat([y, y], -1).shape).toEqual([2, 3, 8])
    expect(b.mean(y, [-2]).shape).toEqual([2, 1, 4])
    expect(b.total(y).shape).toEqual([])
  })
  test('of matrices are the last two', () => {
    expect(b.transposed(b.input('y', 'f32', [5, 2, 3])).shape).toEqual([5, 3, 2])
    expect(b.transpose(b.input('y', 'f32', [5, 2, 3])).shape).toEqual([3, 2, 5])
  })
})

describe('nodes', () => {
  test('are frozen', () => {
    for (const e of topological([b.mean(b.add(b.exp(x), 1)), b.matmul(x, x)])) expect(Object.isFrozen(e)).toBe(true)
  })
  test('come after their arguments, each once', () => {
    const s = b.exp(x)
    const order = topological([b.add(s, b.mul(s, s)), s, x])
    expect(order.map(e => e.op)).toEqual(['input', 'exp', 'mul', 'add'])
  })
})
