import { table } from '../../value/family.js'
import { booleanKind, choiceKind, variantsKind } from './choice.js'
import type { Dimension, DimensionKind, DimensionTable } from './dimension.js'
import { integerKind, logIntegerKind, logUniformKind, uniformKind } from './range.js'

/** the dimensions that gradfold comes with, by tag */
export const dimensions: DimensionTable = table<DimensionKind<Dimension>>(
  uniformKind,
  logUniformKind,
  integerKind,
  logIntegerKind,
  choiceKind,
  booleanKind,
  variantsKind
)

export type {
  Axis,
  Dimension,
  DimensionKind,
  DimensionRecord,
  Dimensions,
  DimensionTable,
  Kept,
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
