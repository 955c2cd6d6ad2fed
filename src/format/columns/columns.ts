/** A table of columns: what runs and studies are written as for other programs. */
import { isObject, type Argument } from '../../value/argument.js'

/** a cell; null where there is none */
export type Cell = string | number | boolean | null
/**
 * A column. `whole` is whole numbers, `number` any numbers, in f64. All of `values` are of the kind or null; each column of a table has
 * as many as the others.
 */
export interface Column {
  readonly name: string
  readonly kind: 'whole' | 'number' | 'text' | 'boolean'
  readonly values: readonly Cell[]
}
/** columns of equal length */
export interface ColumnTable {
  readonly name: string
  readonly columns: readonly Column[]
}

const fits: Readonly<Record<Column['kind'], (u: unknown) => boolean>> = {
  whole: Number.isSafeInteger,
  number: u => typeof u === 'number',
  text: u => typeof u === 'string',
  boolean: u => typeof u === 'boolean'
}
const isColumn = (u: unknown): u is Column =>
  isObject(u) &&
  typeof u['name'] === 'string' &&
  typeof u['kind'] === 'string' &&
  Object.hasOwn(fits, u['kind']) &&
  Array.isArray(u['values']) &&
  // a copy has undefined where a list has holes, which `every` does not visit
  [...(u['values'] as readonly unknown[])].every(x => x === null || fits[u['kind'] as Column['kind']](x))

/** a table, of an untyped caller */
export const tableArgument = (value: unknown): Argument => ({
  path: ['table'],
  value,
  expected: 'columns of equal length with names that differ, whose values are of their kind',
  is: u => {
    if (!isObject(u) || !Array.isArray(u['columns']) || !u['columns'].every(isColumn)) return false
    const columns: readonly Column[] = u['columns']
    return (
      new Set(columns.map(c => c.name)).size === columns.length &&
      columns.every(c => c.values.length === columns[0]?.values.length)
    )
  }
})

/** the column of a setting or score whose values may be of several kinds: as text then */
export const columnOf = (name: string, values: readonly (Cell | undefined)[]): Column => {
  const cells = values.map(x => x ?? null)
  const kinds = new Set(cells.flatMap(x => (x === null ? [] : [typeof x])))
  return kinds.size > 1 || kinds.has('string')
    ? { name, kind: 'text', values: cells.map(x => (x === null ? null : String(x))) }
    : { name, kind: kinds.has('boolean') ? 'boolean' : 'number', values: cells }
}
