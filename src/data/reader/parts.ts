/** What readers of files share: a training part, and a test part where one is named. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exact, finite, optional, refined, size, type Codec, type Fields } from '../../value/codec.js'
import { inside } from '../../value/error.js'
import type { Tensor } from '../../value/tensor.js'
import { dataset, feature, type Dataset } from '../dataset.js'
import type { Datasets, LoadError } from '../files.js'

export const path: Codec<string> = refined(
  'a path',
  (u): u is string => typeof u === 'string' && u !== '' && !u.includes('\0')
)

/** loads one part, then the other, and says in errors which one */
export const loadParts =
  <P, A = Dataset>(load: (part: P) => TE.TaskEither<LoadError, A>) =>
  (train: P, test: P | undefined): TE.TaskEither<LoadError, { readonly train: A; readonly test?: A }> =>
    pipe(
      TE.Do,
      TE.bind('train', () => pipe(load(train), TE.mapLeft(inside('train')))),
      TE.chain(d =>
        test === undefined
          ? TE.right<LoadError, { readonly train: A; readonly test?: A }>(d)
          : pipe(
              load(test),
              TE.bimap(inside('test'), t => ({ ...d, test: t }))
            )
      )
    )

/** one file with the inputs and one with the targets */
export interface FilePair {
  readonly x: string
  readonly y: string
}

export interface TensorFiles {
  readonly train: FilePair
  readonly test?: FilePair | undefined
  /** how many classes there are, for targets that are class numbers */
  readonly classes?: number | undefined
  /** how bytes are read: scale * byte + shift; default 1 and 0 */
  readonly scale?: number | undefined
  readonly shift?: number | undefined
}

const pair = exact('{ x, y }', { x: path, y: path })
export const tensorFileFields: Fields = {
  train: pair,
  test: optional(pair),
  classes: optional(size),
  scale: optional(finite),
  shift: optional(finite)
}

export const loadTensorFiles =
  (read: (path: string) => TE.TaskEither<LoadError, Tensor>) =>
  ({ train, test, classes, scale = 1, shift = 0 }: TensorFiles): TE.TaskEither<LoadError, Datasets> =>
    loadParts((files: FilePair) =>
      pipe(
        TE.Do,
        TE.bind('x', () => read(files.x)),
        TE.bind('y', () => read(files.y)),
        TE.chainEitherKW(({ x, y }) =>
          pipe(
            feature(x, { scale, shift }),
            E.mapLeft(inside('x')),
            E.chain(f => dataset(classes === undefined ? { x: f, y } : { x: f, y, classes }))
          )
        )
      )
    )(train, test)
