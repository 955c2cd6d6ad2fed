import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, type Values } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import * as b from '../../src/expr/build.js'
import type { Expr, Op, Ops } from '../../src/expr/op.js'
import { program } from '../../src/expr/program.js'
import { allocate, numbersOf, toTypedArray, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { runnable, samplesOf, shapes, tensors, type Sample } from '../expr/arbitrary.js'
import { numbers, run } from '../expr/helpers.js'
import { fieldOf, naive, sumOf, type Naive } from './naive.js'
import { left, right } from '../support/either.js'
import { randomFrom } from '../support/random.js'
import { tensorOf } from '../support/tensors.js'

const precisions = fc.constantFrom<FloatType>('f32', 'f64')
const anySample = (op: Op): fc.Arbitrary<Sample> => precisions.chain(dtype => samplesOf(op, { dtype, numbers: 'any' }))
/** as the element type keeps them; NaN equals NaN, and -0 differs from 0 */
const expectNumbers = (t: Tensor, expected: readonly number[]): void => {
  const kept = allocate(t.dtype, expected)
  const got = numbersOf(t)
  expect(got.length).toBe(kept.length)
  for (let i = 0; i < got.length; i++) if (!Object.is(got[i], kept[i])) expect([i, got[i]]).toEqual([i, kept[i]])
}

describe('every op is what the contract says, to the bit', () => {
  test.each(runnable)('%s', op => {
    fc.assert(
      fc.property(anySample(op), ({ node, attrs, args, inputs }) => {
        const expected = (naive[op] as Naive<Op>)(attrs, args.map(fieldOf), node)
        expectNumbers(run(node, inputs), expected)
      }),
      { numRuns: 60 }
    )
  })
  test('mean: the sum of four sums, divided in f64, rounded once', () => {
    fc.assert(
      fc.property(
        precisions.chain(dtype =>
          shapes({ dtype, numbers: 'any' }).chain(s => tensors(dtype, s, { dtype, numbers: 'any' }))
        ),
        t => {
          const values = Array.from(numbersOf(t))
          expectNumbers(run(b.mean(b.input('x', t.dtype, t.shape)), { x: t }), [sumOf(values) / values.length])
        }
      )
    )
  })
})

describe('the letter of the contract, by example', () => {
  const f32 = (...xs: readonly number[]): Tensor => tensorOf('f32', [xs.length], xs)
  const apply = (f: (...es: readonly Expr[]) => Expr, ...ts: readonly Tensor[]): readonly number[] =>
    numbers(
      f(...ts.map((t, i) => b.input(`x${i}`, t.dtype, t.shape))),
      Object.fromEntries(ts.map((t, i) => [`x${i}`, t]))
    )
  const one =
    (f: (x: Expr) => Expr) =>
    (...xs: readonly number[]): readonly number[] =>
      apply(f, f32(...xs))

  test('max and min: NaN wins, -0 is below +0', () => {
    const [p, q] = [f32(-0, 0, NaN, 1, -0, -Infinity), f32(0, -0, 1, NaN, -0, NaN)]
    expect(apply(b.max as never, p, q)).toEqual([0, 0, NaN, NaN, -0, NaN])
    expect(apply(b.min as never, p, q)).toEqual([-0, -0, NaN, NaN, -0, NaN])
    expect(one(x => b.reduceMax(x))(-0, 0, -0)).toEqual([0])
    expect(one(x => b.reduceMax(x))(5, NaN, 7)).toEqual([NaN])
    expect(one(x => b.reduceMax(x))(-0, -0)).toEqual([-0])
  })
  test('signs of zero', () => {
    expect(one(b.neg)(0, -0, NaN)).toEqual([-0, 0, NaN])
    expect(one(b.abs)(-0, -1, -Infinity)).toEqual([0, 1, Infinity])
    expect(one(b.sign)(-0, 0, -3, 3, NaN)).toEqual([-0, 0, -1, 1, NaN])
    expect(one(b.floor)(-0, -0.5, 0.5, -Infinity)).toEqual([-0, -1, 0, -Infinity])
    expect(one(b.sqrt)(-0, -1, 4)).toEqual([-0, NaN, 2])
    expect(one(b.tanh)(-0)).toEqual([-0])
    // a sum begins with +0
    expect(one(x => b.sum(x))(-0, -0)).toEqual([0])
    expect(apply(b.add as never, f32(-0, -0), f32(-0, 0))).toEqual([-0, 0])
  })
  test('subnormals are kept', () => {
    const tiny = 2 ** -149
    expect(one(x => b.mul(x, 0.5))(2 * tiny, 3 * tiny, tiny)).toEqual([tiny, 2 * tiny, 0])
    expect(one(x => b.add(x, 0))(tiny)).toEqual([tiny])
  })
  test('products are rounded before they are added: nothing is fused', () => {
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24, of which f32 keeps 1 + 2^-11
    const x = 1 + 2 ** -12
    const [row, column] = [tensorOf('f32', [1, 2], [x, -1]), tensorOf('f32', [2, 1], [x, 1 + 2 ** -11])]
    expect(apply(b.matmul as never, row, column)).toEqual([0])
  })
  test('a matrix product adds in the order of k', () => {
    const product = (...a: readonly number[]): readonly number[] =>
      apply(b.matmul, tensorOf('f32', [1, 4], a), tensorOf('f32', [4, 1], [1, 1, 1, 1]))
    expect(product(2 ** 24, 1, 1, -(2 ** 24))).toEqual([0])
    expect(product(1, 1, 2 ** 24, -(2 ** 24))).toEqual([2])
  })
  test('a sum has four places, and f64 inside', () => {
    const big = 2 ** 60
    // element 4 meets element 0: 1 is lost there, and kept elsewhere
    expect(one(x => b.sum(x))(big, 0, 0, 0, 1, 0, 0, 0, -big)).toEqual([0])
    expect(one(x => b.sum(x))(big, 1, 0, 0, -big)).toEqual([1])
    expect(one(x => b.sum(x))(2 ** 24, 1, 1, 0, -(2 ** 24))).toEqual([2])
  })
  test('several axes are summed in row-major order of those axes', () => {
    const big = 2 ** 60
    const values = [big, 1, 2, 3, -big, 5, 7, 11]
    const x = tensorOf('f32', [2, 2, 2], values)
    const turned = b.transpose(b.input('x0', 'f32', [2, 2, 2]), [2, 1, 0])
    const expected = sumOf([big, -big, 2, 7, 1, 5, 3, 11])
    expect(numbers(b.total(turned), { x0: x })).toEqual([Math.fround(expected)])
  })
  test('a mean is not the rounded sum, divided', () => {
    // the f32 sum of these is infinite
    expect(one(x => b.mean(x))(3e38, 3e38, 3e38, 3e38)).toEqual([Math.fround(3e38)])
  })
  test('casts round to nearest, ties to even', () => {
    const f64 = tensorOf('f64', [4], [1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e39, 2 ** -150])
    expect(apply(x => b.cast(x, 'f32'), f64)).toEqual([1, 1 + 2 ** -22, Infinity, 0])
    const u32 = tensorOf('u32', [2], [0xffffffff, 2 ** 24 + 1])
    expect(apply(x => b.cast(x, 'f32'), u32)).toEqual([2 ** 32, 2 ** 24])
    expect(apply(x => b.cast(x, 'f64'), u32)).toEqual([0xffffffff, 2 ** 24 + 1])
  })
  test('an index past the end is the last row; in a one-hot row it is nowhere', () => {
    const index = tensorOf('u32', [3], [0, 2, 0xffffffff])
    const table = tensorOf('f32', [2, 2], [1, 2, 3, 4])
    expect(apply(b.gather as never, table, index)).toEqual([1, 2, 3, 4, 3, 4])
    expect(apply((v, i) => b.scatterAdd(v, i, 2), f32(1, 2, 3), index)).toEqual([1, 5])
    expect(apply(i => b.oneHot(i, 3), index)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0])
  })
  test('scatterAdd and unwindows add in f64', () => {
    const index = tensorOf('u32', [4], [0, 0, 0, 0])
    expect(apply((v, i) => b.scatterAdd(v, i, 1), f32(2 ** 24, 1, 1, 1), index)).toEqual([2 ** 24 + 4])
    const w = { size: [1, 2], stride: [1, 1], dilation: [1, 1] } as const
    const x = tensorOf('f32', [1, 1, 2, 1, 2, 1], [0, 2 ** 24, 1, 0])
    expect(apply(v => b.unwindows(v, w, 1, 3), x)).toEqual([0, 2 ** 24, 0])
  })
  test('draws are those of section 3', () => {
    const key = (seed: number): Values => ({ k: tensorOf('u32', [2], [0, seed]) })
    const k = b.input('k', 'u32', [2])
    expect(numbers(b.random(k, 'bits', [2, 3]), key(42))).toEqual([
      0x7d1c13a2, 0xae0730d9, 0x9dc3f9f9, 0x8f9ec1d7, 0x735d7315, 0x95fb4ed8
    ])
    expect(numbers(b.foldIn(k, 7), key(42))).toEqual([0x97d0552f, 0x51bf719f])
    expect(numbers(b.foldIn(k, 0xffffffff), key(0))).toEqual([0x2c4e0437, 0xe1e32d13])
    const bits = new Uint32Array(Float32Array.from(numbers(b.random(k, 'uniform', [4]), key(0))).buffer)
    expect(Array.from(bits)).toEqual([0x3f729a4e, 0x3f7a8436, 0x3eaa221c, 0x3eeff550])
    const normal = numbers(b.random(k, 'normal', [4]), key(0))
    for (const [i, x] of [1.6226422, 2.0252647, -0.43359444, -0.07861735].entries()) expect(normal[i]).toBeCloseTo(x, 5)
  })
})

