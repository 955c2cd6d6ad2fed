/** Curves: every point inside of the picture, long series reduced without losing what is seen, gaps where numbers are missing. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barChart, countTable, histogram } from '../../src/report/bar.js'
import { smoothed } from '../../src/report/history.js'
import { lineChart, reduced, type LineChart, type Point } from '../../src/report/line.js'
import { pictureText } from '../../src/report/picture.js'
import { hostile } from './hostile.js'

const chart = (points: readonly Point[], more: Partial<LineChart> = {}): string =>
  pictureText(
    lineChart({
      name: 'loss',
      title: 'Loss',
      description: 'd',
      x: 'step',
      y: 'loss',
      curves: [{ name: 'a', points, series: 0, dots: true }],
      bands: [{ name: 'b', points: points.map(([x, y]) => [x, y, y]), series: 9 }],
      marks: points.slice(0, 2).map(([x, y], i) => (i === 0 ? { x, y, label: 'first' } : { x })),
      ...more
    })
  )
const number = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e300, max: 1e300 }),
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1, 5e-324)
)

describe('a line chart', () => {
  test('has no number that is not one, whatever the points are', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 30 }), ys => {
        expect(chart(ys.map((y, i): Point => [i, y]))).not.toMatch(/NaN|Infinity|undefined/)
      })
    )
  })
  test('keeps every point inside, on both scales', () => {
    for (const scale of ['linear', 'log'] as const) {
      const svg = chart(
        Array.from({ length: 50 }, (_, i): Point => [i + 1, 1 / (i + 1)]),
        { scale }
      )
      const at = [...svg.matchAll(/<circle[^>]*cx="([^"]+)" cy="([^"]+)"/g)].map(m => [Number(m[1]), Number(m[2])])
      expect(at.length).toBeGreaterThanOrEqual(50)
      for (const [x = NaN, y = NaN] of at) {
        expect(x >= 64 && x <= 704).toBe(true)
        expect(y >= 40 && y <= 274).toBe(true)
      }
    }
  })
  test('keeps the smallest and the largest number of every column of pixels', () => {
    const points = Array.from({ length: 15_000 }, (_, i): Point => [
      i,
      ((i * 7919) % 1009) / 1009 + (i === 7000 ? 50 : 0)
    ])
    const at = (x: number): number => x / 25
    const kept = reduced(points, at)
    expect(kept.length).toBeLessThanOrEqual(4 * 600)
    expect(kept.map(p => p[0])).toEqual([...kept.map(p => p[0])].sort((a, b) => a - b))
    const ends = (all: readonly Point[], column: number): readonly number[] => {
      const mine = all.filter(p => Math.floor(at(p[0])) === column).map(p => p[1])
      return [Math.min(...mine), Math.max(...mine)]
    }
    for (const column of [0, 17, 280, 599]) expect(ends(kept, column)).toEqual(ends(points, column))
    expect(kept.some(p => p[1] > 50)).toBe(true)
  })
  test('of 15,000 points takes less than 40 kB, and has the same bytes each time', () => {
    const points = Array.from({ length: 15_000 }, (_, i): Point => [i, ((i * 7919) % 1009) / 1009])
    const curves = [{ name: 'a', points, series: 0 }]
    const svg = chart([], { curves, bands: [] })
    expect(svg.length).toBeLessThan(40_000)
    expect(chart([], { curves, bands: [] })).toBe(svg)
  })
  test('has gaps where numbers are not finite', () => {
    const svg = chart([
      [0, 1],
      [1, 2],
      [2, NaN],
      [3, 1],
      [4, 2]
    ])
    const [, curve = ''] = [...svg.matchAll(/class="l0 line" d="([^"]*)"/g)].map(m => m[1] ?? '')
    expect(curve.match(/M/g)).toHaveLength(2)
  })
  test.each(hostile)('holds %j as text', text => {
    const svg = chart([[0, 1]], { name: text, title: text, x: text, y: text, description: text })
    expect(svg).not.toMatch(/<script|<img|<b>|[\u0000\u202e]/)
  })
})

describe('bars', () => {
  const common = { name: 'n', title: 't', description: 'd' }
  test('are as long as their numbers', () => {
    const svg = pictureText(
      barChart({
        ...common,
        value: 'importance',
        bars: [
          { label: 'a', value: 1 },
          { label: 'b', value: 0.5 },
          { label: 'c', value: 0 }
        ]
      })
    )
    const [a = 0, b = 0, c = NaN] = [...svg.matchAll(/<rect[^>]*width="([^"]+)"/g)].map(m => Number(m[1]))
    expect(b / a).toBeCloseTo(0.5, 3)
    expect(c).toBe(0)
  })
  test('of a histogram are as high as their counts', () => {
    const svg = pictureText(histogram({ ...common, x: 'r', domain: [0, 1], counts: [4, 2, 0] }))
    const [a = 0, b = 0, c = NaN] = [...svg.matchAll(/<rect[^>]*height="([^"]+)"/g)].map(m => Number(m[1]))
    expect(b / a).toBeCloseTo(0.5, 3)
    expect(c).toBe(0)
  })
  test('of counts say each count, with the names of the classes', () => {
    const svg = pictureText(
      countTable({
        ...common,
        rows: 'class',
        columns: 'predicted',
        names: ['cat', 'dog'],
        counts: [
          [3, 1],
          [0, 2]
        ]
      })
    )
    expect(svg).toContain('<title>cat, predicted dog: 1</title>')
    expect([...svg.matchAll(/fill-opacity="([^"]+)"/g)].map(m => m[1])).toEqual(['0.42', '0.17', '0.05', '0.55'])
  })
})

test('a smoothed curve starts at its first number, keeps a constant, and leaves out what is not finite', () => {
  const points = [3, 3, NaN, 3].map((y, i): Point => [i, y])
  for (const [, y] of smoothed(points, 10)) expect(y).toBeCloseTo(3, 12)
  // weights 2/3 and 2/9 of 1, 4: (2/3 * 4 + 1/3 * 2/3 * 1) / (8/9)
  expect(
    smoothed(
      [
        [0, 1],
        [1, 4]
      ],
      2
    )[1]?.[1]
  ).toBeCloseTo(3.25, 12)
})
