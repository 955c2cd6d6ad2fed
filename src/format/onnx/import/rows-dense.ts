/** Operators that are dense layers, norms, activations and joins. */
import * as E from 'fp-ts/lib/Either.js'
import { activation } from '../../../layer/activation.js'
import { batchNorm } from '../../../layer/batch-norm.js'
import { merge, type MergeBy } from '../../../layer/combinator/merge.js'
import type { Layer } from '../../../layer/definition.js'
import { dense, type Dense, type DenseWithoutBias } from '../../../layer/dense.js'
import { dropout } from '../../../layer/dropout.js'
import { layerNorm } from '../../../layer/layer-norm.js'
import { perPosition } from '../../../layer/sequence/per-position.js'
import { instanceNorm } from '../../../layer/spatial/instance-norm.js'
import { sameShape, showShape, sizeOf, type Dims } from '../../../value/shape.js'
import type { Tensor } from '../../../value/tensor.js'
import { shortest } from './constants.js'
import { floatOf, floatsIn, intOf, numberIn, textOf } from './graph.js'
import { shareOf } from './pools.js'
import {
  amended,
  applied,
  inOrder,
  meantAxis,
  missing,
  sameOrder,
  turnedAs,
  unflattened,
  vector,
  type Held,
  type Result,
  type Row,
  type Site
} from './site.js'

// ---- number by number

const act =
  (fn: string): Row =>
  s => {
    const x = s.held(0)
    return x === undefined
      ? missing('a value that depends on the input', 'numbers')
      : applied(s, activation(fn as 'relu'), x)
  }
/** an activation, where these attributes have these values (to f32) */
const actWhere =
  (fn: string, wanted: Readonly<Record<string, readonly [value: number, byDefault: number]>>): Row =>
  s => {
    const other = Object.entries(wanted).find(
      ([name, [value, byDefault]]) =>
        Math.abs(floatOf(s.node.attributes, name, byDefault) - value) > 1e-6 * Math.max(1, Math.abs(value))
    )
    return other === undefined
      ? act(fn)(s)
      : missing(`${other[0]} = ${other[1][0]}, as ${fn} has it`, `${floatOf(s.node.attributes, other[0], other[1][1])}`)
  }
const clip: Row = s => {
  const limit = (name: string, at: number): number | undefined =>
    s.opset < 11 ? s.node.attributes[name]?.float : numberIn(s.graph.constant(s.node.inputs[at]))
  const [low, high] = [limit('min', 1), limit('max', 2)]
  if (low === 0 && high === 6) return act('relu6')(s)
  return low === 0 && high === undefined && (s.node.inputs[2] ?? '') === ''
    ? act('relu')(s)
    : missing('limits of 0 and 6', `${low ?? 'none'} and ${high ?? 'none'}`)
}
const alongLast =
  (fn: string): Row =>
  s => {
    const x = s.held(0)
    if (x === undefined) return missing('a value that depends on the input', 'numbers')
    const axis = intOf(s.node.attributes, 'axis', s.opset < 13 ? 1 : -1)
    const last = x.sizes.length
    const whole = s.opset >= 13 || last === 1
    return meantAxis(x, axis) === last && x.ones === 0 && whole
      ? applied(s, activation(fn as 'softmax'), x)
      : missing('the channels as its axis', `axis ${axis}`)
  }
const gelu: Row = s => act(textOf(s.node.attributes, 'approximate', 'none') === 'tanh' ? 'geluTanh' : 'gelu')(s)

const same: Row = s => {
  const x = s.held(0)
  return x === undefined ? missing('a value that depends on the input', 'numbers') : { held: x, alias: s.value(0) }
}
const cast: Row = s => {
  const to = intOf(s.node.attributes, 'to', 0)
  return to === 1 || to === 11 ? same(s) : missing('numbers in f32 or f64', `type ${to}`)
}
const drop: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  if (s.node.outputs.length > 1 && (s.node.outputs[1] ?? '') !== '' && s.opset < 7)
    return missing('one output', 'a mask too')
  const given = s.opset < 12 ? floatOf(s.node.attributes, 'ratio', 0.5) : numberIn(s.graph.constant(s.node.inputs[1]))
  const rate = shortest(given ?? 0.5)
  return rate === 0 ? same(s) : applied(s, dropout(rate), x)
}

