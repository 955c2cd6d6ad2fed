/** What untyped callers pass for tables, checked before it is used. */
import * as E from 'fp-ts/lib/Either.js'
import { isObject, wrongArgument, type Argument } from '../../value/argument.js'
import { decodeError, type DecodeError } from '../../value/error.js'

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

/** runs a function if its arguments are what its types say */
export const checkedArguments = <Err, A>(
  args: readonly Argument[],
  run: () => E.Either<Err, A>
): E.Either<Err | DecodeError, A> => {
  const wrong = wrongArgument(decodeError, args)
  return wrong === undefined ? run() : E.left(wrong)
}
