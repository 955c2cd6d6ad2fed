/**
 * Dimensions: what may vary in a search, as data. The definition of a dimension says how its values map to a line from 0 to
 * 1: where random numbers, grids and quasi-random points become values, and where values become places in a plot. The family is open:
 * declare the data and the type of its values below (declaration merging) and put the record in a table.
 */
import type { SettingError } from '../../value/error.js'
import type { Definition, Family } from '../../registry/definition.js'

/** tag -> the data type of that dimension, of those that gradfold comes with; the table of index.ts has exactly these */
export interface BuiltInDimensions {}
/** tag -> the data type of that dimension; extended by declaration merging */
export interface Dimensions extends BuiltInDimensions {}
export type Dimension = Dimensions[keyof Dimensions]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly dimension: Dimension
  }
}
/** tag -> the type of the values of dimension D */
export interface ValueTypes<D> {}
/** the type of a dimension's values: number, `'sgd' | 'adam'`, ... */
export type ValueOf<D> = D extends { readonly tag: infer T extends keyof ValueTypes<D> } ? ValueTypes<D>[T] : never

/** dimensions by name */
export type DimensionRecord = Readonly<Record<string, Dimension>>

/** how values lie between two ends: evenly, evenly in their logarithms, or as separate things */
export type Axis = 'linear' | 'log' | 'categories'

/** what a dimension is narrowed by: values of the trials that were kept, the best one first */
export interface NarrowingInput {
  readonly values: readonly unknown[]
  /** the share of the range's width that is left around kept values on each side */
  readonly margin: number
  /** a range is never made narrower than this share of the width of `whole`, measured along its axis */
  readonly minWidth: number
}
export interface NarrowedDimension<D> {
  readonly dimension: D
  /** the end at which the best value lay, and which was moved outwards */
  readonly extended?: 'lower' | 'upper'
}

export interface DimensionDefinition<D extends { readonly tag: string }> extends Definition {
  readonly tag: D['tag']
  readonly axis: Axis
  /** what the ranges of its fields cannot say */
  check?(dimension: D): SettingError | undefined
  /** the value at a place from 0 up to, not including, 1; equal stretches are equally likely */
  at(dimension: D, place: number): unknown
  /** the place of a value, from 0 to 1; beyond for a number outside the range */
  place(dimension: D, value: unknown): number
  contains(dimension: D, value: unknown): boolean
  /** `n` values spread evenly, the ends among them; all values where there are no more than that */
  spread(dimension: D, n: number): readonly unknown[]
  /** `whole` is what the dimension was in the beginning */
  narrow(dimension: D, kept: NarrowingInput, whole: D): NarrowedDimension<D>
  /** dimensions that a value brings along, by the value that brings them: the conditional parts of a space */
  parts?(dimension: D): Readonly<Record<string, DimensionRecord>>
  /** the same dimension with other parts under the same names */
  withParts?(dimension: D, parts: Readonly<Record<string, DimensionRecord>>): D
  readonly samples: readonly D[]
}
export type DimensionTable = Family<DimensionDefinition<Dimension>>
