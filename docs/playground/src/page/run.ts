/** The run that the page shows, as data: changes of the controls are functions from a run to a run. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export interface Fields {
  readonly [name: string]: Json
}
export interface Run extends Fields {
  readonly model: Fields
  readonly seed: number
}

export const isFields = (u: Json | undefined): u is Fields => typeof u === 'object' && u !== null && !Array.isArray(u)
export const layersOf = (run: Run): readonly Json[] => {
  const layers = run.model['layers']
  return Array.isArray(layers) ? (layers as readonly Json[]) : []
}
export const tagOf = (u: Json | undefined): string =>
  typeof u === 'string' ? u : isFields(u) && typeof u['tag'] === 'string' ? u['tag'] : ''

export const withLayers = (run: Run, layers: readonly Json[]): Run => ({ ...run, model: { ...run.model, layers } })

/** the epochs after which a stop rule ends a run, where it says so */
export const epochsOf = (rule: Json | undefined): number | undefined => {
  if (!isFields(rule)) return undefined
  if (rule['tag'] === 'epochs' && typeof rule['count'] === 'number') return rule['count']
  const rules = rule['rules']
  return Array.isArray(rules) ? rules.map(epochsOf).find(n => n !== undefined) : undefined
}
/** the same rule with another number of epochs */
export const withEpochs = (rule: Json | undefined, count: number): Json => {
  if (!isFields(rule)) return { tag: 'epochs', count }
  if (rule['tag'] === 'epochs') return { ...rule, count }
  const rules = rule['rules']
  return Array.isArray(rules)
    ? { ...rule, rules: (rules as readonly Json[]).map(r => (epochsOf(r) === undefined ? r : withEpochs(r, count))) }
    : rule
}
/** the learning rate of an optimizer, where it is a number */
export const rateOf = (optimizer: Json | undefined): number | undefined =>
  isFields(optimizer) && typeof optimizer['rate'] === 'number' ? optimizer['rate'] : undefined

/** what can be added to a net, as it is added */
export const blocks: readonly Json[] = [
  { tag: 'dense', units: 8 },
  'relu',
  'tanh',
  'sigmoid',
  'gelu',
  'silu',
  { tag: 'dropout', rate: 0.2 },
  'layerNorm',
  'batchNorm',
  { tag: 'residual', layer: { tag: 'dense', units: 8 } },
  { tag: 'reshape', shape: [28, 28, 1] },
  { tag: 'conv2d', channels: 8, kernel: 5 },
  { tag: 'maxPool', size: 2, stride: 2 },
  'flatten'
]
export const optimizers: readonly Json[] = [
  { tag: 'sgd', rate: 0.1 },
  { tag: 'momentum', rate: 0.05 },
  { tag: 'adam', rate: 0.02 },
  { tag: 'adamw', rate: 0.02 },
  { tag: 'rmsprop', rate: 0.01 },
  { tag: 'lion', rate: 0.005 }
]
export const losses: readonly string[] = [
  'softmaxCrossEntropy',
  'meanSquaredError',
  'halfSquaredError',
  'sigmoidCrossEntropy',
  'meanAbsoluteError'
]
