/** How much a run file may ask of the page. */
import type { LayerRow } from '../../../src/layer/definition.js'

export const limits = {
  steps: 100_000,
  /** products of forward passes, over the whole run */
  products: 300e9,
  parameters: 1_000_000,
  /** numbers that the layers of one batch give */
  values: 20_000_000,
  layers: 100
}

const positions = (output: readonly number[]): number => output.slice(0, -1).reduce((a, b) => a * b, 1)

/** a sentence if the run is more than the page does; `steps` is undefined where only the loss can end the run */
export const tooMuch = (
  rows: readonly LayerRow[],
  batchSize: number,
  steps: number | undefined
): string | undefined => {
  const most = (n: number): string => n.toLocaleString('en')
  const shapes = rows.map(r => r.output.flat(9) as readonly number[])
  const parameters = rows.reduce((n, r) => n + r.parameters, 0)
  const values = batchSize * shapes.reduce((n, s) => n + s.reduce((a, b) => a * b, 1), 0)
  if (rows.length > limits.layers)
    return `The model has ${most(rows.length)} layers; the page trains at most ${limits.layers}.`
  if (!(parameters <= limits.parameters))
    return `The model has ${most(parameters)} parameters; the page trains at most ${most(limits.parameters)}.`
  if (!(values <= limits.values))
    return `A batch makes ${most(values)} numbers; the page holds at most ${most(limits.values)}.`
  if (steps === undefined)
    return 'The stop rule has no last step. Put it beside one that has: {"tag": "anyOf", "rules": [..., {"tag": "epochs", "count": 100}]}.'
  if (!(steps <= limits.steps))
    return `The run has up to ${most(steps)} steps; the page trains at most ${most(limits.steps)}.`
  const products = rows.reduce((n, r, i) => n + r.parameters * positions(shapes[i] ?? []), 0) * batchSize * steps
  return products <= limits.products
    ? undefined
    : `The run takes about ${most(Math.round(products / 1e9))} billion products; the page does at most ${most(limits.products / 1e9)} billion.`
}
