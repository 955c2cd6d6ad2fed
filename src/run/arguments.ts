/** What untyped callers pass to functions of runs by mistake: Left, before anything is read or written. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { backendArgument, given, isObject, type Argument } from '../value/argument.js'
import { settingError, type SettingError } from '../value/error.js'
import { isSize } from '../value/shape.js'

export const pathArgument = (name: string, value: unknown): Argument => ({
  path: [name],
  value,
  expected: 'a path',
  is: u => typeof u === 'string' && u !== ''
})
export const runArgument = (value: unknown): Argument => ({
  path: ['run'],
  value,
  expected: 'a run',
  is: u => isObject(u) && ['data', 'model', 'loss', 'optimizer', 'stop'].every(field => isObject(u[field])),
  hint: 'parseRunFile makes one'
})
/** the backend among options */
export const runnerArgument = (options: unknown): Argument =>
  backendArgument(isObject(options) ? options['backend'] : undefined)
/** the steps between two rows of what is watched, among options */
export const watchArgument = (options: unknown): Argument => ({
  path: ['watch'],
  value: isObject(options) ? options['watch'] : undefined,
  expected: 'a positive whole number',
  is: u => u === undefined || isSize(u)
})

/** the task, where the arguments are what they should be */
export const calledWith = <Err, A>(
  args: readonly Argument[],
  task: () => TE.TaskEither<Err, A>
): TE.TaskEither<Err | SettingError, A> =>
  pipe(TE.fromEither(given(settingError, args, () => E.right(undefined))), TE.chainW(task))
