/** The layers that gradfold comes with. */
import type { Family } from '../registry/definition.js'
import { activationLayerDefinition } from './activation.js'
import { activations } from './activation-table.js'
import { batchNormDefinition } from './batch-norm.js'
import { fanOutDefinition, parallelDefinition } from './combinator/branches.js'
import { conv1dDefinition } from './spatial/conv1d.js'
import { conv2dDefinition } from './spatial/conv2d.js'
import { conv3dDefinition } from './spatial/conv3d.js'
import { maxPoolDefinition } from './spatial/max-pool.js'
import { averagePoolDefinition } from './spatial/average-pool.js'
import { globalMaxPoolDefinition } from './spatial/global-max-pool.js'
import { globalAveragePoolDefinition } from './spatial/global-average-pool.js'
import { adaptiveAveragePoolDefinition } from './spatial/adaptive-average-pool.js'
import { depthwiseConv2dDefinition } from './spatial/depthwise-conv2d.js'
import { groupNormDefinition } from './spatial/group-norm.js'
import { instanceNormDefinition } from './spatial/instance-norm.js'
import { convTranspose1dDefinition } from './spatial/conv-transpose1d.js'
import { convTranspose2dDefinition } from './spatial/conv-transpose2d.js'
import { separableConv2dDefinition } from './spatial/separable-conv2d.js'
import { zeroPadDefinition } from './spatial/zero-pad.js'
import { cropDefinition } from './spatial/crop.js'
import { spatialDropoutDefinition } from './spatial/spatial-dropout.js'
import { upsampleDefinition } from './spatial/upsample.js'
import { simpleRnnDefinition } from './recurrent/simple-rnn.js'
import { lstmDefinition } from './recurrent/lstm.js'
import { gruDefinition } from './recurrent/gru.js'
import { denseDefinition } from './dense.js'
import { dropoutDefinition } from './dropout.js'
import { crossAttentionDefinition } from './sequence/cross-attention.js'
import { embeddingDefinition } from './sequence/embedding.js'
import { maskPaddingDefinition } from './sequence/mask-padding.js'
import { perPositionDefinition } from './sequence/per-position.js'
import { positionsDefinition } from './sequence/positions.js'
import { selfAttentionDefinition } from './sequence/self-attention.js'
import { flattenDefinition } from './flatten.js'
import { initializers } from './initializer.js'
import type { BuiltInLayers, Layer, LayerDefinition, LayerRegistry } from './definition.js'
import { layerNormDefinition } from './layer-norm.js'
import { mergeDefinition } from './combinator/merge.js'
import { modelDefinition } from './model.js'
import { namedDefinition } from './combinator/named.js'
import { repeatDefinition } from './combinator/repeat.js'
import { rmsNormDefinition } from './rms-norm.js'
import { reshapeDefinition } from './reshape.js'
import { residualDefinition } from './combinator/residual.js'
import { sequentialDefinition } from './combinator/sequential.js'
import { sharedDefinition } from './combinator/shared.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './definition.js' {
  interface Layers {}
}

const table = {
  dense: denseDefinition,
  activation: activationLayerDefinition,
  batchNorm: batchNormDefinition,
  layerNorm: layerNormDefinition,
  dropout: dropoutDefinition,
  flatten: flattenDefinition,
  reshape: reshapeDefinition,
  sequential: sequentialDefinition,
  residual: residualDefinition,
  parallel: parallelDefinition,
  fanOut: fanOutDefinition,
  merge: mergeDefinition,
  repeat: repeatDefinition,
  named: namedDefinition,
  shared: sharedDefinition,
  model: modelDefinition,
  conv1d: conv1dDefinition,
  conv2d: conv2dDefinition,
  conv3d: conv3dDefinition,
  maxPool: maxPoolDefinition,
  averagePool: averagePoolDefinition,
  globalMaxPool: globalMaxPoolDefinition,
  globalAveragePool: globalAveragePoolDefinition,
  adaptiveAveragePool: adaptiveAveragePoolDefinition,
  depthwiseConv2d: depthwiseConv2dDefinition,
  groupNorm: groupNormDefinition,
  instanceNorm: instanceNormDefinition,
  upsample: upsampleDefinition,
  rmsNorm: rmsNormDefinition,
  convTranspose1d: convTranspose1dDefinition,
  convTranspose2d: convTranspose2dDefinition,
  separableConv2d: separableConv2dDefinition,
  zeroPad: zeroPadDefinition,
  crop: cropDefinition,
  spatialDropout: spatialDropoutDefinition,
  simpleRnn: simpleRnnDefinition,
  lstm: lstmDefinition,
  gru: gruDefinition,
  embedding: embeddingDefinition,
  perPosition: perPositionDefinition,
  positions: positionsDefinition,
  selfAttention: selfAttentionDefinition,
  crossAttention: crossAttentionDefinition,
  maskPadding: maskPaddingDefinition
} satisfies { readonly [K in keyof BuiltInLayers]: LayerDefinition<BuiltInLayers[K]> }

/** The layers that gradfold comes with, by tag. */
export const layers: Family<LayerDefinition<Layer>> = Object.freeze<Family<LayerDefinition<Layer>>>(table)

/** the layers, activations and initializers that gradfold comes with */
export const builtInLayers: LayerRegistry = Object.freeze({ layers, activations, initializers })
