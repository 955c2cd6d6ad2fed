/** What a row of the tables of layers is given to say it in the words of tfjs, and what it gives. */
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import type { Config, Missing } from './config.js'

/** a layer of tfjs with its weights, by the names that follow its own */
export interface Said {
  readonly kind: string
  readonly config: Config
  readonly weights: readonly (readonly [string, Tensor])[]
}
export interface WriteSite {
  readonly inputs: readonly Dims[]
  /** the shape of the first input */
  readonly sizes: Dims
  /** a parameter or a running statistic of the layer, by its label */
  readonly tensor: (label: string) => Tensor
}
/** one layer after the other; or why tfjs has none */
export type SaidLayers = readonly Said[] | Missing
export type Writer = (layer: never, s: WriteSite) => SaidLayers

export const said = (kind: string, config: Config = {}, weights: Said['weights'] = []): Said => ({
  kind,
  config,
  weights
})
export const isSaid = (x: SaidLayers): x is readonly Said[] => Array.isArray(x)
/** kernel and bias */
export const weighted = (s: WriteSite, bias: boolean, kernel = 'kernel'): Said['weights'] => [
  [kernel, s.tensor('weight')],
  ...(bias ? ([['bias', s.tensor('bias')]] as const) : [])
]
