/** Plots: every point inside of its picture, on the axis asked for, and no text that could leave its place. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scatter, type Scatter } from '../../src/report/scatter.js'
import { uniform } from '../support/random.js'

const number = uniform(-1e9, 1e9)
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true })
const plot = (kind: 'linear' | 'log', xs: readonly number[], ys: readonly (number | undefined)[]): Scatter => ({
  title: 'loss against rate',
  x: { label: 'rate', kind, domain: [Math.min(...xs), Math.max(...xs)] },
  y: { label: 'loss', kind: 'linear', domain: [-1e9, 1e9] },
  points: xs.map((x, i) => ({ x, y: ys[i], series: i % 9, title: `trial ${i}`, best: i === 0 })),
  bands: [{ from: Math.min(...xs), to: Math.max(...xs), series: 0 }]
})
const attributes = (svg: string, name: string): readonly number[] =>
  [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(m => Number(m[1]))
/** where the points are along the x axis, in the order in which they were given */
const places = (svg: string): readonly number[] =>
  [...svg.matchAll(/<circle cx="([^"]+)"[^>]*fill-opacity/g)].map(m => Number(m[1]))

describe('a scatter plot', () => {
  test('has every point inside, with its title', () => {
    const some = fc.oneof(
      fc.tuple(fc.constant('linear' as const), fc.uniqueArray(number, { minLength: 2, maxLength: 20 })),
      fc.tuple(fc.constant('log' as const), fc.uniqueArray(positive, { minLength: 2, maxLength: 20 }))
    )
    fc.assert(
      fc.property(
        some,
        fc.array(fc.option(number, { nil: undefined }), { minLength: 20, maxLength: 20 }),
        ([kind, xs], ys) => {
          const svg = scatter(plot(kind, xs, ys))
          expect(svg).not.toMatch(/NaN|Infinity|undefined/)
          expect(svg.match(/<title>/g)).toHaveLength(xs.length)
          expect(svg.match(/<title /g)).toHaveLength(1)
          for (const x of attributes(svg, 'cx')) expect(x >= 64 && x <= 464).toBe(true)
          for (const y of attributes(svg, 'cy')) expect(y >= 50 && y <= 274).toBe(true)
        }
      )
    )
  })
  test('is drawn of numbers between which there are no round ones', () => {
    for (const xs of [
      [-5e-324, 5e-324],
      [1, 1.0000000000000002],
      [1e300, 1.0000000000000002e300]
    ])
      expect(scatter(plot('linear', xs, [0, 0]))).not.toMatch(/NaN|Infinity/)
    // the logarithms of the second pair and of the third are equal
    for (const xs of [
      [1, 1.0000000000000002],
      [1e-9, 1.0000000000000003e-9],
      [3, 3]
    ])
      expect(scatter(plot('log', xs, [0, 0]))).not.toMatch(/NaN|Infinity/)
  })
  test('puts powers of ten at equal distances on a logarithmic axis', () => {
    const xs = [1e-6, 1e-4, 1e-2, 1]
    const at = places(scatter(plot('log', xs, [0, 0, 0, 0])))
    const steps = at.slice(1).map((x, i) => x - (at[i] as number))
    for (const step of steps) expect(step).toBeCloseTo(steps[0] as number, 0)
    const svg = scatter(plot('log', xs, [0, 0, 0, 0]))
    for (const label of ['1e-6', '1e-4', '0.01', '1']) expect(svg).toContain(`>${label}</text>`)
  })
  test('keeps bands above the points however many there are', () => {
    const many = plot('linear', [0, 1], [0, 0])
    const svg = scatter({ ...many, bands: Array.from({ length: 40 }, (_, series) => ({ from: 0, to: 1, series })) })
    const bands = [...svg.matchAll(/<rect [^>]*y="([^"]+)"[^>]*height="([^"]+)"/g)]
    expect(bands).toHaveLength(40)
    for (const [, y, height] of bands) expect(Number(y) + Number(height)).toBeLessThanOrEqual(54.1)
  })
  test('says which series has which colour, where there are several', () => {
    const named = { ...plot('linear', [0, 1], [0, 0]), series: ['round 1', 'round 2'] }
    expect(scatter(named)).toMatch(
      /<circle class="f0"[^>]*><\/circle><text[^>]*>round 1<\/text><circle class="f1"[^>]*><\/circle><text[^>]*>round 2</
    )
    expect(scatter({ ...named, series: ['round 1'] })).not.toContain('round 1')
  })
  test('lets no text out of its place', () => {
    const evil = '</text><script>"\'&\u0000'
    const svg = scatter({
      title: evil,
      x: { label: evil, kind: 'categories', domain: [evil, 'b'] },
      y: { label: evil, kind: 'linear', domain: [0, 1] },
      series: [evil, evil],
      points: [{ x: evil, y: 0.5, series: 0, title: evil }]
    })
    expect(svg).not.toMatch(/<script|\u0000/)
    // title twice, two axes twice, two series, a point; a tick shows the start of its text
    expect(svg.match(/&#60;script&#62;/g)?.length).toBeGreaterThanOrEqual(7)
  })
})
