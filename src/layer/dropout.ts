/** Dropout, in both conventions. */
import * as E from 'fp-ts/lib/Either.js'
import { less, mul, random, select } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { fraction, oneOf, withDefault } from '../value/codec.js'
import { shapeError } from '../value/error.js'
import { isDims, showShape } from '../value/shape.js'
import type { Context, LayerDefinition } from './definition.js'
import { tensorOf } from './compose.js'
import { keepsIndexes } from './indexes.js'
import type { Dims, Fail, OneTensor } from './types/fail.js'

/** where the factor that keeps expectations equal stands: in training, or in inference */
export type DropoutConvention = 'inverted' | 'textbook'
export interface Dropout<P extends number = number, C extends DropoutConvention = DropoutConvention> {
  readonly tag: 'dropout'
  /** the chance of a number to be dropped */
  readonly rate: P
  readonly convention: C
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly dropout: Dropout
  }
  interface ShapeRules<L, In> {
    readonly dropout: L extends Dropout<infer P> ? RateOf<P, In extends Dims ? In : OneTensor<In>> : never
  }
}
/** the output Out, unless the rate is a literal that is no rate: literals from 0 up to 1 are written 0, 0.5, 1e-7; of a number from data the compiler can't say */
export type RateOf<P extends number, Out> = number extends P
  ? Out
  : `${P}` extends '0' | `0.${string}` | `${Digit}${string}e-${string}`
    ? Out
    : Fail<'a number from 0 up to, not including, 1', `${P}`>
type Digit = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'

/**
 * Dropout (Srivastava et al. 2014): in training each number becomes 0 with the chance p = rate, by itself. So that the next layer sees
 * the same expectation in training and in inference,
 *
 *     inverted (default, also that of PyTorch and Keras): training x / (1 - p) where kept; inference x
 *     textbook:                                           training x where kept;           inference (1 - p) x
 *
 * A mask is drawn for the whole batch, number by number in row-major order, from a key made of the run's seed, the step and the
 * labels down to this layer, and of nothing else: not of threads, nor of the layers beside this one. A number is kept where
 * uniform < f32(1 - p). dropout(0) changes no bit.
 *
 * @param rate from 0 up to, not including, 1; anything else is a type error, or Left where it comes from data
 * @example model(input(784), dense(100), relu, dropout(0.5), dense(10))
 */
export const dropout = <const P extends number, const C extends DropoutConvention = 'inverted'>(
  rate: P,
  convention?: C
): Dropout<P, C> => Object.freeze({ tag: 'dropout', rate, convention: convention ?? ('inverted' as C) })

/** x where kept, times a factor, else 0 */
const dropped = (x: Expr, mask: Expr, factor: number): Expr => select(mask, factor === 1 ? x : mul(x, factor), 0)

type Given = Pick<Dropout, 'rate' | 'convention'>
/** what drops numbers by one mask of the given shape, which is repeated where it has size 1 */
export const dropoutBy = (given: Given, context: Context, shape: Dims): ((x: Expr) => Expr) => {
  const { rate, convention } = given
  const { training, sampling = false, key } = context
  const keep = 1 - rate
  if (rate === 0) return x => x
  if (training || sampling) {
    const mask = less(random(key, 'uniform', shape), keep)
    return x => dropped(x, mask, convention === 'inverted' ? 1 / keep : 1)
  }
  return x => (convention === 'inverted' ? x : mul(x, keep))
}
/** x with a mask of the given shape */
export const droppedOut = (given: Given, context: Context, x: Expr, shape: Dims): Expr =>
  dropoutBy(given, context, shape)(x)

/** the definition of `dropout` */
export const dropoutDefinition: LayerDefinition<Dropout> = {
  tag: 'dropout',
  fields: () => ({ rate: fraction, convention: withDefault(oneOf('inverted', 'textbook'), 'inverted') }),
  show: ({ rate, convention }) => `dropout ${rate}${convention === 'inverted' ? '' : `, ${convention}`}`,
  place: (layer, input) => {
    const known: boolean = fraction.is(layer.rate)
    if (!known) return E.left(shapeError([], fraction.name, `${layer.rate}`))
    if (!isDims(input)) return E.left(shapeError([], 'one tensor', showShape(input), 'merge the branches before it'))
    return E.right({
      output: input,
      params: {},
      state: {},
      shared: {},
      rows: [],
      ...keepsIndexes,
      apply: (context, x) => ({
        value: droppedOut(layer, context, tensorOf(x), tensorOf(x).shape),
        state: {},
        seen: []
      })
    })
  },
  samples: [
    { layer: dropout(0.5), input: [4] },
    { layer: dropout(0.2, 'textbook'), input: [2, 3] }
  ]
}
