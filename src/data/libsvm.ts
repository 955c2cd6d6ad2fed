/**
 * The text format of LIBSVM and SVMlight: a line for each example, its target and then `index:value` for the inputs that are not 0, the
 * indexes in rising order; `#` begins a comment. Source: the README of LIBSVM. Rows become dense.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { decodeError, type DataError, type DecodeError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { tensorView } from '../value/tensor.js'
import { numberIn } from './csv-number.js'
import { dataset, type Dataset } from './dataset.js'
import { countElements, defaultLimits, wrongLimits, type Limits } from './limits.js'

export interface LibsvmOptions {
  /** how many inputs an example has; default: as the largest index says. A test file needs that of its training file. */
  readonly features?: number | undefined
  /** for class numbers: how many classes there are, or the target of each class, as `[-1, 1]`; else targets are numbers */
  readonly classes?: number | readonly number[] | undefined
  /** the index of the first input, 1 (default) or 0 */
  readonly firstIndex?: 0 | 1 | undefined
}

/** dense numbers for a character of text: a single damaged index must not take gigabytes */
const maxGrowth = 4096

interface Rows {
  readonly targets: number[]
  /** where the entries of each row begin */
  readonly starts: number[]
  readonly columns: number[]
  readonly values: number[]
  readonly width: number
}

const fail = (line: number, expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
  E.left(decodeError(['libsvm', `line ${line}`], expected, JSON.stringify(got.slice(0, 40)), hint))

/** the entries of all rows, and the number of columns that they need */
const rowsOf = (text: string, first: number): E.Either<DecodeError, Rows> => {
  const [targets, starts, columns, values]: readonly [number[], number[], number[], number[]] = [[], [], [], []]
  let width = 0
  let line = 0
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from)
    const end = found < 0 ? text.length : found
    const [content = ''] = text.slice(from, end).split('#', 1)
    from = end + 1
    line++
    const [target, ...entries] = content.trim().split(/\s+/)
    if (target === undefined || target === '') continue
    const y = numberIn(target, 0, target.length)
    if (!Number.isFinite(y))
      return fail(line, 'a number as the target', target, target.includes(',') ? 'several labels are not read' : '')
    targets.push(y)
    starts.push(columns.length)
    let last = -1
    for (const entry of entries) {
      const colon = entry.indexOf(':')
      const name = entry.slice(0, Math.max(0, colon))
      const column = /^\d{1,10}$/.test(name) ? Number(name) - first : NaN
      const value = numberIn(entry, colon + 1, entry.length)
      if (!(column > last) || !Number.isFinite(value))
        return fail(
          line,
          `index:value, indexes from ${first} in rising order`,
          entry,
          name === 'qid' ? 'groups of queries are not read' : ''
        )
      columns.push(column)
      values.push(value)
      last = column
    }
    width = Math.max(width, last + 1)
  }
  return targets.length === 0
    ? E.left(decodeError(['libsvm'], 'at least one example', 'none'))
    : E.right({ targets, starts: [...starts, columns.length], columns, values, width })
}

/** the targets of classes by their numbers */
const classNumbers = (targets: readonly number[], classes: readonly number[]): E.Either<DecodeError, Float64Array> => {
  const numbers = new Map(classes.map((y, i) => [y, i]))
  const row = targets.findIndex(y => !numbers.has(y))
  return row < 0
    ? E.right(Float64Array.from(targets, y => numbers.get(y) ?? 0))
    : E.left(decodeError(['libsvm', `example ${row}`], `a target among ${classes.join(', ')}`, String(targets[row])))
}

const wrongOptions = ({ features, classes, firstIndex }: LibsvmOptions): DecodeError | undefined =>
  features !== undefined && !isSize(features)
    ? decodeError(['features'], 'a positive whole number', showUnknown(features))
    : firstIndex !== undefined && firstIndex !== 0 && firstIndex !== 1
      ? decodeError(['firstIndex'], '0 or 1', showUnknown(firstIndex))
      : classes !== undefined && !isSize(classes) && !(Array.isArray(classes) && classes.every(Number.isFinite))
        ? decodeError(['classes'], 'how many classes there are, or their targets', showUnknown(classes))
        : Array.isArray(classes) && new Set(classes).size < Math.max(1, classes.length)
          ? decodeError(['classes'], 'at least one target, each once', `[${classes.join(', ')}]`)
          : undefined

/**
 * Reads text in the format of LIBSVM as a dataset: inputs [examples, features] in f32, zeros where a row names none. Targets are numbers
 * [examples, 1], or with `classes` class numbers.
 *
 * @example decodeLibsvm('+1 1:0.5 3:2\n-1 2:1\n', { classes: [-1, 1] }) // x: [[0.5, 0, 2], [0, 1, 0]], y: [1, 0]
 * @returns Left, naming the line (counted from 1), for anything but such rows, among them several labels and `qid`; for an index above
 * `features`, a target that is no class, and more than `limits.bytes` of inputs. Never throws.
 */
export const decodeLibsvm = (
  text: string,
  options: LibsvmOptions = {},
  limits: Limits = defaultLimits
): E.Either<DecodeError | DataError, Dataset> => {
  const given = (options as LibsvmOptions | null) ?? {}
  if (typeof text !== 'string') return E.left(decodeError(['libsvm'], 'text', showUnknown(text)))
  const wrong = wrongLimits(decodeError, 'libsvm', limits) ?? wrongOptions(given)
  if (wrong !== undefined) return E.left(wrong)
  const { features, classes, firstIndex = 1 } = given
  return pipe(
    rowsOf(text, firstIndex),
    E.filterOrElse(
      ({ width }) => width <= (features ?? Infinity),
      ({ width }) =>
        decodeError(['libsvm'], `indexes up to ${(features ?? 0) - 1 + firstIndex}`, String(width - 1 + firstIndex))
    ),
    E.bindTo('rows'),
    E.let('shape', ({ rows }) => [rows.targets.length, Math.max(1, features ?? rows.width)] as const),
    E.filterOrElse(
      ({ shape: [n, width] }) => features !== undefined || n * width <= maxGrowth * text.length,
      ({ shape: [n, width] }) =>
        decodeError(
          ['libsvm'],
          `at most ${maxGrowth} numbers for each character`,
          `${n} rows of ${width}`,
          'give features if the indexes are right'
        )
    ),
    E.bind('count', ({ shape }) => countElements('libsvm', shape, 8, limits)),
    E.bind('targets', ({ rows: { targets } }) =>
      Array.isArray(classes) ? classNumbers(targets, classes) : E.right(Float64Array.from(targets))
    ),
    E.chainW(({ rows: { starts, columns, values }, shape: [n, width], count, targets }) => {
      const x = new Float64Array(count)
      for (let row = 0; row < n; row++)
        for (let i = starts[row] as number; i < (starts[row + 1] as number); i++)
          x[row * width + (columns[i] as number)] = values[i] as number
      return dataset({
        x: tensorView('f64', [n, width], x),
        y: tensorView('f64', classes === undefined ? [n, 1] : [n], targets),
        ...(classes === undefined ? {} : { classes: typeof classes === 'number' ? classes : classes.length })
      })
    })
  )
}
