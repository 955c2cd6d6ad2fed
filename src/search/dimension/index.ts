import type { BuiltInDimensions, DimensionDefinition, DimensionTable } from './dimension.js'
import { booleanKind, choiceKind, variantsKind } from './choice.js'
import { integerKind, logIntegerKind, logUniformKind, uniformKind } from './range.js'

// TypeScript copies an interface at its first extension: extend it here, so that all entry points share one copy
declare module './dimension.js' {
  interface Dimensions {}
}

const table = {
  uniform: uniformKind,
  logUniform: logUniformKind,
  integer: integerKind,
  logInteger: logIntegerKind,
  choice: choiceKind,
  boolean: booleanKind,
  variants: variantsKind
} satisfies { readonly [K in keyof BuiltInDimensions]: DimensionDefinition<BuiltInDimensions[K]> }

/** the built-in dimensions, by tag */
export const dimensions: DimensionTable = Object.freeze<DimensionTable>(table)

export type {
  Axis,
  Dimension,
  DimensionDefinition,
  DimensionRecord,
  Dimensions,
  DimensionTable,
  NarrowingInput,
  NarrowedDimension,
  ValueOf,
  ValueTypes
} from './dimension.js'
export {
  boolean,
  choice,
  variants,
  type BooleanDimension,
  type Choice,
  type VariantOf,
  type VariantRecord,
  type Variants
} from './choice.js'
export {
  integer,
  logInteger,
  logUniform,
  uniform,
  type Integer,
  type Limits,
  type LogInteger,
  type LogUniform,
  type Uniform
} from './range.js'
