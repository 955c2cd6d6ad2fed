/** gradfold: neural networks as immutable values, training as a pure fold, the same bits everywhere. */

// models
// an interface that other modules extend (`declare module 'gradfold'`) must come through `export *`
export * from './layer/definition.js'
export { customActivation } from './layer/custom-activation.js'
export type { OutputRange } from './layer/terms.js'
export { checkSize, type Size } from './layer/types/size.js'
export { initializers, type Initializer, type Initializers } from './layer/initializer.js'
export { activations, type ActivationName, type ActivationRange, type Activations } from './layer/activation-table.js'
export {
  activation,
  elu,
  gelu,
  geluTanh,
  hardSigmoid,
  identity,
  leakyRelu,
  logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
  type Activation,
  type CustomActivation
} from './layer/activation.js'
export { batchNorm, type BatchNorm } from './layer/batch-norm.js'
export { fanOut, parallel, type FanOut, type Parallel } from './layer/combinator/branches.js'
export { dense, type Dense, type DenseSettings, type DenseWithoutBias } from './layer/dense.js'
export { dropout, type Dropout, type DropoutConvention } from './layer/dropout.js'
export { flatten, type Flatten } from './layer/flatten.js'
export { layerNorm, type LayerNorm } from './layer/layer-norm.js'
export {
  merge,
  mergeAdd,
  mergeConcat,
  mergeMean,
  mergeScale,
  mergeMultiply,
  type Merge,
  type MergeBy
} from './layer/combinator/merge.js'
export {
  forInput,
  input,
  inputs,
  model,
  modelData,
  ofIndices,
  type Model,
  type ModelData,
  type Sizes
} from './layer/model.js'
export { named, type Named } from './layer/combinator/named.js'
export { repeat, type Repeat } from './layer/combinator/repeat.js'
export { reshape, type Reshape } from './layer/reshape.js'
export { rmsNorm, type RmsNorm } from './layer/rms-norm.js'
export { residual, type Residual } from './layer/combinator/residual.js'
export { sequential, type Sequence, type Sequential } from './layer/combinator/sequential.js'
export { shared, type Shared } from './layer/combinator/shared.js'
export * from './layer/spatial/index.js'
export * from './layer/recurrent/index.js'
export * from './layer/sequence/index.js'
export { denseBlock, invertedResidual, residualBlock, squeezeExcite } from './layer/blocks.js'
export type { InvertedResidual, ResidualBlock } from './layer/blocks.js'
export { countParameters, describeModel } from './model/describe.js'
export { init, type InitOptions } from './model/init.js'
export { toExpr, type ModelGraph, type ToExprOptions } from './model/to-expr.js'
export { checkModel, checkModelAs, outputOf, type AnyModel } from './model/model.js'
export type { ParamsOf } from './model/params.js'

