/** Training: what a training is, its step, the fold, and the families it looks members up in. */
export type { TrainingRegistry } from './registry.js'
export { training, type FittingOptions, type Training, type TrainingOptions } from './training.js'
export type { Batch } from './examples.js'
export type { Diverged, TrainError } from './divergence.js'
export type { EpochReport, TrainEvent, TrainingChunk } from './events.js'
export { stepOf, type Step, type Stepped } from './step.js'
export type { StepReport } from './step-program.js'
export { startState } from './start.js'
export {
  train,
  trainIterator,
  type StateOf,
  type Trained,
  type TrainOptions,
  type TrainIteratorOptions
} from './train.js'
export { score } from './score.js'
export { backprop, type Backprop, type BackpropOptions, type LayerSeen } from './backprop.js'
export type { Best, TrainState } from './state.js'
export type { Progress, Scores } from './progress.js'
export * from './loss/index.js'
export * from './metric/index.js'
export * from './optimizer/index.js'
export * from './schedule/index.js'
export * from './stop/index.js'
