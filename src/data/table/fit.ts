/** Fitting: what of a table the training part alone decides. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { given } from '../../value/argument.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { kinds } from '../normalise.js'
import { tableArgument } from './arguments.js'
import { dateOf } from './cells.js'
import { sized, slotsOf, type FittedColumn, type FittedTable } from './fitted.js'
import {
  columnOf,
  fixedValue,
  inputsOf,
  targetsOf,
  type ColumnScaling,
  type ResolvedColumn,
  type TableSchema
} from './schema.js'
import { gap, slotWriter, type Slots } from './slots.js'
import { pickRows, rowError, type ColumnValues, type DataTable } from './table.js'

/** scalings of columns that do not say theirs, as run files set them */
export interface FitDefaults {
  readonly inputs?: ColumnScaling | undefined
  readonly targets?: ColumnScaling | undefined
}

/** by code units, as every engine has them */
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

// ---- statistics of values that are there

const present = (all: ColumnValues): readonly (number | string)[] =>
  Array.from<number | string | undefined>(all).filter((v): v is number | string => v !== undefined && !Number.isNaN(v))

const countsOf = (values: readonly (number | string)[]): ReadonlyMap<number | string, number> => {
  const counts = new Map<number | string, number>()
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1)
  return counts
}
/** of equally frequent ones the smaller number, or the first word in alphabetical order */
const mostFrequent = (values: readonly (number | string)[]): number | string | undefined =>
  [...countsOf(values)].reduce<readonly [number | string, number] | undefined>(
    (best, [v, n]) => (best === undefined || n > best[1] || (n === best[1] && v < best[0]) ? [v, n] : best),
    undefined
  )?.[0]
const mean = (values: readonly number[]): number => {
  let sum = 0
  for (const v of values) sum += v
  return sum / values.length
}
const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}

const noValue = (name: string): DecodeError =>
  decodeError(
    ['table', name],
    'a value in the training part, to fill gaps with',
    'none',
    'fill them with { value }, or ignore the column'
  )

/** what fills the gaps of a column, if anything */
const fillOf = (
  name: string,
  c: ResolvedColumn,
  all: ColumnValues
): E.Either<DecodeError, number | string | undefined> => {
  const { missing, kind } = c
  if (missing === 'refuse' || missing === 'drop') return E.right(undefined)
  const fixed = fixedValue(missing)
  if (fixed !== undefined) {
    const value =
      typeof fixed === 'boolean' ? Number(fixed) : kind === 'date' ? dateOf(fixed as string, c.format) : fixed
    return typeof value === 'number' && Number.isNaN(value)
      ? E.left(decodeError(['schema', name, 'missing'], `a date in the format ${c.format}`, JSON.stringify(fixed)))
      : E.right(value)
  }
  const values = present(all)
  const value =
    values.length === 0
      ? undefined
      : missing === 'mean'
        ? mean(values as readonly number[])
        : missing === 'median'
          ? median(values as readonly number[])
          : mostFrequent(values)
  return value === undefined ? E.left(noValue(name)) : E.right(value)
}

/** the categories declared, or those of the values, in alphabetical order */
const categoriesOf = (
  name: string,
  c: ResolvedColumn,
  all: ColumnValues
): E.Either<DecodeError, readonly string[] | undefined> => {
  if (c.kind !== 'category' || c.categories !== undefined) return E.right(c.categories)
  const fixed = fixedValue(c.missing)
  const frequent = [...countsOf(present(all))].flatMap(([word, n]) => (n >= c.atLeast ? [word as string] : []))
  const found = [...new Set([...frequent, ...(typeof fixed === 'string' ? [fixed] : [])])].sort(byCode)
  return found.length === 0
    ? E.left(decodeError(['table', name], `a category with at least ${c.atLeast} rows in the training part`, 'none'))
    : E.right(found)
}

// ---- scales

/** scale and shift of each number that a column becomes */
const scaleOf = (
  name: string,
  kind: Exclude<ColumnScaling, 'none'>,
  slots: Slots,
  all: ColumnValues
): E.Either<DecodeError, Pick<FittedColumn, 'scale' | 'shift'>> => {
  const values = Array.from({ length: slots.count }, (): number[] => [])
  const numbers = new Float64Array(slots.count)
  for (let row = 0; row < all.length; row++)
    if (slots.write(all[row], numbers) === undefined) values.forEach((list, i) => list.push(numbers[i] as number))
  const fitted = values.map(list => {
    let [min, max, squares] = [Infinity, -Infinity, 0]
    const centre = mean(list)
    for (const v of list) {
      min = Math.min(min, v)
      max = Math.max(max, v)
      squares += (v - centre) * (v - centre)
    }
    const deviation = min === max ? 0 : Math.sqrt(squares / list.length)
    const frame = kinds[kind]({ mean: centre, deviation, min, max })
    const scale = 1 / (frame.unit === 0 ? 1 : frame.unit)
    return { scale, shift: 0 - frame.centre * scale }
  })
  return fitted.every(f => Number.isFinite(f.scale) && Number.isFinite(f.shift))
    ? E.right({ scale: fitted.map(f => f.scale), shift: fitted.map(f => f.shift) })
    : E.left(decodeError(['table', name], 'a spread whose inverse is finite', 'less', 'use another unit of measure'))
}

