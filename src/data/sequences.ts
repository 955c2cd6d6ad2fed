/** Datasets of windows: parts of one long sequence, with what follows them as targets. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { knownOptions, optionsOf, wrongArgument, type Argument } from '../value/argument.js'
import { uint32 } from '../value/codec.js'
import { dataError, failIf, type DataError } from '../value/error.js'
import { isSize, showShape, sizeOf, type Dims } from '../value/shape.js'
import { largest } from '../value/largest.js'
import { allocate, isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { defaultLimits } from './limits.js'
import { dataset, type Dataset } from './dataset.js'

const sizeArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a positive whole number',
  is: isSize
})
const sequenceArgument = (value: unknown): Argument => ({
  path: ['sequence'],
  value,
  expected: 'a tensor with the positions along its first axis',
  is: u => isTensor(u) && u.shape.length > 0
})

/** windows that overlap, and sequences that are filled up, are many numbers from few */
const maxNumbers = defaultLimits.bytes / 4

/** the first position of each window, where `span` positions must be there */
const starts = (sequence: Tensor, span: number, stride: number): E.Either<DataError, readonly number[]> => {
  const [positions = 0, ...each] = sequence.shape
  const windows = Math.floor((positions - span) / stride) + 1
  return positions < span
    ? E.left(dataError(['sequence'], `at least ${span} positions`, `${positions}`, 'take shorter windows'))
    : windows * span * sizeOf(each) > maxNumbers
      ? E.left(
          dataError(
            ['sequence'],
            `windows of at most ${maxNumbers} numbers in all`,
            `${windows} windows of ${span} positions`,
            'take a larger stride'
          )
        )
      : E.right(Array.from({ length: windows }, (_, i) => i * stride))
}

/** the parts of a sequence from some positions on, each of a length, as one tensor */
const parts = (t: Tensor, from: readonly number[], length: number, each: Dims): Tensor => {
  const numbers = numbersOf(t)
  const width = sizeOf(each)
  const out = allocate(t.dtype, from.length * length * width)
  from.forEach((start, i) => {
    for (let k = 0; k < length * width; k++) out[i * length * width + k] = numbers[start * width + k] as number
  })
  return tensorView(t.dtype, [from.length, length, ...each], out)
}

export interface PadOptions {
  /** the index that fills up; the `padding` of an embedding, the `ignore` of a loss */
  readonly padding: number
  /** positions of each sequence; default: those of the longest */
  readonly length?: number
}
const isRow = (u: unknown): boolean => Array.isArray(u) && u.findIndex(i => !uint32.is(i)) < 0
const rowArgument = (rows: unknown): Argument => ({
  path: ['sequences'],
  value: rows,
  expected: 'at least one list of indexes',
  // findIndex sees holes, which every does not
  is: u => Array.isArray(u) && u.length > 0 && u.findIndex(row => !isRow(row)) < 0
})
/**
 * Sequences of indexes of different lengths as one tensor u32 [sequences, length], each filled up at its end. The same for targets, with
 * the index that the loss ignores, makes positions past the end of a sequence count nothing.
 *
 * @example padSequences([[3, 1, 4], [2]], { padding: 0 }) // [[3, 1, 4], [2, 0, 0]]
 * @returns Left for a sequence that is longer than the length, named by its place counted from 0
 */
