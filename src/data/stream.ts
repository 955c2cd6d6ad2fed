/**
 * Datasets that don't fit in memory: examples in blocks, which are read when they are needed. In memory are the block that is trained on,
 * in the memory of the backend, and the next one, which is read meanwhile.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { showUnknown } from '../value/codec.js'
import { dataError, inside, type DataError, type DecodeError } from '../value/error.js'
import { examplesDataArgument, isObject, optionsOf } from '../value/argument.js'
import { isSize } from '../value/shape.js'
import { fromArrays, type Nested } from './arrays.js'
import { exampleCount, type Dataset } from './dataset.js'
import type { DatasetOf } from './features.js'

export type StreamError = DataError | DecodeError

/** a dataset in blocks of equally many examples, of which the last one may have fewer */
export interface DataStream {
  /** how many in all */
  readonly examples: number
  /** how many in a block: a multiple of the batch size, unless there is one block */
  readonly blockSize: number
  /** the examples of a block, counted from 0: the same ones whenever it is read */
  readonly read: (block: number) => TE.TaskEither<StreamError, DatasetOf>
}

export const blockCount = ({ examples, blockSize }: Pick<DataStream, 'examples' | 'blockSize'>): number =>
  Math.ceil(examples / blockSize)
/** how many examples a block has */
export const blockLength = (s: Pick<DataStream, 'examples' | 'blockSize'>, block: number): number =>
  Math.min(s.blockSize, s.examples - block * s.blockSize)

/** what is wrong with a stream of an untyped caller */
export const wrongStream = (u: DataStream): DataError | undefined => {
  const s = (u as Partial<DataStream> | undefined | null) ?? {}
  return !isSize(s.examples)
    ? dataError(['stream', 'examples'], 'a positive whole number', showUnknown(s.examples))
    : !isSize(s.blockSize)
      ? dataError(['stream', 'blockSize'], 'a positive whole number', showUnknown(s.blockSize))
      : typeof s.read !== 'function'
        ? dataError(['stream', 'read'], 'a function of the number of a block', showUnknown(s.read))
        : undefined
}

/** a block, with as many examples as it must have; what a caller's function throws or rejects is Left */
export const readBlock = (s: DataStream, block: number): TE.TaskEither<StreamError, DatasetOf> =>
  pipe(
    TE.tryCatch(
      async () => s.read(block)(),
      (e): StreamError =>
        dataError([], 'a function that returns', `an error: ${e instanceof Error ? e.message : String(e)}`)
    ),
    TE.filterOrElseW(
      read => isObject(read) && '_tag' in read && (E.isLeft(read) || examplesDataArgument(read.right).is(read.right)),
      read => dataError([], 'Either a dataset or an error', showUnknown(read))
    ),
    TE.chainEitherK(read => read),
    TE.filterOrElseW(
      d => exampleCount(d) === blockLength(s, block),
      d => dataError([], `${blockLength(s, block)} examples`, `${exampleCount(d)}`)
    ),
    TE.mapLeft(inside(`block ${block}`))
  )

/** an example: numbers in nested arrays; its target, or with `classes` its class number */
export interface StreamExample {
  readonly x: Nested
  readonly y: Nested | number
}
export interface ExampleStream {
  readonly examples: number
  readonly blockSize: number
  /** for class numbers: how many classes there are */
  readonly classes?: number | undefined
  /** the example of an index, counted from 0: a pure function */
  readonly example: (index: number) => StreamExample
}

/**
 * A stream of examples that a function makes one by one.
 *
 * @example streamOf({ examples: 1e6, blockSize: 4096, example: i => ({ x: [i / 1e6], y: [i / 2e6] }) })
 */
export const streamOf = (s: ExampleStream): DataStream => {
  // what is not right is said when it is trained on
  const { examples, blockSize, classes, example } = optionsOf(s) as ExampleStream
  return {
    examples,
    blockSize,
    read: block => () => {
      const rows = Array.from({ length: blockLength({ examples, blockSize }, block) }, (_, i) =>
        example(block * blockSize + i)
      )
      const read: E.Either<StreamError, Dataset> = fromArrays(
        rows.map(({ x }) => x),
        rows.map(({ y }) => y),
        classes
      )
      return Promise.resolve(read)
    }
  }
}
