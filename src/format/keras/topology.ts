/**
 * The layers of a Keras model and the values between them, as its JSON says: `Sequential` and functional models, models inside of models
 * included, in the words of Keras 2 (`batch_input_shape`, nested lists of inputs) and of Keras 3 (`batch_shape`, records of tensors).
 */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { maxNesting } from '../../model/build.js'
import { at, isRecord, type Config } from './config.js'

/** a layer, and the names of the values that it takes; its own name is that of the value it gives */
export interface KerasNode {
  /** names of the models around it, and its own */
  readonly path: readonly string[]
  readonly kind: string
  readonly config: Config
  readonly inputs: readonly string[]
}
export interface Topology {
  readonly nodes: readonly KerasNode[]
  readonly outputs: readonly string[]
}
/** layers in a file: more take longer than two seconds to look through */
const maxLayers = 5_000

type Fail = E.Either<DecodeError, never>
const fail = (at: readonly string[], expected: string, got: string, hint = ''): Fail =>
  E.left(decodeError(['keras', ...at], expected, got, hint))

const models = ['Sequential', 'Functional', 'Model']
/** a value has the path of its layer as a name */
export const nameOf = (path: readonly string[]): string => path.join('/')

const listIn = (c: Config, key: string): readonly unknown[] => {
  const u = at(c, key)
  return Array.isArray(u) ? u : []
}
/** [name, call, output], which both dialects have */
const isCall = (u: unknown): u is readonly [string, number, number] =>
  Array.isArray(u) && typeof u[0] === 'string' && typeof u[1] === 'number' && typeof u[2] === 'number'
/** the values in the arguments of a call, in any nesting */
const callsIn = (u: unknown, depth = 0): readonly unknown[] => {
  if (depth > 6) return ['too deep']
  if (isCall(u)) return [u]
  if (Array.isArray(u)) return u.flatMap(x => callsIn(x, depth + 1))
  if (u === null || u === undefined) return []
  if (!isRecord(u)) return ['a constant']
  if (at(u, 'class_name') !== '__keras_tensor__') return Object.keys(u).length === 0 ? [] : ['a record']
  const config = at(u, 'config')
  return [isRecord(config) ? (at(config, 'keras_history') ?? 'no history') : 'no history']
}
/** what a layer is called with beside values changes nothing, or is not known here */
const ignored = ['training', 'mask', 'name']
const strange = (u: unknown): string | undefined =>
  isRecord(u)
    ? Object.entries(u).find(
        ([key, value]) => value !== null && !(ignored.includes(key) && typeof value !== 'object')
      )?.[0]
    : undefined

interface Scope {
  readonly path: readonly string[]
  /** the values that the inputs of a model inside are */
  readonly given: readonly string[] | undefined
  readonly nodes: KerasNode[]
  /** the values that an inner model gives, by its name */
  readonly results: Map<string, readonly string[]>
}

/** the names of the values of calls; Left for layers that are called several times, and for values that are not there */
const valuesOf = (
  calls: readonly unknown[],
  scope: Scope,
  at: readonly string[]
): E.Either<DecodeError, readonly string[]> => {
  const all: string[] = []
  for (const call of calls) {
    if (!isCall(call)) return fail(at, 'inputs [layer, call, output]', 'others')
    const [name, times, output] = call
    if (times !== 0)
      return fail(
        [...at, name],
        'layers that are called once',
        'one that is called again',
        'layers with shared weights are not read'
      )
    const value = scope.results.get(name)?.[output]
    if (value === undefined) return fail(at, 'the outputs of layers that stand before', `${name}, output ${output}`)
    all.push(value)
  }
  return E.right(all)
}

/** Keras 2: one list of values for each call; Keras 3: one record of arguments */
const inputsOf = (layer: Config, scope: Scope, at_: readonly string[]): E.Either<DecodeError, readonly string[]> => {
  const calls = listIn(layer, 'inbound_nodes')
  if (calls.length === 0) return E.right([])
  if (calls.length > 1)
    return fail(
      at_,
      'layers that are called once',
      `one that is called ${calls.length} times`,
      'layers with shared weights are not read'
    )
  const [call] = calls
  if (Array.isArray(call)) {
    const options = call.map((c: unknown) => (Array.isArray(c) ? strange(c[3]) : undefined)).find(s => s !== undefined)
    return options === undefined
      ? valuesOf(call, scope, at_)
      : fail(at_, 'a call with values alone', `the argument ${options}`)
  }
  if (!isRecord(call)) return fail(at_, 'a call', 'another value')
  const option = strange(at(call, 'kwargs'))
  return option === undefined
    ? valuesOf(callsIn(at(call, 'args')), scope, at_)
    : fail(at_, 'a call with values alone', `the argument ${option}`)
}

const configOf = (layer: Config): Config => {
  const config = at(layer, 'config')
  return isRecord(config) ? config : {}
}
const nameIn = (layer: Config): string => {
  const name = at(configOf(layer), 'name') ?? at(layer, 'name')
  return typeof name === 'string' ? name : ''
}

const homes = ['keras.layers', 'keras.src.layers', 'keras.models', 'keras.src.models', 'keras', 'tf_keras', 'builtins']
/** the name of what only has the class name of a layer of Keras: a custom layer, or an operation */
const strangerIn = (layer: Config): string | undefined => {
  const [home, registered] = [at(layer, 'module'), at(layer, 'registered_name')]
  return typeof registered === 'string' && registered.includes('>')
    ? registered
    : typeof home === 'string' && !homes.some(h => home === h || (h !== 'keras' && home.startsWith(`${h}.`)))
      ? home
      : undefined
}

