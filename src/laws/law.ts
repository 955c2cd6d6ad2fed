/** What a law is, and the words in which it says what is wrong. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { showError, type Problem } from '../value/error.js'

/**
 * A named property. It belongs to no test runner: hand it to `fc.assert`, whose parameters say how often it is tried.
 *
 * @example for (const { name, property } of lossLaws(mine)) test(name, () => fc.assert(property))
 */
export interface Law {
  /** `<member>: <law>` */
  readonly name: string
  /** fails with the numbers drawn and, in its context, what is wrong in words */
  readonly property: fc.IProperty<unknown>
}

/** Left says what is wrong */
export type Verdict<A = unknown> = E.Either<string, A>

/** every law is one function: from what was drawn to the verdict */
export const law = <A>(name: string, drawn: fc.Arbitrary<A>, judge: (a: A) => Verdict): Law => ({
  name,
  property: fc.property(fc.context(), drawn, (context, a) =>
    pipe(
      judge(a),
      E.match(
        wrong => {
          context.log(wrong)
          return false
        },
        () => true
      )
    )
  )
})

/** the laws of a member, under its name */
export const lawsOf = (member: string, laws: readonly Law[]): readonly Law[] =>
  laws.map(l => ({ ...l, name: `${member}: ${l.name}` }))

export const right: Verdict<undefined> = E.right(undefined)
export const holds = (ok: boolean, otherwise: () => string): Verdict => (ok ? right : E.left(otherwise()))
/** an error of gradfold's in words */
export const worded = <A>(e: E.Either<Problem<string>, A>): Verdict<A> => E.mapLeft(showError)(e)
/** words about a part say which part it is */
export const about = (part: string): (<A>(v: Verdict<A>) => Verdict<A>) => E.mapLeft(wrong => `${part}: ${wrong}`)
/** the first thing that is wrong with any of them */
export const every = <A>(items: readonly A[], judge: (a: A, i: number) => Verdict): Verdict =>
  E.traverseArrayWithIndex((i: number, a: A) => judge(a, i))(items)

/** what a law says of each sample of a record; a record without samples would be tested by nothing */
export const everySample = <S>(samples: readonly S[], judge: (sample: S) => Verdict): Verdict =>
  samples.length === 0
    ? E.left('the record has no samples')
    : every(samples, sample => pipe(judge(sample), about(`sample ${JSON.stringify(sample)}`)))

/** numbers are drawn from it (values.ts), so that a counterexample stays short */
export const seed: fc.Arbitrary<number> = fc.nat({ max: 0x7fffffff })
