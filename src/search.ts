/**
 * The door `gradfold/search`: hyperparameter search. Spaces, samplers, narrowing and studies are values; which trials come next is a
 * pure function of a study and its finished trials. Worker threads and folders are Node's.
 */
export * from './search/dimension/index.js'
export {
  constraints,
  ordered,
  productAtMost,
  sumAtMost,
  type Constraint,
  type ConstraintDefinition,
  type Constraints
} from './search/constraint.js'
export {
  checkSpace,
  contains,
  draw,
  space,
  settingValues,
  type NumberPath,
  type Settings,
  type SettingsOf,
  type Space,
  type SpaceRegistry
} from './search/space.js'
export {
  narrow,
  defaultNarrowing,
  zoom,
  type Narrowed,
  type NarrowOptions,
  type Rationale,
  type Zoom
} from './search/narrow.js'
export * from './search/sampler/index.js'
export { studyMetric, validationLoss, type StudyMetric } from './search/metric.js'
export { checkStudy, runOf, study, trialSeed, type RunOptions, type Study, type StudyOptions } from './search/study.js'
export {
  completeStudy,
  checkStudyFile,
  parseStudyFile,
  showStudyFile,
  studyFileCodec,
  studyOf,
  type StudyFile
} from './search/study-file.js'
export { builtIn, type Registry } from './search/registry.js'
export { extend } from './registry/extend.js'
export { plan, type Plan, type SearchRound } from './search/plan.js'
export { search, type SearchOptions } from './search/search.js'
export { arrayText, progressOf, type Progress, type SearchResult } from './search/result.js'
export { runTrial } from './search/run-trial.js'
export type { Runner, SearchError } from './search/runner/runner.js'
export { inProcess } from './search/runner/in-process.js'
export { inThreads, type WorkerPool, type WorkerPoolOptions } from './search/runner/threads.js'
export { inQueue, type QueueRunner } from './search/runner/queue/coordinator.js'
export { workQueue, type QueueWorker, type WorkOptions } from './search/runner/queue/work.js'
export { openStudyFolder, type StudyFolder } from './search/folder.js'
export { foldsStudy, seedsStudy } from './search/repeat.js'
export { summaries, summaryText, type Summary } from './search/summary.js'
export { importances, type Importance } from './search/importance.js'
export { studyHtml } from './search/page.js'
export { readStudyAt, type RecordedStudy } from './search/recorded.js'
export { studyPlots, studyTablesText } from './search/report.js'
export { bestOf, ranked, trialCodec, type Goal, type Job, type TrialOutcome, type Trial } from './search/trial.js'

// where the data of a study's runs come from
export { arrays } from './data/reader/arrays.js'
export { csv } from './data/reader/csv.js'
export { idx } from './data/reader/idx.js'
export { iris } from './data/reader/iris.js'
export { mnist } from './data/reader/mnist.js'
export { npy } from './data/reader/npy.js'
export { npz } from './data/reader/npz.js'
export { arff } from './data/reader/arff.js'
export { libsvm } from './data/reader/libsvm.js'
export type { Source } from './data/reader/reader.js'
