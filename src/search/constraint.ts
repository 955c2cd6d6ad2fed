/** Constraints between several numbers of one trial. Data with a tag; the family is open. */
import { finite, refined, type Codec } from '../value/codec.js'
import type { Definition, Family } from '../registry/definition.js'

/** tag -> the data type of each built-in constraint; the table below has exactly these */
export interface BuiltInConstraints<Name extends string> {
  readonly ordered: Ordered<Name>
  readonly sumAtMost: SumAtMost<Name>
  readonly productAtMost: ProductAtMost<Name>
}
/** tag -> the data type of that constraint, given the names that it may refer to; extended by declaration merging */
export interface Constraints<Name extends string> extends BuiltInConstraints<Name> {}
export type Constraint<Name extends string = string> = Constraints<Name>[keyof Constraints<Name>]

declare module '../registry/families.js' {
  interface FamilyMembers {
    readonly constraint: Constraint
  }
}

export interface ConstraintDefinition<
  C extends { readonly tag: string; readonly names: readonly string[] }
> extends Definition {
  readonly tag: C['tag']
  /** whether it holds for these numbers, in the order of the names; called only if all of them exist */
  holds(constraint: C, values: readonly number[]): boolean
  readonly samples: readonly C[]
}

export interface Ordered<Name extends string = string> {
  readonly tag: 'ordered'
  readonly names: readonly Name[]
}
export interface SumAtMost<Name extends string = string> {
  readonly tag: 'sumAtMost'
  readonly names: readonly Name[]
  readonly bound: number
}
export interface ProductAtMost<Name extends string = string> {
  readonly tag: 'productAtMost'
  readonly names: readonly Name[]
  readonly bound: number
}

/** each number at most the next one. @example ordered('least', 'most') */
export const ordered = <const Name extends string>(...names: readonly Name[]): Ordered<Name> =>
  Object.freeze({ tag: 'ordered', names })
/** the sum of these numbers is at most the bound. @example sumAtMost(1, 'first', 'second') */
export const sumAtMost = <const Name extends string>(bound: number, ...names: readonly Name[]): SumAtMost<Name> =>
  Object.freeze({ tag: 'sumAtMost', names, bound })
/** the product of these numbers is at most the bound. @example productAtMost(100_000, 'batchSize', 'units') */
export const productAtMost = <const Name extends string>(
  bound: number,
  ...names: readonly Name[]
): ProductAtMost<Name> => Object.freeze({ tag: 'productAtMost', names, bound })

const names: Codec<readonly string[]> = refined(
  'a list of at least one name',
  (u): u is readonly string[] => Array.isArray(u) && u.length > 0 && u.every(x => typeof x === 'string')
)
const table = {
  ordered: {
    tag: 'ordered',
    fields: () => ({ names }),
    holds: (_, values) => values.every((x, i) => i === 0 || (values[i - 1] as number) <= x),
    samples: [ordered('a', 'b')]
  },
  sumAtMost: {
    tag: 'sumAtMost',
    fields: () => ({ names, bound: finite }),
    holds: ({ bound }, values) => values.reduce((a, b) => a + b, 0) <= bound,
    samples: [sumAtMost(1, 'a', 'b')]
  },
  productAtMost: {
    tag: 'productAtMost',
    fields: () => ({ names, bound: finite }),
    holds: ({ bound }, values) => values.reduce((a, b) => a * b, 1) <= bound,
    samples: [productAtMost(10, 'a', 'b')]
  }
} satisfies { readonly [K in keyof BuiltInConstraints<string>]: ConstraintDefinition<BuiltInConstraints<string>[K]> }

export type ConstraintTable = Family<ConstraintDefinition<Constraint>>
/** the built-in constraints, by tag */
export const constraints: ConstraintTable = Object.freeze<ConstraintTable>(table)
