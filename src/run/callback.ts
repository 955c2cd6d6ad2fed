/** Functions of the caller's: what they throw becomes a value, so that locks, files and threads are given back. */
import * as E from 'fp-ts/lib/Either.js'
import type { Problem } from '../value/error.js'
import { errorText } from '../value/text.js'

/** a function that was handed in threw */
export type Thrown = Problem<'CallbackError'>

/** What a function of the caller's gives. @param name of the option it was given as */
export const called = <A>(name: string, f: () => A, hint = ''): E.Either<Thrown, A> =>
  E.tryCatch(f, e => ({
    _tag: 'CallbackError',
    code: 'callback-threw',
    path: [name],
    expected: 'a function that returns',
    got: `an error: ${errorText(e)}`,
    hint
  }))
