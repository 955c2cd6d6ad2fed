/** Curves as a picture. */
import { area, line } from 'd3-shape'
import { axis, below, beside, domainOf, label, type Axis, type Frame } from './axis.js'
import { colourOf, dashOf, legend, type LegendEntry } from './legend.js'
import { element, fragment, type Markup } from './markup.js'
import { px, scaleFor, type ScaleKind } from './number.js'
import type { Picture } from './picture.js'

export type Point = readonly [x: number, y: number]
export interface Curve {
  readonly name: string
  readonly points: readonly Point[]
  /** decides the colour */
  readonly series: number
  /** behind the others, as raw values behind smoothed ones */
  readonly faint?: boolean
  /** a dot at every point: for few points */
  readonly dots?: boolean
}
/** a stretch of the y axis for each x */
export interface Band {
  readonly name: string
  readonly points: readonly (readonly [x: number, low: number, high: number])[]
  readonly series: number
}
/** a line across the picture, or a ring at a point of it */
export interface Mark {
  readonly x: number
  readonly y?: number
  readonly label?: string
}
export interface LineChart {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly x: string
  readonly y: string
  readonly curves: readonly Curve[]
  readonly bands?: readonly Band[]
  readonly marks?: readonly Mark[]
  /** default: logarithmic where the curves are positive and span a factor of 30 */
  readonly scale?: ScaleKind
  /** the ends of the axes, where the points do not say them */
  readonly domain?: { readonly x?: readonly [number, number]; readonly y?: readonly [number, number] }
  readonly width?: number
  readonly height?: number
}

/**
 * Of each column of pixels the first, the smallest, the largest and the last point, in their order: what a line through all of them shows.
 * Points that are not finite stay, as gaps, where one is in the column alone.
 */
export const reduced = (points: readonly Point[], at: (x: number) => number): readonly Point[] => {
  const columns = new Map<number, readonly Point[]>()
  const kept = (all: readonly Point[]): readonly Point[] => {
    const finite = all.filter(p => Number.isFinite(p[1]))
    const [first] = finite
    if (first === undefined || finite.length <= 4) return finite.length === 0 ? all.slice(0, 1) : finite
    const low = finite.reduce((a, b) => (b[1] < a[1] ? b : a))
    const high = finite.reduce((a, b) => (b[1] > a[1] ? b : a))
    return finite.filter((p, i) => i === 0 || p === low || p === high || i === finite.length - 1)
  }
  const sorted = points.reduce<Map<number, Point[]>>(
    (found, p) => {
      const column = Math.floor(at(p[0]))
      const there = found.get(column)
      if (there === undefined) found.set(column, [p])
      else there.push(p)
      return found
    },
    columns as Map<number, Point[]>
  )
  return [...sorted.values()].flatMap(kept)
}

const curvePath = (c: Curve, x: Axis, y: Axis, width: number): Markup => {
  const points = c.points.length > 2 * width ? reduced(c.points, x.at) : c.points
  const there = (p: Point): boolean => Number.isFinite(p[1]) && Number.isFinite(y.at(p[1]))
  const d = line<Point>()
    .digits(2)
    .defined(there)
    .x(p => x.at(p[0]))
    .y(p => y.at(p[1]))([...points])
  return fragment(
    element('path', {
      class: `l${colourOf(c.series)} line${c.faint === true ? ' faint' : ''}`,
      'stroke-dasharray': dashOf(c.series),
      d: d ?? 'M0 0'
    }),
    c.dots !== true
      ? undefined
      : points
          .filter(there)
          .map(p =>
            element('circle', { class: `f${colourOf(c.series)}`, cx: px(x.at(p[0])), cy: px(y.at(p[1])), r: 2.5 })
          )
  )
}
const bandPath = (b: Band, x: Axis, y: Axis): Markup => {
  const d = area<readonly [number, number, number]>()
    .digits(2)
    .defined(p => Number.isFinite(y.at(p[1])) && Number.isFinite(y.at(p[2])))
    .x(p => x.at(p[0]))
    .y0(p => y.at(p[1]))
    .y1(p => y.at(p[2]))([...b.points])
  return element('path', { class: `f${colourOf(b.series)} band`, d: d ?? 'M0 0' })
}
const markPath = (m: Mark, x: Axis, y: Axis, f: Frame): Markup => {
  const at = x.at(m.x)
  const nearRight = at > f.right - 90
  const side = nearRight ? 'r soft' : 'soft'
  const place = nearRight ? at - 8 : at + 8
  const up = m.y === undefined ? f.top + 11 : y.at(m.y)
  return fragment(
    m.y === undefined
      ? element('path', { class: 'mark', d: `M${px(at)} ${px(f.top)}V${px(f.bottom)}` })
      : element('circle', { class: 'ring', cx: px(at), cy: px(up), r: 5 }),
    m.label === undefined
      ? undefined
      : label(place, m.y === undefined ? up : Math.max(f.top + 10, up - 9), side, m.label)
  )
}

/** @example lineChart({ name: 'loss', title: 'Loss', description: '...', x: 'step', y: 'loss', curves }) */
export const lineChart = (c: LineChart): Picture => {
  const { curves, bands = [], marks = [], width = 720, height = 320 } = c
  const xs = [...curves.flatMap(k => k.points.map(p => p[0])), ...bands.flatMap(b => b.points.map(p => p[0]))]
  // the raw values behind a curve may leave the picture upwards, not make it flat
  const ys = [
    ...curves.flatMap(k => k.points.map(p => p[1])),
    ...bands.flatMap(b => b.points.flatMap(p => [p[1], p[2]]))
  ]
  const kind = c.scale ?? scaleFor(ys)
  const entries: readonly LegendEntry[] = [
    ...curves.map(({ name, series, faint }): LegendEntry => ({
      name,
      series,
      kind: faint === true ? 'faint' : 'line'
    })),
    ...bands.map(({ name, series }): LegendEntry => ({ name, series, kind: 'band' }))
  ]
  const names = legend(entries, 64, width - 16, 40)
  const f: Frame = { left: 64, right: width - 16, top: 44 + names.height, bottom: height - 46 }
  const x = axis(c.domain?.x ?? domainOf(xs, 'linear'), [f.left, f.right], 'linear', 6)
  const y = axis(c.domain?.y ?? domainOf(ys, kind), [f.bottom - 4, f.top + 4], kind)
  return {
    name: c.name,
    title: c.title,
    description: c.description,
    width,
    height,
    body: fragment(
      label(f.left, 20, 'head', c.title),
      names.markup,
      beside(f, y.ticks, c.y),
      below(f, x.ticks, c.x),
      marks.filter(m => m.y === undefined).map(m => markPath(m, x, y, f)),
      bands.map(b => bandPath(b, x, y)),
      curves.map(k => curvePath(k, x, y, width)),
      marks.filter(m => Number.isFinite(y.at(m.y ?? NaN))).map(m => markPath(m, x, y, f))
    )
  }
}
