/** Dimensions of separate values: a list of things, a boolean, and variants that contain dimensions. */
import * as t from 'io-ts'
import { list, nonEmpty, refined, withDefault, type Codec } from '../../value/codec.js'
import { settingError } from '../../value/error.js'
import { sameData } from '../../value/equal.js'
import { isJson, labelled, type Json } from '../json.js'
import type { Dimension, DimensionDefinition, DimensionRecord, NarrowingInput, ValueOf } from './dimension.js'

export interface Choice<A extends Json = Json> {
  readonly tag: 'choice'
  readonly of: readonly A[]
}
export interface BooleanDimension {
  readonly tag: 'boolean'
  readonly of: readonly boolean[]
}
export interface Variants<V extends VariantRecord = VariantRecord> {
  readonly tag: 'variants'
  readonly of: V
}
/** the dimensions of each variant, by its name */
export interface VariantRecord {
  readonly [variant: string]: { readonly [name: string]: Dimension }
}

type Flat<A> = { readonly [K in keyof A]: A[K] }
/** `{ tag: 'sgd', rate: number } | { tag: 'adam', rate: number, beta: number }` */
export type VariantOf<V> = {
  readonly [K in keyof V]: Flat<{ readonly tag: K } & { readonly [N in keyof V[K]]: ValueOf<V[K][N]> }>
}[keyof V]
type AnyChoice = Choice
type AnyVariants = Variants
declare module './dimension.js' {
  interface BuiltInDimensions {
    readonly choice: AnyChoice
    readonly boolean: BooleanDimension
    readonly variants: AnyVariants
  }
  interface ValueTypes<D> {
    readonly choice: D extends Choice<infer A> ? A : never
    readonly boolean: boolean
    readonly variants: D extends Variants<infer V> ? VariantOf<V> : never
  }
}

/** one of these values, all equally likely: strings, numbers, or any JSON data. @example choice('relu', 'tanh') */
export const choice = <const A extends readonly Json[]>(...of: A): Choice<A[number]> =>
  Object.freeze({ tag: 'choice', of: Object.freeze(of) })
/** true or false */
export const boolean = (): BooleanDimension => Object.freeze({ tag: 'boolean', of: Object.freeze([false, true]) })
/**
 * One of several variants, with dimensions that exist only if it is chosen: the conditional parts of a space. A value
 * is a record with the variant's name as its tag, as members of gradfold's families are written.
 *
 * @example
 * variants({ sgd: { rate: logUniform(1e-4, 1) }, adam: { rate: logUniform(1e-5, 0.1), beta1: uniform(0.8, 0.99) } })
 * // { tag: 'sgd', rate: 0.02 }
 */
export const variants = <const V extends VariantRecord>(of: V): Variants<V> => Object.freeze({ tag: 'variants', of })

/** `n` evenly spaced whole numbers from 0 to `length - 1` */
const spreadOver = (length: number, n: number): readonly number[] =>
  n >= length
    ? Array.from({ length }, (_, i) => i)
    : Array.from({ length: n }, (_, i) => (n === 1 ? 0 : Math.floor((i * (length - 1)) / (n - 1) + 0.5)))

interface Named {
  readonly tag: string
}
/** the common rules of dimensions with separate values, given their list and a function that shortens it */
const categories = <D extends Named>(
  all: (d: D) => readonly unknown[],
  only: (d: D, kept: (value: unknown) => boolean) => D
): Pick<DimensionDefinition<D>, 'axis' | 'at' | 'place' | 'contains' | 'spread' | 'narrow'> => {
  const indexOf = (d: D, value: unknown): number => all(d).findIndex(v => sameData(v, value))
  return {
    axis: 'categories',
    at: (d, place) => all(d)[Math.min(Math.floor(place * all(d).length), all(d).length - 1)],
    place: (d, value) => (indexOf(d, value) + 0.5) / all(d).length,
    contains: (d, value) => indexOf(d, value) >= 0,
    spread: (d, n) => spreadOver(all(d).length, n).map(i => all(d)[i]),
    narrow: (d, { values }: NarrowingInput) => {
      const kept = (value: unknown): boolean => values.some(v => sameData(v, value))
      const some = all(d).some(kept)
      return { dimension: !some || all(d).every(kept) ? d : Object.freeze(only(d, kept)) }
    }
  }
}

const json: Codec<Json> = refined('a value of JSON', isJson)
const twice = (values: readonly unknown[]): number =>
  values.findIndex((v, i) => values.slice(0, i).some(other => sameData(other, v)))

export const choiceKind: DimensionDefinition<Choice> = {
  tag: 'choice',
  fields: () => ({ of: nonEmpty(list(json)) }),
  check: ({ of }) => {
    const again = twice(of)
    return again < 0 ? undefined : settingError(['of', String(again)], 'every value once', JSON.stringify(of[again]))
  },
  ...categories<Choice>(
    d => d.of,
    (d, kept) => ({ ...d, of: Object.freeze(d.of.filter(kept)) })
  ),
  samples: [choice('relu', 'tanh', 'gelu'), choice(16, 32, 64, 128), choice('one'), choice([8], [8, 8], { tag: 'sgd' })]
}
export const booleanKind: DimensionDefinition<BooleanDimension> = {
  tag: 'boolean',
  fields: () => ({ of: withDefault(nonEmpty(list(t.boolean as Codec<boolean>)), [false, true]) }),
  ...categories<BooleanDimension>(
    d => d.of,
    (d, kept) => ({ ...d, of: Object.freeze(d.of.filter(kept)) })
  ),
  samples: [boolean()]
}

const pick = (of: VariantRecord, kept: (value: unknown) => boolean): VariantRecord =>
  Object.freeze(Object.fromEntries(Object.entries(of).filter(([name]) => kept(name))))
export const variantsKind: DimensionDefinition<Variants> = {
  tag: 'variants',
  fields: ({ dimension }) => ({ of: nonEmpty(labelled(labelled(dimension))) }),
  check: ({ of }) => {
    const wrong = Object.entries(of).find(([, dimensions]) => Object.hasOwn(dimensions, 'tag'))
    return wrong === undefined
      ? undefined
      : settingError(['of', wrong[0], 'tag'], 'another name', '"tag"', 'the tag of a value is the name of its variant')
  },
  ...categories<Variants>(
    d => Object.keys(d.of),
    (d, kept) => ({ ...d, of: pick(d.of, kept) })
  ),
  parts: ({ of }): Readonly<Record<string, DimensionRecord>> => of,
  withParts: (d, of) => Object.freeze({ ...d, of }),
  samples: [
    variants({
      sgd: { rate: { tag: 'logUniform', lower: 1e-4, upper: 1 } },
      adam: {
        rate: { tag: 'logUniform', lower: 1e-5, upper: 0.1 },
        beta1: { tag: 'uniform', lower: 0.8, upper: 0.99 }
      },
      none: {}
    })
  ]
}
