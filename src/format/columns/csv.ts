/** Tables as CSV (RFC 4180). */
import * as E from 'fp-ts/lib/Either.js'
import { given } from '../../value/argument.js'
import { settingError, type SettingError } from '../../value/error.js'
import { tableArgument, type Cell, type ColumnTable } from './columns.js'

/** quoted where a reader would see another text; an empty text is, because an empty cell is no value */
const quoted = (text: string): string =>
  text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
/** numbers with the digits that say each exactly */
const cellText = (cell: Cell): string => (cell === null ? '' : Object.is(cell, -0) ? '-0' : quoted(String(cell)))

/**
 * A table as CSV: a line of names, then one for each row, each ended by a line feed. Numbers are written so that they are read back
 * exactly, with NaN, Infinity and -Infinity by these names. A cell without a value is empty, an empty text is "".
 *
 * @example encodeCsv({ name: 'epochs', columns: [{ name: 'epoch', kind: 'whole', values: [1, 2] }] }) // Right('epoch\n1\n2\n')
 * @returns Left for columns that differ in length, equal names, and values that are not of their kind
 */
export const encodeCsv = (table: ColumnTable): E.Either<SettingError, string> =>
  given(settingError, [tableArgument(table)], () => {
    const { columns } = table
    const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (_, i) =>
      columns.map(c => cellText(c.values[i] as Cell)).join(',')
    )
    return E.right([columns.map(c => quoted(c.name)).join(','), ...rows].map(line => `${line}\n`).join(''))
  })