const scalingFor = (schema: TableSchema, c: ResolvedColumn, isTarget: boolean, d: FitDefaults): ColumnScaling =>
  c.scaling ??
  (c.kind !== 'number' && c.kind !== 'date'
    ? 'none'
    : ((isTarget ? d.targets : (schema.scaling ?? d.inputs)) ?? 'none'))

const fitColumn = (
  { schema, columns }: DataTable,
  name: string,
  isTarget: boolean,
  defaults: FitDefaults
): E.Either<DecodeError, FittedColumn> => {
  const c = columnOf(schema, name)
  const all = columns[name] as ColumnValues
  return pipe(
    E.Do,
    E.bind('fill', () => fillOf(name, c, all)),
    E.bind('categories', () => categoriesOf(name, c, all)),
    E.map(({ fill, categories }): FittedColumn => ({
      ...(fill === undefined ? {} : { fill }),
      ...(categories === undefined ? {} : { categories })
    })),
    E.chain(f => {
      const scaling = scalingFor(schema, c, isTarget, defaults)
      return scaling === 'none' || slotsOf(c, f) === 0
        ? E.right(f)
        : pipe(
            scaleOf(name, scaling, slotWriter(c, f), all),
            E.map(s => ({ ...f, ...s }))
          )
    })
  )
}

/** the columns whose gaps drop a row */
const dropping = (schema: TableSchema): readonly string[] =>
  [...inputsOf(schema), ...targetsOf(schema)].filter(name => columnOf(schema, name).missing === 'drop')
const isGap = (v: number | string | undefined): boolean => v === undefined || Number.isNaN(v)

/** The rows without a gap in a column that says `missing: 'drop'`, by number. */
export const keptRows = ({ schema, columns, rows }: DataTable): readonly number[] => {
  const names = dropping(schema)
  return Array.from({ length: rows }, (_, row) => row).filter(row => names.every(name => !isGap(columns[name]?.[row])))
}

/** a gap where gaps are refused */
const refusedGap = (table: DataTable, rows: readonly number[], name: string): DecodeError | undefined => {
  if (columnOf(table.schema, name).missing !== 'refuse') return undefined
  const row = rows.find(i => isGap(table.columns[name]?.[i]))
  return row === undefined ? undefined : rowError(table, row, name, gap.expected, gap.got, gap.hint)
}

/** `fitTable`, with scalings for columns that do not say theirs */
export const fitTableWith =
  (defaults: FitDefaults) =>
  <S extends TableSchema>(table: DataTable<S>): E.Either<DecodeError, FittedTable<S>> => {
    const rows = keptRows(table)
    const kept = pickRows(table, rows)
    const { schema } = kept
    const targets = targetsOf(schema)
    const isTarget = new Set(targets)
    const names = [...inputsOf(schema), ...targets]
    if (kept.rows === 0)
      return E.left(decodeError(['table'], 'a row without gaps in the columns that drop rows', 'none'))
    const gap = names.map(name => refusedGap(table, rows, name)).find(e => e !== undefined)
    if (gap !== undefined) return E.left(gap)
    return pipe(
      names,
      E.traverseArray(name =>
        pipe(
          fitColumn(kept, name, isTarget.has(name), defaults),
          E.map(f => [name, f] as const)
        )
      ),
      E.chain(columns => sized(schema, Object.fromEntries(columns)))
    )
  }

/**
 * Fits a table: categories, values for gaps and scales, from these rows alone. Give it the training part.
 *
 * - a mean, a median or the most frequent value is that of the values that are there (of equally frequent ones the smallest);
 * - learned categories are in alphabetical order;
 * - a scaled number is `scale x + shift`, with the centre and the unit of `fitScaling`, in f64.
 *
 * @example pipe(decodeTable(text, schema), E.chain(fitTable)) // Right({ schema, columns, width })
 * @returns Left for a gap where gaps are refused (row and column), for a column with nothing to fill gaps with, for no categories
 */
export const fitTable = <S extends TableSchema>(train: DataTable<S>): E.Either<DecodeError, FittedTable<S>> =>
  given(decodeError, [tableArgument(train)], () => fitTableWith({})(train))
