/** What run files may name in the page: everything built in, but no files. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dataset, feature, reshapeInputs, type Dataset } from '../../../src/data/dataset.js'
import { decodeIris } from '../../../src/data/iris.js'
import { arraysReader } from '../../../src/data/reader/arrays.js'
import { irisReader } from '../../../src/data/reader/iris.js'
import { mnistReader } from '../../../src/data/reader/mnist.js'
import type { Family } from '../../../src/registry/definition.js'
import type { Reader } from '../../../src/data/reader/reader.js'
import type { RunRegistry } from '../../../src/run/registry.js'
import { builtInTraining } from '../../../src/train/registry.js'
import { dataError, type DataError } from '../../../src/value/error.js'
import { tensor } from '../../../src/value/tensor.js'

/** the text of iris.json, put here by build.mjs */
declare const IRIS_TEXT: string
/** how many digits the page has */
export const digits = { train: 1300, test: 300 }
const pixels = 784

/** the bytes of the images of both parts, then those of the labels; see build.mjs */
const digitBytes = async (): Promise<Uint8Array> => {
  const packed = new Uint8Array(await (await fetch('digits.bin')).arrayBuffer())
  // a server may have unpacked it already
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return packed
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
const part = (bytes: Uint8Array, first: number, count: number, flat: boolean): E.Either<DataError, Dataset> => {
  const all = digits.train + digits.test
  const numbers = (from: number, n: number): number[] => Array.from(bytes.subarray(from, from + n))
  return pipe(
    E.Do,
    E.bind('images', () => tensor('u8', [count, 28, 28], numbers(first * pixels, count * pixels))),
    E.bind('labels', () => tensor('u8', [count], numbers(all * pixels + first, count))),
    E.mapLeft(e => dataError(e.path, e.expected, e.got)),
    E.chain(({ images, labels }) =>
      pipe(
        feature(images, { scale: 1 / 255, shift: 0 }),
        E.chain(x => dataset({ x, y: labels, classes: 10 }))
      )
    ),
    E.chain(d => reshapeInputs(d, flat ? [pixels] : [28, 28, 1]))
  )
}

const readers: Family<Reader> = {
  arrays: arraysReader,
  iris: {
    ...irisReader,
    load: () =>
      TE.fromEither(
        pipe(
          decodeIris(IRIS_TEXT),
          E.map(train => ({ train }))
        )
      )
  },
  mnist: {
    ...mnistReader,
    load: ({
      train = digits.train,
      test = digits.test,
      flat = false
    }: {
      readonly train?: number
      readonly test?: number
      readonly flat?: boolean
    }) =>
      train > digits.train || test > digits.test
        ? TE.left(
            dataError(
              ['data'],
              `at most ${digits.train} and ${digits.test} digits, which the page has`,
              `${train} and ${test}`
            )
          )
        : pipe(
            TE.tryCatch(digitBytes, () =>
              dataError(['data'], 'the file digits.bin beside the page', 'none that can be read')
            ),
            TE.chainEitherK(bytes =>
              pipe(
                E.Do,
                E.bind('train', () => part(bytes, 0, train, flat)),
                E.bind('test', () => part(bytes, digits.train, test, flat))
              )
            )
          )
  }
}

export const members: RunRegistry = {
  ...builtInTraining,
  readers,
  formats: {}
}
