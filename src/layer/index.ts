/** The language of models: layers, combinators, and the types that check them. */
export * from './definition.js'
export * from './types/fail.js'
export * from './types/size.js'
export * from './types/infer.js'
export * from './types/params.js'
export * from './initializer.js'
export * from './activation-table.js'
export * from './activation.js'
export { customActivation, type CustomActivationDefinition } from './custom-activation.js'
export * from './batch-norm.js'
export * from './combinator/branches.js'
export * from './dense.js'
export * from './dropout.js'
export * from './flatten.js'
export * from './layer-norm.js'
export * from './combinator/merge.js'
export * from './model.js'
export * from './combinator/named.js'
export * from './combinator/repeat.js'
export * from './reshape.js'
export * from './combinator/residual.js'
export * from './rms-norm.js'
export * from './combinator/sequential.js'
export * from './combinator/shared.js'
export * from './blocks.js'
export * from './sequence/index.js'
export * from './spatial/conv1d.js'
export * from './spatial/conv2d.js'
export * from './spatial/depthwise-conv2d.js'
export * from './spatial/group-norm.js'
export * from './spatial/instance-norm.js'
export * from './spatial/upsample.js'
export * from './spatial/conv3d.js'
export * from './spatial/conv-transpose1d.js'
export * from './spatial/conv-transpose2d.js'
export * from './spatial/separable-conv2d.js'
export * from './spatial/zero-pad.js'
export * from './spatial/crop.js'
export * from './spatial/spatial-dropout.js'
export * from './spatial/max-pool.js'
export * from './spatial/average-pool.js'
export * from './spatial/global-max-pool.js'
export * from './spatial/global-average-pool.js'
export * from './spatial/adaptive-average-pool.js'

export * from './recurrent/index.js'
// for custom layers
export {
  batchShape,
  childContext,
  eachTensor,
  composeSequential,
  isExpr,
  mapValue,
  maxLayers,
  mergeLayer,
  paramOf,
  composeParallel,
  stateOf,
  tensorLayer,
  tensorOf,
  tupleOf
} from './compose.js'
export { shapeError, withinPath } from '../value/error.js'