// training
export type { TrainingRegistry } from './train/registry.js'
export { training, type FittingOptions, type Training, type TrainingOptions } from './train/training/value.js'
export type { Shards } from './train/shards.js'
export type { Batch } from './train/examples.js'
export type { Diverged, TrainError } from './train/divergence.js'
export type { ObserverThrew } from './train/observe.js'
export type { EpochReport, TrainEvent, TrainingChunk } from './train/events.js'
export { stepOf, type Step, type Stepped } from './train/step.js'
export type { StepReport } from './train/step-program.js'
export { startState } from './train/start.js'
export { averagedParams } from './train/averaged.js'
export {
  train,
  trainIterator,
  type BestOf,
  type StateOf,
  type TrainIteratorOptions,
  type TrainOptions,
  type Trained
} from './train/train.js'
export { score } from './train/score.js'
export * from './train/control.js'
export { backprop, type Backprop, type BackpropOptions, type LayerSeen } from './train/backprop.js'
export type { Best, TrainState } from './train/state.js'
export type { Progress, Scores } from './train/progress.js'
export { losses } from './train/loss/index.js'
export { customLoss, type CustomLoss, type CustomLossDefinition, type CustomLossOptions } from './train/loss/custom.js'
export { batchLoss, exampleMean, exampleSum, type KnownLoss, type Loss, type Scale } from './train/loss/loss.js'
export type { FittingLoss } from './train/fitting.js'
export * from './train/loss/open.js'
export { classWeighted, smoothed, type ClassWeighted, type Smoothed } from './train/loss/classes.js'
export {
  crossEntropy,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type CrossEntropy,
  type SigmoidCrossEntropy,
  type SoftmaxCrossEntropy
} from './train/loss/cross-entropy.js'
export {
  halfSquaredError,
  huber,
  meanAbsoluteError,
  meanSquaredError,
  type HalfSquaredError,
  type Huber,
  type MeanAbsoluteError,
  type MeanSquaredError
} from './train/loss/squared.js'
export {
  sigmoidFocalLoss,
  softmaxFocalLoss,
  type SigmoidFocalLoss,
  type SigmoidFocalLossOptions,
  type SoftmaxFocalLoss
} from './train/loss/focal.js'
export {
  outputLoss,
  perOutput,
  type AnyLoss,
  type OutputLoss,
  type OutputLossOptions,
  type PerOutput
} from './train/per-output.js'
export type { DataFor } from './train/data-for.js'
export { gaussianLoss, poissonLoss, type GaussianLoss, type PoissonLoss } from './train/loss/likelihood.js'
export { quantileLoss, type QuantileLoss } from './train/loss/quantile.js'
export * from './train/sequence.js'
export {
  weightedSigmoidCrossEntropy,
  type WeightedSigmoidCrossEntropy,
  type WeightedSigmoidCrossEntropyOptions
} from './train/loss/weighted-sigmoid.js'
export { metrics } from './train/metric/index.js'
export type { Metric, MetricValue } from './train/metric/metric.js'
export type { MetricValues } from './train/metric/values.js'
export * from './train/metric/open.js'
export { customMetric, type CustomMetric, type CustomMetricOptions } from './train/metric/custom.js'
export { accuracy, topK, type Accuracy, type TopK } from './train/metric/accuracy.js'
export {
  confusionMatrix,
  f1,
  precision,
  recall,
  type Average,
  type ConfusionMatrix,
  type F1,
  type Precision,
  type Recall
} from './train/metric/by-class.js'
export {
  binaryAccuracy,
  labelF1,
  labelPrecision,
  labelRecall,
  labelRocAuc,
  subsetAccuracy,
  type BinaryAccuracy,
  type LabelAverage,
  type LabelF1,
  type LabelPrecision,
  type LabelRecall,
  type LabelRocAuc,
  type SubsetAccuracy
} from './train/metric/labels.js'
export { calibrationError, perplexity, type CalibrationError, type Perplexity } from './train/metric/probability.js'
export { mae, r2, rmse, type Mae, type R2, type Rmse } from './train/metric/regression.js'
export { areaUnderRoc, rocAuc, type RocAuc } from './train/metric/roc.js'
export { optimizers } from './train/optimizer/index.js'
export {
  perParameter,
  type ByPath,
  type Optimizer,
  type Slot,
  type UpdateArguments,
  type Updated
} from './train/optimizer/optimizer.js'
export * from './train/optimizer/open.js'
export { accumulate, type Accumulate } from './train/optimizer/accumulate.js'
export {
  adadelta,
  adagrad,
  rmsprop,
  type Adadelta,
  type AdadeltaOptions,
  type Adagrad,
  type AdagradOptions,
  type Rmsprop,
  type RmspropOptions
} from './train/optimizer/adaptive.js'
export {
  amsgrad,
  nadam,
  type Amsgrad,
  type AmsgradOptions,
  type Nadam,
  type NadamOptions
} from './train/optimizer/adam-variants.js'
export {
  adam,
  adamw,
  type Adam,
  type AdamForm,
  type AdamOptions,
  type Adamw,
  type AdamwOptions
} from './train/optimizer/adam.js'
export { OptimizerMonoid, chain, type Chain } from './train/optimizer/chain.js'
export {
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  type ClipByGlobalNorm,
  type ClipByNorm,
  type ClipByValue
} from './train/optimizer/clip.js'
export { adabelief, type Adabelief, type AdabeliefOptions } from './train/optimizer/adabelief.js'
export { adamax, type Adamax, type AdamaxOptions } from './train/optimizer/adamax.js'
export { ema, swa, type Ema, type EmaOptions, type Swa, type SwaOptions } from './train/optimizer/average.js'
export { presets } from './train/presets/index.js'
export { lamb, type Lamb, type LambOptions } from './train/optimizer/lamb.js'
export { lookahead, type Lookahead, type LookaheadOptions } from './train/optimizer/lookahead.js'
export { muon, type Muon, type MuonOptions, type MuonScaling } from './train/optimizer/muon.js'
export { partition, type Partition } from './train/optimizer/partition.js'
export { radam, type Radam, type RadamOptions } from './train/optimizer/radam.js'
export { rprop, type Rprop, type RpropOptions } from './train/optimizer/rprop.js'
export { sam, type Sam, type SamOptions } from './train/optimizer/sam.js'
export { scheduleFree, type ScheduleFree, type ScheduleFreeOptions } from './train/optimizer/schedule-free.js'
export { lion, type Lion, type LionOptions } from './train/optimizer/lion.js'
export { freeze, masked, type Freeze, type Masked } from './train/optimizer/masked.js'
export { momentum, nesterov, type Momentum, type Nesterov } from './train/optimizer/momentum.js'
export {
  decoupledWeightDecay,
  scaleBy,
  weightDecay,
  type DecoupledWeightDecay,
  type ScaleBy,
  type WeightDecay
} from './train/optimizer/scale.js'
export { exceptBiasAndNorm, type Selector } from './train/optimizer/selector.js'
export { sgd, type Sgd } from './train/optimizer/sgd.js'
export { schedules } from './train/schedule/index.js'
export {
  finiteSetting,
  fractionSetting,
  nonNegativeSetting,
  positiveSetting,
  type Schedule,
  type Setting,
  type SettingPer,
  type Span,
  type Timed,
  type Unit,
  type UnitOf
} from './train/schedule/schedule.js'
export * from './train/schedule/open.js'
export { joinSchedules, warmUp, type JoinSchedules, type WarmUp } from './train/schedule/combine.js'
export { oneCycle, restarts, type OneCycle, type OneCycleOptions, type Restarts } from './train/schedule/cycle.js'
export {
  cosineDecay,
  exponentialDecay,
  polynomialDecay,
  stepDecay,
  type CosineDecay,
  type ExponentialDecay,
  type PolynomialDecay,
  type StepDecay
} from './train/schedule/decay.js'
export { geometric, type Geometric } from './train/schedule/geometric.js'
export { reduceOnPlateau, type ReduceOnPlateau, type ReduceOnPlateauOptions } from './train/schedule/plateau.js'
export { stopRules } from './train/stop/index.js'
export type { StopRule } from './train/stop/stop.js'
export * from './train/stop/open.js'
export { earlyStopping, type EarlyStopping } from './train/stop/early.js'
export {
  allOf,
  anyOf,
  epochs,
  lossBelow,
  steps,
  type AllOf,
  type AnyOf,
  type Epochs,
  type LossBelow,
  type Steps
} from './train/stop/rules.js'

