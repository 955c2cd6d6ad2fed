/** Control of trainings from outside: what `gradfold` exports of it. */
export { trainAsync } from './async.js'
export { trainStream, type StreamTrainError } from './stream.js'
export { moreEpochs } from './more.js'
export {
  batchGradients,
  hessianVector,
  objectiveOf,
  type LossAndGradients,
  type Objective,
  type ObjectiveOptions
} from './objective.js'
export { minimise, type LbfgsOptions, type Minimum, type ValueAndGradients } from './minimise.js'
export {
  rangeTest,
  type RangeTest,
  type RangeTestOptions,
  type RangeTestPoint,
  type RangeTestSettings
} from './range-test.js'
export { permutationImportance, type ColumnImportance, type ImportanceOptions } from './importance.js'
export { nextStep, type StepSeen } from './watch.js'
export { mapParams, mergeParams, pickParams, transferParams, type Transferred } from './surgery.js'
export { subModel, type SubModel, type SubModelRange } from './sub-model.js'
export { erase, flip, mixup, noise, shift, type Augmentation } from './augment.js'
