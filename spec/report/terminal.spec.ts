/** Curves as text: a sparkline in the bar of a training, a plot of a record. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barLine } from '../../src/cli/format.js'
import { textPlot } from '../../src/report/plot.js'
import { courseAfter, courseOf, sparkline } from '../../src/report/sparkline.js'
import type { Point } from '../../src/report/line.js'

describe('a sparkline', () => {
  test.each([
    ['is high where numbers are', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['shows a wide range by its logarithms', [1000, 100, 10, 1], '█▆▃▁'],
    ['leaves a gap where a number is not finite', [1, NaN, 3, Infinity], '▁ █ '],
    ['is flat where all numbers are equal', [2, 2, 2], '▁▁▁'],
    ['of nothing is empty', [], '']
  ])('%s', (_, xs, text) => expect(sparkline(xs)).toBe(text))
  test('keeps the order of the numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 2 }),
        xs => {
          const line = sparkline(xs)
          expect(line).toHaveLength(xs.length)
          xs.forEach((x, i) => {
            if (i > 0 && x > (xs[i - 1] as number)) expect((line[i] as string) >= (line[i - 1] as string)).toBe(true)
          })
        }
      )
    )
  })
})

describe('the course of numbers', () => {
  const courseFrom = (xs: readonly number[], columns: number) => xs.reduce(courseAfter, courseOf(columns))
  test('has at most its columns, and their means are means of what came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 300 }), xs => {
        const { means, each, count } = courseFrom(xs, 8)
        expect(means.length).toBeLessThan(8)
        expect(means.length * each + count).toBe(xs.length)
        means.forEach((mean, i) => {
          const part = xs.slice(i * each, (i + 1) * each)
          expect(mean).toBeCloseTo(part.reduce((a, b) => a + b, 0) / each, 9)
        })
      })
    )
  })
})

describe('the bar with a sparkline', () => {
  const state = { epoch: 3, epochs: 10, done: 0.5, rate: 100, remaining: 80, loss: 0.25, course: [3, 2, 1] }
  test('shows it behind the loss', () => {
    expect(barLine(state, 90)).toBe(
      'epoch 3/10 [==============---------------]  50%  100 examples/s  1:20 left  loss 0.25 █▅▁'
    )
  })
  test('leaves it out where there is no room, and never fills the line', () => {
    for (let width = 0; width < 120; width++)
      expect(barLine(state, width).length).toBeLessThanOrEqual(Math.max(0, width - 1))
    expect(barLine(state, 60)).not.toContain('█')
  })
})

describe('a plot as text', () => {
  const falling = Array.from({ length: 5000 }, (_, i): Point => [i + 1, 1 / (i + 1)])
  test('has the size that was asked for, whatever the points are', () => {
    const any = fc.double()
    const point = fc.tuple(any, any)
    const size = { width: fc.integer({ min: 30, max: 120 }), height: fc.integer({ min: 3, max: 30 }) }
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), fc.record(size), (points, o) => {
        const sorted = [...points].sort((a, b) => a[0] - b[0])
        const lines = textPlot({ title: 'loss', x: 'step', points: sorted, ...o }).split('\n')
        expect(lines).toHaveLength(o.height + 3)
        for (const line of lines.slice(1, -1)) expect(line.length).toBeLessThanOrEqual(o.width)
      })
    )
  })
  test('goes from the corner at the top to the corner at the bottom, without holes', () => {
    const lines = textPlot({ title: 'loss', x: 'step', points: falling, width: 40, height: 8 }).split('\n')
    expect(lines[0]).toBe('loss, logarithmic axis')
    expect(lines.at(-1)).toMatch(/^ +1 +5000 step$/)
    const drawn = lines.slice(1, 9).map(l => l.replace(/^.*[│┤]/, ''))
    expect(drawn[0]?.[0]).not.toBe('\u2800')
    const columns = Array.from({ length: drawn.at(-1)?.length ?? 0 }, (_, i) =>
      drawn.map(l => l[i] ?? '\u2800').join('')
    )
    expect(columns.filter(c => /^\u2800+$/.test(c))).toEqual([])
    expect(columns.length).toBeGreaterThan(30)
  })
  test('shows a single spike of a long curve', () => {
    const spiky = falling.map(([x]): Point => [x, x === 2500 ? 9 : 0])
    const top = textPlot({ title: 'loss', x: 'step', points: spiky, width: 60 }).split('\n')[1]
    expect(top?.replace(/^.*[│┤]/, '')).toMatch(/[^\u2800]/)
  })
  test('has the same text each time', () => {
    const plot = {
      title: 'loss',
      x: 'step',
      points: [
        [1, 4],
        [2, 2],
        [3, 3],
        [4, 1]
      ] as const,
      width: 24,
      height: 4
    }
    expect(textPlot(plot)).toMatchInlineSnapshot(`
      "loss
         4 ┤⠳⣄⡀
         3 ┤⠀⠀⠙⢦⡀⠀⠀⠀⢀⣠⠤⠶⢤⡀
         2 ┤⠀⠀⠀⠀⠙⠲⠖⠚⠉⠀⠀⠀⠀⠙⢦⡀
       1.5 ┤⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠉⠳⣄
           └──────────────────
            1               4 step"
    `)
  })
})
