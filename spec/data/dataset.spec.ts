import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromArrays } from '../../src/data/arrays.js'
import {
  dataset,
  exampleCount,
  feature,
  gatherExamples,
  pickExamples,
  reshapeInputs,
  takeExamples,
  featureValues
} from '../../src/data/dataset.js'
import { classLabels, oneHot } from '../../src/data/labels.js'
import { gatherRows, indices } from '../../src/data/rows.js'
import { sizeOf } from '../../src/value/shape.js'
import { filledTensor, numbersOf, sameBits, tensor, tensorView } from '../../src/value/tensor.js'
import { tensors } from './helpers.js'
import { left, right } from '../support/either.js'
import { uniform } from '../support/random.js'

const f = Math.fround
const finite = fc.float({ noNaN: true, noDefaultInfinity: true })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 30 })

describe('feature', () => {
  it('reads bytes as round(round(scale * byte) + shift)', () => {
    const small = uniform(-100, 100).map(Math.fround)
    fc.assert(
      fc.property(bytes, small, small, (data, scale, shift) => {
        const x = right(feature(tensorView('u8', [data.length], data), { scale, shift }))
        const expected = Array.from(data, b => f(f(f(scale) * b) + f(shift)))
        expect(Array.from(featureValues(x).data)).toEqual(expected)
        expect(x.tensor.data).toBe(data)
      })
    )
  })

  it('keeps f32 bits, -0 too, and rounds f64 once', () => {
    const zero = right(feature(tensorView('f32', [1, 1], Float32Array.of(-0))))
    expect(Object.is(featureValues(zero).data[0], -0)).toBe(true)
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), x => {
        expect(featureValues(right(feature(tensorView('f64', [1], Float64Array.of(x))))).data[0]).toBe(f(x))
      })
    )
  })

  it('names the row of the first number that is not finite', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.nat(2), fc.constantFrom(NaN, Infinity, -Infinity, 1e39), (row, column, bad) => {
        const data = new Float64Array(18)
        data[row * 3 + column] = bad
        expect(left(feature(tensorView('f64', [6, 3], data)))).toContain(`row ${row}: expected finite numbers`)
      })
    )
  })

  it('lays strided tensors out row-major', () => {
    const t = { ...tensorView('f32', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6)), stride: [1, 3] }
    const x = right(feature(t))
    expect([x.tensor.offset, ...x.tensor.stride, ...x.tensor.data]).toEqual([0, 2, 1, 1, 4, 2, 5, 3, 6])
    expect(right(feature(filledTensor('u8', [2, 2], 7))).tensor.data.length).toBe(4)
  })

  it('refuses scalars, maps that are not finite, and tensors that are none', () => {
    expect(left(feature(filledTensor('f32', [], 1)))).toContain('the first axis')
    const b = tensorView('u8', [1], Uint8Array.of(1))
    for (const affine of [
      { scale: NaN, shift: 0 },
      { scale: 1, shift: Infinity },
      { scale: 3e38, shift: 0 }
    ])
      expect(left(feature(b, affine))).toContain('a finite scale and shift')
  })

  it('scales other numbers in f64, before they are rounded to f32', () => {
    const times = tensorView('f64', [3], Float64Array.of(1_700_000_000, 1_700_000_001, 1_700_000_130))
    expect(left(feature(times))).toBe(
      'row 1/column 0: expected whole numbers that stay different in f32, got 1700000001 and 1700000000, which become equal; ' +
        'subtract an origin or divide before they become f32: a scale and a shift do so in f64'
    )
    const scaled = right(feature(times, { scale: 0.5, shift: -850_000_000 }))
    expect([scaled.scale, scaled.shift, ...scaled.tensor.data]).toEqual([1, 0, 0, 0.5, 65])
    const indexes = tensorView('u32', [2, 1], Uint32Array.of(3, 4))
    expect(right(feature(indexes, { scale: 2, shift: 0 })).tensor).toEqual(
      tensorView('f32', [2, 1], Float32Array.of(6, 8))
    )
    // the same numbers in two columns, fractions, and numbers that f32 has
    for (const fine of [
      [16777216, 16777217],
      [0.1, 0.10000000000001],
      [16777217, 16777217],
      [16777216, 16777218]
    ])
      expect(feature(tensorView('f64', fine[1] === 16777217 ? [1, 2] : [2, 1], Float64Array.from(fine)))._tag).toBe(
        'Right'
      )
    expect(left(feature(tensorView('f64', [2, 1], Float64Array.of(16777216, 16777217))))).toContain('stay different')
  })
})

