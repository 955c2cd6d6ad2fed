/** Bars and tables of counts as pictures. */
import { axis, below, beside, label, type Frame } from './axis.js'
import { colourOf, shortened } from './legend.js'
import { element, fragment, type Content } from './markup.js'
import { digits, extentOf, px } from './number.js'
import type { Picture } from './picture.js'

export interface Bar {
  readonly label: string
  readonly value: number
}
export interface BarChart {
  readonly name: string
  readonly title: string
  readonly description: string
  /** what the bars count */
  readonly value: string
  readonly bars: readonly Bar[]
  readonly series?: number
  /** the largest value of the axis; default that of the bars */
  readonly most?: number
}

/** Bars below each other, each with its name and its number. */
export const barChart = ({ name, title, description, value, bars, series = 0, most }: BarChart): Picture => {
  const [width, step, left] = [560, 26, 170]
  const height = 44 + step * bars.length + 46
  const f: Frame = { left, right: width - 70, top: 36, bottom: height - 46 }
  const [low = 0, high = 1] = extentOf(bars.map(b => b.value)) ?? []
  const x = axis([Math.min(0, low), Math.max(most ?? 0, high, low === high && high <= 0 ? 1 : 0)], [f.left, f.right])
  const from = x.at(0)
  return {
    name,
    title,
    description,
    width,
    height,
    body: fragment(
      label(12, 20, 'head', title),
      below(f, x.ticks, value),
      bars.map((b, i) => {
        const y = f.top + 4 + step * i
        const to = Number.isFinite(b.value) ? x.at(b.value) : from
        return [
          label(left - 8, y + 14, 'r', shortened(b.label, 23)),
          element('rect', {
            class: `f${colourOf(series)}`,
            x: px(Math.min(from, to)),
            y: px(y + 2),
            width: px(Math.abs(to - from)),
            height: step - 8
          }),
          label(Math.max(from, to) + 6, y + 14, 'soft', digits(b.value))
        ]
      })
    )
  }
}

export interface Histogram {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly x: string
  /** the ends of the bins: equally wide, so two numbers */
  readonly domain: readonly [number, number]
  readonly counts: readonly number[]
  readonly width?: number
}

/** Counts in bins that are equally wide. */
export const histogram = ({ name, title, description, x: called, domain, counts, width = 460 }: Histogram): Picture => {
  const height = 280
  const f: Frame = { left: 64, right: width - 16, top: 36, bottom: height - 46 }
  const x = axis(domain, [f.left, f.right])
  const y = axis([0, Math.max(1, extentOf(counts)?.[1] ?? 1)], [f.bottom, f.top + 4])
  const wide = (f.right - f.left) / Math.max(1, counts.length)
  return {
    name,
    title,
    description,
    width,
    height,
    body: fragment(
      label(f.left, 20, 'head', title),
      beside(f, y.ticks, 'examples'),
      counts.map((n, i) =>
        element('rect', {
          class: 'f0',
          x: px(f.left + wide * i + 0.5),
          y: px(y.at(n)),
          width: px(Math.max(0.5, wide - 1)),
          height: px(f.bottom - y.at(n))
        })
      ),
      below(f, x.ticks, called)
    )
  }
}

export interface CountTable {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: string
  readonly columns: string
  readonly names: readonly string[]
  readonly counts: readonly (readonly number[])[]
}

/** the cells of a table of counts; of many classes only those that count something */
const cells = (
  { names, counts }: Pick<CountTable, 'names' | 'counts'>,
  left: number,
  top: number,
  cell: number
): readonly Content[] =>
  counts.map((row, i) => {
    const all = row.reduce((a, b) => a + b, 0)
    return row.map((count, j) => {
      const share = all === 0 ? 0 : count / all
      const [x, y] = [left + cell * j, top + cell * i]
      return count === 0 && names.length > 25
        ? undefined
        : element(
            'g',
            {},
            element(
              'rect',
              {
                class: i === j ? 'f2' : 'f1',
                'fill-opacity': px(0.05 + 0.5 * share),
                x: px(x),
                y: px(y),
                width: cell - 1,
                height: cell - 1
              },
              element('title', {}, `${names[i] ?? ''}, predicted ${names[j] ?? ''}: ${count}`)
            ),
            names.length <= 25 && count > 0 ? label(x + cell / 2, y + cell / 2 + 4, 'c', String(count)) : undefined
          )
    })
  })

/** A table of counts, shaded by their share of the row: a confusion matrix. */
export const countTable = ({ name, title, description, rows, columns, names, counts }: CountTable): Picture => {
  const cell = names.length <= 12 ? 40 : names.length <= 25 ? 30 : Math.max(8, Math.floor(760 / names.length))
  const longest = Math.min(
    16,
    names.reduce((n, t) => Math.max(n, t.length), 1)
  )
  const left = 44 + 7 * longest
  const top = 62
  const width = Math.max(260, left + cell * names.length + 16)
  const height = top + cell * names.length + 24
  const every = Math.ceil(14 / cell)
  const short = shortened
  return {
    name,
    title,
    description,
    width,
    height,
    body: fragment(
      label(12, 20, 'head', title),
      label(left + (cell * names.length) / 2, 40, 'c soft', columns),
      element(
        'text',
        { transform: `translate(16 ${px(top + (cell * names.length) / 2)}) rotate(-90)`, class: 'c soft' },
        rows
      ),
      names.map((n, i) =>
        i % every !== 0
          ? undefined
          : [
              label(left + cell * (i + 0.5), top - 6, 'c', short(n, Math.max(2, Math.floor(cell / 7)))),
              label(left - 6, top + cell * (i + 0.5) + 4, 'r', short(n, longest))
            ]
      ),
      cells({ names, counts }, left, top, cell)
    )
  }
}