/** one layer, or the layers of a model in its place */
const enter = (layer: unknown, inputs: readonly string[], scope: Scope): E.Either<DecodeError, readonly string[]> => {
  if (!isRecord(layer)) return fail(scope.path, 'a layer', 'another value')
  const kind = at(layer, 'class_name')
  const path = [...scope.path, nameIn(layer)]
  if (typeof kind !== 'string' || nameIn(layer) === '') return fail(path, 'a layer with a class and a name', 'none')
  if (scope.nodes.length > maxLayers) return fail(path, `at most ${maxLayers} layers`, 'more')
  const made = strangerIn(layer)
  if (made !== undefined)
    return fail(path, 'a layer of Keras itself', made, 'custom layers and operations are not read')
  if (models.includes(kind)) return inModel(layer, { ...scope, path, given: inputs, results: new Map() })
  scope.nodes.push({ path, kind, config: configOf(layer), inputs })
  return E.right([nameOf(path)])
}

const inSequential = (config: unknown, outer: Config, scope: Scope): E.Either<DecodeError, readonly string[]> => {
  const inside = isRecord(config) ? config : { layers: config }
  const layers = listIn(inside, 'layers')
  const [first] = layers
  const shape = isRecord(first)
    ? (at(configOf(first), 'batch_input_shape') ??
      at(configOf(first), 'batch_shape') ??
      at(inside, 'build_input_shape') ??
      (isRecord(at(outer, 'build_config')) ? at(at(outer, 'build_config') as Config, 'input_shape') : undefined))
    : undefined
  let value = scope.given
  for (const [i, layer] of layers.entries()) {
    if (!isRecord(layer)) return fail(scope.path, 'a layer', 'another value')
    const isInput = at(layer, 'class_name') === 'InputLayer'
    if (isInput && value !== undefined) continue
    if (i === 0 && !isInput && value === undefined) {
      const path = [...scope.path, '']
      const dtype = at(configOf(layer), 'dtype')
      // the input is a layer of its own in newer files
      scope.nodes.push({ path, kind: 'InputLayer', config: { batch_input_shape: shape, dtype }, inputs: [] })
      value = [nameOf(path)]
    }
    const next = enter(layer, value ?? [], scope)
    if (E.isLeft(next)) return next
    value = next.right
  }
  return value === undefined ? fail(scope.path, 'a model of layers', 'none') : E.right(value)
}

const inFunctional = (config: Config, scope: Scope): E.Either<DecodeError, readonly string[]> => {
  const wanted = callsIn(at(config, 'input_layers'))
  const inputs = wanted.map(c => (isCall(c) ? c[0] : ''))
  if (new Set(inputs).size !== inputs.length) return fail(scope.path, 'each input once', 'one twice')
  if (scope.given !== undefined && scope.given.length !== inputs.length)
    return fail(scope.path, `${inputs.length} values`, `${scope.given.length}`)
  const layers = listIn(config, 'layers')
  for (const layer of [...inputsFirst(layers, inputs), ...layers.filter(l => !isInput(l, inputs))]) {
    if (!isRecord(layer)) return fail(scope.path, 'a layer', 'another value')
    // in a functional model calls know a layer by this name
    const name = at(layer, 'name') ?? nameIn(layer)
    if (typeof name !== 'string' || scope.results.has(name))
      return fail(scope.path, 'layers with names that differ', typeof name === 'string' ? name : 'another value')
    const place = inputs.indexOf(name)
    if (place >= 0 && scope.given !== undefined) {
      scope.results.set(name, [scope.given[place] as string])
      continue
    }
    const values = inputsOf(layer, scope, [...scope.path, name])
    if (E.isLeft(values)) return values
    const given = enter(layer, values.right, scope)
    if (E.isLeft(given)) return given
    scope.results.set(name, given.right)
  }
  return valuesOf(callsIn(at(config, 'output_layers')), scope, scope.path)
}
const isInput = (layer: unknown, inputs: readonly string[]): boolean =>
  isRecord(layer) && inputs.some(name => name === (at(layer, 'name') ?? nameIn(layer)))
/** the inputs in the order of the model, whatever the order of its layers */
const inputsFirst = (layers: readonly unknown[], inputs: readonly string[]): readonly unknown[] =>
  inputs.flatMap(name => layers.filter(l => isInput(l, [name])))

const inModel = (model: Config, scope: Scope): E.Either<DecodeError, readonly string[]> =>
  scope.path.length > maxNesting
    ? fail([], `at most ${maxNesting} models inside one another`, 'more')
    : at(model, 'class_name') === 'Sequential'
      ? inSequential(at(model, 'config'), model, scope)
      : inFunctional(configOf(model), scope)

/** the layers of a model; Left for anything but a model, for layers that are called several times and for values that nothing gives */
export const topologyOf = (model: unknown): E.Either<DecodeError, Topology> => {
  const kind = isRecord(model) ? at(model, 'class_name') : undefined
  if (!isRecord(model) || typeof kind !== 'string' || !models.includes(kind))
    return fail([], 'a model of class Sequential or Functional', typeof kind === 'string' ? kind : 'none')
  const scope: Scope = { path: [], given: undefined, nodes: [], results: new Map() }
  const outputs = inModel(model, scope)
  return E.isLeft(outputs)
    ? outputs
    : outputs.right.length === 0
      ? fail([], 'outputs', 'none')
      : E.right({ nodes: scope.nodes, outputs: outputs.right })
}
