/** The types of a table's rows, as its schema says them. */
import type { Missing, TableSchema } from './schema.js'

type KindOf<C> = C extends string
  ? C
  : C extends { readonly type: infer K extends string }
    ? K
    : C extends { readonly categories: readonly string[] }
      ? 'category'
      : 'number'
type CategoryOf<C> = C extends { readonly unknown: 'other' }
  ? string
  : C extends { readonly categories: readonly (infer W extends string)[] }
    ? W
    : string
/** what a cell of a column holds where there is no gap */
export type CellOf<C> = {
  readonly number: number
  readonly category: CategoryOf<C>
  readonly boolean: boolean
  readonly date: string | Date
  readonly id: string | number
  readonly ignore: unknown
}[KindOf<C> & ('number' | 'category' | 'boolean' | 'date' | 'id' | 'ignore')]

/** whether a column may have gaps */
type HasGaps<C> = C extends { readonly missing: infer M extends Missing } ? (M extends 'refuse' ? false : true) : false
type KindsOf<S extends TableSchema, K extends string> = {
  readonly [N in keyof S['columns']]: KindOf<S['columns'][N]> extends K ? N : never
}[keyof S['columns']]
type Targets<S extends TableSchema> = S['target'] extends readonly (infer N)[] ? N : S['target']
type Gaps<S extends TableSchema> = {
  readonly [N in keyof S['columns']]: HasGaps<S['columns'][N]> extends true ? N : never
}[keyof S['columns']]
type Unused<S extends TableSchema> = KindsOf<S, 'ignore'> | KindsOf<S, 'id'>

/** a new row, without its targets: what `predictRows` takes */
export type InputRow<S extends TableSchema> = {
  readonly [N in Exclude<keyof S['columns'], Targets<S> | Unused<S> | Gaps<S>>]: CellOf<S['columns'][N]>
} & {
  readonly [N in Exclude<Gaps<S>, Targets<S>>]?: CellOf<S['columns'][N]> | null | undefined
} & {
  readonly [N in KindsOf<S, 'id'>]?: string | number | undefined
}
/** a row with its targets: what `fromRecords` takes */
export type TableRow<S extends TableSchema> = InputRow<S> & {
  readonly [N in Targets<S> & keyof S['columns']]: HasGaps<S['columns'][N]> extends true
    ? CellOf<S['columns'][N]> | null | undefined
    : CellOf<S['columns'][N]>
}

type ValueOf<C> = {
  readonly number: number
  readonly category: CategoryOf<C>
  readonly boolean: boolean
  readonly date: string
  readonly id: string
  readonly ignore: never
}[KindOf<C> & ('number' | 'category' | 'boolean' | 'date' | 'id' | 'ignore')]
/** what is predicted, by the names of the targets */
export type TargetValues<S extends TableSchema> = {
  readonly [N in Targets<S> & keyof S['columns']]: ValueOf<S['columns'][N]>
}
/** of targets that are categories or truth values: how probable each is */
export type Probabilities<S extends TableSchema> = string extends keyof S['columns']
  ? Readonly<Record<string, Readonly<Record<string, number>>>>
  : {
      readonly [
        N in Targets<S> & keyof S['columns'] as KindOf<S['columns'][N]> extends 'category' | 'boolean' ? N : never
      ]: KindOf<S['columns'][N]> extends 'boolean'
        ? { readonly true: number; readonly false: number }
        : { readonly [W in CategoryOf<S['columns'][N]>]: number }
    }

/**
 * A schema whose columns the compiler remembers, so that rows and predictions are typed by it.
 *
 * @example
 * const schema = tableSchema({ columns: { area: 'number', town: { categories: ['Bonn', 'Ulm'] }, price: 'number' }, target: 'price' })
 * // rows are { area: number, town: 'Bonn' | 'Ulm' }, predictions { price: number }
 */
export const tableSchema = <const S extends TableSchema>(schema: S): S => schema

/** a row of numbers alone */
export type NumberRow =
  Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

/** a row that no schema has typed */
export type AnyRow = Readonly<Record<string, unknown>>
