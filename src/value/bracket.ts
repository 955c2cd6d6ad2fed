/** Resources that must be given back: threads, memory, generators. */
import * as E from 'fp-ts/lib/Either.js'

/**
 * Uses a resource and releases it, whether the use succeeds, fails or throws (a caller's callback may): `TaskEither.bracket`, without
 * the task.
 *
 * @example bracket(E.right(file), f => read(f), f => f.close())
 */
export const bracket = <E1, R, E2, A>(
  acquired: E.Either<E1, R>,
  use: (resource: R) => E.Either<E2, A>,
  release: (resource: R) => void
): E.Either<E1 | E2, A> => {
  if (E.isLeft(acquired)) return acquired
  try {
    return use(acquired.right)
  } finally {
    release(acquired.right)
  }
}
