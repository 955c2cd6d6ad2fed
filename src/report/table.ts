/** Tables of a page. */
import { element, type Content, type Markup } from './markup.js'

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Content[])[]
  /** the row that is marked, by its place */
  readonly best?: number | undefined
  /** text columns throughout: aligned to the left */
  readonly text?: boolean
}

/** A table whose first column names its rows; it scrolls by itself where the screen is narrow. */
export const table = ({ caption, head, rows, best, text = false }: Table): Markup =>
  element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      { class: text ? 'left' : undefined },
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          head.map(h => element('th', { scope: 'col' }, h))
        )
      ),
      element(
        'tbody',
        {},
        rows.map((row, i) =>
          element(
            'tr',
            { class: i === best ? 'best' : undefined },
            row.map((cell, j) => (j === 0 ? element('th', { scope: 'row' }, cell) : element('td', {}, cell)))
          )
        )
      )
    )
  )

/** terms and what they are */
export const terms = (rows: readonly (readonly [term: string, is: Content])[]): Markup =>
  element(
    'dl',
    {},
    rows.map(([term, is]) => [element('dt', {}, term), element('dd', {}, is)])
  )
