/** The layers of a model one by one, in the words of tfjs, with the values that each takes. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { layersOf } from '../../layer/combinator/sequential.js'
import { labelsOf } from '../../layer/labels.js'
import type { Layer, LayerRegistry } from '../../layer/definition.js'
import { modelData, type ModelData } from '../../layer/model.js'
import { build } from '../../model/build.js'
import { shapeError, withinPath, type ShapeError } from '../../value/error.js'
import { isDims, type Dims, type Shape } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import type { Config } from './config.js'
import { atPositions } from './rows-dense.js'
import { isFactor } from './site.js'
import { bothDirections, denseWriters, writeBoth } from './write-dense.js'
import { isSaid, said, type Said, type SaidLayers, type Writer, type WriteSite } from './write-site.js'
import { spatialWriters } from './write-spatial.js'

/** a layer of a file, by a name that is also that of the value it gives */
export interface Line {
  readonly name: string
  readonly kind: string
  readonly config: Config
  readonly weights: Said['weights']
  readonly inputs: readonly string[]
}
export interface Sheet {
  readonly inputs: readonly Line[]
  readonly lines: readonly Line[]
  readonly outputs: readonly string[]
}

interface Ref {
  readonly name: string
  readonly shape: Dims
}
type Values = Ref | readonly Values[]
const isRef = (v: Values): v is Ref => !Array.isArray(v)
const flat = (v: Values): readonly Ref[] => (isRef(v) ? [v] : v.flatMap(flat))
type Found = E.Either<ShapeError, Values>

const writers: Readonly<Record<string, Writer>> = { ...denseWriters, ...spatialWriters }
/** layers that look at the last axis alone, so that tfjs computes them at all positions as they are */
const positionless = ['dense', 'activation', 'batchNorm', 'layerNorm', 'dropout']

interface Writing {
  readonly registry: LayerRegistry
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly lines: Line[]
  readonly names: Set<string>
}
/** a layer and where it is */
interface Place {
  readonly path: readonly string[]
  /** positions in front that the layer does not see */
  readonly ahead: number
}

const refuse = (expected: string, got: string, hint = ''): E.Either<ShapeError, never> =>
  E.left(shapeError([], expected, got, hint))

/** a name that no other layer has, which tfjs takes as part of the name of a weight */
const nameFor = (w: Writing, path: readonly string[]): string => {
  const wanted = path.join('_').replace(/^[^A-Za-z0-9]/, 'layer$&')
  let name = wanted
  for (let n = 2; w.names.has(name); n++) name = `${wanted}_${n}`
  w.names.add(name)
  return name
}

const shapeAfter = (layer: Layer, inputs: readonly Dims[], w: Writing, { ahead }: Place): E.Either<ShapeError, Dims> =>
  pipe(
    build(modelData((inputs.length === 1 ? inputs[0] : inputs) as Shape, atPositions(layer, ahead)), w.registry),
    E.chain(({ output }) => (isDims(output) ? E.right(output) : refuse('one tensor', 'several')))
  )

const put = (w: Writing, all: SaidLayers, inputs: readonly Ref[], { path }: Place): E.Either<ShapeError, string> => {
  if (!isSaid(all)) return refuse(all.expected, all.got, all.hint)
  let [names, name] = [inputs.map(r => r.name), '']
  for (const [i, one] of all.entries()) {
    name = nameFor(w, i === all.length - 1 ? path : [...path, one.kind])
    w.lines.push({ name, ...one, inputs: names })
    names = [name]
  }
  return E.right(name)
}
const siteOf = (w: Writing, inputs: readonly Ref[], path: readonly string[]): WriteSite => ({
  inputs: inputs.map(r => r.shape),
  sizes: inputs[0]?.shape ?? [],
  tensor: label => {
    const name = [...path, label].join('/')
    return (w.tensors[`params/${name}`] ?? w.tensors[`layers/${name}`]) as Tensor
  }
})

/** one layer of tfjs, or several one after the other */
const leaf = (w: Writing, layer: Layer, x: Values, at: Place): Found => {
  const writer = Object.hasOwn(writers, layer.tag) ? writers[layer.tag] : undefined
  if (writer === undefined) return refuse('a layer that tfjs has', layer.tag)
  if (at.ahead > 0 && !positionless.includes(layer.tag))
    return refuse('a layer that looks at the last axis alone', layer.tag, 'inside perPosition others are not written')
  if (!isRef(x) && layer.tag !== 'merge') return refuse('a layer of one tensor', layer.tag)
  const inputs = layer.tag === 'merge' && layer.by === 'scale' ? factored(w, flat(x), at) : flat(x)
  return pipe(
    shapeAfter(
      layer,
      flat(x).map(r => r.shape),
      w,
      at
    ),
    E.bindTo('shape'),
    E.bind('name', () => put(w, writer(layer as never, siteOf(w, inputs, at.path)), inputs, at)),
    E.map(({ name, shape }) => ({ name, shape }))
  )
}
/** one factor for each channel gets axes of size 1 in front */
const factored = (w: Writing, [x, factor]: readonly Ref[], { path }: Place): readonly Ref[] => {
  if (x === undefined || factor === undefined) return []
  const shape = [...x.shape.slice(0, -1).map(() => 1), factor.shape.at(-1) ?? 1]
  if (isFactor(x.shape) && x.shape.length === 1) return [x, factor]
  const name = nameFor(w, [...path, 'factors'])
  w.lines.push({ name, ...said('Reshape', { target_shape: shape }), inputs: [factor.name] })
  return [x, { name, shape }]
}

