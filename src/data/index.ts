/** Data: readers, datasets, and what is done with them before training. */
export { fromArrays, fromNdarray, type NdarrayLike, type Nested } from './arrays.js'
export { batchIndices, epochOrder } from './batch.js'
export { decodeCsv, type CsvColumn, type CsvSchema } from './csv.js'
export {
  dataset,
  exampleCount,
  feature,
  gatherExamples,
  pickExamples,
  reshapeInputs,
  takeExamples,
  featureValues,
  type Dataset,
  type DatasetFields,
  type Feature
} from './dataset.js'
export { decodeIdx } from './idx.js'
export { classLabels, oneHot } from './labels.js'
export { applyScaling, fitScaling, undoScaling, type Scaling } from './normalise.js'
export { decodeNpy, encodeNpy } from './npy.js'
export { kFold, kFoldRows, split, stratifiedKFold, stratifiedSplit, type Split, type SplitRows } from './split.js'
