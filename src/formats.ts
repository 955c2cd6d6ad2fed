/**
 * The door `gradfold/formats`: models and runs as files of other programs. Pure functions from values to bytes. What they need is loaded
 * with this entry point alone.
 */
export type { ImportedModel } from './format/import/imported.js'
export { importOnnx, type OnnxImportOptions } from './format/onnx/import/import.js'
export { exportOnnx, type OnnxOptions, type Opset } from './format/onnx/onnx.js'
export { exportTfjs, type TfjsExport, type TfjsOptions } from './format/keras/export-tfjs.js'
export { importTfjs, tfjsPaths, type TfjsFiles } from './format/keras/import-tfjs.js'
export type { WeightBytes } from './format/keras/manifest.js'
export type { ModelWeights } from './format/tensors.js'
export type { MappedWeights, MappingOptions, MappingReport, ModelTensors } from './format/mapping/mapping.js'
export { fromKeras, toKeras } from './format/mapping/keras.js'
export { fromOnnx, toOnnx } from './format/mapping/onnx.js'
export { fromTorch, toTorch, type TorchOptions } from './format/mapping/torch.js'
export {
  encodeEvents,
  type EventLog,
  type Hyperparameters,
  type NumbersAtStep,
  type ScalarSeries
} from './format/tensorboard/events.js'
export type { EventNode, PlainSetting } from './format/tensorboard/proto.js'
export { encodeCsv } from './format/columns/csv.js'
export { encodeParquet } from './format/columns/parquet.js'
export type { Cell, Column, ColumnTable } from './format/columns/columns.js'
export { runEvents, type RecordedState, type RunEventsOptions } from './report/tools/run-events.js'
export { runTables } from './report/tools/run-tables.js'
export { optunaJournal, type JournalOptions } from './search/tools/optuna.js'
export { trialEvents } from './search/tools/trial-events.js'
export { trialTable } from './search/tools/trial-table.js'
