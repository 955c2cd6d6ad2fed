/** The layers that gradfold comes with. */
import type { Family } from '../registry/definition.js'
import { activationKind } from './activation.js'
import { activations } from './activation-table.js'
import { batchNormKind } from './batch-norm.js'
import { fanOutKind, parallelKind } from './branches.js'
import { denseKind } from './dense.js'
import { dropoutKind } from './dropout.js'
import { flattenKind } from './flatten.js'
import { initializers } from './initializer.js'
import type { BuiltInLayers, Layer, LayerDefinition, LayerRegistry } from './kind.js'
import { layerNormKind } from './layer-norm.js'
import { mergeKind } from './merge.js'
import { modelKind } from './model.js'
import { namedKind } from './named.js'
import { repeatKind } from './repeat.js'
import { reshapeKind } from './reshape.js'
import { residualKind } from './residual.js'
import { sequentialKind } from './sequential.js'
import { sharedKind } from './shared.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './kind.js' {
  interface Layers {}
}

const table = {
  dense: denseKind,
  activation: activationKind,
  batchNorm: batchNormKind,
  layerNorm: layerNormKind,
  dropout: dropoutKind,
  flatten: flattenKind,
  reshape: reshapeKind,
  sequential: sequentialKind,
  residual: residualKind,
  parallel: parallelKind,
  fanOut: fanOutKind,
  merge: mergeKind,
  repeat: repeatKind,
  named: namedKind,
  shared: sharedKind,
  model: modelKind
} satisfies { readonly [K in keyof BuiltInLayers]: LayerDefinition<BuiltInLayers[K]> }

/** The layers that gradfold comes with, by tag. */
export const layers: Family<LayerDefinition<Layer>> = Object.freeze<Family<LayerDefinition<Layer>>>(table)

/** the layers, activations and initializers that gradfold comes with */
export const builtInLayers: LayerRegistry = Object.freeze({ layers, activations, initializers })
