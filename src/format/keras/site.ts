/** What a row of the tables of Keras layers is given, and what it gives. */
import type * as E from 'fp-ts/lib/Either.js'
import type { Layer } from '../../layer/definition.js'
import { sameShape, showShape, sizeOf, type Dims } from '../../value/shape.js'
import { filledTensor, numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { isMissing, missing, type Config, type Missing } from './config.js'

/** which program wrote a file: settings without a value mean another thing in each */
export type Dialect = 'tfjs' | 'keras2' | 'keras3'

/** layers with their numbers; the last one gives the value */
export interface Made {
  readonly layers: readonly Layer[]
  readonly tensors: readonly Tensor[]
  readonly states: readonly Tensor[]
  /** whether it takes indexes (u32) */
  readonly indexes?: true
  /** which of the inputs it takes, where another layer comes between: layers by the place of the input */
  readonly before?: Readonly<Record<number, Layer>>
}
export type Result = Made | Missing

export interface Site {
  readonly kind: string
  readonly config: Config
  readonly dialect: Dialect
  /** the shapes of the inputs */
  readonly inputs: readonly Dims[]
  /** the shape of the first input */
  readonly sizes: Dims
  /**
   * the weight with one of these names, which is the one at this place among those of the layer, with this shape; `part` is the beginning
   * of a name inside the layer, such as that of one direction
   */
  readonly weight: (names: readonly string[], place: number, shape: Dims, part?: string) => Tensor | Missing
  readonly place: (layer: Layer, input: Dims) => E.Either<Missing, Dims>
}
export type Row = (s: Site) => Result

/** the first of what is missing, or the result of all of the rest */
export const all = <const A extends readonly unknown[]>(
  parts: A,
  then: (...found: { -readonly [I in keyof A]: Exclude<A[I], Missing> }) => Result
): Result => {
  const gone = parts.find(isMissing)
  return gone ?? then(...(parts as unknown as { -readonly [I in keyof A]: Exclude<A[I], Missing> }))
}
export const made = (
  layers: readonly Layer[],
  tensors: readonly Tensor[] = [],
  states: readonly Tensor[] = []
): Made => ({ layers, tensors, states })
/** a layer that learns nothing, unless a setting is missing */
export const plainly = (gone: Missing | undefined, layer: () => Layer): Result => gone ?? made([layer()])
/** more layers behind those of a result */
export const followed = (r: Result, after: readonly Layer[] | Missing): Result =>
  isMissing(r) ? r : isMissing(after) ? after : { ...r, layers: [...r.layers, ...after] }

export const constantOf = (t: Tensor, shape: Dims, value: number): Tensor => {
  const whole = filledTensor(t.dtype, shape, value)
  return tensorView(t.dtype, shape, numbersOf(whole))
}
/** a tensor where the file has one, else the same number everywhere */
export const weightOr = (
  has: boolean,
  there: () => Tensor | Missing,
  like: Tensor | Missing,
  shape: Dims,
  value: number
) => (has ? there() : isMissing(like) ? like : constantOf(like, shape, value))

export const rankIs = (s: Site, ...ranks: readonly number[]): Missing | undefined =>
  s.inputs.length === 1 && ranks.includes(s.sizes.length)
    ? undefined
    : missing(`one input with ${ranks.join(' or ')} axes`, s.inputs.map(showShape).join(' and '))
export const sameSizes = (shapes: readonly Dims[]): boolean => shapes.every(d => sameShape(d, shapes[0] as Dims))
/** whether only the last axis has more than one place */
export const isFactor = (d: Dims): boolean => d.length > 0 && sizeOf(d) === d.at(-1)
