/** Probabilities, classes and thresholds. */
export { classes, decideAt, probabilities } from './classes.js'
export {
  chooseThreshold,
  precisionRecallCurve,
  rocCurve,
  thresholds,
  type Counts,
  type DecisionMetric,
  type PrecisionRecallPoint,
  type RocPoint,
  type Threshold
} from './curves.js'
