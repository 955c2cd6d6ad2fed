import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { exact, finite, optional, size, withDefault } from '../../value/codec.js'
import { dataError, inside, type DataError } from '../../value/error.js'
import type { Tensor } from '../../value/tensor.js'
import { dataset, feature } from '../dataset.js'
import { readNpz, type LoadError } from '../files.js'
import { loadParts, path, type TensorFiles } from './parts.js'
import type { Reader } from './reader.js'

/** the inputs and targets of a part: arrays of one file */
export interface NpzPart {
  readonly file: string
  /** the name of the array of inputs; default `x` */
  readonly x?: string | undefined
  /** the name of the array of targets; default `y` */
  readonly y?: string | undefined
}
export interface NpzFiles extends Omit<TensorFiles, 'train' | 'test'> {
  readonly train: NpzPart
  readonly test?: NpzPart | undefined
}
/** arrays in archives; see `decodeNpz` */
export interface NpzSource extends NpzFiles {
  readonly tag: 'npz'
}
declare module './reader.js' {
  interface BuiltInSources {
    npz: NpzSource
  }
}

/**
 * Arrays of .npz files as the source of a run or study; see `decodeNpz`. Both parts may be in one file.
 *
 * @example npz({ train: { file: 'mnist.npz', x: 'x_train', y: 'y_train' }, test: { file: 'mnist.npz', x: 'x_test', y: 'y_test' }, classes: 10 })
 */
export const npz = (files: NpzFiles): NpzSource => ({ tag: 'npz', ...files })

const arrayOf =
  (arrays: Readonly<Record<string, Tensor>>) =>
  (name: string): E.Either<DataError, Tensor> =>
    E.fromNullable(
      dataError([], `one of the arrays ${Object.keys(arrays).slice(0, 12).join(', ')}`, JSON.stringify(name))
    )(Object.hasOwn(arrays, name) ? arrays[name] : undefined)

const loadPart =
  ({ classes, scale = 1, shift = 0 }: NpzFiles) =>
  ({ file, x = 'x', y = 'y' }: NpzPart) =>
    pipe(
      readNpz(file),
      TE.chainEitherKW(arrays =>
        pipe(
          E.Do,
          E.bind('x', () => arrayOf(arrays)(x)),
          E.bind('y', () => arrayOf(arrays)(y)),
          E.bind('inputs', d => pipe(feature(d.x, { scale, shift }), E.mapLeft(inside('x')))),
          E.chain(d => dataset(classes === undefined ? { x: d.inputs, y: d.y } : { x: d.inputs, y: d.y, classes })),
          E.mapLeft((e): LoadError => inside(file)(e))
        )
      )
    )

const part = exact('{ file, x, y }', { file: path, x: withDefault(path, 'x'), y: withDefault(path, 'y') })

export const npzReader: Reader<NpzSource> = {
  tag: 'npz',
  fields: () => ({
    train: part,
    test: optional(part),
    classes: optional(size),
    scale: optional(finite),
    shift: optional(finite)
  }),
  load: source => loadParts(loadPart(source))(source.train, source.test),
  samples: [
    npz({ train: { file: 'd.npz', x: 'x', y: 'y' } }),
    npz({
      train: { file: 'd.npz', x: 'x_train', y: 'y_train' },
      test: { file: 'd.npz', x: 'x_test', y: 'y_test' },
      classes: 3,
      scale: 0.5
    })
  ]
}
