/** From rows to the numbers that a model sees: gaps filled, categories as 1 among 0s, numbers scaled. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { given } from '../../value/argument.js'
import { decodeError, type DataError, type DecodeError } from '../../value/error.js'
import { tensorView, type Tensor } from '../../value/tensor.js'
import type { Dims } from '../../value/shape.js'
import { dataset, type Dataset } from '../dataset.js'
import { confusionHint, confusions } from '../distinct.js'
import { defaultLimits } from '../limits.js'
import { fittedArgument, tableArgument } from './arguments.js'
import { fittedOf, type FittedColumn, type FittedTable } from './fitted.js'
import { keptRows } from './fit.js'
import { columnOf, inputsOf, targetsOf, type ResolvedColumn, type TableSchema } from './schema.js'
import { classWriter, slotWriter, type Wrong } from './slots.js'
import { pickRows, rowError, type ColumnValues, type ReadTable, type DataTable } from './table.js'

/** what is wrong with a value, in a row of the table */
type Report = (row: number, name: string, wrong: Wrong) => void

/** `scale x + shift` in f64, and once rounded */
const scaled = (x: number, { scale, shift }: FittedColumn, i: number): number =>
  scale === undefined ? Math.fround(x) : Math.fround((scale[i] as number) * x + (shift?.[i] as number))

const beyondF32: Wrong = {
  expected: 'a number in the range of f32',
  got: 'one beyond it',
  hint: 'use another unit of measure'
}

/** writes the column's numbers into rows that are `width` wide */
const putColumn = (
  c: ResolvedColumn,
  f: FittedColumn,
  all: ColumnValues,
  out: Float32Array,
  { width, place, distinct }: { readonly width: number; readonly place: number; readonly distinct: boolean },
  report: (row: number, wrong: Wrong) => void
): void => {
  const { count, write } = slotWriter(c, f)
  const numbers = new Float64Array(count)
  const confused = confusions()
  for (let row = 0; row < all.length; row++) {
    const value = all[row]
    const at = row * width + place
    const wrong = write(value, numbers)
    if (wrong !== undefined) {
      report(row, wrong)
      continue
    }
    for (let i = 0; i < count; i++) out[at + i] = scaled(numbers[i] as number, f, i)
    if (c.indicator) out[at + count] = value === undefined || Number.isNaN(value) ? 1 : 0
    if (c.kind !== 'category' && !Number.isFinite(out[at])) report(row, beyondF32)
    const other = distinct && f.scale === undefined ? confused(0, numbers[0] as number) : undefined
    if (other !== undefined)
      report(row, {
        expected: 'whole numbers that stay different in f32',
        got: `${numbers[0] as number} and ${other}, which become equal`,
        hint: `${confusionHint}, as does a scaling`
      })
  }
}

const encodeInputs = (fitted: FittedTable, table: DataTable, distinct: boolean, report: Report): Float32Array => {
  const { schema, width } = fitted
  const out = new Float32Array(table.rows * width)
  let place = 0
  for (const name of inputsOf(schema)) {
    const c = columnOf(schema, name)
    const f = fittedOf(fitted, name)
    putColumn(c, f, table.columns[name] as ColumnValues, out, { width, place, distinct }, (row, wrong) => {
      report(row, name, wrong)
    })
    place += slotWriter(c, f).count + (c.indicator ? 1 : 0)
  }
  return out
}

const encodeTargets = (fitted: FittedTable, table: DataTable, report: Report): Tensor<Dims, 'f32' | 'u32'> => {
  const { schema } = fitted
  const targets = targetsOf(schema)
  const [first = ''] = targets
  const c = columnOf(schema, first)
  if (c.kind === 'category') {
    const classOf = classWriter(c, fittedOf(fitted, first))
    const out = new Uint32Array(table.rows)
    const all = table.columns[first] as readonly (string | undefined)[]
    all.forEach((word, row) => {
      const found = word === undefined ? missingTarget : classOf(word)
      if (typeof found === 'object') report(row, first, found)
      else out[row] = found
    })
    return tensorView('u32', [table.rows], out)
  }
  const width = targets.length
  const out = new Float32Array(table.rows * width)
  targets.forEach((name, place) => {
    const column = table.columns[name] as ColumnValues
    putColumn(
      columnOf(schema, name),
      fittedOf(fitted, name),
      column,
      out,
      { width, place, distinct: true },
      (row, wrong) => {
        report(row, name, wrong)
      }
    )
  })
  return tensorView('f32', [table.rows, width], out)
}
const missingTarget: Wrong = {
  expected: 'a value of the target',
  got: 'a missing value',
  hint: "leave such rows out, or declare the target with missing: 'drop'"
}

