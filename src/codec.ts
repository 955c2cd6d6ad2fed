/**
 * The door `gradfold/codec`: everything of gradfold that travels as JSON or as bytes, and the names (SHA-256) of runs, data and states.
 * What comes in is refused with its place unless it is exactly what it should be: unknown or repeated keys, `__proto__`, NaN, sizes that
 * are not whole, bytes that are left over or missing, and data without end are all Left.
 */
export {
  checkRunFile,
  contract,
  parseRunFile,
  runFileCodec,
  showRunFile,
  trainingCodec,
  trainingOf,
  type RunFile
} from './run/run-file.js'
export { canonicalRun, completeRun, dataDigest, runId, type CompleteRun } from './run/identity.js'
export { canonicalJson } from './run/digest.js'
export { versioned, type Migration } from './run/versioned.js'
export { decodeState, encodeState, stateDigest, type StateOptions } from './run/state.js'
export {
  decodeCheckpoint,
  decodeCheckpointHead,
  encodeCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointHead,
  type SavedCheckpoint,
  type VerifiedCheckpoint
} from './run/checkpoint.js'
export {
  decodeWeights,
  encodeWeights,
  encodeWeightsAs,
  type SaveOptions,
  type Weights,
  type WeightsOptions
} from './run/weights.js'
export {
  formatOfPath,
  formats,
  readAs,
  writeAs,
  type FileRegistry,
  type FormatRegistry,
  type ReadOptions,
  type WriteOptions
} from './format/formats.js'
export type { Format, FormatContent, FormatFiles, FormatLimits, Formats } from './format/format.js'
export {
  decodeSafetensors,
  encodeSafetensors,
  safetensors,
  safetensorsLimits,
  type SafeTensors,
  type SafetensorsFormat,
  type SafetensorsLimits
} from './format/safetensors.js'
export { decodePipeline, encodePipeline, type PipelineOptions } from './run/pipeline/codec.js'
export { programCodec } from './expr/codec.js'
export { version } from './run/version.js'
export { openRun, type OpenRun } from './run/open.js'
export { stepLimit } from './run/step-limit.js'
export {
  prepare,
  type FoldSettings,
  type Normalise,
  type Preparation,
  type Prepared,
  type ShareSettings,
  type SplitSettings
} from './run/prepare.js'
export { shorthand, shortCodecsOf } from './run/shorthand.js'
export type { RunRegistry } from './run/registry.js'

export { decodeModel, encodeModel, layerCodec, modelCodec, parseModel } from './model/codec.js'
export { loadSource, readers, sourceCodec } from './data/readers.js'
export type { Reader, Source, Sources } from './data/reader/reader.js'
export { tableSchemaCodec } from './data/table/codec.js'
export { fittedTableCodec } from './data/table/fitted.js'
export { scalingCodec } from './data/normalise.js'

// the pieces, for custom members and readers
export {
  count,
  decode,
  dimsCodec,
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
export { codecsOf } from './registry/codecs.js'
export type { Codecs, Definition, Family } from './registry/definition.js'
