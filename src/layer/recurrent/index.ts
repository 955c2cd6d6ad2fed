/** Recurrent layers: loops over the steps of a sequence. */
export { simpleRnn, type RecurrentActivation, type SimpleRnn } from './simple-rnn.js'
export { lstm, type Lstm } from './lstm.js'
export { gru, type Gru, type Reset } from './gru.js'
export { bidirectional, type AnyRecurrent, type Bidirectional, type BidirectionalMerge } from './bidirectional.js'
export type { Direction, InitialState, Loop, Outputs, Recurrent, RecurrentSettings } from './recurrence.js'