describe('purity', () => {
  const bytesOf = (values: Values): readonly string[] =>
    Object.values(values).map(t => Array.from(t.data, String).join())
  const write = (t: Tensor): void => {
    const data = t.data as Float32Array
    data.fill(77)
  }

  test.each(runnable)('%s leaves its inputs alone, and its output is its own', op => {
    fc.assert(
      fc.property(anySample(op), ({ node, attrs, inputs }) => {
        const before = bytesOf(inputs)
        const y = run(node, inputs)
        expect(bytesOf(inputs)).toEqual(before)
        const kept = toTypedArray(y)
        Object.values(inputs).forEach(write)
        if (op === 'constant') write((attrs as Ops['constant']).value)
        expect(numbersOf(y)).toEqual(kept)
      }),
      { numRuns: 15 }
    )
  })
  test('two runs of one program know nothing of each other', () => {
    const x = b.input('x', 'f32', [2])
    const executable = right(reference.compile(right(program({ y: b.mul(x, 2), x, z: b.constant(1, x) }))))
    const first = right(executable.run({ x: tensorOf('f32', [2], [1, 2]) }))
    const second = right(executable.run({ x: tensorOf('f32', [2], [3, 4]) }))
    write(second['z'] as Tensor)
    write(second['x'] as Tensor)
    expect([...numbersOf(first['y'] as Tensor), ...numbersOf(first['x'] as Tensor)]).toEqual([2, 4, 1, 2])
    expect(Array.from(numbersOf(right(executable.run({ x: tensorOf('f32', [2], [1, 2]) }))['z'] as Tensor))).toEqual([
      1, 1
    ])
  })
  test('what is used by many is computed once and kept until its last use', () => {
    const next = randomFrom(1)
    const x = b.input('x', 'f64', [3])
    const powers = Array.from({ length: 50 }).reduce<readonly Expr[]>(es => [...es, b.mul(es.at(-1) as Expr, x)], [x])
    const y = powers.reduceRight((sum, e) => b.add(sum, e))
    const at = Array.from({ length: 3 }, next)
    const expected = at.map(u => {
      const us = Array.from({ length: 50 }).reduce<readonly number[]>(es => [...es, (es.at(-1) as number) * u], [u])
      return us.reduceRight((s, e) => s + e)
    })
    expect(numbers(y, { x: tensorOf('f64', [3], at) })).toEqual(expected)
  })
})

