import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromArrays } from '../../src/data/arrays.js'
import { dataset, feature, featureValues, type Dataset } from '../../src/data/dataset.js'
import {
  applyScaling,
  fitScaling,
  scalingCodec,
  undoScaling,
  type Scaling,
  type ScalingGroup,
  type ScalingKind
} from '../../src/data/normalise.js'
import { decode, parseJson } from '../../src/value/codec.js'
import { filledTensor, numbersOf, sameBits, tensorView, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { uniform } from '../support/random.js'

const kinds: readonly ScalingKind[] = ['standardise', 'minMax', 'unit']
const groups: readonly ScalingGroup[] = ['column', 'channel', 'whole']

/** rows of numbers around a centre, so that spreads are neither tiny nor huge */
const table = fc
  .record({ rows: fc.integer({ min: 2, max: 30 }), width: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, width }) =>
    fc.array(
      fc.array(
        fc.integer({ min: -1000, max: 1000 }).map(n => n / 8),
        { minLength: width, maxLength: width }
      ),
      {
        minLength: rows,
        maxLength: rows
      }
    )
  )
const of = (x: readonly (readonly number[])[]): Dataset =>
  right(
    fromArrays(
      x,
      x.map(() => [0])
    )
  )
const columns = (d: Dataset, width: number): readonly (readonly number[])[] => {
  const all = Array.from(featureValues(d.x).data)
  return Array.from({ length: width }, (_, c) => all.filter((_, i) => i % width === c))
}
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

