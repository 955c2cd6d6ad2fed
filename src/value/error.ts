/**
 * Every error of gradfold is a value of this shape: a tag that says which part refused, the place, what was expected, what came,
 * and what to try. The words of all messages are put together here, so they read alike everywhere (the compiler's messages too).
 */
import * as E from 'fp-ts/lib/Either.js'

export interface Problem<Tag extends string> {
  readonly _tag: Tag
  /** where: labels from the outside in, e.g. `['hidden', 'dense', 'weight']` or `['$', 'layers', '1']` */
  readonly path: readonly string[]
  readonly expected: string
  readonly got: string
  readonly hint: string
}

/** sizes or element types that do not fit, in a model, an expression or a tensor handed in */
export type ShapeError = Problem<'ShapeError'>
/** text or data from outside that is not what it should be */
export type DecodeError = Problem<'DecodeError'>
/** a dataset that cannot be used */
export type DataError = Problem<'DataError'>
/** a setting outside its range */
export type SettingError = Problem<'SettingError'>
/** a file or folder that cannot be read or written, or that holds something else than it should */
export type FileError = Problem<'FileError'>
/** a backend that cannot run here, or a program it cannot run */
export type BackendError = Problem<'BackendError'>

/** what came from outside may be of any length, and a message is to be read */
const maxLabel = 400
const maxText = 1000
const bounded = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 3)}...`)

const problem =
  <Tag extends string>(_tag: Tag) =>
  (path: readonly string[], expected: string, got: string, hint = ''): Problem<Tag> => ({
    _tag,
    path: path.map(label => bounded(label, maxLabel)),
    expected: bounded(expected, maxText),
    got: bounded(got, maxText / 2),
    hint: bounded(hint, maxText)
  })

/**
 * A shape error as a value: the place, what was expected, what came, what to try.
 *
 * @example shapeError([], 'a flat input [n]', '[28, 28]', 'put flatten before it')
 */
export const shapeError = problem('ShapeError')
export const decodeError = problem('DecodeError')
export const dataError = problem('DataError')
export const settingError = problem('SettingError')
export const fileError = problem('FileError')
export const backendError = problem('BackendError')

/** `hidden/dense: expected a flat input [n], got [28, 28, 1]; put flatten before it` */
export const message = (e: Problem<string>): string =>
  `${e.path.length > 0 ? `${e.path.join('/')}: ` : ''}expected ${e.expected}, got ${e.got}${e.hint === '' ? '' : `; ${e.hint}`}`

/** a number of things, in words: `1 epoch`, `12 batches` */
export const counted = (n: number, noun: string, show: (n: number) => string = String): string =>
  `${show(n)} ${noun}${n === 1 ? '' : /(tch|s)$/.test(noun) ? 'es' : 's'}`

/** the same error, one level further out */
export const inside =
  (label: string) =>
  <P extends Problem<string>>(e: P): P => ({ ...e, path: [bounded(label, maxLabel), ...e.path] })

/** an `Either` whose error, if it is one, lies one level further out */
export const within = (label: string): (<P extends Problem<string>, A>(e: E.Either<P, A>) => E.Either<P, A>) =>
  E.mapLeft(inside(label))
