/**
 * The door `gradfold/files`: data sets and arrays from files and packages, weights and checkpoints to files and back (Node). The modules of
 * Node are loaded when a file is asked for.
 */
export {
  loadIris,
  loadMnist,
  readFile,
  readIdx,
  readNpy,
  readText,
  type Datasets,
  type LoadError,
  type MnistOptions
} from './data/files.js'
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
export { loadWeights, saveWeights } from './run/weights.js'