export const padSequences = (
  sequences: readonly (readonly number[])[],
  options: PadOptions
): E.Either<DataError, Tensor<Dims, 'u32'>> => {
  const { padding, length } = optionsOf(options)
  return pipe(
    failIf(
      wrongArgument(dataError, [
        knownOptions(options, { padding: true, length: true }),
        rowArgument(sequences),
        { path: ['padding'], value: padding, expected: 'an index, 0 or more', is: uint32.is },
        ...(length === undefined ? [] : [sizeArgument('length', length)])
      ])
    ),
    E.map(
      () =>
        length ??
        largest(
          sequences.map(row => row.length),
          1
        )
    ),
    E.chain(width => {
      const long = sequences.findIndex(row => row.length > width)
      if (long >= 0)
        return E.left(dataError([`sequence ${long}`], `at most ${width} positions`, `${sequences[long]?.length}`))
      if (width * sequences.length > maxNumbers)
        return E.left(
          dataError(['length'], `at most ${maxNumbers} numbers in all`, `${sequences.length} sequences of ${width}`)
        )
      const rows = sequences.map(row => [
        ...row,
        ...Array.from({ length: width - row.length }, () => padding as number)
      ])
      return E.right(tensorView('u32', [rows.length, width], Uint32Array.from(rows.flat())))
    })
  )
}

export interface TokenWindowOptions {
  /** positions of each example */
  readonly length: number
  /** from one window to the next; default: the length, so that no two windows overlap */
  readonly stride?: number
}
/**
 * Examples for a model that predicts the next index at every position (teacher forcing): inputs are windows of a sequence of indexes
 * [n], targets the same windows one position later. Both are u32 [windows, length]. What does not fill a window at the end is left out.
 *
 * @example pipe(text, encodeText(tokenizer), E.chain(tokenWindows({ length: 32 })))
 * @returns Left for a sequence that is not u32 [n], or shorter than one window and one more
 */
export const tokenWindows =
  (options: TokenWindowOptions) =>
  (tokens: Tensor): E.Either<DataError, Dataset> => {
    const { length, stride = length } = optionsOf(options)
    return pipe(
      failIf(
        wrongArgument(dataError, [
          knownOptions(options, { length: true, stride: true }),
          sizeArgument('length', length),
          sizeArgument('stride', stride),
          sequenceArgument(tokens)
        ])
      ),
      E.chain(() =>
        tokens.dtype === 'u32' && tokens.shape.length === 1
          ? starts(tokens, (length as number) + 1, stride as number)
          : E.left(dataError(['sequence'], 'indexes u32 [n]', `${tokens.dtype} ${showShape(tokens.shape)}`))
      ),
      E.chain(from =>
        dataset({
          x: parts(tokens, from, length as number, []),
          y: parts(
            tokens,
            from.map(i => i + 1),
            length as number,
            []
          )
        })
      )
    )
  }

export interface SeriesWindowOptions extends TokenWindowOptions {
  /** how many positions after a window are its targets; default 1 */
  readonly ahead?: number
}
/**
 * Examples for forecasting: inputs are windows of a series, targets the positions that follow each window. A series [n] gives inputs
 * [windows, length, 1] and targets [windows, ahead]; a series of vectors [n, c] gives [windows, length, c] and [windows, ahead, c].
 * Split the series by time before: neighbouring windows share numbers.
 *
 * @param options stride is 1 by default
 * @example pipe(series, seriesWindows({ length: 24, ahead: 2 }))
 * @returns Left for a series of other shapes, or shorter than a window and its targets
 */
export const seriesWindows =
  (options: SeriesWindowOptions) =>
  (series: Tensor): E.Either<DataError, Dataset> => {
    const { length, stride = 1, ahead = 1 } = optionsOf(options)
    return pipe(
      failIf(
        wrongArgument(dataError, [
          knownOptions(options, { length: true, stride: true, ahead: true }),
          sizeArgument('length', length),
          sizeArgument('stride', stride),
          sizeArgument('ahead', ahead),
          sequenceArgument(series)
        ])
      ),
      E.chain(() =>
        series.shape.length <= 2
          ? starts(series, (length as number) + ahead, stride)
          : E.left(dataError(['sequence'], 'a series [n] or [n, c]', showShape(series.shape)))
      ),
      E.chain(from => {
        const each = series.shape.slice(1)
        const x = parts(series, from, length as number, each.length === 0 ? [1] : each)
        return dataset({
          x,
          y: parts(
            series,
            from.map(i => i + (length as number)),
            ahead,
            each
          )
        })
      })
    )
  }
