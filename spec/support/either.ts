/** What a test expects of an `Either` of the library: the value, or the message of the error. Anything else fails the test. */
import * as E from 'fp-ts/lib/Either.js'
import { showError, type Problem } from '../../src/value/error.js'

export const right = <A>(e: E.Either<Problem<string>, A>): A => {
  if (E.isLeft(e)) throw new Error(`expected Right, got Left: ${showError(e.left)}`)
  return e.right
}
/** the message of the error */
export const left = (e: E.Either<Problem<string>, unknown>): string => {
  if (E.isRight(e)) throw new Error(`expected Left, got Right: ${shown(e.right)}`)
  return showError(e.left)
}
/** functions and cycles have no JSON; the failure must still say that a Right came */
const shown = (value: unknown): string => {
  try {
    return String(JSON.stringify(value)).slice(0, 200)
  } catch {
    return typeof value
  }
}