describe('dataset', () => {
  const x = tensorView('f32', [3, 2], Float32Array.of(1, 2, 3, 4, 5, 6))

  it('holds inputs and targets', () => {
    const d = right(dataset({ x, y: tensorView('u8', [3], Uint8Array.of(2, 0, 1)), classes: 3 }))
    expect(exampleCount(d)).toBe(3)
    expect([d.y.tensor.dtype, ...d.y.tensor.data]).toEqual(['u32', 2, 0, 1])
  })

  it('refuses what does not fit together, and says what', () => {
    const y = tensorView('f32', [2, 1], Float32Array.of(1, 2))
    expect(left(dataset({ x, y }))).toBe('y: expected 3 targets, one for each input, got 2')
    expect(left(dataset({ x: tensorView('f32', [3], Float32Array.of(1, 2, 3)), y: x }))).toContain(
      'x: expected inputs of the shape'
    )
    expect(left(dataset({ x, y: tensorView('u8', [3], Uint8Array.of(1, 2, 3)) }))).toContain('give `classes`')
    expect(left(dataset({ x, y: tensorView('u8', [3], Uint8Array.of(1, 2, 3)), classes: 3 }))).toContain(
      'y/labels/row 2: expected'
    )
    expect(left(dataset({ x: tensorView('f32', [0, 2], new Float32Array(0)), y }))).toContain(
      'x: expected at least one example'
    )
    expect(left(dataset({ x: tensorView('f32', [1, 1], Float32Array.of(NaN)), y }))).toContain(
      'x/row 0: expected finite'
    )
  })
})

describe('rows', () => {
  const matrix = fc.record({ rows: fc.integer({ min: 1, max: 8 }), width: fc.integer({ min: 1, max: 4 }) })

  it('gatherRows gives row rows[i] at i', () => {
    fc.assert(
      fc.property(tensors('f32', 'u8', 'u32', 'f64'), fc.array(fc.nat(20), { minLength: 1 }), (t, picks) => {
        const n = t.shape[0] as number
        const at = picks.map(p => p % n)
        const width = sizeOf(t.shape.slice(1))
        const out = right(gatherRows(t, indices(at)))
        expect(out.shape).toEqual([at.length, ...t.shape.slice(1)])
        expect(Array.from(out.data)).toEqual(
          at.flatMap(r => Array.from(numbersOf(t)).slice(r * width, (r + 1) * width))
        )
      })
    )
    expect(left(gatherRows(filledTensor('f32', [3, 1], 0), indices([0, 3])))).toContain(
      'indices/1: expected an index below 3, got 3'
    )
    expect(left(gatherRows(filledTensor('f32', [3, 1], 0), indices([])))).toContain('at least one')
  })

  it('take n is the first n rows, without a copy', () => {
    fc.assert(
      fc.property(matrix, fc.nat(10), ({ rows, width }, k) => {
        const n = 1 + (k % rows)
        const data = Uint8Array.from({ length: rows * width }, (_, i) => i)
        const d = right(
          dataset({ x: tensorView('u8', [rows, width], data), y: tensorView('u32', [rows], new Uint32Array(rows)) })
        )
        const head = right(takeExamples(d, n))
        expect(
          sameBits(
            head.x.tensor,
            pickExamples(
              d,
              Array.from({ length: n }, (_, i) => i)
            ).x.tensor
          )
        ).toBe(true)
        expect(exampleCount(head)).toBe(n)
        expect((head.x.tensor.data as Uint8Array).buffer).toBe(data.buffer)
        for (const bad of [0, -1, 0.5, NaN, rows + 1]) expect(left(takeExamples(d, bad))).toContain(`1 to ${rows}`)
      })
    )
  })

  it('gatherExamples gives what a model sees', () => {
    const d = right(
      dataset({
        x: right(feature(tensorView('u8', [2, 1], Uint8Array.of(10, 20)), { scale: 0.5, shift: 1 })),
        y: tensorView('u32', [2], Uint32Array.of(1, 0))
      })
    )
    const batch = right(gatherExamples(d, indices([1, 0, 1])))
    expect([...batch.x.data]).toEqual([11, 6, 11])
    expect([...batch.y.data]).toEqual([0, 1, 0])
    expect(left(gatherExamples(d, indices([2])))).toContain('below 2')
  })

  it('reshapeInputs keeps the numbers', () => {
    const d = right(
      fromArrays(
        [
          [1, 2, 3, 4],
          [5, 6, 7, 8]
        ],
        [[0], [1]]
      )
    )
    const r = right(reshapeInputs(d, [2, 2, 1]))
    expect(r.x.tensor.shape).toEqual([2, 2, 2, 1])
    expect(sameBits(right(reshapeInputs(r, [4])).x.tensor, d.x.tensor)).toBe(true)
    for (const shape of [[], [3], [-2, -2], [0.5, 8]])
      expect(left(reshapeInputs(d, shape))).toContain('a shape with 4 numbers')
  })
})

