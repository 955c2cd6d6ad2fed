/** Rows and predictions as text: CSV in the marks of the schema, or a line of JSON each. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { classNames } from '../../data/table/fitted.js'
import { columnOf, idsOf, targetsOf } from '../../data/table/schema.js'
import type { AnyRow } from '../../data/table/rows.js'
import { readTableRecords, readTableText, type ReadTable } from '../../data/table/table.js'
import { inside, showError, type DecodeError } from '../../value/error.js'
import { parseJson, refined } from '../../value/codec.js'
import { exactNumber } from '../numbers.js'
import type { AnyPrediction } from './predict.js'
import type { Pipeline } from './value.js'

const record = refined('a record', (u): u is AnyRow => typeof u === 'object' && u !== null && !Array.isArray(u))

/** lines of JSON, a record each */
const recordsOf = (text: string): E.Either<DecodeError, readonly AnyRow[]> =>
  pipe(
    text.split(/\r?\n/).flatMap((line, i) => (line.trim() === '' ? [] : [[line, i + 1] as const])),
    E.traverseArray(([line, i]) => pipe(parseJson(record)(line), E.mapLeft(inside(`line ${i}`))))
  )

/**
 * Rows of a text for a pipeline: CSV whose first line names the columns, or lines of JSON, which begin with `{`. Further columns are left
 * out.
 *
 * @param targets whether the targets must be there; rows that cannot be read are kept with what is wrong, unless they must
 */
export const rowsOfText = (p: Pipeline, text: string, targets: boolean): E.Either<DecodeError, ReadTable> => {
  const options = { targets, keepBad: !targets, strangers: true }
  const { schema } = p.fitted
  return text.trimStart().startsWith('{')
    ? pipe(
        recordsOf(text),
        E.chain(rows => readTableRecords(rows, schema, options))
      )
    : readTableText(text, schema, options)
}

/** rows that cannot be predicted, by number */
export const badRows = (rows: readonly E.Either<DecodeError, AnyPrediction>[]): readonly DecodeError[] =>
  rows.flatMap(row => (E.isLeft(row) ? [row.left] : []))

/** names and probabilities of a target: `species`, `species=Adelie`, ... */
const outputsOf = (p: Pipeline): readonly (readonly [column: string, read: (row: AnyPrediction) => unknown])[] =>
  targetsOf(p.fitted.schema).flatMap(name => [
    [name, (row: AnyPrediction): unknown => row.values[name]] as const,
    ...(classNames(p.fitted, name) ?? [])
      .filter(word => columnOf(p.fitted.schema, name).kind === 'category' || word === 'true')
      .map(word => [`${name}=${word}`, (row: AnyPrediction): unknown => row.probabilities[name]?.[word]] as const)
  ])

/**
 * Predictions as CSV: the ids of the rows (their numbers, counted from 0, where the schema has none), each target, and the probabilities of
 * its classes as `target=class`. Delimiter and decimal mark are those of the schema. With `error`, a column says what is wrong with a row.
 */
export const predictionsCsv = (
  p: Pipeline,
  rows: readonly E.Either<DecodeError, AnyPrediction>[],
  {
    error,
    ids: idsOfRow
  }: { readonly error: boolean; readonly ids: (row: number) => Readonly<Record<string, string | undefined>> }
): string => {
  const { delimiter = ',', decimal = '.' } = p.fitted.schema
  const ids = idsOf(p.fitted.schema)
  const outputs = outputsOf(p)
  const cell = (u: unknown): string => {
    const text =
      typeof u === 'number'
        ? String(exactNumber.encode(u)).replace('.', decimal)
        : typeof u === 'boolean'
          ? String(u)
          : typeof u === 'string'
            ? u
            : ''
    return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const line = (cells: readonly unknown[]): string => `${cells.map(cell).join(delimiter)}\n`
  const header = [...(ids.length === 0 ? ['row'] : ids), ...outputs.map(([name]) => name), ...(error ? ['error'] : [])]
  return [
    line(header),
    ...rows.map((row, i) =>
      line([
        ...(ids.length === 0 ? [i] : ids.map(name => idsOfRow(i)[name])),
        ...outputs.map(([, read]) => (E.isRight(row) ? read(row.right) : undefined)),
        ...(error ? [E.isLeft(row) ? showError(row.left) : ''] : [])
      ])
    )
  ].join('')
}

/** JSON has no infinities, no NaN and no -0, and null would be a missing value */
const withText = (_: string, u: unknown): unknown => (typeof u === 'number' ? exactNumber.encode(u) : u)

/** Predictions as lines of JSON: row, ids, values and probabilities by name, or row, ids and error; NaN, infinities and -0 as texts. */
export const predictionsJson = (
  rows: readonly E.Either<DecodeError, AnyPrediction>[],
  ids: (row: number) => Readonly<Record<string, string | undefined>>
): string =>
  rows
    .map((row, i) => {
      const known = ids(i)
      const named = Object.keys(known).length === 0 ? {} : { ids: known }
      return `${JSON.stringify(
        E.isRight(row)
          ? { row: i, ...named, values: row.right.values, probabilities: row.right.probabilities }
          : { row: i, ...named, error: showError(row.left) },
        withText
      )}\n`
    })
    .join('')

/** the ids of a row, where it has some */
export const idsIn =
  (p: Pipeline, { table }: ReadTable) =>
  (row: number): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(
      idsOf(p.fitted.schema).flatMap(name => {
        const id = table.columns[name]?.[row]
        return typeof id === 'string' ? [[name, id] as const] : []
      })
    )
