/**
 * The door `gradfold/codec`: everything of gradfold that travels as JSON. What comes in is refused with its place unless it is
 * exactly what it should be: unknown or repeated keys, `__proto__`, NaN, sizes that are not whole and data without end are all Left.
 */
export {
  checkRunFile,
  contract,
  parseRunFile,
  runFileCodec,
  showRunFile,
  tables,
  trainingCodec,
  trainingOf,
  type RunFile,
  type Tables
} from './run/run-file.js'
export { openRun, type OpenRun } from './run/open.js'
export { horizon } from './run/horizon.js'
export { prepare, type Normalise, type Preparation, type Prepared, type Split } from './run/prepare.js'
export { short, shortFamily } from './run/short.js'

export { decodeModel, encodeModel, layerCodec, modelCodec, parseModel } from './model/codec.js'
export { loadSource, readers, sourceCodec } from './data/readers.js'
export type { Reader, Source, Sources } from './data/reader/reader.js'
export { scalingCodec } from './data/normalise.js'

// the pieces, for members and readers of one's own
export {
  count,
  decode,
  dims,
  exact,
  finite,
  fraction,
  inRange,
  label,
  list,
  maxDepth,
  nonNegative,
  oneOf,
  optional,
  parseJson,
  positive,
  refined,
  size,
  tagged,
  uint32,
  withDefault,
  type Codec,
  type Fields,
  type FieldsOf
} from './value/codec.js'
export { familyCodec, table, type Member, type Table } from './value/family.js'
