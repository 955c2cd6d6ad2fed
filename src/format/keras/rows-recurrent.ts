/** Recurrent layers of Keras, in one direction and in both. Their gates and biases are those of `format/mapping`. */
import * as E from 'fp-ts/lib/Either.js'
import type { Layer } from '../../layer/definition.js'
import { modelData } from '../../layer/model.js'
import { bidirectional, type AnyRecurrent } from '../../layer/recurrent/bidirectional.js'
import { gru } from '../../layer/recurrent/gru.js'
import { lstm } from '../../layer/recurrent/lstm.js'
import { simpleRnn } from '../../layer/recurrent/simple-rnn.js'
import type { Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { fromKeras } from '../mapping/keras.js'
import {
  at,
  fixed,
  flagIn,
  isMissing,
  isRecord,
  missing,
  numberIn,
  plainName,
  recordIn,
  sizeIn,
  textIn,
  type Config,
  type Missing
} from './config.js'
import { all, constantOf, made, rankIs, type Result, type Row, type Site } from './site.js'

/** the name of the cell, blocks of columns of its weights, and the rows of its bias */
const cells = {
  simpleRnn: { cell: 'simple_rnn_cell', gates: 1 },
  lstm: { cell: 'lstm_cell', gates: 4 },
  gru: { cell: 'gru_cell', gates: 3 }
} as const
const kinds: Readonly<Record<string, keyof typeof cells>> = { SimpleRNN: 'simpleRnn', LSTM: 'lstm', GRU: 'gru' }

/** what no layer here does: states that stay between batches or are outputs, and dropout of the input */
const unusual = { stateful: [false], return_state: [false], time_major: [false], dropout: [0] }
const gateOf = (c: Config, wanted: string, key: string, other: string): Missing | undefined => {
  const name = textIn(c, key, other)
  return isMissing(name)
    ? name
    : plainName(name) === wanted
      ? undefined
      : missing(`${wanted} as ${key}`, plainName(name) === 'hardsigmoid' ? 'hard_sigmoid' : name.slice(0, 40))
}

/** the layer of a config that goes forward, whatever its direction there */
const layerOf = (kind: keyof typeof cells, c: Config, s: Site): AnyRecurrent | Missing => {
  const read = [sizeIn(c, 'units'), flagIn(c, 'return_sequences', false), numberIn(c, 'recurrent_dropout', 0)] as const
  const [units, sequences, recurrentDropout] = read
  if (isMissing(units) || isMissing(sequences) || isMissing(recurrentDropout)) return read.find(isMissing) as Missing
  const wrong = fixed(c, unusual)
  if (wrong !== undefined) return wrong
  const settings = { outputs: sequences ? 'all' : 'last', recurrentDropout } as const
  // tfjs has another gate by default
  const gate = s.dialect === 'tfjs' ? 'hard_sigmoid' : 'sigmoid'
  const gates = kind === 'simpleRnn' ? undefined : gateOf(c, 'sigmoid', 'recurrent_activation', gate)
  if (gates !== undefined) return gates
  if (kind === 'simpleRnn') {
    const name = textIn(c, 'activation', 'tanh')
    return name === 'tanh' || name === 'relu'
      ? simpleRnn(units, { ...settings, activation: name })
      : missing('the activation tanh or relu', isMissing(name) ? name.got : name.slice(0, 40))
  }
  const inner = gateOf(c, 'tanh', 'activation', 'tanh')
  if (inner !== undefined) return inner
  if (kind === 'lstm') {
    const forget = flagIn(c, 'unit_forget_bias', true)
    return isMissing(forget) ? forget : lstm(units, { ...settings, forgetBias: forget ? 1 : 0 })
  }
  const after = flagIn(c, 'reset_after', s.dialect !== 'tfjs')
  return isMissing(after) ? after : gru(units, { ...settings, reset: after ? 'after' : 'before' })
}

/** the numbers of a layer, in the order that it has them here */
const numbersFor = (
  kind: keyof typeof cells,
  layer: AnyRecurrent,
  c: Config,
  s: Site,
  part: string
): readonly Tensor[] | Missing => {
  const { cell, gates } = cells[kind]
  const [features = 1, columns] = [s.sizes.at(-1), gates * layer.units]
  const bias = flagIn(c, 'use_bias', true)
  if (isMissing(bias)) return bias
  const rows: Dims = layer.tag === 'gru' && layer.reset === 'after' ? [2, columns] : [columns]
  const kernel = s.weight(['kernel'], 0, [features, columns], part)
  const recurrent = s.weight(['recurrent_kernel'], 1, [layer.units, columns], part)
  if (isMissing(kernel) || isMissing(recurrent)) return isMissing(kernel) ? kernel : (recurrent as Missing)
  const added = bias ? s.weight(['bias'], 2, rows, part) : constantOf(kernel, rows, 0)
  if (isMissing(added)) return added
  const there = { kernel, recurrent_kernel: recurrent, bias: added }
  const tensors = Object.fromEntries(Object.entries(there).map(([name, t]) => [`${kind}/${cell}/${name}`, t]))
  const mapped = fromKeras(modelData(s.sizes, layer as Layer))(tensors)
  return E.isLeft(mapped)
    ? missing(mapped.left.expected, mapped.left.got)
    : treeLeaves(mapped.right.params).map(([, t]) => t)
}

const recurrentRow =
  (kind: keyof typeof cells): Row =>
  s => {
    const wrong = rankIs(s, 2)
    const [layer, back] = [layerOf(kind, s.config, s), flagIn(s.config, 'go_backwards', false)]
    if (wrong !== undefined) return wrong
    if (isMissing(layer) || isMissing(back)) return isMissing(layer) ? layer : (back as Missing)
    if (back && layer.outputs === 'all')
      return missing(
        'outputs at the places of their inputs',
        'all outputs of a layer that goes backwards, in its order'
      )
    const numbers = numbersFor(kind, layer, s.config, s, '')
    return isMissing(numbers) ? numbers : made([{ ...layer, direction: back ? 'backward' : 'forward' }], numbers)
  }

const merges: Readonly<Record<string, 'concat' | 'sum' | 'mean'>> = { concat: 'concat', sum: 'sum', ave: 'mean' }
/** settings that both directions must have in common */
const shared = [
  'units',
  'return_sequences',
  'recurrent_dropout',
  'use_bias',
  'reset_after',
  'activation',
  'recurrent_activation',
  'unit_forget_bias'
]
const sameLayers = (a: Config, b: unknown): boolean =>
  !isRecord(b) ||
  (at(b, 'class_name') === at(a, 'class_name') &&
    shared.every(k => at(recordIn(a, 'config'), k) === at(recordIn(b, 'config'), k)))

const bidirectionalRow: Row = (s): Result => {
  const inner = recordIn(s.config, 'layer')
  const [name, config] = [at(inner, 'class_name'), recordIn(inner, 'config')]
  const kind = typeof name === 'string' && Object.hasOwn(kinds, name) ? kinds[name] : undefined
  const mode = textIn(s.config, 'merge_mode', 'none')
  const merge = typeof mode === 'string' && Object.hasOwn(merges, mode) ? merges[mode] : undefined
  if (kind === undefined)
    return missing(
      `one of ${Object.keys(kinds).join(', ')} inside`,
      typeof name === 'string' ? name.slice(0, 40) : 'nothing'
    )
  if (merge === undefined)
    return missing('the merge_mode concat, sum or ave', typeof mode === 'string' ? mode.slice(0, 40) : mode.got)
  if (!sameLayers(inner, at(s.config, 'backward_layer')))
    return missing('the same settings in both directions', 'others')
  const wrong = rankIs(s, 2) ?? fixed(config, { go_backwards: [false] })
  const layer = layerOf(kind, config, s)
  if (wrong !== undefined || isMissing(layer)) return wrong ?? (layer as Missing)
  return all(
    [numbersFor(kind, layer, config, s, 'forward_'), numbersFor(kind, layer, config, s, 'backward_')],
    (forward, backward) => made([bidirectional(layer, { merge }) as Layer], [...forward, ...backward])
  )
}

export const recurrentRows: Readonly<Record<string, Row>> = {
  SimpleRNN: recurrentRow('simpleRnn'),
  LSTM: recurrentRow('lstm'),
  GRU: recurrentRow('gru'),
  Bidirectional: bidirectionalRow
}
