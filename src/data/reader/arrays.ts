import * as TE from 'fp-ts/lib/TaskEither.js'
import { exact, optional, refined, size, type Codec } from '../../value/codec.js'
import { fromArrays, type Nested } from '../arrays.js'
import { defaultLimits } from '../limits.js'
import { loadParts } from './parts.js'
import type { Reader } from './reader.js'

export interface ArrayPair {
  readonly x: Nested
  readonly y: Nested
}
export interface ArrayParts {
  readonly train: ArrayPair
  readonly test?: ArrayPair | undefined
  /** how many classes there are, for targets that are class numbers */
  readonly classes?: number | undefined
}
/** the numbers themselves, for small data; see `fromArrays` */
export interface ArraysSource extends ArrayParts {
  readonly tag: 'arrays'
}
declare module './reader.js' {
  interface BuiltInSources {
    arrays: ArraysSource
  }
}

/**
 * Numbers in the run file or study itself, as its source; see `fromArrays`.
 *
 * @example arrays({ train: { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]] } })
 */
export const arrays = (parts: ArrayParts): ArraysSource => ({ tag: 'arrays', ...parts })

const isNested = (u: unknown, depth = 0): u is Nested =>
  Array.isArray(u) && depth < defaultLimits.rank && u.every(x => Number.isFinite(x) || isNested(x, depth + 1))
const nestedCodec: Codec<Nested> = refined('nested arrays of finite numbers', (u): u is Nested => isNested(u))
const pair = exact('{ x, y }', { x: nestedCodec, y: nestedCodec })

export const arraysReader: Reader<ArraysSource> = {
  tag: 'arrays',
  fields: () => ({ train: pair, test: optional(pair), classes: optional(size) }),
  load: ({ train, test, classes }) =>
    loadParts(({ x, y }: ArrayPair) => TE.fromEither(fromArrays(x, y, classes)))(train, test),
  samples: [arrays({ train: { x: [[0], [1]], y: [0, 1] }, test: { x: [[0.5]], y: [1] }, classes: 2 })]
}
