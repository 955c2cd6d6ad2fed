/** Texts: from characters to indexes, to examples of a training, and from a model back to characters. */
export {
  byteTokenizer,
  characterTokenizer,
  decodeText,
  encodeText,
  vocabularyOf,
  type ByteTokenizer,
  type CharacterTokenizer,
  type Tokenizer
} from '../data/text.js'
export {
  padSequences,
  seriesWindows,
  tokenWindows,
  type PadOptions,
  type SeriesWindowOptions,
  type TokenWindowOptions
} from '../data/sequences.js'
export { generate, sampleIndex, type Continued, type GenerateOptions, type SamplingOptions } from './generate.js'