const tooLarge = (fitted: FittedTable, rows: number): DecodeError | undefined =>
  rows * fitted.width * 4 > defaultLimits.bytes
    ? decodeError(
        ['table'],
        `inputs of at most ${defaultLimits.bytes} bytes`,
        `${rows} rows of ${fitted.width} numbers`
      )
    : undefined

/** new rows as inputs: the rows that can be used, in order, and what is wrong with the others */
export interface EncodedRows {
  readonly x: Tensor<readonly [number, number], 'f32'>
  /** the row of the table that each row of x is */
  readonly rows: readonly number[]
  readonly bad: ReadonlyMap<number, DecodeError>
}

/** the inputs of new rows; each row stands by itself */
export const encodeRows = (
  fitted: FittedTable,
  { table, bad: unread }: ReadTable
): E.Either<DecodeError, EncodedRows> => {
  const large = tooLarge(fitted, table.rows)
  if (large !== undefined) return E.left(large)
  const bad = new Map(unread)
  const all = encodeInputs(fitted, table, false, (row, name, { expected, got, hint }) => {
    if (!bad.has(row)) bad.set(row, rowError(table, row, name, expected, got, hint, 'unusable-data'))
  })
  const rows = Array.from({ length: table.rows }, (_, row) => row).filter(row => !bad.has(row))
  const { width } = fitted
  const x = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    x.set(all.subarray(row * width, (row + 1) * width), i * width)
  })
  return E.right({ x: tensorView('f32', [rows.length, width], x), rows, bad })
}

/**
 * A dataset of a table's rows: gaps filled, categories as one column each (1 for the one that holds), numbers scaled, as fitted on the
 * training part. Inputs are f32 [rows, width]. A target of categories is class numbers u32 [rows]; other targets are f32 [rows, targets],
 * a truth value 0 or 1. Rows with a gap in a column that says `missing: 'drop'` are left out.
 *
 * @example pipe(fitTable(train), E.bindTo('fitted'), E.bindW('data', ({ fitted }) => encodeTable(fitted)(test)))
 * @returns Left, naming row and column, for an unknown category and for a gap where gaps are refused
 */
export const encodeTable =
  <S extends TableSchema>(fitted: FittedTable<S>) =>
  (table: DataTable<S>): E.Either<DecodeError | DataError, Dataset> =>
    given(decodeError, [fittedArgument(fitted), tableArgument(table)], () => encoded(fitted, table))

const encoded = <S extends TableSchema>(
  fitted: FittedTable<S>,
  table: DataTable<S>
): E.Either<DecodeError | DataError, Dataset> => {
  const rows = keptRows(table)
  const kept = pickRows(table, rows)
  const large = tooLarge(fitted, kept.rows)
  if (large !== undefined) return E.left(large)
  let wrong: DecodeError | undefined
  const report: Report = (row, name, { expected, got, hint }) => {
    wrong ??= rowError(table, rows[row] ?? row, name, expected, got, hint, 'unusable-data')
  }
  const x = encodeInputs(fitted, kept, true, report)
  const y = encodeTargets(fitted, kept, report)
  if (wrong !== undefined) return E.left(wrong)
  const [first = ''] = targetsOf(fitted.schema)
  const classes = fittedOf(fitted, first).categories
  return pipe(
    dataset({
      x: tensorView('f32', [kept.rows, fitted.width], x),
      y,
      ...(classes === undefined ? {} : { classes: classes.length })
    })
  )
}
