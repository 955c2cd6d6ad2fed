/** Laws, and the sentences of their failures. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { showError, type Problem } from '../value/error.js'

/**
 * A named property. It works with any test runner: pass it to `fc.assert`, whose parameters set the number of runs.
 *
 * @example for (const { name, property } of lossLaws(mine)) test(name, () => fc.assert(property))
 */
export interface Law {
  /** `<member>: <law>` */
  readonly name: string
  /** fails with the drawn numbers and a sentence that says what is wrong */
  readonly property: fc.IProperty<unknown>
}

/** Left says what is wrong */
export type Verdict<A = unknown> = E.Either<string, A>

/** makes a law from a function of the drawn values */
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

/** prefixes the names of a member's laws with its name */
export const lawsOf = (member: string, laws: readonly Law[]): readonly Law[] =>
  laws.map(l => ({ ...l, name: `${member}: ${l.name}` }))

export const right: Verdict<undefined> = E.right(undefined)
export const holds = (ok: boolean, otherwise: () => string): Verdict => (ok ? right : E.left(otherwise()))
/** an error of gradfold as a sentence */
export const worded = <A>(e: E.Either<Problem<string>, A>): Verdict<A> => E.mapLeft(showError)(e)
/** prefixes a verdict with the part that it is about */
export const about = (part: string): (<A>(v: Verdict<A>) => Verdict<A>) => E.mapLeft(wrong => `${part}: ${wrong}`)
/** the first failure among the items */
export const every = <A>(items: readonly A[], judge: (a: A, i: number) => Verdict): Verdict =>
  E.traverseArrayWithIndex((i: number, a: A) => judge(a, i))(items)

/** the verdict on each sample of a definition; a definition without samples fails, because no law would test it */
export const everySample = <S>(samples: readonly S[], judge: (sample: S) => Verdict): Verdict =>
  samples.length === 0
    ? E.left('the record has no samples')
    : every(samples, sample => pipe(judge(sample), about(`sample ${JSON.stringify(sample)}`)))

/** a seed for numbers (values.ts), which keeps counterexamples short */
export const seed: fc.Arbitrary<number> = fc.nat({ max: 0x7fffffff })
