import fc from 'fast-check'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { fromArrays, fromNdarray, nested, type Nested } from '../../src/data/arrays.js'
import { sizeOf, stridesOf, type Dims } from '../../src/value/shape.js'
import { numbersOf } from '../../src/value/tensor.js'
import { dims } from './helpers.js'
import { left, right } from '../support/either.js'

/** 0, 1, 2, ... nested to a shape */
const counting = ([n = 0, ...rest]: Dims, from = 0): Nested =>
  Array.from({ length: n }, (_, i) => (rest.length === 0 ? from + i : counting(rest, from + i * sizeOf(rest))))
const hostile = (u: unknown): Nested => u as Nested

describe('nested arrays', () => {
  it('become tensors of their sizes, row-major', () => {
    fc.assert(
      fc.property(dims(), shape => {
        const t = right(nested(counting(shape)))
        expect(t.shape).toEqual(shape)
        expect(Array.from(t.data)).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => i))
      })
    )
  })

  it('are refused where ragged, naming the row', () => {
    expect(left(nested([[1, 2], [3]]))).toBe(
      'row 1: expected an array of 2, got an array of 1; all rows need the same form'
    )
    expect(left(nested([[1, 2], 3]))).toContain('row 1: expected an array of 2, got 3;')
    expect(left(nested([1, [2]]))).toContain('row 1: expected a number, got an array of 1')
    expect(
      left(
        nested([
          [[1], [2]],
          [[3], [4, 5]]
        ])
      )
    ).toContain('row 1/1: expected an array of 1')
  })

  it('are refused where empty, too deep or not numbers', () => {
    for (const a of [[], [[]], [[], []], [[[]]]]) expect(left(nested(a))).toContain('at least one number')
    const deep = Array.from({ length: 100000 }).reduce<Nested>(a => [a], [1])
    expect(left(nested(deep))).toContain('nested 1 to 8 deep, got more')
    for (const bad of ['3', null, undefined, {}, true, Symbol('s'), 10n, Object.create(null), () => 1])
      expect(left(nested(hostile([[1], [bad]])))).toContain('row 1/0: expected a number')
    for (const bad of [3, 'text', null, {}, undefined]) expect(left(nested(hostile(bad)))).toContain('expected arrays')
    expect(
      left(
        nested(
          hostile([
            [1, 2],
            [3, , 4]
          ])
        )
      )
    ).toContain('row 1')
  })

  it('make datasets', () => {
    const xor = right(
      fromArrays(
        [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1]
        ],
        [[0], [1], [1], [0]]
      )
    )
    expect([xor.x.tensor.shape, xor.y.tensor.shape]).toEqual([
      [4, 2],
      [4, 1]
    ])
    expect(right(fromArrays([[5], [6]], [0, 1], 2)).y.tensor.dtype).toBe('u32')
    expect(
      left(
        fromArrays(
          [
            [0, 0],
            [0, NaN]
          ],
          [[0], [1]]
        )
      )
    ).toContain('x/row 1: expected finite numbers')
    expect(
      left(
        fromArrays(
          [
            [0, 0],
            [0, 1]
          ],
          [[0]]
        )
      )
    ).toContain('2 targets')
    expect(left(fromArrays([[0, 0], [0]], [[0], [1]]))).toContain('x/row 1: expected an array of 2')
    expect(left(fromArrays([[0]], [2], 2))).toContain('y/labels/row 0')
  })
})

describe('objects with the fields of an ndarray', () => {
  const kinds = [Float32Array, Float64Array, Uint8Array, Uint32Array, Int8Array, Int16Array, Uint16Array, Int32Array]

  it('are read through any view that ndarray makes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), dims(3), fc.boolean(), fc.boolean(), (Kind, shape, flip, turn) => {
        const plain = ndarray(new Kind(Array.from({ length: sizeOf(shape) }, (_, i) => i)), [...shape])
        const stepped = flip ? plain.step(...shape.map(() => -1)) : plain
        const a = turn ? stepped.transpose(...shape.map((_, i) => shape.length - 1 - i)) : stepped
        const t = right(fromNdarray(a))
        const index = (i: number): number[] => {
          const place = stridesOf(a.shape)
          return a.shape.map((n, axis) => Math.floor(i / (place[axis] as number)) % n)
        }
        expect(t.shape).toEqual(a.shape)
        expect(Array.from(numbersOf(t))).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => a.get(...index(i))))
      })
    )
  })

  it('share memory where the element type is ours, else hold the numbers exactly', () => {
    const data = new Float32Array(4)
    expect(right(fromNdarray(ndarray(data, [2, 2]))).data).toBe(data)
    expect(right(fromNdarray(ndarray(Int32Array.of(-2147483647), [1]))).data[0]).toBe(-2147483647)
    expect(right(fromNdarray(ndarray([0.1, -3], [2]))).dtype).toBe('f64')
  })

  it('are refused when they lead outside their data', () => {
    const ok = { data: new Float32Array(6), shape: [2, 3], stride: [3, 1], offset: 0 }
    expect(right(fromNdarray(ok)).shape).toEqual([2, 3])
    const bad: readonly object[] = [
      { offset: 1 },
      { offset: -1 },
      { offset: 0.5 },
      { offset: NaN },
      { stride: [3] },
      { stride: [4, 1] },
      { stride: [-3, 1] },
      { stride: [NaN, 1] },
      { stride: 'ab' },
      { shape: [0, 3] },
      { shape: [2, 4] },
      { shape: 6 },
      { shape: [1e9, 1e9], stride: [0, 0] },
      { data: 'abcdef' },
      { data: { length: 6 } },
      { data: null },
      { data: ['1', 2, 3, 4, 5, 6] },
      { data: new BigInt64Array(6) }
    ]
    for (const fields of bad) expect(left(fromNdarray({ ...ok, ...fields }))).toContain('ndarray: expected')
  })
})
