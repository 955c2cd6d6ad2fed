import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromArrays } from '../../src/data/arrays.js'
import { dataset, feature, valuesOf, type Dataset } from '../../src/data/dataset.js'
import {
  applyScaling,
  fitScaling,
  scalingCodec,
  type ScalingGroup,
  type ScalingKind
} from '../../src/data/normalise.js'
import { decode } from '../../src/value/codec.js'
import { full, view } from '../../src/value/tensor.js'
import { left, right } from './helpers.js'

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
  const all = Array.from(valuesOf(d.x).data)
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
    expect(Array.from(valuesOf(right(applyScaling(scaling, test)).x).data)).toEqual([2, -1].map(v => Math.fround(v)))
  })

  it('sums with four f64 accumulators, element i in accumulator i mod 4', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 2, maxLength: 40 }), xs => {
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
      dataset({ x: view('f32', [2, 2, 2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9)), y: full('u32', [2], 0) })
    )
    for (const kind of kinds)
      for (const per of groups) {
        const s = right(fitScaling(d, kind, per))
        expect(s.scale.length).toBe({ column: 4, channel: 2, whole: 1 }[per])
        const n = s.scale.length
        expect(Array.from(valuesOf(right(applyScaling(s, d)).x).data)).toEqual(
          Array.from(d.x.tensor.data, (v, i) =>
            Math.fround(Math.fround((s.scale[i % n] as number) * v) + (s.shift[i % n] as number))
          )
        )
        expect(right(decode(scalingCodec)(JSON.parse(JSON.stringify(s))))).toEqual(s)
      }
  })

  it('bytes stay bytes under one scale for all, and become f32 otherwise', () => {
    const raw = right(feature(view('u8', [2, 2], Uint8Array.of(0, 51, 102, 255)), { scale: 1 / 255, shift: 0 }))
    const d = right(dataset({ x: raw, y: full('u32', [2], 0) }))
    const whole = right(applyScaling(right(fitScaling(d, 'standardise', 'whole')), d))
    expect(whole.x.tensor.data).toBe(raw.tensor.data)
    const seen = Array.from(valuesOf(whole.x).data)
    expect(Math.abs(mean(seen))).toBeLessThan(1e-6)
    expect(Math.abs(mean(seen.map(v => v * v)) - 1)).toBeLessThan(1e-6)
    expect(right(applyScaling(right(fitScaling(d, 'standardise')), d)).x.tensor.dtype).toBe('f32')
  })

  it('refuses indexes, other shapes, and what f32 cannot hold', () => {
    const tokens = right(dataset({ x: full('u32', [2, 1], 3), y: full('u32', [2], 0) }))
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
