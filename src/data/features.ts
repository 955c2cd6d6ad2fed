/** Features of a dataset: one, or several inputs or targets of the same examples as a tuple or a record. */
import { isSound, type Tensor } from '../value/tensor.js'
import type { Dims } from '../value/shape.js'

/**
 * Numbers with the examples along the first axis, row-major from offset 0, as many as the shape says. What a model sees of them:
 * - `u8`: the f32 number `round(round(scale * byte) + shift)`, one multiplication and one addition, each rounded to f32;
 * - `f32`: the numbers themselves (scale 1, shift 0: not applied, so -0 stays -0);
 * - `u32`: the numbers themselves, as indexes or class numbers.
 */
export interface Feature {
  readonly tensor: Tensor<Dims, 'u8' | 'f32' | 'u32'>
  readonly scale: number
  readonly shift: number
}

/** columns of a table [n, d]: this many from this one on, counted from 0 */
export interface Columns {
  readonly from: number
  readonly count: number
}
/** one of several inputs or targets: a feature, or some columns of one, which are never copied */
export interface Part extends Feature {
  readonly columns?: Columns
}

/** one thing, or a list of several */
export type Several<A> = A | readonly A[]
export const isSeveral = <A>(s: Several<A>): s is readonly A[] => Array.isArray(s)
/** f of one thing, or of each of several with its place */
export const mapSeveral = <A, B>(s: Several<A>, f: (a: A, place: number | undefined) => B): Several<B> =>
  isSeveral(s) ? s.map((a, i) => f(a, i)) : f(s, undefined)
export const listOf = <A>(s: Several<A>): readonly A[] => (isSeveral(s) ? s : [s])

/** inputs or targets: one feature, or several by place or by name */
export type Features = Feature | readonly Part[] | Readonly<Record<string, Part>>

/** a dataset of one or several inputs and of one or several targets */
export interface DatasetOf<X extends Features = Features, Y extends Features = Features> {
  /** inputs */
  readonly x: X
  /** targets */
  readonly y: Y
  /** how much each example counts in the loss [examples], 0 or more; once each where there are none */
  readonly weights?: Feature
}

/** the same with all parts in the order of a model */
export interface ArrangedData {
  readonly x: Several<Part>
  readonly y: Several<Part>
  readonly weights?: Feature
}

export const isFeature = (u: unknown): u is Feature =>
  typeof u === 'object' && u !== null && 'tensor' in u && 'scale' in u && 'shift' in u && isSound(u.tensor)

/** the parts of features in their order; of a record in the order of its names */
export const partsOf = (f: Features): readonly Part[] => (isFeature(f) ? [f] : Object.values(f))

/** the shape of a part, the axis of the examples included */
export const partShape = ({ tensor, columns }: Part): Dims =>
  columns === undefined ? tensor.shape : [tensor.shape[0] ?? 0, columns.count]
