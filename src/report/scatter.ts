/** Points as a picture. */
import { scalePoint } from 'd3-scale'
import { axis, below, beside, label, type Frame, type Tick } from './axis.js'
import { colourOf, legend, shortened } from './legend.js'
import { element, fragment } from './markup.js'
import { px } from './number.js'
import { pictureText, type Picture } from './picture.js'

export interface ScatterAxis {
  readonly label: string
  readonly kind: 'linear' | 'log' | 'categories'
  /** the ends of a range of numbers, or the categories in their order */
  readonly domain: readonly number[] | readonly string[]
}
export interface ScatterPoint {
  readonly x: number | string
  /** undefined if there is no value: drawn as a cross at the edge that means bad values */
  readonly y?: number | undefined
  /** the index of the point's series, which decides its colour */
  readonly series: number
  /** drawn larger, with a ring */
  readonly best?: boolean
  /** the tooltip */
  readonly title: string
}
/** an interval of the x axis, drawn above the points: for example the range of a round */
export interface ScatterBand {
  readonly from: number
  readonly to: number
  readonly series: number
}
export interface Scatter {
  /** what it is called in its page; default its title */
  readonly name?: string
  readonly title: string
  readonly x: ScatterAxis
  readonly y: ScatterAxis
  readonly points: readonly ScatterPoint[]
  readonly bands?: readonly ScatterBand[]
  /** names of the series, in order; a single series needs no name */
  readonly series?: readonly string[]
  /** the edge where points without a value are drawn (default 'top') */
  readonly worst?: 'top' | 'bottom'
}

const [width, height] = [480, 320]
/** what is above the plot for bands, and between the edges of the plot and the nearest points */
const [strip, inset] = [20, 10]

interface Placement {
  readonly at: (value: number | string) => number
  readonly ticks: readonly Tick[]
}
const placement = ({ kind, domain }: ScatterAxis, range: readonly [number, number]): Placement => {
  if (kind === 'categories') {
    const scale = scalePoint<string>(domain.map(String), range).padding(0.5)
    const at = (value: number | string): number => scale(String(value)) ?? range[0]
    return { at, ticks: domain.map(d => ({ at: at(d), label: shortened(String(d), 14) })) }
  }
  const { at, ticks } = axis(domain as readonly [number, number], range, kind)
  return { at: value => at(Number(value)), ticks }
}

/**
 * A scatter plot, a picture of 480 x 320: points coloured by their series, and bands above them.
 *
 * @example scatterPicture({ title: 'rate', x: { label: 'rate', kind: 'log', domain: [1e-6, 10] }, y, points })
 */
export const scatterPicture = (s: Scatter): Picture => {
  const { name, title, x, y, points, bands = [], series = [], worst = 'top' } = s
  const names =
    series.length < 2
      ? legend([], 0, 0, 0)
      : legend(
          series.map((n, i) => ({ name: n, series: i, kind: 'dot' })),
          64,
          width - 16,
          38
        )
  const top = 34 + names.height + (bands.length > 0 ? strip : 0)
  const f: Frame = { left: 64, right: width - 16, top, bottom: height - 46 }
  const along = placement(x, [f.left + inset, f.right - inset])
  const up = placement(y, [f.bottom - inset, f.top + inset])
  /** from one band to the next: however many there are, they stay above the plot */
  const apart = Math.min(4, strip / Math.max(1, bands.length))
  return {
    name: name ?? title,
    title,
    description: `${y.label} against ${x.label}: ${points.length} points.`,
    width,
    height,
    body: fragment(
      label(f.left, 20, 'head', title),
      names.markup,
      beside(f, up.ticks, y.label),
      below(f, along.ticks, x.label),
      bands.map((b, i) => {
        const [from, to] = [along.at(b.from), along.at(b.to)]
        return element('rect', {
          class: `f${colourOf(b.series)}`,
          x: px(from),
          y: px(f.top - strip + apart * i),
          width: px(Math.max(1, to - from)),
          height: px(apart * 0.75)
        })
      }),
      points.map(p => {
        const cx = px(along.at(p.x))
        const about = element('title', {}, p.title)
        if (p.y === undefined) {
          const edge = px(worst === 'top' ? f.top : f.bottom)
          const d = `M${cx} ${edge}m-3 -3l6 6m0 -6l-6 6`
          return element('path', { class: `l${colourOf(p.series)} line`, d }, about)
        }
        const cy = px(up.at(p.y))
        return [
          element('circle', { class: `f${colourOf(p.series)}`, cx, cy, r: 3.5, 'fill-opacity': 0.8 }, about),
          p.best === true ? element('circle', { class: 'ring', cx, cy, r: 8 }) : undefined
        ]
      })
    )
  }
}

/**
 * The same as SVG text, a file by itself.
 *
 * @example scatter({ title: 'rate', x: { label: 'rate', kind: 'log', domain: [1e-6, 10] }, y, points })
 */
export const scatter = (s: Scatter): string => pictureText(scatterPicture(s))
