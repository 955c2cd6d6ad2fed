/**
 * Whole numbers that f32 cannot tell apart. From 2^24 on f32 leaves out whole numbers, so that times and identifiers which differ
 * become equal: a model would see one value for both. Fractions lose digits too, but rounding them is what f32 is for.
 */
import * as E from 'fp-ts/lib/Either.js'
import { dataError, type DataError } from '../value/error.js'

/** f32 holds every whole number up to here */
export const exactInF32 = 16_777_216

/** Looks at the numbers of a table; @returns the number seen before in this column that differs from x and is the same in f32 */
export type Confused = (column: number, x: number) => number | undefined

/** Nothing is kept for columns whose numbers are all small or fractions. */
export const confusions = (): Confused => {
  const seen = new Map<number, Map<number, number>>()
  return (column, x) => {
    if ((x < exactInF32 && x > -exactInF32) || !Number.isSafeInteger(x)) return undefined
    const known = seen.get(column) ?? new Map<number, number>()
    if (known.size === 0) seen.set(column, known)
    const rounded = Math.fround(x)
    const other = known.get(rounded)
    if (other === undefined) known.set(rounded, x)
    return other === x ? undefined : other
  }
}

/** what to do about such numbers */
export const confusionHint = 'subtract an origin or divide before they become f32: a scale and a shift do so in f64'

export const confused = (path: readonly string[], x: number, other: number): E.Either<DataError, never> =>
  E.left(
    dataError(path, 'whole numbers that stay different in f32', `${x} and ${other}, which become equal`, confusionHint)
  )
