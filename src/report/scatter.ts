/** Scatter plots as SVG text. */
import { scaleLinear, scaleLog, scalePoint } from 'd3-scale'

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

const [width, height] = [480, 300]
const margin = { top: 50, right: 16, bottom: 46, left: 64 }
/** heights of the strip for bands above the plot, and of the margin between the plot's edges and the nearest points */
const [strip, inset] = [20, 10]
/** colours that people with colour blindness can distinguish (Okabe and Ito) */
const colours = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#000000'] as const
const colour = (series: number): string => colours[series % colours.length] as string

/** text of any origin as SVG or HTML text */
export const escaped = (text: string): string =>
  text.replace(/[&<>"'\u0000-\u0008\u000b-\u001f]/g, c => `&#${c.charCodeAt(0) < 32 ? 0xfffd : c.charCodeAt(0)};`)

/** 0.5, 2000, 1e-6 */
const short = (x: number): string => {
  const rounded = Number(x.toPrecision(3))
  return rounded !== 0 && (Math.abs(rounded) < 1e-3 || Math.abs(rounded) >= 1e6)
    ? rounded.toExponential().replace('+', '')
    : String(rounded)
}

interface Placement {
  readonly at: (value: number | string) => number
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
}
const placement = ({ kind, domain }: ScatterAxis, range: readonly [number, number]): Placement => {
  if (kind === 'categories') {
    const scale = scalePoint<string>(domain.map(String), range).padding(0.5)
    const at = (value: number | string): number => scale(String(value)) ?? range[0]
    return { at, ticks: domain.map(d => ({ at: at(d), label: String(d) })) }
  }
  const ends = domain as readonly [number, number]
  const scale = kind === 'log' ? scaleLog(ends, range) : scaleLinear(ends, range)
  const [low, high] = ends
  // no round ticks exist between numbers that are almost equal, or close to 0
  const close = high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high)) || high - low < 1e-300
  const all = close ? ends : scale.ticks(5)
  // a logarithmic axis over many powers of ten would have a tick at every digit: the powers are enough
  const powers = all.filter(t => /^1(0*)?(e|$)|^0\.0*1$/.test(String(t)))
  const shown = kind === 'log' && powers.length > 1 ? powers : all
  return {
    at: value => scale(Number(value)),
    ticks: shown.map(t => ({ at: scale(t), label: short(t) }))
  }
}
const px = (x: number): string => x.toFixed(1)

/** the names of series in their colours, right-aligned at `right` */
const legend = (series: readonly string[], right: number): string =>
  series.length < 2
    ? ''
    : `<text x="${right}" y="18" text-anchor="end">${series
        .map((name, i) => `<tspan fill="${colour(i)}" dx="${i === 0 ? 0 : 8}">${escaped(name)}</tspan>`)
        .join('')}</text>`

/**
 * A scatter plot, a picture of 480 x 300: points coloured by their series, and bands above them.
 *
 * @example scatter({ title: 'rate', x: { label: 'rate', kind: 'log', domain: [1e-6, 10] }, y, points })
 */
export const scatter = ({ title, x, y, points, bands = [], series = [], worst = 'top' }: Scatter): string => {
  const [left, right] = [margin.left, width - margin.right]
  const [top, bottom] = [margin.top, height - margin.bottom]
  const along = placement(x, [left + inset, right - inset])
  const up = placement(y, [bottom - inset, top + inset])
  /** the spacing of bands: any number of them fits above the plot */
  const apart = Math.min(4, strip / Math.max(1, bands.length))
  const text = (at: readonly [number, number], anchor: string, content: string, more = ''): string =>
    `<text x="${px(at[0])}" y="${px(at[1])}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`
  const marks = [
    ...along.ticks.map(
      t =>
        `<path d="M${px(t.at)} ${bottom}v5M${px(t.at)} ${top}V${bottom}" class="g"/>${text([t.at, bottom + 18], 'middle', t.label)}`
    ),
    ...up.ticks.map(
      t => `<path d="M${left - 5} ${px(t.at)}H${right}" class="g"/>${text([left - 8, t.at + 4], 'end', t.label)}`
    ),
    ...bands.map((b, i) => {
      const [from, to] = [along.at(b.from), along.at(b.to)]
      return `<rect x="${px(from)}" y="${px(top - strip + apart * i)}" width="${px(Math.max(1, to - from))}" height="${px(apart * 0.75)}" fill="${colour(b.series)}"/>`
    }),
    ...points.map(p => {
      const cx = px(along.at(p.x))
      const about = `<title>${escaped(p.title)}</title>`
      if (p.y === undefined) {
        const edge = px(worst === 'top' ? top : bottom)
        return `<path d="M${cx} ${edge}m-3 -3l6 6m0 -6l-6 6" fill="none" stroke="${colour(p.series)}" stroke-width="1.5">${about}</path>`
      }
      const cy = px(up.at(p.y))
      const ring = p.best === true ? `<circle cx="${cx}" cy="${cy}" r="8" fill="none" stroke="#000"/>` : ''
      return `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour(p.series)}" fill-opacity="0.8">${about}</circle>${ring}`
    })
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" role="img">`,
    '<style>.g{stroke:#ccc;fill:none}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text([left, 18], 'start', title, ' font-weight="bold"'),
    legend(series, right),
    ...marks,
    text([(left + right) / 2, height - 8], 'middle', x.label),
    `<text transform="translate(14 ${px((top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
    '</svg>'
  ].join('')
}
