/**
 * The door `gradfold/files`: data sets and arrays from files and packages, weights and checkpoints to files and back, and
 * recorded runs (Node).
 */
export {
  loadIris,
  loadMnist,
  readFile,
  readIdx,
  readArff,
  readLibsvm,
  readNpy,
  readNpz,
  readText,
  type Datasets,
  type LoadError,
  type MnistOptions
} from './data/files.js'
export { streamNpy, type NpyStream } from './data/npy-stream.js'
export { loadSource, readers, sourceCodec } from './data/readers.js'

export { folderAt, type Folder, type Output } from './run/folder.js'
export { replaceFile } from './run/replace.js'
export {
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  saveCheckpoint,
  type CheckpointError,
  type Keep,
  type Latest,
  type LatestOptions,
  type ListedCheckpoint,
  type Skipped
} from './run/checkpoints.js'
export { loadPipeline, readTable, savePipeline, type WithSchema } from './run/pipeline/file.js'
export { loadWeights, saveWeights, type SaveOptions, type WeightsOptions } from './run/weights.js'
export { safetensors, type SafetensorsFormat } from './format/safetensors.js'

export { recordRun, resumeRun } from './run/record/recorder.js'
export type { CallbackError, RunOutcome, RecordError, RecordOptions } from './run/record/options.js'
export { storeRun } from './run/record/store.js'
export { readRecord, readRun, type Recorded, type RecordedSteps } from './run/record/folder.js'
export { stateAt, type ReplayError, type ReplayOptions } from './run/record/replay.js'
export { verifyRecord, type ReplayDivergence, type Verdict } from './run/record/verify.js'
export { diffRecords, type Difference, type RunDivergence } from './run/record/diff.js'
export { ulps, type NumberDifference, type TensorDifference } from './run/record/values.js'
export type { Change } from './run/record/changes.js'
export type { End, Failed, Finished } from './run/record/end.js'
export type { EpochEntry, EpochLink } from './run/record/epochs.js'
export { decodeRow, decodeRows, type Layout, type StepRow } from './run/record/rows.js'