describe('labels', () => {
  const labelled = fc
    .integer({ min: 1, max: 20 })
    .chain(classes => fc.tuple(fc.constant(classes), fc.array(fc.nat(classes - 1), { minLength: 1 })))

  it('classLabels is the identity on class numbers, and oneHot has its 1 there', () => {
    fc.assert(
      fc.property(labelled, ([classes, ys]) => {
        expect(Array.from(right(classLabels(ys, classes)).data)).toEqual(ys)
        const t = right(oneHot(ys, classes))
        expect(t.shape).toEqual([ys.length, classes])
        expect(Array.from(t.data)).toEqual(
          ys.flatMap(y => Array.from({ length: classes }, (_, c) => (c === y ? 1 : 0)))
        )
      })
    )
  })

  it('names the first row that is no class number', () => {
    fc.assert(
      fc.property(labelled, fc.nat(), fc.constantFrom(-1, 0.5, NaN, Infinity, 4294967296), ([classes, ys], at, bad) => {
        const i = at % ys.length
        expect(
          left(
            classLabels(
              ys.map((y, j) => (j >= i ? bad : y)),
              classes
            )
          )
        ).toContain(`labels/row ${i}: expected`)
      })
    )
    expect(left(classLabels([3], 3))).toContain('a whole number from 0 to 2, got 3')
    expect(left(classLabels([], 3))).toContain('at least one label')
    for (const classes of [0, -1, 1.5, NaN]) expect(left(classLabels([0], classes))).toContain('classes: expected')
    expect(left(classLabels(right(tensor('f32', [1, 2], [0, 1])), 2))).toContain('[examples]')
    expect(left(oneHot([2], 2))).toContain('row 0')
  })

  it('takes tensors of any element type', () => {
    for (const dtype of ['f32', 'f64', 'u8', 'u32'] as const)
      expect(Array.from(right(classLabels(right(tensor(dtype, [3], [2, 0, 1])), 3)).data)).toEqual([2, 0, 1])
  })
})

it('finite floats stay as they are', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), xs => {
      const d = right(
        fromArrays(
          xs.map(x => [x]),
          xs.map(() => [0])
        )
      )
      expect(Array.from(d.x.tensor.data)).toEqual(xs)
    })
  )
})