// ---- dense

/** a layer at each place of all axes but the last */
const atEachPlace = (layer: Layer, axes: number): Layer =>
  axes <= 0 ? layer : perPosition(atEachPlace(layer, axes - 1))

/** x W + b, with weights stored [inputs, outputs], or with `transposed` the other way round */
const product = (s: Site, transposed: boolean, bias: Tensor | undefined): Result => {
  const x = s.held(0)
  const w = floatsIn(s.graph.constant(s.node.inputs[1]))
  const c = s.graph.constant(s.node.inputs[1])
  if (x === undefined || w === undefined || c?.kind !== 'float' || w.dims.length !== 2)
    return missing(
      'a value times weights of the file, [inputs, outputs]',
      w === undefined ? 'two values' : showShape(w.dims)
    )
  const [ins, outs] = (transposed ? [...w.dims].reverse() : w.dims) as [number, number]
  const n = x.sizes.at(-1)
  if (!sameOrder(x.order, inOrder(x.order.length)) || x.ones > 0 || n !== ins)
    return missing(`numbers [..., ${ins}]`, `${showShape(x.sizes)} in another order`)
  const plain = transposed ? turnedAs(c.tensor, w.dims, [1, 0]) : c.tensor
  const weight = x.flat === undefined ? plain : unflattened(plain, x.flat, outs)
  const layer = dense(outs, { bias: bias !== undefined }) as Layer
  const { flat: _, ...rest } = x
  return applied(s, atEachPlace(layer, x.sizes.length - 1), rest, bias === undefined ? [weight] : [weight, bias])
}
const gemm: Row = s => {
  const a = s.node.attributes
  const [alpha, beta, transA] = [floatOf(a, 'alpha', 1), floatOf(a, 'beta', 1), intOf(a, 'transA', 0)]
  const c = s.graph.constant(s.node.inputs[2])
  const named = (s.node.inputs[2] ?? '') !== ''
  if (alpha !== 1 || transA !== 0 || (named && beta !== 1))
    return missing('alpha = 1, beta = 1 and transA = 0', `${alpha}, ${beta} and ${transA}`)
  if (named && c?.kind !== 'float') return missing('a bias that the file holds', 'a value')
  const w = floatsIn(s.graph.constant(s.node.inputs[1]))
  const transposed = intOf(a, 'transB', 0) !== 0
  const outs = w?.dims[transposed ? 0 : 1]
  if (c?.kind === 'float' && sizeOf(c.tensor.shape) !== outs)
    return missing(`a bias of ${outs} numbers`, showShape(c.tensor.shape))
  return product(s, transposed, c?.kind === 'float' ? vector(c.tensor) : undefined)
}

// ---- norms

const tensorAt = (s: Site, input: number): Tensor | undefined => {
  const c = s.graph.constant(s.node.inputs[input])
  return c?.kind === 'float' ? vector(c.tensor) : undefined
}
/** tensors for each channel, in the order that the channels have here */
const perChannel = (s: Site, x: Held, inputs: readonly number[]): readonly Tensor[] | undefined => {
  const all = inputs.flatMap(i => tensorAt(s, i) ?? [])
  const n = x.sizes.at(-1)
  if (all.length < inputs.length || all.some(t => t.shape[0] !== n)) return undefined
  return all.map(t => (x.flat === undefined ? t : unflattened(t, x.flat, 1)))
}
const unknownNumbers = missing('numbers of the file, one for each channel', 'others')
/** axis 1 is the channels there */
const channelsSecond = (x: Held): boolean => x.order[1] === x.sizes.length && x.sizes.length > 0

