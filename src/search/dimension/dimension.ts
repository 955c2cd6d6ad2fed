/**
 * Dimensions: settings that vary in a search, as data. The definition of a dimension maps its values to [0, 1], which
 * turns random numbers, grids and quasi-random points into values, and values into positions in a plot. The family is
 * open: declare the data and the type of its values below (declaration merging) and put the definition in a table.
 */
import type { SettingError } from '../../value/error.js'
import type { Definition, Family } from '../../registry/definition.js'

/** tag -> the data type of each built-in dimension; the table of index.ts has exactly these */
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

/** the spacing of values: even, even in their logarithms, or separate categories */
export type Axis = 'linear' | 'log' | 'categories'

/** the input of narrowing: values of the best trials, the best one first */
export interface NarrowingInput {
  readonly values: readonly unknown[]
  /** the margin around these values on each side, as a share of the range's width */
  readonly margin: number
  /** the min width of the new range, as a share of the width of `whole` along its axis */
  readonly minWidth: number
}
export interface NarrowedDimension<D> {
  readonly dimension: D
  /** the end near which the best value was, and which was moved outwards */
  readonly extended?: 'lower' | 'upper'
}

export interface DimensionDefinition<D extends { readonly tag: string }> extends Definition {
  readonly tag: D['tag']
  readonly axis: Axis
  /** a check beyond the ranges of its fields */
  check?(dimension: D): SettingError | undefined
  /** the value at a position in [0, 1); intervals of equal length are equally likely */
  at(dimension: D, place: number): unknown
  /** the position of a value, from 0 to 1; outside of it for a number outside the range */
  place(dimension: D, value: unknown): number
  contains(dimension: D, value: unknown): boolean
  /** `n` evenly spaced values with both ends; all values if there are no more */
  spread(dimension: D, n: number): readonly unknown[]
  /** `whole` is the dimension of the first round */
  narrow(dimension: D, kept: NarrowingInput, whole: D): NarrowedDimension<D>
  /** the dimensions that exist only with a value, by that value: the conditional parts of a space */
  parts?(dimension: D): Readonly<Record<string, DimensionRecord>>
  /** the same dimension with other parts under the same names */
  withParts?(dimension: D, parts: Readonly<Record<string, DimensionRecord>>): D
  readonly samples: readonly D[]
}
export type DimensionTable = Family<DimensionDefinition<Dimension>>
