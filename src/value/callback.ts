/** Callbacks of the caller. What they throw becomes a value, so that locks, files and threads are released. */
import * as E from 'fp-ts/lib/Either.js'
import type { Problem } from '../value/error.js'
import { errorText } from '../value/text.js'

/** a callback threw */
export type Thrown = Problem<'CallbackError'>

/** Calls a callback. @param name of the option that passed it */
export const called = <A>(name: string, f: () => A, hint = ''): E.Either<Thrown, A> =>
  E.tryCatch(f, e => ({
    _tag: 'CallbackError',
    code: 'callback-threw',
    path: [name],
    expected: 'a function that returns',
    got: `an error: ${errorText(e)}`,
    hint
  }))
