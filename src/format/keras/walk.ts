/** The layers of a Keras model in turn, as layers here. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Layer } from '../../layer/definition.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { sizeOf, type Dims, type Shape } from '../../value/shape.js'
import type { FloatType } from '../../value/tensor.js'
import { modelOf, type ImportedModel } from '../import/imported.js'
import { maxNumbers, placedAs } from '../import/missing.js'
import { inSequence, treeOf, type Step } from '../import/tree.js'
import { activationRows } from './activations.js'
import { at, exampleIn, isMissing, isRecord, missing, recordIn, type Missing } from './config.js'
import { denseRows } from './rows-dense.js'
import { recurrentRows } from './rows-recurrent.js'
import { spatialRows } from './rows-spatial.js'
import type { Dialect, Made, Result, Row } from './site.js'
import { nameOf, topologyOf, type KerasNode, type Topology } from './topology.js'
import type { Weights } from './weights.js'
import { timeDistributed } from './wrapper.js'

const rows: Readonly<Record<string, Row>> = {
  ...activationRows,
  ...denseRows,
  ...spatialRows,
  ...recurrentRows,
  TimeDistributed: s => timeDistributed(s, rowOf)
}
const rowOf = (kind: string): Row | undefined => (Object.hasOwn(rows, kind) ? rows[kind] : undefined)

const errorAt = (node: KerasNode, { expected, got, hint = '' }: Missing): DecodeError =>
  decodeError(['keras', `${nameOf(node.path)} (${node.kind.slice(0, 60)})`], expected, got, hint)

interface Book {
  readonly dialect: Dialect
  readonly weights: Weights
  readonly dtype: FloatType
  readonly shapes: Map<string, Dims>
  readonly steps: Map<string, Step>
  readonly inputs: { readonly name: string; readonly sizes: Dims; readonly whole: boolean }[]
  /** values that are indexes */
  readonly indexes: Set<string>
}

const floats = ['float32', 'float16', 'float64', 'mixed_float16', 'bfloat16', 'mixed_bfloat16']
const wholes = ['int32', 'int64', 'uint8', 'int8', 'int16', 'uint16', 'uint32']
const inputOf = (node: KerasNode, book: Book): Missing | undefined => {
  const shape = at(node.config, 'batch_input_shape') ?? at(node.config, 'batch_shape')
  const sizes = exampleIn(shape)
  if (isMissing(sizes)) return sizes
  if (sizeOf(sizes) > maxNumbers) return missing(`at most ${maxNumbers} numbers for an example`, `${sizeOf(sizes)}`)
  const given = at(node.config, 'dtype')
  // a policy of types is a record with its name
  const dtype = isRecord(given) ? at(recordIn(given, 'config'), 'name') : (given ?? 'float32')
  if (typeof dtype !== 'string' || ![...floats, ...wholes].includes(dtype))
    return missing('an input of numbers or indexes', typeof dtype === 'string' ? dtype.slice(0, 40) : 'another type')
  book.shapes.set(nameOf(node.path), sizes)
  book.inputs.push({ name: nameOf(node.path), sizes, whole: wholes.includes(dtype) })
  return undefined
}

/** what a layer gives for its inputs */
const outputOf = (layer: Layer, inputs: readonly Dims[], dtype: FloatType): E.Either<Missing, Dims> => {
  const [first] = inputs
  return placedAs(dtype)(layer, inputs.length === 1 && first !== undefined ? first : inputs)
}

/** a layer between a value and the one that takes it gets a name of its own */
const between = (node: KerasNode, { before = {} }: Made, book: Book): readonly string[] =>
  node.inputs.map((name, i) => {
    const layer = before[i]
    if (layer === undefined) return name
    const own = `${nameOf(node.path)}\n${i}`
    book.steps.set(own, { layer, tensors: [], states: [], inputs: [name] })
    return own
  })

const enter = (node: KerasNode, found: Made, book: Book): Missing | undefined => {
  const { layers, tensors, states, indexes, before = {} } = found
  const layer = inSequence(layers)
  const shapes = node.inputs.map((name, i) => {
    const size = book.shapes.get(name) as Dims
    return before[i] === undefined ? size : [sizeOf(size)]
  })
  const output = outputOf(layer, shapes, book.dtype)
  if (E.isLeft(output)) return output.left
  if (indexes === true) book.indexes.add(node.inputs[0] ?? '')
  book.shapes.set(nameOf(node.path), output.right)
  book.steps.set(nameOf(node.path), { layer, tensors, states, inputs: between(node, found, book) })
  return undefined
}

