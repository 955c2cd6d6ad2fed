/** What trainings of sequences have besides: losses and metrics of which some positions do not count. */
export { sequenceCrossEntropy, type SequenceCrossEntropy, type SequenceCrossEntropyOptions } from './loss/sequence.js'
export {
  exactMatch,
  positionAccuracy,
  positionPerplexity,
  type ExactMatch,
  type IgnoreOptions,
  type PositionAccuracy,
  type PositionPerplexity
} from './metric/sequence.js'
