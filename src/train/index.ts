/** Training: what a training is, its step, the fold, and the families it looks members up in. */
export type { TrainingRegistry } from './registry.js'
export { training, type FittingOptions, type Training, type TrainingOptions } from './training.js'
export type { Batch } from './examples.js'
export { stepOf, type Diverged, type Step, type Stepped, type StepReport, type TrainError } from './step.js'
export { startState } from './start.js'
export {
  train,
  turns,
  type EpochReport,
  type StateOf,
  type Trained,
  type TrainEvent,
  type TrainOptions,
  type Turn,
  type TurnOptions
} from './train.js'
export { checkGradient, numericalGradient, type CheckOptions, type GradientCheck } from './check.js'
export { score } from './evaluate.js'
export { predict, type Examples, type OutputsOf, type PredictOptions, type Predictor } from './predict.js'
export { ensemble } from './ensemble.js'
export { predictMonteCarlo, type MonteCarlo, type MonteCarloOptions } from './monte-carlo.js'
export { backprop, type Backprop, type BackpropOptions, type LayerSeen } from './backprop.js'
export type { Best, TrainState } from './state.js'
export type { Progress, Scores } from './progress.js'
export * from './loss/index.js'
export * from './metric/index.js'
export * from './optimizer/index.js'
export * from './schedule/index.js'
export * from './stop/index.js'
