/** The kinds that gradfold knows, and how to hand more of them along. */
import { activationKind } from './activation.js'
import { builtInActivations, type ActivationKind } from './activations.js'
import { batchNormKind } from './batch-norm.js'
import { fanOutKind, parallelKind } from './branches.js'
import { denseKind } from './dense.js'
import { dropoutKind } from './dropout.js'
import { flattenKind } from './flatten.js'
import { builtInInitializers, type InitializerKind } from './initializer.js'
import type { Kind, Kinds, Layer } from './kind.js'
import { layerNormKind } from './layer-norm.js'
import { mergeKind } from './merge.js'
import { modelKind } from './model.js'
import { namedKind } from './named.js'
import { repeatKind } from './repeat.js'
import { reshapeKind } from './reshape.js'
import { residualKind } from './residual.js'
import { sequentialKind } from './sequential.js'
import { sharedKind } from './shared.js'

const byTag = (kinds: readonly Kind<Layer>[]): Readonly<Record<string, Kind<Layer>>> =>
  Object.fromEntries(kinds.map(kind => [kind.tag, kind]))

/** the layers, activations and initializers that gradfold comes with: what is looked up unless you hand others along (`extendKinds`) */
export const builtInKinds: Kinds = Object.freeze({
  layers: Object.freeze(
    byTag([
      denseKind,
      activationKind,
      batchNormKind,
      layerNormKind,
      dropoutKind,
      flattenKind,
      reshapeKind,
      sequentialKind,
      residualKind,
      parallelKind,
      fanOutKind,
      mergeKind,
      repeatKind,
      namedKind,
      sharedKind,
      modelKind
    ])
  ),
  activations: builtInActivations,
  initializers: Object.freeze(builtInInitializers)
})

export interface MoreKinds {
  readonly layers?: readonly Kind<Layer>[]
  readonly activations?: Readonly<Record<string, ActivationKind>>
  readonly initializers?: Readonly<Record<string, InitializerKind>>
}

/**
 * The given kinds and more: hand the result to whatever interprets models of layers of your own. A record takes the place of one of the
 * same name.
 *
 * @example const kinds = extendKinds({ layers: [scaleKind] })
 * checkModel(data, kinds)
 */
export const extendKinds = (more: MoreKinds, kinds: Kinds = builtInKinds): Kinds =>
  Object.freeze({
    layers: Object.freeze({ ...kinds.layers, ...byTag(more.layers ?? []) }),
    activations: Object.freeze({ ...kinds.activations, ...more.activations }),
    initializers: Object.freeze({ ...kinds.initializers, ...more.initializers })
  })