describe('scaling', () => {
  it('standardise: mean 0 and deviation 1 on the training part; constant columns become 0', () => {
    fc.assert(
      fc.property(table, x => {
        const d = of(x)
        const width = x[0]?.length ?? 0
        const out = right(applyScaling(right(fitScaling(d, 'standardise')), d))
        columns(out, width).forEach((column, c) => {
          const raw = x.map(row => row[c] as number)
          const constant = raw.every(v => v === raw[0])
          if (constant) expect(column.every(v => v === 0)).toBe(true)
          else {
            const spread = Math.max(...raw.map(Math.abs)) / Math.sqrt(mean(raw.map(v => (v - mean(raw)) ** 2)))
            expect(Math.abs(mean(column))).toBeLessThan(1e-6 * (1 + spread))
            expect(Math.abs(Math.sqrt(mean(column.map(v => v * v))) - 1)).toBeLessThan(1e-6 * (1 + spread))
          }
        })
      })
    )
  })

  it('minMax: from 0 to 1; unit: greatest absolute value 1, zeros stay', () => {
    fc.assert(
      fc.property(table, x => {
        const d = of(x)
        const width = x[0]?.length ?? 0
        const mm = columns(right(applyScaling(right(fitScaling(d, 'minMax')), d)), width)
        const unit = columns(right(applyScaling(right(fitScaling(d, 'unit')), d)), width)
        columns(d, width).forEach((raw, c) => {
          const constant = raw.every(v => v === raw[0])
          const error =
            1e-6 * (1 + (constant ? 0 : Math.max(...raw.map(Math.abs)) / (Math.max(...raw) - Math.min(...raw))))
          expect(Math.abs(Math.min(...(mm[c] as readonly number[])))).toBeLessThan(error)
          expect(Math.abs(Math.max(...(mm[c] as readonly number[])) - (constant ? 0 : 1))).toBeLessThan(error)
          const zero = raw.every(v => v === 0)
          expect(Math.abs(Math.max(...(unit[c] as readonly number[]).map(Math.abs)) - (zero ? 0 : 1))).toBeLessThan(
            1e-6
          )
          raw.forEach((v, i) => expect(v === 0).toBe(unit[c]?.[i] === 0))
        })
      })
    )
  })

  it('knows the training part only', () => {
    const train = of([[0], [10]])
    const test = of([[20], [-10]])
    const scaling = right(fitScaling(train, 'minMax'))
    expect(Array.from(featureValues(right(applyScaling(scaling, test)).x).data)).toEqual(
      [2, -1].map(v => Math.fround(v))
    )
  })

  it('sums with four f64 accumulators, element i in accumulator i mod 4', () => {
    fc.assert(
      fc.property(fc.array(uniform(-1000, 1000).map(Math.fround), { minLength: 2, maxLength: 40 }), xs => {
        const acc = [0, 0, 0, 0]
        xs.forEach((v, i) => (acc[i % 4] = (acc[i % 4] as number) + v))
        const [a, b, c, d] = acc as [number, number, number, number]
        const m = (a + c + (b + d)) / xs.length
        const squares = [0, 0, 0, 0]
        xs.forEach((v, i) => (squares[i % 4] = (squares[i % 4] as number) + (v - m) * (v - m)))
        const [p, q, r, s] = squares as [number, number, number, number]
        const deviation = Math.sqrt((p + r + (q + s)) / xs.length)
        fc.pre(xs.some(v => v !== xs[0]) && deviation > 1e-30)
        const scale = Math.fround(1 / deviation)
        const fitted = right(fitScaling(of(xs.map(v => [v])), 'standardise'))
        expect(fitted.scale).toEqual([scale])
        expect(fitted.shift).toEqual([Math.fround(0 - m * scale)])
      })
    )
  })

  it('is one multiplication and one addition in f32, by column, channel or for all', () => {
    const d = right(
      dataset({
        x: tensorView('f32', [2, 2, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9)),
        y: filledTensor('u32', [2], 0)
      })
    )
    for (const kind of kinds)
      for (const per of groups) {
        const s = right(fitScaling(d, kind, per))
        expect(s.scale.length).toBe({ column: 4, channel: 2, whole: 1 }[per])
        const n = s.scale.length
        expect(Array.from(featureValues(right(applyScaling(s, d)).x).data)).toEqual(
          Array.from(d.x.tensor.data, (v, i) =>
            Math.fround(Math.fround((s.scale[i % n] as number) * v) + (s.shift[i % n] as number))
          )
        )
        expect(right(decode(scalingCodec)(JSON.parse(JSON.stringify(s))))).toEqual(s)
      }
  })

  it('bytes stay bytes under one scale for all, and become f32 otherwise', () => {
    const raw = right(feature(tensorView('u8', [2, 2], Uint8Array.of(0, 51, 102, 255)), { scale: 1 / 255, shift: 0 }))
    const d = right(dataset({ x: raw, y: filledTensor('u32', [2], 0) }))
    const whole = right(applyScaling(right(fitScaling(d, 'standardise', 'whole')), d))
    expect(whole.x.tensor.data).toBe(raw.tensor.data)
    const seen = Array.from(featureValues(whole.x).data)
    expect(Math.abs(mean(seen))).toBeLessThan(1e-6)
    expect(Math.abs(mean(seen.map(v => v * v)) - 1)).toBeLessThan(1e-6)
    expect(right(applyScaling(right(fitScaling(d, 'standardise')), d)).x.tensor.dtype).toBe('f32')
  })

  it('refuses indexes, other shapes, and what f32 cannot hold', () => {
    const tokens = right(dataset({ x: filledTensor('u32', [2, 1], 3), y: filledTensor('u32', [2], 0) }))
    expect(left(fitScaling(tokens, 'unit'))).toContain('which are indexes')
    const two = of([
      [1, 2],
      [3, 5]
    ])
    expect(left(applyScaling(right(fitScaling(two, 'unit')), of([[1], [2]])))).toContain('inputs with 2 of column')
    expect(left(applyScaling(right(fitScaling(two, 'unit')), tokens))).toContain('u32')
    expect(left(fitScaling(of([[0], [1e-45]]), 'minMax'))).toContain('f32 can hold')
    expect(left(applyScaling(right(fitScaling(of([[0], [1e-30]]), 'minMax')), of([[1e30], [0]])))).toContain('x/row 0')
  })
})

/** examples with these targets */
const targets = (y: readonly (readonly number[])[]): Dataset =>
  right(
    fromArrays(
      y.map(() => [0]),
      y
    )
  )
const fitTargets = (d: Dataset, kind: ScalingKind, per: ScalingGroup) => fitScaling(d, kind, per, 'targets')
const anyKind = fc.constantFrom(...kinds)
const anyGroup = fc.constantFrom(...groups)
/** numbers of f32 up to its ends, its least ones among them */
const anyNumber = fc.float({ noNaN: true, noDefaultInfinity: true })
const anyTable = fc
  .integer({ min: 1, max: 3 })
  .chain(width =>
    fc.array(fc.array(anyNumber, { minLength: width, maxLength: width }), { minLength: 2, maxLength: 12 })
  )

