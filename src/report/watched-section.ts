/** What was watched of a training: distributions of weights, gradients, outputs and deltas over time, and dead units. */
import type { WatchedRow } from '../run/record/watched.js'
import { quantileShares, type Distribution, type Watched, type WatchedLayer } from '../train/watched.js'
import { lineChart, type Band, type Point } from './line.js'
import { element, fragment, type Content } from './markup.js'
import { digits, grouped } from './number.js'
import type { Section } from './page.js'
import { figure, type Picture } from './picture.js'
import { table } from './table.js'

/** tensors and layers after these have no pictures, and no picture shows more moments than these */
const most = { tensors: 40, moments: 120 } as const

/** a distribution at some moments */
type Moments = readonly (readonly [step: number, d: Distribution])[]

/** at most `count` of the rows, the last one among them */
const spread = <A>(rows: readonly A[], count: number): readonly A[] => {
  const step = Math.ceil(rows.length / count)
  return rows.filter((_, i) => (rows.length - 1 - i) % step === 0)
}

const at = (d: Distribution, share: (typeof quantileShares)[number]): number =>
  d.quantiles[quantileShares.indexOf(share)] ?? NaN

/** the middle half, the middle nine tenths and the median over time */
const picture = (kind: string, path: string, series: number, moments: Moments): Picture => {
  const band = (name: string, low: 0.05 | 0.25, high: 0.75 | 0.95): Band => ({
    name,
    series,
    points: moments.map(([step, d]) => [step, at(d, low), at(d, high)] as const)
  })
  const last = moments.at(-1)?.[1]
  return lineChart({
    name: `watched ${kind} ${path}`,
    title: `${path}: ${kind}`,
    description:
      last === undefined
        ? `No ${kind} of ${path}.`
        : `${kind} of ${path} by step: at the end the median is ${digits(at(last, 0.5))}, 90% are from ${digits(at(last, 0.05))} to ${digits(at(last, 0.95))}.`,
    x: 'step',
    y: kind,
    scale: 'linear',
    width: 360,
    height: 230,
    curves: [{ name: 'median', series, points: moments.map(([step, d]): Point => [step, at(d, 0.5)]) }],
    bands: [band('90%', 0.05, 0.95), band('50%', 0.25, 0.75)]
  })
}

const deadPicture = (rows: readonly Watched[], paths: readonly string[]): Picture =>
  lineChart({
    name: 'watched dead units',
    title: 'Dead units',
    description: `The share of units that are 0 for every example of the watched batch, by step, of ${paths.join(', ')}.`,
    x: 'step',
    y: 'share of the units',
    scale: 'linear',
    domain: { y: [0, 1] },
    curves: paths.map((path, i) => ({
      name: path,
      series: i,
      points: rows.flatMap(({ step, layers }): readonly Point[] => {
        const layer = layers[path]
        return layer === undefined ? [] : [[step, layer.dead / layer.units]]
      })
    }))
  })

/** rows of a table: what the layers were like at the last moment */
const layerRow = (path: string, { value, delta, units, dead }: WatchedLayer): readonly Content[] => [
  path,
  grouped(units),
  grouped(dead),
  digits(value.mean),
  digits(value.deviation),
  digits(delta.deviation),
  grouped(value.nonFinite + delta.nonFinite)
]

const pictures = (rows: readonly Watched[], last: Watched): readonly Picture[] => {
  const of = (read: (w: Watched) => Distribution | undefined): Moments =>
    rows.flatMap(w => {
      const d = read(w)
      return d === undefined ? [] : [[w.step, d] as const]
    })
  return [
    ...Object.keys(last.params)
      .slice(0, most.tensors)
      .flatMap(path => [
        picture(
          'value',
          path,
          0,
          of(w => w.params[path]?.value)
        ),
        picture(
          'gradient',
          path,
          1,
          of(w => w.params[path]?.gradient)
        )
      ]),
    ...Object.keys(last.layers)
      .slice(0, most.tensors)
      .flatMap(path => [
        picture(
          'output',
          path,
          2,
          of(w => w.layers[path]?.value)
        ),
        picture(
          'delta',
          path,
          3,
          of(w => w.layers[path]?.delta)
        )
      ])
  ]
}

const content = (rows: readonly Watched[], last: Watched): Content => {
  const shown = spread(rows, most.moments)
  const layers = Object.entries(last.layers)
  const dying = layers.map(([path]) => path).filter(path => rows.some(w => (w.layers[path]?.dead ?? 0) > 0))
  const left = Math.max(Object.keys(last.params).length, layers.length) - most.tensors
  return fragment(
    element(
      'p',
      { class: 'soft' },
      `${grouped(rows.length)} moments, from step ${grouped(rows[0]?.step ?? 0)} to step ${grouped(last.step)}: parameters before the next step, its gradients, and what the layers gave for its batch. The bands hold 50% and 90% of the numbers. A dead unit is 0 for every example of the batch.`
    ),
    left > 0
      ? element(
          'p',
          { class: 'soft' },
          `Pictures of the first ${most.tensors} parameter tensors and layers; the table has all.`
        )
      : undefined,
    dying.length === 0
      ? element('p', {}, 'No unit was dead at these moments.')
      : figure(deadPicture(shown, dying.slice(0, 8))),
    table({
      caption: `Layers before step ${grouped(last.step + 1)}`,
      head: ['layer', 'units', 'dead', 'mean', 'deviation', 'deviation of delta', 'not finite'],
      rows: layers.slice(0, 500).map(([path, layer]) => layerRow(path, layer))
    }),
    element(
      'div',
      { class: 'row' },
      pictures(shown, last).map(p => figure(p))
    )
  )
}

/** A section of the report: pictures and a table of what was watched, or why nothing was. */
export const watchedSection = (all: readonly WatchedRow[]): Section => {
  const rows = all.flatMap(r => ('absent' in r ? [] : [r]))
  const reason = all.flatMap(r => ('absent' in r ? [r.absent] : []))[0]
  const last = rows.at(-1)
  return {
    title: 'Layers over time',
    content:
      last === undefined
        ? element('p', { class: 'note' }, `This training could not be watched: ${reason ?? 'no moment is recorded'}`)
        : content(rows, last)
  }
}
