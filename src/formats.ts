/**
 * The door `gradfold/formats`: models and runs as files of other programs. Pure functions from values to bytes. What they need is loaded
 * with this entry point alone.
 */
export { exportOnnx, type ModelWeights, type OnnxOptions, type Opset } from './format/onnx/onnx.js'
export type { MappedWeights, MappingOptions, MappingReport, ModelTensors } from './format/mapping/mapping.js'
export { fromKeras, toKeras } from './format/mapping/keras.js'
export { fromOnnx, toOnnx } from './format/mapping/onnx.js'
export { fromTorch, toTorch, type TorchOptions } from './format/mapping/torch.js'