describe('scaling of targets', () => {
  // so that the laws of inputs above are theirs too: mean 0, deviation 1, range, sums
  it('gives the bits that inputs of these numbers would have, and leaves the inputs alone', () => {
    fc.assert(
      fc.property(table, anyKind, anyGroup, (numbers, kind, per) => {
        const [asInputs, asTargets] = [of(numbers), targets(numbers)]
        const [inputs, own] = [right(fitScaling(asInputs, kind, per)), right(fitTargets(asTargets, kind, per))]
        expect(own).toEqual({ ...inputs, of: 'targets' })
        const scaled = right(applyScaling(own, asTargets))
        expect(sameBits(featureValues(scaled.y), featureValues(right(applyScaling(inputs, asInputs)).x))).toBe(true)
        expect(scaled.x).toBe(asTargets.x)
      })
    )
  })

  it('undone gives each target back, to about one step of f32, from one end of f32 to the other', () => {
    fc.assert(
      fc.property(anyTable, anyKind, anyGroup, (numbers, kind, per) => {
        const d = targets(numbers)
        const fitted = fitTargets(d, kind, per)
        fc.pre(E.isRight(fitted))
        const scaling = right(fitted)
        const applied = applyScaling(scaling, d)
        fc.pre(E.isRight(applied))
        const back = right(undoScaling(scaling, featureValues(right(applied).y)))
        expect([back.dtype, back.shape]).toEqual(['f64', d.y.tensor.shape])
        Array.from(numbersOf(d.y.tensor)).forEach((target, i) => {
          const c = i % scaling.scale.length
          const [scale, shift] = [scaling.scale[c] as number, scaling.shift[c] as number]
          // below the normal range of f32 a product is rounded to a step of 2^-149
          const bound = 2 ** -24 * (Math.abs(target) + Math.abs(target + shift / scale)) + 2 ** -150 / scale
          expect(Math.abs((back.data[i] as number) - target)).toBeLessThanOrEqual(bound * (1 + 2 ** -20))
        })
      }),
      { numRuns: 300 }
    )
  })

  it('undone keeps the digits of outputs: scaled again in f64 they are what they were', () => {
    const settings = fc.record({
      centre: uniform(-1e12, 1e12),
      spread: fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      output: uniform(-8, 8).map(Math.fround)
    })
    fc.assert(
      fc.property(settings, ({ centre, spread, output }) => {
        const scale = Math.fround(1 / spread)
        const shift = Math.fround(-centre * scale)
        const scaling: Scaling = { of: 'targets', kind: 'standardise', per: 'column', scale: [scale], shift: [shift] }
        const back = right(undoScaling(scaling, tensorView('f32', [1, 1], Float32Array.of(output)))).data[0] as number
        // a few roundings to f64
        const bound = 2 ** -50 * (Math.abs(output - shift) + Math.abs(shift))
        expect(Math.abs(back * scale + shift - output)).toBeLessThanOrEqual(bound)
      })
    )
    // in f32 the two would be one: its steps are 128 there
    const times = right(fitTargets(targets([[1.7e9 - 1024], [1.7e9 + 1024]]), 'standardise', 'column'))
    const two = right(undoScaling(times, tensorView('f32', [2, 1], Float32Array.of(0.25, 0.2501)))).data
    expect((two[1] as number) - (two[0] as number)).toBeCloseTo(1024 * 1e-4, 4)
  })

  it('makes constant columns 0, and gives the very constants back', () => {
    fc.assert(
      fc.property(
        anyNumber,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('standardise', 'minMax'),
        (constant, n, kind) => {
          const d = targets(Array.from({ length: n }, () => [constant]))
          const scaling = right(fitTargets(d, kind, 'column'))
          const { y } = right(applyScaling(scaling, d))
          expect(Array.from(numbersOf(y.tensor)).every(v => v === 0)).toBe(true)
          const back = Array.from(right(undoScaling(scaling, y.tensor)).data)
          expect(back.every(v => v === Math.fround(constant))).toBe(true)
        }
      )
    )
  })

  it('knows the training part only', () => {
    fc.assert(
      fc.property(table, table, anyKind, (train, test, kind) => {
        const [a, b] = [train, test].map(rows => targets(rows.map(row => row.slice(0, 1)))) as [Dataset, Dataset]
        const scaling = right(fitTargets(a, kind, 'column'))
        const [scale, shift] = [scaling.scale[0] as number, scaling.shift[0] as number]
        expect(Array.from(numbersOf(right(applyScaling(scaling, b)).y.tensor))).toEqual(
          Array.from(numbersOf(b.y.tensor), v => Math.fround(Math.fround(scale * v) + shift))
        )
      })
    )
  })

  it('bytes that are values stay bytes under one scale for all, and come back as values', () => {
    const raw = right(feature(tensorView('u8', [2, 2], Uint8Array.of(0, 51, 102, 255)), { scale: 1 / 255, shift: 0 }))
    const d = right(dataset({ x: filledTensor('f32', [2, 1], 0), y: raw }))
    const scaling = right(fitTargets(d, 'standardise', 'whole'))
    const { y } = right(applyScaling(scaling, d))
    expect(y.tensor.data).toBe(raw.tensor.data)
    const back = Array.from(right(undoScaling(scaling, featureValues(y))).data)
    back.forEach((v, i) => expect(Math.abs(v - (raw.tensor.data[i] as number) / 255)).toBeLessThan(2 ** -22))
  })

  it('travels as JSON; without `of` it is of inputs', () => {
    fc.assert(
      fc.property(table, anyKind, anyGroup, fc.constantFrom('inputs', 'targets'), (numbers, kind, per, of) => {
        const fitted = right(fitScaling({ ...targets(numbers), x: targets(numbers).y }, kind, per, of))
        expect(right(parseJson(scalingCodec)(JSON.stringify(scalingCodec.encode(fitted))))).toEqual(fitted)
        const { of: _, ...before } = fitted
        expect(right(decode(scalingCodec)(before))).toEqual({ ...fitted, of: 'inputs' })
      })
    )
    const unknown = { of: 'weights', kind: 'unit', per: 'whole', scale: [1], shift: [0] }
    expect(left(decode(scalingCodec)(unknown))).toBe('$/of: expected one of inputs, targets, got "weights"')
  })

  it('refuses class indexes, other shapes, and what f32 cannot hold', () => {
    const classes = right(dataset({ x: filledTensor('f32', [2, 1], 0), y: filledTensor('f32', [2], 1), classes: 2 }))
    const said = 'are not scaled: do so with targets that are values, as f32'
    expect(left(fitTargets(classes, 'unit', 'whole'))).toBe(
      `y: expected numbers to scale, got u32, which are indexes; classes ${said}`
    )
    const bytes = { ...classes, y: { tensor: filledTensor('u8', [2], 1), scale: 1, shift: 0 } }
    expect(left(fitTargets(bytes, 'unit', 'whole'))).toContain(said)
    const one = right(fitTargets(targets([[1], [2]]), 'minMax', 'column'))
    expect(left(applyScaling(one, classes))).toBe(
      'y: expected targets with 1 of column, got 1 of u32; fit the scaling on data of this shape'
    )
    expect(left(applyScaling(one, bytes))).toContain('1 of u8')
    expect(left(applyScaling(one, targets([[1, 2]])))).toContain('2 of f32')
    expect(left(fitTargets(targets([[0], [1e-45]]), 'minMax', 'column'))).toContain('y/column 0')
    const undo = (t: Tensor): string => left(undoScaling(one, t))
    expect(undo(filledTensor('f32', [3, 2], 0))).toContain('targets with 1 of column, got 2 of f32')
    expect(undo(filledTensor('u32', [3, 1], 0))).toContain('1 of u32')
    expect(left(undoScaling({ ...one, shift: [] }, filledTensor('f32', [3, 1], 0)))).toContain(
      'targets with 1 of column'
    )
    expect(left(undoScaling({ ...one, scale: [0] }, filledTensor('f32', [3, 1], 0)))).toContain('numbers other than 0')
  })
})