// using trained models
export { ensemble } from './infer/ensemble.js'
export type { Examples } from './infer/examples.js'
export { predictMonteCarlo, type MonteCarlo, type MonteCarloOptions } from './infer/monte-carlo.js'
export { predict, type OutputsOf, type PredictOptions, type Predictor } from './infer/predict.js'
export { gradCam, saliency, type GradCamOptions, type SaliencyOptions, type Target } from './infer/saliency.js'
export type { Totals } from './infer/totals.js'
export * from './infer/text.js'

export * from './run/pipeline/index.js'
export * from './train/decision/index.js'

// data
export { fromArrays, fromNdarray, type NdarrayLike, type Nested } from './data/arrays.js'
export { decodeCsv } from './data/csv.js'
export type { CsvColumn, CsvSchema } from './data/csv-schema.js'
export * from './data/datasets.js'
export { decodeIdx } from './data/idx.js'
export { classLabels, oneHot } from './data/labels.js'
export { applyScaling, fitScaling, undoScaling, type Scaling } from './data/normalise.js'
export { decodeNpy, encodeNpy } from './data/npy.js'
export { streamOf, type DataStream, type ExampleStream, type StreamError, type StreamExample } from './data/stream.js'
export { decodeNpz } from './data/npz.js'
export { decodeLibsvm, type LibsvmOptions } from './data/libsvm.js'
export { decodeArff, type ArffOptions } from './data/table/arff.js'
export * from './data/table/index.js'
export { kFold, kFoldRows, split, stratifiedKFold, stratifiedSplit, type Split, type SplitRows } from './data/split.js'

// backends
export { evaluate, type Backend, type Executable, type Values } from './backend/backend.js'
export { withFallback } from './backend/fallback.js'
export { native, nativeThreads } from './backend/native/native.js'
export { wasm, wasmThreadPool, wasmThreads, type ThreadPoolBackend } from './backend/wasm/wasm.js'
export { passNames, type PassName } from './backend/kernel/compile.js'
export { explain, explainPass, type ExplainOptions } from './backend/kernel/explain.js'
export { explainWat } from './backend/wasm/explain.js'
export {
  checkGradient,
  extrapolatedGradient,
  numericalGradient,
  type CheckOptions,
  type GradientCheck
} from './backend/gradient-check.js'

// expressions and gradients
export * as expr from './expr/index.js'
export { grad, gradients, valueAndGrad } from './expr/gradient.js'
export { program, type Program } from './expr/program.js'
export { printProgram } from './expr/print.js'
export { tex } from './expr/tex.js'
export type { Expr } from './expr/op.js'

// values, keys, errors, registries
export { childKey, foldIn, leafKey, rootKey, type DrawKey, type Key } from './random/key.js'
export {
  mistakesOf,
  problemEq,
  problemSemigroup,
  problemShow,
  showError as message, // the old name, for one release
  showError,
  type BackendError,
  type DataError,
  type DecodeError,
  type ErrorCode,
  type FileError,
  type Problem,
  type SettingError,
  type ShapeError
} from './value/error.js'
export {
  filledTensor,
  isTensor,
  numbersOf,
  sameBits,
  scalarOf,
  tensor,
  tensorView,
  toTypedArray,
  type Aval,
  type DType,
  type FloatType,
  type Numbers,
  type Storage,
  type Tensor
} from './value/tensor.js'
export { mapTree, treeLeaves, type Branch, type Tree } from './value/tree.js'
export { extend } from './registry/extend.js'
export type { AnyRegistry, Definition, Family } from './registry/definition.js'
export type { FamilyMembers } from './registry/families.js'
export { builtIn, type Registry } from './search/registry.js'
export type { Dims, Shape } from './value/shape.js'
