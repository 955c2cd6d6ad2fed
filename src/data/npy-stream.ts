/** Streams of .npy files: blocks of rows are read from their places in the files. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dataError, decodeError, inside } from '../value/error.js'
import { showUnknown } from '../value/codec.js'
import { optionsOf } from '../value/argument.js'
import { isSize, sizeOf } from '../value/shape.js'
import { tensorView, type Tensor } from '../value/tensor.js'
import { readRange } from './bounded.js'
import { dataset, feature } from './dataset.js'
import { decodeElements } from './elements.js'
import { maxNpyHeader, npyLayout, type NpyLayout } from './npy.js'
import { blockLength, type DataStream, type StreamError } from './stream.js'

export interface NpyStream {
  /** the file of the inputs [examples, ...], not packed, in C order */
  readonly x: string
  /** the file of the targets [examples, ...], or of class numbers [examples] */
  readonly y: string
  /** for class numbers: how many classes there are */
  readonly classes?: number | undefined
  /** how bytes are read: scale * byte + shift; default 1 and 0 */
  readonly scale?: number | undefined
  readonly shift?: number | undefined
  /** examples in a block; default: as many as take 16 MiB of inputs, a multiple of 4,096 where possible */
  readonly blockSize?: number | undefined
}

interface Rows extends NpyLayout {
  readonly path: string
  readonly rowBytes: number
}
const defaultBytes = 0x100_0000
const many = 4096
const powersOf2 = [2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2]

const layoutOf = (path: string, classes: number | undefined): TE.TaskEither<StreamError, Rows> =>
  pipe(
    readRange(path, 0, maxNpyHeader),
    TE.chainEitherKW(({ bytes, size }) =>
      pipe(
        npyLayout(bytes),
        E.map(layout => ({ ...layout, path, rowBytes: layout.element.width * sizeOf(layout.sizes.slice(1)) })),
        E.filterOrElse(
          ({ fortran, sizes }) => sizes.length > 0 && sizes.every(isSize) && (!fortran || sizes.length === 1),
          () => decodeError(['npy'], 'rows in C order, at least one', 'another array', 'np.ascontiguousarray makes one')
        ),
        E.filterOrElse(
          ({ element, sizes }) => element.dtype !== 'whole' || (classes !== undefined && sizes.length === 1),
          ({ element }) =>
            decodeError(['npy'], 'numbers that are read alike in every block', element.name, 'save them as float32')
        ),
        E.filterOrElse(
          ({ start, rowBytes, sizes: [n = 0] }) => start + n * rowBytes === size,
          ({ start, rowBytes, sizes: [n = 0] }) =>
            decodeError(['npy'], `${start + n * rowBytes} bytes for the sizes in the header`, `${size}`)
        ),
        E.mapLeft((e): StreamError => inside(path)(e))
      )
    )
  )

/** some rows of a file, as a tensor */
const rowsOf = (
  { path, element, littleEndian, sizes, start, rowBytes }: Rows,
  from: number,
  count: number
): TE.TaskEither<StreamError, Tensor> =>
  pipe(
    readRange(path, start + from * rowBytes, count * rowBytes),
    TE.filterOrElseW(
      ({ bytes }) => bytes.length === count * rowBytes,
      ({ bytes }) => dataError([path], `${count * rowBytes} bytes of rows ${from} and on`, `${bytes.length}`)
    ),
    TE.chainEitherKW(({ bytes }) => {
      const shape = [count, ...sizes.slice(1)]
      return pipe(
        decodeElements(['npy'], element, bytes, littleEndian, shape),
        E.bimap(inside(path), ({ dtype, numbers }) => tensorView(dtype, shape, numbers))
      )
    })
  )

/** examples of a block: about 16 MiB, a multiple of 4,096 where possible, so that it is one of most batch sizes */
const sizeFor = ({ rowBytes, sizes: [n = 1] }: Rows): number => {
  const fitting = Math.max(1, Math.floor(defaultBytes / rowBytes))
  return Math.min(n, fitting >= many ? fitting - (fitting % many) : (powersOf2.find(n => n <= fitting) ?? 1))
}

/**
 * Two .npy files as a stream. Only headers are read here; a block is read when it is needed.
 *
 * @example pipe(streamNpy({ x: 'x.npy', y: 'y.npy', classes: 10 }), TE.chainW(trainStream(settings, { backend: wasm })))
 * @returns Left for files that cannot be read, are packed, cut off or in Fortran order, hold whole numbers of 32 or 64 bits (class numbers
 * apart), or differ in their numbers of rows
 */
export const streamNpy = (files: NpyStream): TE.TaskEither<StreamError, DataStream> => {
  const { x, y, classes, scale = 1, shift = 0, blockSize } = optionsOf(files) as NpyStream
  const wrong = [x, y].find(path => typeof path !== 'string')
  if (wrong !== undefined || x === undefined || y === undefined)
    return TE.left(dataError(['files'], 'paths x and y', showUnknown(files)))
  return pipe(
    TE.Do,
    TE.bind('inputs', () => layoutOf(x, undefined)),
    TE.bind('targets', () => layoutOf(y, classes)),
    TE.filterOrElseW(
      ({ inputs, targets }) => inputs.sizes[0] === targets.sizes[0],
      ({ inputs, targets }) => dataError([y], `${inputs.sizes[0]} targets, one for each input`, `${targets.sizes[0]}`)
    ),
    TE.map(({ inputs, targets }): DataStream => {
      const size = { examples: inputs.sizes[0] ?? 0, blockSize: blockSize ?? sizeFor(inputs) }
      return {
        ...size,
        read: block =>
          pipe(
            TE.Do,
            TE.bind('x', () => rowsOf(inputs, block * size.blockSize, blockLength(size, block))),
            TE.bind('y', () => rowsOf(targets, block * size.blockSize, blockLength(size, block))),
            TE.chainEitherKW(rows =>
              pipe(
                feature(rows.x, { scale, shift }),
                E.mapLeft(inside(x)),
                E.chain(f => dataset({ x: f, y: rows.y, ...(classes === undefined ? {} : { classes }) }))
              )
            )
          )
      }
    })
  )
}
