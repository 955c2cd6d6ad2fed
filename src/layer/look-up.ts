/** Finding the record that gives a name its meaning. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../value/error.js'

/** @returns Left when the table has no such name of its own: a family is open, so data may name what this program doesn't know */
export const lookUp = <A>(
  family: string,
  table: Readonly<Record<string, A>>,
  name: string
): E.Either<ShapeError, A> => {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  return found === undefined
    ? E.left(
        shapeError(
          [],
          `one of the ${family}s ${Object.keys(table).join(', ')}`,
          name,
          `hand its record along with extendKinds`,
          'unknown-member'
        )
      )
    : E.right(found)
}
