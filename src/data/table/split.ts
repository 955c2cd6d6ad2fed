/** Parts of a table, drawn as `split` draws those of a dataset: before anything is fitted. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { DrawKey } from '../../random/index.js'
import { given } from '../../value/argument.js'
import { decodeError, type DataError, type DecodeError, type SettingError } from '../../value/error.js'
import { numbersOf, tensorView } from '../../value/tensor.js'
import type { Dataset } from '../dataset.js'
import { split, stratifiedSplit } from '../split.js'
import { tableArgument } from './arguments.js'
import { columnOf, targetsOf, type TableSchema } from './schema.js'
import { pickRows, type DataTable } from './table.js'

/** the parts of a table */
export interface TableSplit<S extends TableSchema = TableSchema> {
  readonly train: DataTable<S>
  readonly test: DataTable<S>
}

/** class numbers of a single target of classes, those without one in a class of their own; for stratified splits */
const classesOf = ({ schema, columns, rows }: DataTable): Uint32Array | undefined => {
  const [name = '', ...others] = targetsOf(schema)
  const { kind } = columnOf(schema, name)
  if (others.length > 0 || (kind !== 'category' && kind !== 'boolean')) return undefined
  const values = Array.from({ length: rows }, (_, row) => String(columns[name]?.[row]))
  const places = new Map([...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map((v, i) => [v, i]))
  return Uint32Array.from(values, v => places.get(v) as number)
}

/** a dataset whose inputs are the numbers of the rows: what splits it splits the table */
export const rowNumbers = (table: DataTable): Dataset => {
  const { rows } = table
  const classes = classesOf(table)
  const plain = { scale: 1, shift: 0 }
  return {
    x: {
      tensor: tensorView(
        'u32',
        [rows, 1],
        Uint32Array.from({ length: rows }, (_, row) => row)
      ),
      ...plain
    },
    y:
      classes === undefined
        ? { tensor: tensorView('f32', [rows, 1], new Float32Array(rows)), ...plain }
        : { tensor: tensorView('u32', [rows], classes), ...plain }
  }
}
/** the rows of a table that such a dataset names */
export const rowsNamed = <S extends TableSchema>(table: DataTable<S>, { x }: Dataset): DataTable<S> =>
  pickRows(table, numbersOf(x.tensor))

type Parts = <S extends TableSchema>(
  table: DataTable<S>,
  fraction: number,
  key: DrawKey
) => E.Either<DataError | SettingError | DecodeError, TableSplit<S>>
const parts =
  (cut: typeof split): Parts =>
  (table, fraction, key) =>
    given(decodeError, [tableArgument(table)], () =>
      pipe(
        cut(rowNumbers(table), fraction, key),
        E.map(({ train, test }) => ({ train: rowsNamed(table, train), test: rowsNamed(table, test) }))
      )
    )

/**
 * A random split of a table's rows; see `split`.
 *
 * @example splitTable(table, 0.8, leafKey(rootKey(1), 'split')) // Right({ train, test })
 */
export const splitTable: Parts = parts(split)
/**
 * A split that keeps the share of every class of the target; see `stratifiedSplit`.
 *
 * @example stratifiedSplitTable(table, 0.8, leafKey(rootKey(1), 'split')) // Right({ train, test })
 */
export const stratifiedSplitTable: Parts = parts(stratifiedSplit as typeof split)
