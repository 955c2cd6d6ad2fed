/**
 * Curves as text, in dots of Braille: two by four dots a character. The same points give the same text. Chart libraries for terminals,
 * as asciichart, have no logarithmic axis and draw a column for each point: they do not fit a long training to a width.
 */
import { axis, domainOf } from './axis.js'
import type { Point } from './line.js'
import { scaleFor, short, type ScaleKind } from './number.js'

export interface TextPlot {
  readonly title: string
  readonly x: string
  readonly points: readonly Point[]
  readonly scale?: ScaleKind
  /** characters, the labels of the axis included */
  readonly width?: number
  readonly height?: number
}

/** the bits of the dots of a character: Unicode counts them down the left column, then the right one, then the last row */
const bits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80]
] as const

/** dots that a line through the points covers: for each column of dots from its highest to its lowest place */
const covered = (places: readonly Point[], columns: number): ReadonlyMap<number, readonly [number, number]> => {
  const found = new Map<number, readonly [number, number]>()
  const take = (column: number, y: number): void => {
    const [low, high] = found.get(column) ?? [y, y]
    found.set(column, [Math.min(low, y), Math.max(high, y)])
  }
  places.forEach(([x, y], i) => {
    const [x0, y0] = places[i - 1] ?? [x, y]
    if (!Number.isFinite(y)) return
    const last = Math.min(columns - 1, Math.floor(x))
    // at both edges of each column, so that the line has no holes
    const at = (place: number): number => (x === x0 ? y : y0 + ((place - x0) / (x - x0)) * (y - y0))
    if (Number.isFinite(y0))
      for (let column = Math.floor(x0); column <= last; column++) {
        take(column, at(Math.max(column, x0)))
        take(column, at(Math.min(column + 1, x)))
      }
    take(last, y)
  })
  return found
}

/**
 * The plot as lines of text.
 *
 * @example textPlot({ title: 'loss', x: 'step', points: [[1, 0.9], [2, 0.4], [3, 0.1]] })
 */
export const textPlot = ({ title, x, points, scale, width = 78, height = 16 }: TextPlot): string => {
  const ys = points.map(p => p[1])
  const kind = scale ?? scaleFor(ys)
  const domain = domainOf(ys, kind)
  const across = domainOf(
    points.map(p => p[0]),
    'linear'
  )
  const rows = 4 * height
  const vertical = axis(domain, [rows - 1, 0], kind, 5)
  const labels = new Map(vertical.ticks.map(t => [Math.floor(t.at / 4), t.label]))
  const side = [...labels.values()].reduce((most, l) => Math.max(most, l.length), 4)
  const columns = 2 * Math.max(4, width - side - 2)
  const horizontal = axis(across, [0, columns - 1], 'linear', 4)
  const dots = covered(
    points.map(p => [horizontal.at(p[0]), vertical.at(p[1])]),
    columns
  )
  const isOn = (column: number, row: number): boolean => {
    const [low, high] = dots.get(column) ?? [1, 0]
    return row >= Math.floor(low + 0.5) && row <= Math.floor(high + 0.5)
  }
  const character = (column: number, row: number): string =>
    String.fromCharCode(
      0x2800 +
        bits.flatMap((two, r) => two.filter((_, c) => isOn(2 * column + c, 4 * row + r))).reduce((a, b) => a + b, 0)
    )
  const line = (row: number): string => {
    const label = labels.get(row)
    const text = Array.from({ length: columns / 2 }, (_, column) => character(column, row)).join('')
    return `${(label ?? '').padStart(side)} ${label === undefined ? '│' : '┤'}${text}`.replace(/\u2800+$/, '')
  }
  const [from, to] = across.map(short)
  const under = `${from}${`${to} `.padStart(columns / 2 - (from ?? '').length)}`
  return [
    `${title}${kind === 'log' ? ', logarithmic axis' : ''}`,
    ...Array.from({ length: height }, (_, row) => line(row)),
    `${' '.repeat(side)} └${'─'.repeat(columns / 2)}`,
    `${' '.repeat(side + 2)}${under}${x}`.trimEnd()
  ].join('\n')
}
