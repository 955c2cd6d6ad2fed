/** What a network learns of the order of a sequence: numbers that are added at each position. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, constant } from '../../expr/build.js'
import { oneOf, withDefault } from '../../value/codec.js'
import { cos, sin } from '../../value/elementary.js'
import { allocate, tensorView, type FloatType, type Tensor } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import { frequency, vectorsOf, type VectorsAt } from './vectors.js'

/** a table that learns, or sines and cosines of fixed frequencies */
export type PositionKind = 'learned' | 'sinusoidal'
export interface Positions<K extends PositionKind = PositionKind> {
  readonly tag: 'positions'
  readonly kind: K
  /** how the table of learned positions begins */
  readonly initializer: Initializer
}
type AnyPositions = Positions
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly positions: AnyPositions
  }
  interface ShapeRules<L, In> {
    readonly positions: VectorsAt<In>
  }
  interface OutputRangeRules<L> {
    readonly positions: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly positions: L extends Positions<'learned'>
      ? In extends readonly [infer T extends number, infer N extends number]
        ? { readonly table: Tensor<[T, N], FloatType> }
        : never
      : Readonly<Record<never, never>>
  }
}
const smallNormal: Initializer = { tag: 'truncatedNormal', std: 0.02 }

/**
 * Adds the numbers of its position to each vector of a sequence [positions, n]:
 *
 *     learned (default): y[t, j] = x[t, j] + table[t, j]; the table begins as truncated N(0, 0.02^2)
 *     sinusoidal:        y[t, 2i] = x[t, 2i] + sin(t / 10000^(2i / n)), y[t, 2i + 1] = x[t, 2i + 1] + cos(t / 10000^(2i / n))
 *
 * Sines and cosines alternate, as in Vaswani et al. 2017. Rotations by position are a setting of `selfAttention`.
 *
 * @example ofIndices(model(input(8), embedding(50, 16), positions(), selfAttention(4), perPosition(dense(50))))
 */
export const positions = <const K extends PositionKind = 'learned'>(
  kind?: K,
  { initializer = smallNormal }: { readonly initializer?: Initializer } = {}
): Positions<K> => Object.freeze({ tag: 'positions', kind: kind ?? ('learned' as K), initializer: frozen(initializer) })

const sinusoids = (length: number, n: number, dtype: FloatType): Tensor =>
  tensorView(
    dtype,
    [length, n],
    allocate(
      dtype,
      Array.from({ length: length * n }, (_, place) => {
        const [t, j] = [Math.floor(place / n), place % n]
        return (j % 2 === 0 ? sin : cos)(t * frequency(Math.floor(j / 2), n))
      })
    )
  )

/** the definition of `positions`: parameter table [positions, n] where they are learned */
export const positionsDefinition: LayerDefinition<Positions> = {
  tag: 'positions',
  fields: ({ initializer }) => ({
    kind: withDefault(oneOf('learned', 'sinusoidal'), 'learned'),
    initializer: withDefault(initializer, smallNormal)
  }),
  show: ({ kind }) => `positions, ${kind}`,
  place: ({ kind, initializer }, input, { dtype }) =>
    pipe(
      vectorsOf(input),
      E.map(([length, n]) =>
        tensorLayer({
          output: [length, n],
          gives: 'numbers',
          ...(kind === 'learned'
            ? {
                params: { table: { dtype, shape: [length, n], initializer, fan: { in: 1, out: n }, role: 'weight' } },
                formula: (x, param) => add(x, param('table'))
              }
            : { formula: x => add(x, constant(sinusoids(length, n, dtype))) })
        })
      )
    ),
  samples: [
    { layer: positions(), input: [3, 2] },
    { layer: positions('sinusoidal'), input: [2, 3] }
  ]
}