const readNode = (node: KerasNode, book: Book): Missing | undefined => {
  if (node.kind === 'InputLayer') return inputOf(node, book)
  const row = rowOf(node.kind)
  if (row === undefined) return missing('a layer that is known here', node.kind.slice(0, 60))
  const inputs = node.inputs.map(name => book.shapes.get(name) as Dims)
  const [sizes] = inputs
  if (sizes === undefined) return missing('a value to take', 'none')
  const result: Result = row({
    kind: node.kind,
    config: node.config,
    dialect: book.dialect,
    inputs,
    sizes,
    weight: (names, place, shape, part = '') => book.weights.find(node.path, names, place, shape, part),
    place: placedAs(book.dtype)
  })
  return isMissing(result) ? result : enter(node, result, book)
}

/** every layer in turn; those behind a layer without a form here are only looked up */
const walk = ({ nodes }: Topology, book: Book): E.Either<DecodeError, undefined> => {
  const troubles: DecodeError[] = []
  for (const node of nodes) {
    if (book.shapes.has(nameOf(node.path))) {
      troubles.push(errorAt(node, missing('names of layers that differ', 'one twice')))
      continue
    }
    if (node.inputs.every(name => book.shapes.has(name))) {
      const gone = readNode(node, book)
      if (gone !== undefined) troubles.push(errorAt(node, gone))
    } else if (node.kind !== 'InputLayer' && rowOf(node.kind) === undefined)
      troubles.push(errorAt(node, missing('a layer that is known here', node.kind.slice(0, 60))))
  }
  const [first, ...others] = troubles
  return first === undefined ? E.right(undefined) : E.left(others.length === 0 ? first : { ...first, others })
}

/** layers that only say where indexes are */
const passing = ['flatten', 'reshape']
/** whether the inputs are indexes; Left where some are and others are not */
const indexesIn = ({ inputs, indexes, steps }: Book): E.Either<DecodeError, boolean> => {
  const source = (name: string): string => {
    let n = name
    for (let step = steps.get(n); step !== undefined && passing.includes(step.layer.tag); step = steps.get(n))
      n = step.inputs[0] ?? ''
    return n
  }
  const taken = new Set([...indexes].map(source))
  const some = inputs.filter(i => taken.has(i.name))
  const stranger = [...taken].find(name => !inputs.some(i => i.name === name))
  return stranger !== undefined
    ? E.left(decodeError(['keras', stranger], 'indexes that are an input', 'computed ones'))
    : some.length > 0 && some.length < inputs.length
      ? E.left(decodeError(['keras'], 'inputs that are all indexes, or all numbers', 'some of each'))
      : E.right(some.length > 0)
}

export interface KerasFile {
  readonly model: unknown
  readonly weights: Weights
  readonly dialect: Dialect
  readonly dtype: FloatType
}
/** the model of a file; Left with every layer that has no form here, the first as the error and the rest in `others` */
export const modelFrom = ({ model, weights, dialect, dtype }: KerasFile): E.Either<DecodeError, ImportedModel> => {
  const book: Book = {
    dialect,
    weights,
    dtype,
    shapes: new Map(),
    steps: new Map(),
    inputs: [],
    indexes: new Set()
  }
  return pipe(
    topologyOf(model),
    E.bindTo('topology'),
    E.chainFirst(({ topology }) => walk(topology, book)),
    E.filterOrElse(
      () => book.inputs.length > 0,
      () => decodeError(['keras'], 'an input', 'none')
    ),
    E.bind('indexes', () => indexesIn(book)),
    E.chain(({ topology, indexes }) =>
      pipe(
        treeOf(
          'keras',
          book.steps,
          book.inputs.map(i => i.name),
          topology.outputs
        ),
        E.chain(tree => modelOf('keras', tree, { shapes: book.inputs.map((i): Shape => i.sizes), dtype, indexes }))
      )
    ),
    E.map(found => ({ ...found, metadata: {} }))
  )
}
