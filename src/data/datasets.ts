/** Datasets: of one or several inputs and targets, and what is done with their rows. */
export {
  exampleCount,
  feature,
  featureValues,
  gatherExamples,
  pickExamples,
  reshapeInputs,
  takeExamples,
  type Dataset,
  type DatasetFields,
  type Feature
} from './dataset.js'
export type { Columns, DatasetOf, Features, Part } from './features.js'
export {
  columns,
  dataset,
  type ColumnView,
  type FeatureFields,
  type FeaturesOf,
  type PartField,
  type SeveralFields
} from './parts.js'
