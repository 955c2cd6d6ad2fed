/** A recurrent layer in both directions: a plain function from a layer to layers. */
import { fanOut, type FanOut } from '../combinator/branches.js'
import { merge, type Merge } from '../combinator/merge.js'
import { named, type Named } from '../combinator/named.js'
import { sequential, type Sequential } from '../combinator/sequential.js'
import type { Layer } from '../definition.js'
import type { Gru } from './gru.js'
import type { Lstm } from './lstm.js'
import type { SimpleRnn } from './simple-rnn.js'

/** the layers that have directions */
export type AnyRecurrent = SimpleRnn | Lstm | Gru
const merges = { concat: 'concat', sum: 'add', mean: 'mean' } as const
/** how the two outputs become one */
export type BidirectionalMerge = keyof typeof merges
export type Bidirectional<L extends Layer, M extends BidirectionalMerge> = Sequential<
  [FanOut<[Named<'forward', L>, Named<'backward', L>]>, Merge<(typeof merges)[M]>]
>

/**
 * A recurrent layer in both directions (Schuster and Paliwal 1997): one copy goes through the sequence from its first step to its last, one
 * from its last to its first, each with its own parameters, and their outputs are joined along the last axis ('concat', the default),
 * added ('sum') or averaged ('mean'). With `outputs: 'last'` the backward copy gives its state after the first step. Both have
 * the inputs of the layer, so also the same lengths, and the same given state.
 *
 * @example model(input(20, 8), bidirectional(gru(16)), dense(1)) // [32] into dense
 */
export const bidirectional = <const L extends AnyRecurrent, const M extends BidirectionalMerge = 'concat'>(
  layer: L,
  settings: { readonly merge?: M } = {}
): Bidirectional<L, M> => {
  const one = (direction: 'forward' | 'backward'): L => Object.freeze({ ...layer, direction }) as unknown as L
  return sequential(
    fanOut(named('forward')(one('forward')), named('backward')(one('backward'))),
    merge(merges[settings.merge ?? 'concat'])
  ) as Bidirectional<L, M>
}
