/** A training: the value, and whether it is valid. */
export { filledIn, training, type FittingOptions, type Training, type TrainingOptions } from './training/value.js'
export { checkTraining, type Head, type ValidTraining } from './training/validation.js'
