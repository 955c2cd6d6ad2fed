/** Resources that must be released: threads, memory, generators. */
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

/**
 * A generator that releases its resources when it ends or is closed, even before the first pull. `end` maps its return
 * value.
 */
export const releasing = <A, B, C>(
  generator: Generator<A, B>,
  release: () => void,
  end: (outcome: B) => C
): Generator<A, C> => {
  const guarded = (function* (): Generator<A, C> {
    try {
      yield undefined as A
      return end(yield* generator)
    } finally {
      release()
    }
  })()
  // closing a generator before its first pull would skip its `finally`
  guarded.next()
  return guarded
}

/** Pulls a generator to its end and calls `each` with every value. If that is Left, or throws, the generator is closed. */
export const drained = <A, E1, B, E2>(
  generator: Generator<A, E.Either<E1, B>>,
  each: (value: A) => E.Either<E2, void>
): E.Either<E1 | E2, B> => {
  try {
    for (;;) {
      const next = generator.next()
      if (next.done === true) return next.value
      const after = each(next.value)
      if (E.isLeft(after)) return after
    }
  } finally {
    generator.return(undefined as never)
  }
}

/** The same, with a pause after each value: the generator is left if a pause or a callback fails. */
export const drainedWithPauses = async <A, E1, B, E2>(
  generator: Generator<A, E.Either<E1, B>>,
  each: (value: A) => E.Either<E2, void>,
  pause: () => Promise<void>
): Promise<E.Either<E1 | E2, B>> => {
  try {
    for (;;) {
      const next = generator.next()
      if (next.done === true) return next.value
      const after = each(next.value)
      if (E.isLeft(after)) return after
      await pause()
    }
  } finally {
    generator.return(undefined as never)
  }
}