/** a list of layers, each with its label */
const body = (w: Writing, layer: Layer, x: Values, at: Place): Found => {
  const layers = layersOf(layer)
  const labels = labelsOf(w.registry)(layers)
  if (E.isLeft(labels)) return labels
  let value: Found = E.right(x)
  for (let i = 0; i < layers.length && E.isRight(value); i++) {
    const [one, next] = [layers[i] as Layer, layers[i + 1]]
    const path = [...at.path, labels.right[i] as string]
    const both = at.ahead === 0 && isRef(value.right) ? bothDirections(one, next) : undefined
    value =
      both === undefined
        ? withinPath(labels.right[i] as string)(emit(w, one, value.right, { ...at, path }))
        : withinPath(labels.right[i] as string)(
            bidirectional(w, both, [one, next as Layer], value.right as Ref, { ...at, path })
          )
    if (both !== undefined) i++
  }
  return value
}
const bidirectional = (
  w: Writing,
  [layer, mode]: NonNullable<ReturnType<typeof bothDirections>>,
  pair: readonly [Layer, Layer],
  x: Ref,
  at: Place
): Found =>
  pipe(
    build(modelData(x.shape, ...pair), w.registry),
    E.bindTo('built'),
    E.bind('name', () => put(w, writeBoth(layer, mode, siteOf(w, [x], at.path), at.path.join('_')), [x], at)),
    E.map(({ name, built }) => ({ name, shape: built.output as Dims }))
  )

const branches = (w: Writing, layers: readonly Layer[], xs: readonly Values[], at: Place): Found =>
  pipe(
    labelsOf(w.registry)(layers),
    E.chain(
      E.traverseReadonlyArrayWithIndex((i, label) =>
        withinPath(label)(emit(w, layers[i] as Layer, xs[i] ?? [], { ...at, path: [...at.path, label] }))
      )
    )
  )

/** x + f(x) */
const residual = (w: Writing, layer: Layer, x: Values, at: Place): Found =>
  pipe(
    body(w, layer, x, at),
    E.chain(y => {
      if (!isRef(x) || !isRef(y)) return refuse('a residual of one tensor', 'one of several')
      return pipe(
        put(w, [said('Add')], [x, y], { ...at, path: [...at.path, 'add'] }),
        E.map((name): Values => ({ name, shape: x.shape }))
      )
    })
  )
const repeated = (w: Writing, layer: Layer, times: number, x: Values, at: Place): Found => {
  let value: Found = E.right(x)
  for (let i = 0; i < times && E.isRight(value); i++)
    value = withinPath(`${i}`)(body(w, layer, value.right, { ...at, path: [...at.path, `${i}`] }))
  return value
}
const perPosition = (w: Writing, layer: Layer, x: Values, at: Place): Found =>
  body(w, layer, x, { ...at, ahead: at.ahead + 1 })

const emit = (w: Writing, layer: Layer, x: Values, at: Place): Found => {
  switch (layer.tag) {
    case 'sequential':
      return body(w, layer, x, at)
    case 'named':
    case 'model':
      return body(w, layer.layer, x, at)
    case 'repeat':
      return repeated(w, layer.layer, layer.times, x, at)
    case 'residual':
      return at.ahead > 0
        ? refuse('a layer that looks at the last axis alone', 'residual')
        : residual(w, layer.layer, x, at)
    case 'fanOut':
      return branches(
        w,
        layer.layers,
        layer.layers.map(() => x),
        at
      )
    case 'parallel':
      return branches(w, layer.layers, isRef(x) ? [x] : x, at)
    case 'perPosition':
      return perPosition(w, layer.layer, x, at)
    default:
      return leaf(w, layer, x, at)
  }
}

const inputLines = (
  w: Writing,
  { input, dtype }: ModelData
): { readonly lines: readonly Line[]; readonly value: Values } => {
  const lines: Line[] = []
  const of = (s: Shape, path: readonly string[]): Values => {
    if (!isDims(s)) return s.map((part, i) => of(part, [...path, `${i}`]))
    const name = nameFor(w, path)
    const type = dtype === 'u32' ? 'int32' : 'float32'
    const config = { batch_input_shape: [null, ...s], dtype: type, sparse: false }
    lines.push({ name, kind: 'InputLayer', config, weights: [], inputs: [] })
    return { name, shape: s }
  }
  const value = of(input, ['input'])
  return { lines, value }
}

/** a model as lines; Left for a layer that tfjs has no form for, by its path */
export const sheetOf = (
  model: ModelData,
  tensors: Readonly<Record<string, Tensor>>,
  registry: LayerRegistry
): E.Either<ShapeError, Sheet> => {
  const w: Writing = { registry, tensors, lines: [], names: new Set() }
  const { lines: inputs, value } = inputLines(w, model)
  return pipe(
    body(w, model.layer, value, { path: [], ahead: 0 }),
    E.chain(outputs => linear(w, inputs, flat(outputs))),
    E.map(outputs => ({ inputs, lines: w.lines, outputs })),
    E.mapLeft(e => ({ ...e, path: ['tfjs', ...e.path] }))
  )
}
/** an output that is an input, or another output again, is a layer that changes nothing: tfjs has no model without layers */
const linear = (
  w: Writing,
  inputs: readonly Line[],
  outputs: readonly Ref[]
): E.Either<ShapeError, readonly string[]> => {
  const seen = new Set(inputs.map(i => i.name))
  return pipe(
    outputs,
    E.traverseArray(ref => {
      if (!seen.has(ref.name)) {
        seen.add(ref.name)
        return E.right(ref.name)
      }
      return put(w, [said('Activation', { activation: 'linear' })], [ref], { path: ['output'], ahead: 0 })
    })
  )
}
