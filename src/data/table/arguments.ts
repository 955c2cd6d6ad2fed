/** What untyped callers pass for tables, checked before it is used. */
import { isObject, type Argument } from '../../value/argument.js'

const isSchema = (u: unknown): boolean =>
  isObject(u) && isObject(u['columns']) && (typeof u['target'] === 'string' || Array.isArray(u['target']))

export const tableArgument = (value: unknown): Argument => ({
  path: ['table'],
  value,
  expected: 'a table',
  is: u => isObject(u) && isSchema(u['schema']) && isObject(u['columns']) && Number.isSafeInteger(u['rows']),
  hint: 'decodeTable, fromRecords and readTable make one'
})
export const fittedArgument = (value: unknown): Argument => ({
  path: ['fitted'],
  value,
  expected: 'a fitted table',
  is: u => isObject(u) && isSchema(u['schema']) && isObject(u['columns']) && Number.isSafeInteger(u['width']),
  hint: 'fitTable makes one'
})
