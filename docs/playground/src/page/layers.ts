/** The list of layers: blocks with their numbers, shapes and formulas. */
import type { Checked } from '../protocol.js'
import { button, byId, element } from './dom.js'
import { isFields, tagOf, type Json } from './run.js'

type Change = (layers: readonly Json[]) => void

/** the numbers of a block, as [name, value] */
const numbersOf = (layer: Json): readonly (readonly [string, number])[] =>
  isFields(layer) ? Object.entries(layer).flatMap(([k, v]) => (typeof v === 'number' ? [[k, v] as const] : [])) : []

const swapped = (all: readonly Json[], i: number, k: number): readonly Json[] =>
  all.map((l, n) => (n === i ? (all[k] ?? l) : n === k ? (all[i] ?? l) : l))

/** draws the list again, with the focus on the button that was used */
export const showLayers = (given: readonly Json[], change: Change, focus?: string): void => {
  let layers = given
  const put = (next: readonly Json[], at: string): void => {
    change(next)
    showLayers(next, change, at)
  }
  const rows = layers.map((layer, i) => {
    const name = tagOf(layer)
    const at = `layer ${i + 1}, ${name}`
    const inputs = numbersOf(layer).map(([field, value]) => {
      const input = element('input', { type: 'number', step: 'any', value: String(value) })
      input.addEventListener('change', () => {
        layers = layers.map((l, n) => (n === i && isFields(l) ? { ...l, [field]: Number(input.value) } : l))
        change(layers)
      })
      return element('label', {}, field, input)
    })
    const tool = (
      text: string,
      does: string,
      enabled: boolean,
      next: () => readonly Json[],
      to: string
    ): HTMLElement => {
      const made = button(text, `${does} ${at}`, () => put(next(), to))
      made.id = `${does.split(' ')[1] ?? does}-${i}`.replace(/\W/g, '-')
      made.disabled = !enabled
      return made
    }
    return element(
      'li',
      {},
      element('div', { class: 'name' }, name, ...inputs),
      element('div', { class: 'shape' }),
      element(
        'div',
        { class: 'tools' },
        tool('↑', 'Move up', i > 0, () => swapped(layers, i, i - 1), `up-${i - 1}`),
        tool('↓', 'Move down', i < layers.length - 1, () => swapped(layers, i, i + 1), `down-${i + 1}`),
        tool('×', 'Remove', layers.length > 1, () => layers.filter((_, n) => n !== i), `Remove-${Math.max(0, i - 1)}`)
      ),
      element('div', { class: 'formula' })
    )
  })
  byId('layers').replaceChildren(...rows)
  if (focus !== undefined) document.getElementById(focus)?.focus()
}

/** writes shapes and formulas beside the layers, or takes them away */
export const showShapes = (checked: Checked | undefined): void => {
  const rows = Array.from(byId('layers').children)
  // a layer with others inside has a row for each; the page shows that of the whole
  const found = (checked?.layers ?? []).filter(l => !l.path.includes('/'))
  rows.forEach((row, i) => {
    const layer = found.length === rows.length ? found[i] : undefined
    const parameters =
      layer === undefined || layer.parameters === 0 ? '' : `, ${layer.parameters.toLocaleString('en')} parameters`
    const [shape, formula] = [row.querySelector('.shape'), row.querySelector('.formula')]
    if (shape !== null) shape.textContent = layer === undefined ? '' : `→ ${layer.output}${parameters}`
    // MathML that the worker made; names of members and labels are its only texts, and they are escaped
    if (formula !== null) formula.innerHTML = layer?.formula ?? ''
  })
  byId('parameters').textContent =
    checked === undefined
      ? ''
      : `Input ${checked.input}. ${checked.parameters.toLocaleString('en')} parameters, at most ${checked.steps.toLocaleString('en')} steps.`
}
