/** Parallel coordinates: many settings side by side, a line for each trial. */
import { line } from 'd3-shape'
import { scalePoint } from 'd3-scale'
import { axis, domainOf, label, type Tick } from './axis.js'
import { shortened } from './legend.js'
import { element, fragment, type Markup } from './markup.js'
import { px, type ScaleKind } from './number.js'
import type { Picture } from './picture.js'

export interface ParallelAxis {
  readonly label: string
  readonly kind: ScaleKind | 'categories'
  /** the ends of a range of numbers, or the categories in their order */
  readonly domain: readonly number[] | readonly string[]
}
export interface ParallelLine {
  /** a value for each axis; undefined where the trial has none */
  readonly values: readonly (number | string | undefined)[]
  readonly title: string
  /** drawn above the others in another colour */
  readonly good: boolean
  readonly best?: boolean
}
export interface Parallel {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly axes: readonly ParallelAxis[]
  readonly lines: readonly ParallelLine[]
}

interface Placed {
  readonly x: number
  readonly at: (value: number | string) => number
  readonly ticks: readonly Tick[]
}
const [top, bottom] = [64, 320]

const placed = ({ kind, domain }: ParallelAxis, x: number): Placed => {
  if (kind === 'categories') {
    const names = domain.map(String)
    const scale = scalePoint<string>(names, [bottom, top]).padding(0.2)
    const at = (value: number | string): number => scale(String(value)) ?? bottom
    return { x, at, ticks: names.map(n => ({ at: at(n), label: shortened(n, 12) })) }
  }
  const { at, ticks } = axis(domainOf(domain as readonly number[], kind), [bottom, top], kind)
  return { x, at: value => at(Number(value)), ticks }
}

/** @example parallelPicture({ name: 'trials', title: 'Trials', description: '...', axes, lines }) */
export const parallelPicture = ({ name, title, description, axes, lines }: Parallel): Picture => {
  const step = Math.max(110, Math.min(200, Math.floor(900 / Math.max(1, axes.length - 1))))
  const all = axes.map((a, i) => placed(a, 70 + step * i))
  const pathOf = ({ values, title: about, good, best = false }: ParallelLine): Markup => {
    const points = all.flatMap((a, i): readonly (readonly [number, number] | undefined)[] => {
      const value = values[i]
      const y = value === undefined ? NaN : a.at(value)
      return [Number.isFinite(y) ? [a.x, y] : undefined]
    })
    const d = line<readonly [number, number] | undefined>()
      .digits(1)
      .defined(p => p !== undefined)
      .x(p => p?.[0] ?? 0)
      .y(p => p?.[1] ?? 0)(points)
    return element(
      'path',
      {
        class: `${best ? 'l1' : good ? 'l0' : 'l6'} line`,
        opacity: best ? undefined : good ? 0.75 : 0.25,
        'stroke-width': best ? 3 : undefined,
        d: d ?? 'M0 0'
      },
      element('title', {}, about)
    )
  }
  const order = [
    ...lines.filter(l => !l.good && l.best !== true),
    ...lines.filter(l => l.good && l.best !== true),
    ...lines.filter(l => l.best === true)
  ]
  return {
    name,
    title,
    description,
    width: 140 + step * Math.max(1, axes.length - 1),
    height: bottom + 24,
    body: fragment(
      label(16, 20, 'head', title),
      order.map(pathOf),
      all.map((a, i) => [
        element('path', { class: 'axis', d: `M${px(a.x)} ${top}V${bottom}` }),
        label(a.x, top - 16 + (i % 2 === 0 ? 0 : -12), 'c', shortened(axes[i]?.label ?? '', Math.floor(step / 5))),
        a.ticks.map(t => [
          element('path', { class: 'axis', d: `M${px(a.x - 4)} ${px(t.at)}h4` }),
          label(a.x - 7, t.at + 4, 'r soft', t.label)
        ])
      ])
    )
  }
}
