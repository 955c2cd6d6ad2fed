/** What the curves of a picture are called: a sample of each with its name, in lines. */
import { element, fragment, type Markup } from './markup.js'
import { label } from './axis.js'
import { px } from './number.js'
import { seriesColours } from './theme.js'

export interface LegendEntry {
  readonly name: string
  readonly series: number
  readonly kind?: 'line' | 'faint' | 'band' | 'dot'
}

/** wide enough for a character of the picture's type */
const character = 6.8
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
export const shortened = cut

/** dashes tell series apart where colours do not */
export const dashOf = (series: number): string | undefined =>
  [undefined, '7 3', '2 3', '9 3 2 3'][Math.floor(series / seriesColours) % 4]
export const colourOf = (series: number): number => series % seriesColours

interface Placed extends LegendEntry {
  readonly x: number
  readonly line: number
}

/** @returns the legend, and how many pixels high it is */
export const legend = (
  entries: readonly LegendEntry[],
  left: number,
  right: number,
  top: number
): { readonly markup: Markup; readonly height: number } => {
  const placed = entries.reduce<readonly Placed[]>((before, e) => {
    const name = cut(e.name, 34)
    const last = before.at(-1)
    const next = last === undefined ? left : last.x + 40 + last.name.length * character
    const fits = last === undefined || next + 26 + name.length * character <= right
    const line = last === undefined ? 0 : fits ? last.line : last.line + 1
    return [...before, { ...e, name, x: fits ? next : left, line }]
  }, [])
  const sample = ({ x, line, series, kind = 'line' }: Placed): Markup => {
    const y = top + 16 * line
    if (kind === 'dot') return element('circle', { class: `f${colourOf(series)}`, cx: px(x + 10), cy: px(y), r: 4 })
    return kind === 'band'
      ? element('rect', { class: `f${colourOf(series)} band`, x: px(x), y: px(y - 5), width: 20, height: 10 })
      : element('path', {
          class: `l${colourOf(series)} line${kind === 'faint' ? ' faint' : ''}`,
          'stroke-dasharray': dashOf(series),
          d: `M${px(x)} ${px(y)}h20`
        })
  }
  return {
    markup: fragment(placed.map(p => [sample(p), label(p.x + 25, top + 16 * p.line + 4, '', p.name)])),
    height: placed.length === 0 ? 0 : 16 * ((placed.at(-1)?.line ?? 0) + 1)
  }
}
