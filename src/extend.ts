/**
 * The entry point `gradfold/extend`: for authors of members of the open families. A definition gives a member its meaning; `extend` adds
 * definitions to a registry, which every function takes as the option `registry`.
 */
export { extend, type More } from './registry/extend.js'
export type { FamilyForm, FamilyMembers, FamilyName } from './registry/families.js'
export { family, type AnyRegistry, type Codecs, type Definition, type Family } from './registry/definition.js'
export { codecsOf, noMembers } from './registry/codecs.js'
export { checkMember, lookup } from './registry/lookup.js'
export { builtIn, type Registry } from './search/registry.js'

// members that are just a formula
export { customActivation } from './layer/custom-activation.js'
export { customLoss } from './train/loss/custom.js'
export { customMetric } from './train/metric/custom.js'

// layers
export type {
  Applied,
  BodyRules,
  Context,
  Fan,
  FieldCodecs,
  Indexes,
  OutputRange,
  OutputRangeRules,
  LabelRules,
  LabelledLayer,
  LayerDefinition,
  LayerRegistry,
  Layers,
  NameRules,
  ParamRules,
  ParamSpec,
  BuildContext,
  BuiltLayer,
  LayerRow,
  Sample,
  ShapeRules,
  StateSpec,
  Value
} from './layer/definition.js'
export type { AnyFail, Fail, Inside, NotKnown, OneTensor, Same, Sentence, Show, ShowAll } from './layer/types/fail.js'
export { badSize, checkSizes, type AllSized, type KnownSize, type Sized, type SizeOf } from './layer/types/size.js'
export type { Body, BodyOut, OutputRangeOf, Out, Series } from './layer/types/infer.js'
export type { BodyParams, None, ParamsFor, SeriesParams } from './layer/types/params.js'
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
} from './layer/compose.js'
export { shapeError, withinPath } from './value/error.js'
export { layers } from './layer/registry.js'
export { activationLayerDefinition } from './layer/activation.js'
export { batchNormDefinition } from './layer/batch-norm.js'
export { fanOutDefinition, parallelDefinition } from './layer/combinator/branches.js'
export { denseDefinition } from './layer/dense.js'
export { dropoutDefinition } from './layer/dropout.js'
export { flattenDefinition } from './layer/flatten.js'
export { layerNormDefinition } from './layer/layer-norm.js'
export { mergeDefinition } from './layer/combinator/merge.js'
export { modelDefinition } from './layer/model.js'
export { namedDefinition } from './layer/combinator/named.js'
export { repeatDefinition } from './layer/combinator/repeat.js'
export { reshapeDefinition } from './layer/reshape.js'
export { rmsNormDefinition } from './layer/rms-norm.js'
export { residualDefinition } from './layer/combinator/residual.js'
export { sequentialDefinition } from './layer/combinator/sequential.js'
export { sharedDefinition } from './layer/combinator/shared.js'
export { conv1dDefinition } from './layer/spatial/conv1d.js'
export { conv2dDefinition } from './layer/spatial/conv2d.js'
export { depthwiseConv2dDefinition } from './layer/spatial/depthwise-conv2d.js'
export { groupNormDefinition } from './layer/spatial/group-norm.js'
export { instanceNormDefinition } from './layer/spatial/instance-norm.js'
export { upsampleDefinition } from './layer/spatial/upsample.js'
export { convTranspose1dDefinition } from './layer/spatial/conv-transpose1d.js'
export { convTranspose2dDefinition } from './layer/spatial/conv-transpose2d.js'
export { separableConv2dDefinition } from './layer/spatial/separable-conv2d.js'
export { zeroPadDefinition } from './layer/spatial/zero-pad.js'
export { cropDefinition } from './layer/spatial/crop.js'
export { spatialDropoutDefinition } from './layer/spatial/spatial-dropout.js'
export { conv3dDefinition } from './layer/spatial/conv3d.js'
export { maxPoolDefinition } from './layer/spatial/max-pool.js'
export { averagePoolDefinition } from './layer/spatial/average-pool.js'
export { globalMaxPoolDefinition } from './layer/spatial/global-max-pool.js'
export { globalAveragePoolDefinition } from './layer/spatial/global-average-pool.js'
export { adaptiveAveragePoolDefinition } from './layer/spatial/adaptive-average-pool.js'
export { simpleRnnDefinition } from './layer/recurrent/simple-rnn.js'
export { lstmDefinition } from './layer/recurrent/lstm.js'
export { gruDefinition } from './layer/recurrent/gru.js'
export { embeddingDefinition } from './layer/sequence/embedding.js'
export { perPositionDefinition } from './layer/sequence/per-position.js'
export { positionsDefinition } from './layer/sequence/positions.js'
export { selfAttentionDefinition } from './layer/sequence/self-attention.js'
export { crossAttentionDefinition } from './layer/sequence/cross-attention.js'
export { maskPaddingDefinition } from './layer/sequence/mask-padding.js'
export { activations, type ActivationDefinition, type Activations } from './layer/activation-table.js'
export { initializers, type InitializerDefinition, type Initializers, type Wanted } from './layer/initializer.js'

// members of a training
export { batchLoss, exampleMean, exampleSum } from './train/loss/loss.js'
export type { LossDefinition, Losses, Scale, ScaleRules, Takes } from './train/loss/loss.js'
export type { MetricDefinition, Metrics, MetricValue, Totals } from './train/metric/metric.js'
export type { MetricRules } from './train/metric/open.js'
export { average, complement, perParameter, plain } from './train/optimizer/optimizer.js'
export type {
  ByPath,
  UpdateArguments,
  OptimizerDefinition,
  Optimizers,
  Slot,
  Updated
} from './train/optimizer/optimizer.js'
export { finiteSetting, fractionSetting, nonNegativeSetting, positiveSetting } from './train/schedule/schedule.js'
export type { ScheduleDefinition, Schedules, Setting, Timed } from './train/schedule/schedule.js'
export type { StopDefinition, StopRules } from './train/stop/stop.js'
export type { Memory, Progress } from './train/progress.js'
export type { TrainingRegistry } from './train/registry.js'

// members of run files and studies
export type { Reader, Sources } from './data/reader/reader.js'
export { formats, type FileRegistry, type FormatRegistry } from './format/formats.js'
export type {
  Format,
  FormatContent,
  FormatDefinition,
  FormatFiles,
  FormatHolds,
  FormatLimits,
  Formats,
  ReadContext,
  WriteContext
} from './format/format.js'
export type { RunRegistry } from './run/registry.js'
export type { Axis, DimensionDefinition, Dimensions, ValueTypes } from './search/dimension/dimension.js'
export type { ConstraintDefinition, Constraints } from './search/constraint.js'
export type { Proposal, Round, SamplerDefinition, Samplers } from './search/sampler/sampler.js'
export type { SpaceRegistry } from './search/space.js'

// codecs of settings
export {
  count,
  dimsCodec,
  finite,
  fraction,
  inRange,
  label,
  list,
  nonNegative,
  oneOf,
  optional,
  positive,
  refined,
  size,
  uint32,
  withDefault,
  type Codec,
  type Fields
} from './value/codec.js'
