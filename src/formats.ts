/**
 * The door `gradfold/formats`: models and runs as files of other programs. Pure functions from values to bytes. What they need is loaded
 * with this entry point alone.
 */
export { importOnnx, type ImportedModel, type OnnxImportOptions } from './format/onnx/import/import.js'
export { exportOnnx, type ModelWeights, type OnnxOptions, type Opset } from './format/onnx/onnx.js'
export { fromTorch, toTorch, type MappingReport, type TorchOptions } from './format/mapping/torch.js'