const batch: Row = s => {
  const x = s.held(0)
  const a = s.node.attributes
  if (x === undefined || !channelsSecond(x)) return missing('a value with the channels as axis 1', 'another')
  if (intOf(a, 'training_mode', 0) !== 0) return missing('training_mode = 0', '1', 'export it for inference')
  const all = perChannel(s, x, [1, 2, 3, 4])
  if (all === undefined) return unknownNumbers
  const layer = batchNorm({
    epsilon: shortest(floatOf(a, 'epsilon', 1e-5)),
    momentum: shortest(floatOf(a, 'momentum', 0.9))
  })
  return applied(s, layer, x, all.slice(0, 2), all.slice(2))
}
const instance: Row = s => {
  const x = s.held(0)
  if (x === undefined || !channelsSecond(x)) return missing('a value with the channels as axis 1', 'another')
  const all = perChannel(s, x, [1, 2])
  const epsilon = shortest(floatOf(s.node.attributes, 'epsilon', 1e-5))
  return all === undefined ? unknownNumbers : applied(s, instanceNorm({ epsilon }), x, all)
}
const layerRow: Row = s => {
  const x = s.held(0)
  const axis = intOf(s.node.attributes, 'axis', -1)
  if (x === undefined || meantAxis(x, axis) !== x.sizes.length || x.order.at(-1) !== x.sizes.length || x.ones > 0)
    return missing('the last axis', `axis ${axis}`)
  const all = perChannel(s, x, [1, 2])
  const epsilon = shortest(floatOf(s.node.attributes, 'epsilon', 1e-5))
  return all === undefined ? unknownNumbers : applied(s, layerNorm({ epsilon }), x, all)
}

// ---- two values

