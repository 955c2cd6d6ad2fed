/**
 * Every error of gradfold is a value of this shape: a tag that names the part that refused, the place, what was
 * expected, what was received, and a hint. All messages are formatted here, so that they read alike, the compiler's
 * included.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as Eq from 'fp-ts/lib/Eq.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as S from 'fp-ts/lib/string.js'
import type { Show } from 'fp-ts/lib/Show.js'
import type { Semigroup } from 'fp-ts/lib/Semigroup.js'

/** the cause of an error, for programs: words may change, codes do not */
export type ErrorCode =
  /** sizes or element types do not fit together */
  | 'shape-mismatch'
  | 'wrong-type'
  | 'missing-input'
  /** text or bytes that cannot be read as what they should be */
  | 'malformed'
  | 'missing-field'
  | 'unknown-field'
  /** settings */
  | 'out-of-range'
  | 'not-a-size'
  | 'unknown-member'
  /** valid alone, but not in combination: a metric of probabilities for a model without any */
  | 'unsuitable'
  /** numbers that are NaN or infinite */
  | 'not-finite'
  | 'unusable-data'
  | 'unusable-file'
  | 'cannot-run'
  /** a function that the caller passed threw */
  | 'callback-threw'

export interface Problem<Tag extends string> {
  readonly _tag: Tag
  readonly code: ErrorCode
  /** the place: labels from the outside in, e.g. `['hidden', 'dense', 'weight']` or `['$', 'layers', '1']` */
  readonly path: readonly string[]
  readonly expected: string
  readonly got: string
  readonly hint: string
  /** further mistakes that were found at the same time */
  readonly others?: readonly Problem<string>[]
}

/** sizes or element types that do not fit, in a model, an expression or a tensor that was passed */
export type ShapeError = Problem<'ShapeError'>
/** invalid text or data from outside */
export type DecodeError = Problem<'DecodeError'>
/** a dataset that cannot be used */
export type DataError = Problem<'DataError'>
/** a setting outside its range */
export type SettingError = Problem<'SettingError'>
/** a file or folder that cannot be read or written, or that holds something unexpected */
export type FileError = Problem<'FileError'>
/** a backend that cannot run here, or a program that it cannot run */
export type BackendError = Problem<'BackendError'>

/** outside text may be of any length, but messages must stay readable */
const maxLabel = 400
const maxText = 1000
const bounded = (text: string, max: number): string =>
  // callers without a compiler may pass something else as a path
  typeof text !== 'string' ? typeof text : text.length <= max ? text : `${text.slice(0, max - 3)}...`

const problem =
  <Tag extends string>(_tag: Tag, commonCode: ErrorCode) =>
  (path: readonly string[], expected: string, got: string, hint = '', code = commonCode): Problem<Tag> => ({
    _tag,
    code,
    path: path.map(label => bounded(label, maxLabel)),
    expected: bounded(expected, maxText),
    got: bounded(got, maxText / 2),
    hint: bounded(hint, maxText)
  })

/**
 * A shape error as a value: the place, what was expected, what was received, a hint.
 *
 * @example shapeError([], 'a flat input [n]', '[28, 28]', 'put flatten before it')
 */
export const shapeError = problem('ShapeError', 'shape-mismatch')
export const decodeError = problem('DecodeError', 'malformed')
export const dataError = problem('DataError', 'unusable-data')
export const settingError = problem('SettingError', 'out-of-range')
export const fileError = problem('FileError', 'unusable-file')
export const backendError = problem('BackendError', 'cannot-run')

/** `hidden/dense: expected a flat input [n], got [28, 28, 1]; put flatten before it`; several mistakes on a line each */
export const showError = (e: Problem<string>): string => mistakesOf(e).map(sentence).join('\n')
const sentence = (e: Problem<string>): string =>
  `${e.path.length > 0 ? `${e.path.join('/')}: ` : ''}expected ${e.expected}, got ${e.got}${e.hint === '' ? '' : `; ${e.hint}`}`

/** the mistakes of an error, each as a separate error */
export const mistakesOf = ({ others = [], ...first }: Problem<string>): readonly Problem<string>[] => [
  first,
  ...others.flatMap(mistakesOf)
]

/** errors as text: `problemShow.show(e)` is `showError(e)` */
export const problemShow: Show<Problem<string>> = { show: showError }

const mistakeEq: Eq.Eq<Problem<string>> = Eq.struct({
  _tag: S.Eq,
  code: S.Eq,
  path: RA.getEq(S.Eq),
  expected: S.Eq,
  got: S.Eq,
  hint: S.Eq
})
/** errors that report the same mistakes, in the same order */
export const problemEq: Eq.Eq<Problem<string>> = Eq.contramap(mistakesOf)(RA.getEq(mistakeEq))

/** a count with its noun: `1 epoch`, `12 batches` */
export const counted = (n: number, noun: string, show: (n: number) => string = String): string =>
  `${show(n)} ${noun}${n === 1 ? '' : /(tch|s)$/.test(noun) ? 'es' : 's'}`

/** adds a label to the front of an error's path */
export const inside =
  (label: string) =>
  <P extends Problem<string>>(e: P): P => ({
    ...e,
    path: [bounded(label, maxLabel), ...e.path],
    ...(e.others === undefined ? {} : { others: e.others.map(inside(label)) })
  })

/** adds a label to the front of the path of an `Either`'s error */
export const withinPath = (label: string): (<P extends Problem<string>, A>(e: E.Either<P, A>) => E.Either<P, A>) =>
  E.mapLeft(inside(label))

// ---- several checks

/** combines errors of independent checks, in order */
export const problemSemigroup = <P extends Problem<string>>(): Semigroup<P> => ({
  concat: (a, b) => ({ ...a, others: [...(a.others ?? []), ...mistakesOf(b)] })
})
/** runs independent checks: all their mistakes are reported together */
export const checkAll = <P extends Problem<string>>(checks: readonly E.Either<P, unknown>[]): E.Either<P, void> =>
  checks.reduce<E.Either<P, void>>(
    (all, check) =>
      E.isRight(check) ? all : E.left(E.isLeft(all) ? problemSemigroup<P>().concat(all.left, check.left) : check.left),
    E.right(undefined)
  )
/** a failed check if there is an error */
export const failIf = <P>(e: P | undefined): E.Either<P, void> => (e === undefined ? E.right(undefined) : E.left(e))
