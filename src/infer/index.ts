/** Inference: trained models applied to examples. */
export { ensemble } from './ensemble.js'
export type { Examples } from './examples.js'
export { predictMonteCarlo, type MonteCarlo, type MonteCarloOptions } from './monte-carlo.js'
export { predict, type OutputsOf, type PredictOptions, type Predictor } from './predict.js'
export { gradCam, saliency, type GradCamOptions, type SaliencyOptions, type Target } from './saliency.js'