const orderOf = ({ order, ones, flat }: Held): string => JSON.stringify([order, ones, flat ?? null])
const joined = (s: Site, by: MergeBy, indexes: readonly number[]): Result => {
  const all = indexes.map(i => s.held(i) as Held)
  const [first] = all
  if (first === undefined || all.some(h => orderOf(h) !== orderOf(first)))
    return missing('values that are stored in the same order', 'others', 'an image that was flattened, perhaps')
  const layer = merge(by)
  const output = s.place(layer, all.map(h => h.sizes) as unknown as Dims)
  if (E.isLeft(output)) return output.left
  return {
    held: { ...first, sizes: output.right },
    step: { layer, tensors: [], states: [], inputs: indexes.map(i => s.value(i)) }
  }
}
/** a bias that another operator adds, for each channel */
const addedBias = (s: Site, of: number, x: Held): Result | undefined => {
  const before = s.before(of)
  const t = floatsIn(s.graph.constant(s.node.inputs[1 - of]))
  const c = s.graph.constant(s.node.inputs[1 - of])
  const layer = before?.layer as
    (Dense | DenseWithoutBias | { readonly tag: string; readonly bias?: boolean }) | undefined
  if (before === undefined || layer?.bias !== false || t === undefined || c?.kind !== 'float' || x.flat !== undefined)
    return undefined
  const n = x.sizes.at(-1) ?? 1
  const rank = x.order.length + x.ones
  const axis = rank - t.dims.length + t.dims.findIndex(k => k !== 1)
  if (sizeOf(t.dims) !== n || (n > 1 && meantAxis(x, axis) !== x.sizes.length)) return undefined
  return amended(before, { ...layer, bias: true } as Layer, x, [...before.tensors, vector(c.tensor)])
}
const add: Row = s => {
  const [a, b] = [s.held(0), s.held(1)]
  if (a !== undefined && b !== undefined) return joined(s, 'add', [0, 1])
  const of = a === undefined ? 1 : 0
  const x = a ?? b
  return (
    (x === undefined ? undefined : addedBias(s, of, x)) ??
    missing('two values, or the bias of a layer', 'numbers added to a value')
  )
}
/** [1, ..., 1, n] from [n], or an image with one place: factors for each channel */
const factorsOf = (s: Site, input: number, x: Held): string | undefined => {
  const h = s.held(input) as Held
  const n = x.sizes.at(-1)
  const [alone] = h.sizes
  if (h.sizes.length === 1 && alone === n && h.flat === undefined)
    return h.ones === x.sizes.length - 1 && sameOrder(x.order, [0, x.sizes.length, ...inOrder(x.sizes.length).slice(1)])
      ? s.value(input)
      : undefined
  const before = s.before(input)
  const flat = h.sizes.every((k, i) => k === (i === h.sizes.length - 1 ? n : 1))
  return before?.layer.tag === 'reshape' && flat && sizeOf(h.sizes) === n && sameOrder(h.order, x.order)
    ? before.inputs[0]
    : undefined
}
const mul: Row = s => {
  const [a, b] = [s.held(0), s.held(1)]
  if (a !== undefined && b !== undefined) {
    if (sameShape(a.sizes, b.sizes) && a.ones === b.ones) return joined(s, 'multiply', [0, 1])
    const large = sizeOf(a.sizes) >= sizeOf(b.sizes) ? 0 : 1
    const x = large === 0 ? a : b
    const factors = factorsOf(s, 1 - large, x)
    return factors === undefined
      ? missing('values of one shape, or factors for each channel', `${showShape(a.sizes)} and ${showShape(b.sizes)}`)
      : { held: x, step: { layer: merge('scale'), tensors: [], states: [], inputs: [s.value(large), factors] } }
  }
  return shareOf(s) ?? missing('two values', 'numbers multiplied with a value')
}
/** the mean of several values */
const div: Row = s => {
  const before = s.before(0)
  const by = numberIn(s.graph.constant(s.node.inputs[1]))
  const layer = before?.layer as { readonly tag: string; readonly by?: string } | undefined
  const x = s.held(0)
  return before !== undefined && x !== undefined && layer?.by === 'add' && by === before.inputs.length
    ? amended(before, merge('mean'), x, [])
    : missing('a sum of values divided by how many they are', 'another quotient')
}
const concat: Row = s => {
  const indexes = s.node.inputs.map((_, i) => i)
  const [x] = indexes.map(i => s.held(i))
  const axis = intOf(s.node.attributes, 'axis', 0)
  if (x === undefined || indexes.some(i => s.held(i) === undefined))
    return missing('values that depend on the input', 'numbers of the file too')
  return meantAxis(x, axis) === x.sizes.length && x.flat === undefined && (x.ones === 0 || axis === 1)
    ? joined(s, 'concat', indexes)
    : missing('values one after the other along the channels', `axis ${axis}`)
}

export const denseRows: Readonly<Record<string, Row>> = {
  Relu: act('relu'),
  Sigmoid: act('sigmoid'),
  Tanh: act('tanh'),
  Softplus: act('softplus'),
  Softsign: act('softsign'),
  Mish: act('mish'),
  Clip: clip,
  LeakyRelu: actWhere('leakyRelu', { alpha: [0.01, 0.01] }),
  Elu: actWhere('elu', { alpha: [1, 1] }),
  Selu: actWhere('selu', { alpha: [1.6732632423543772, 1.6732632], gamma: [1.0507009873554805, 1.050701] }),
  HardSigmoid: actWhere('hardSigmoid', { alpha: [1 / 6, 0.2], beta: [0.5, 0.5] }),
  Gelu: gelu,
  Softmax: alongLast('softmax'),
  LogSoftmax: alongLast('logSoftmax'),
  Identity: same,
  Cast: cast,
  Dropout: drop,
  MatMul: s => product(s, false, undefined),
  Gemm: gemm,
  BatchNormalization: batch,
  InstanceNormalization: instance,
  LayerNormalization: layerRow,
  Add: add,
  Mul: mul,
  Div: div,
  Sum: s =>
    s.node.inputs.every((_, i) => s.held(i) !== undefined)
      ? joined(
          s,
          'add',
          s.node.inputs.map((_, i) => i)
        )
      : missing('values', 'numbers of the file too'),
  Concat: concat
}
