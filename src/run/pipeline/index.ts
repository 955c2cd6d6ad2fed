/** Trained pipelines, from rows to predictions in the units of the data. */
export { evaluatePipeline, type ClassScores, type NumberScores, type PipelineScores } from './evaluate.js'
export { pipelineOf, type Pipeline, type PipelineParts } from './value.js'
export { predictRows, type PredictError, type Prediction, type PredictRowsOptions } from './predict.js'
export {
  trainPipeline,
  type PipelineError,
  type PipelineTraining,
  type TrainedPipeline,
  type TrainPipelineOptions
} from './train.js'