describe('what does not fit is Left', () => {
  const x = b.input('x', 'f32', [2])
  const on = (inputs: Values): string => left(evaluate(reference)({ y: b.exp(x) }, inputs))
  const good = tensorOf('f32', [2], [1, 2])

  test('inputs', () => {
    expect(on({})).toMatchInlineSnapshot(`"input/x: expected f32[2], got nothing"`)
    expect(on({ x: tensorOf('f32', [3], [1, 2, 3]) })).toMatchInlineSnapshot(`"input/x: expected f32[2], got f32[3]"`)
    expect(on({ x: tensorOf('f64', [2], [1, 2]) })).toMatchInlineSnapshot(`"input/x: expected f32[2], got f64[2]"`)
  })
  test('inputs whose storage is not what it should be', () => {
    const bad: readonly Partial<Tensor>[] = [
      { data: [1, 2] },
      { data: Float64Array.of(1, 2) },
      { data: Float32Array.of(1) },
      { offset: 1 },
      { offset: -1 },
      { offset: 0.5 },
      { stride: [2] },
      { stride: [-1] },
      { stride: [] },
      { stride: [NaN] }
    ]
    for (const part of bad)
      expect(on({ x: { ...good, ...part } })).toBe(
        'input/x: expected f32 storage that shape, stride and offset stay inside, got other storage; make it with tensor'
      )
    expect(numbers(b.neg(x), { x: { ...good, stride: [-1], offset: 1 } })).toEqual([-2, -1])
  })
  test('inherited names are not given', () => {
    const e = b.neg(b.input('toString', 'f32', []))
    expect(left(evaluate(reference)({ e }, {}))).toMatch(/got nothing$/)
  })
  test('programs that need more memory than there is', () => {
    expect(left(evaluate(reference)({ y: b.iota('f32', [2 ** 26, 2 ** 26], 0) }))).toMatch(
      /^reference: expected memory for every value of the program, got RangeError/
    )
  })
  test('inputs that are not needed do no harm', () => {
    expect(numbers(b.neg(x), { x: good, other: good })).toEqual([-1, -2])
  })
})
