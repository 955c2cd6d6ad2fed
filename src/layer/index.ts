/** The language of models: layers, combinators, and the types that check them. */
export * from './kind.js'
export * from './static.js'
export * from './size.js'
export * from './typed.js'
export * from './params.js'
export * from './initializer.js'
export * from './activation-table.js'
export * from './activation.js'
export { customActivation, type CustomActivationDefinition } from './custom-activation.js'
export * from './batch-norm.js'
export * from './branches.js'
export * from './dense.js'
export * from './dropout.js'
export * from './flatten.js'
export * from './layer-norm.js'
export * from './merge.js'
export * from './model.js'
export * from './named.js'
export * from './repeat.js'
export * from './reshape.js'
export * from './residual.js'
export * from './sequential.js'
export * from './shared.js'

// for kinds of one's own
export {
  batchShape,
  childContext,
  eachTensor,
  inSeries,
  isExpr,
  mapValue,
  maxLayers,
  mergeLayer,
  paramOf,
  sideBySide,
  stateOf,
  tensorLayer,
  tensorOf,
  tupleOf
} from './series.js'
export { shapeError, within } from '../value/error.js'
