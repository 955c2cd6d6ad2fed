/**
 * Random networks for properties. fast-check draws a recipe without shapes. Building adds the layers that make the next
 * part fit, so that every recipe gives a network whose shapes agree, and smaller recipes give smaller networks.
 */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import type { ActivationName } from '../layer/activation-table.js'
import { activation } from '../layer/activation.js'
import { fanOut, parallel } from '../layer/combinator/branches.js'
import { dense } from '../layer/dense.js'
import { flatten } from '../layer/flatten.js'
import type { LayerRegistry, Layer, Sample } from '../layer/definition.js'
import { mergeAdd, mergeConcat, merge, type MergeBy } from '../layer/combinator/merge.js'
import { modelData, type Model, type ModelData } from '../layer/model.js'
import { named } from '../layer/combinator/named.js'
import { builtInLayers } from '../layer/registry.js'
import { repeat } from '../layer/combinator/repeat.js'
import { reshape } from '../layer/reshape.js'
import { residual } from '../layer/combinator/residual.js'
import { layersOf, sequential } from '../layer/combinator/sequential.js'
import { shared } from '../layer/combinator/shared.js'
import { outputOf } from '../model/model.js'
import { fnv1a32 } from '../random/index.js'
import { isDims, sameShape, sizeOf, type Dims, type Shape } from '../value/shape.js'

export interface Network {
  readonly model: Model
  readonly output: Dims
}
export interface NetworkOptions {
  /** the registry whose samples are used (default: the built-in one) */
  readonly registry?: LayerRegistry
  /** the activations to choose from (default: all of the registry) */
  readonly activations?: readonly ActivationName[]
  /** samples to leave out, for example those with kinks */
  readonly without?: (layer: Layer) => boolean
  /** max nesting of layers in layers (default 2) */
  readonly depth?: number
}

type Recipe =
  | { readonly make: 'sample'; readonly choice: number }
  | { readonly make: 'dense'; readonly units: number; readonly bias: boolean }
  | { readonly make: 'activation'; readonly fn: ActivationName }
  | { readonly make: 'flatten' | 'reshape' }
  | { readonly make: 'residual' | 'named' | 'shared' | 'model' | 'twice'; readonly body: readonly Recipe[] }
  | { readonly make: 'repeat'; readonly times: number; readonly body: readonly Recipe[] }
  | {
      readonly make: 'branches'
      readonly by: MergeBy
      readonly bodies: readonly (readonly Recipe[])[]
      readonly own: boolean
    }

const size = fc.integer({ min: 1, max: 6 })
/** shapes of rank 1 to 3 with at most 27 numbers */
export const anyDims: fc.Arbitrary<Dims> = fc.oneof(
  fc.tuple(size),
  fc.tuple(size, fc.integer({ min: 1, max: 4 })),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
)

const recipes = (names: readonly ActivationName[], depth: number): fc.Arbitrary<readonly Recipe[]> =>
  fc.letrec<{ readonly one: Recipe; readonly body: readonly Recipe[] }>(tie => ({
    one: fc.oneof(
      { maxDepth: depth, depthSize: 'small', withCrossShrink: true },
      fc.record({ make: fc.constant('dense' as const), units: size, bias: fc.boolean() }),
      fc.record({ make: fc.constant('sample' as const), choice: fc.nat({ max: 0xffff }) }),
      fc.record({ make: fc.constant('activation' as const), fn: fc.constantFrom(...names) }),
      fc.record({ make: fc.constantFrom('flatten' as const, 'reshape' as const) }),
      fc.record({
        make: fc.constantFrom(
          'residual' as const,
          'named' as const,
          'shared' as const,
          'model' as const,
          'twice' as const
        ),
        body: tie('body')
      }),
      fc.record({ make: fc.constant('repeat' as const), times: fc.integer({ min: 1, max: 3 }), body: tie('body') }),
      fc.record({
        make: fc.constant('branches' as const),
        by: fc.constantFrom<MergeBy>('concat', 'add', 'multiply', 'mean'),
        bodies: fc.array(tie('body'), { minLength: 1, maxLength: 3 }),
        own: fc.boolean()
      })
    ),
    body: fc.array(tie('one'), { minLength: 1, maxLength: 3 })
  })).body

interface Built {
  readonly layers: readonly Layer[]
  readonly output: Dims
}

/** layers from one shape to another; none if they are equal */
const adapt = (from: Dims, to: Dims): readonly Layer[] =>
  sameShape(from, to)
    ? []
    : [
        ...(from.length === 1 ? [] : [flatten]),
        ...(sizeOf(from) === sizeOf(to) ? [] : [dense(sizeOf(to))]),
        ...(to.length === 1 ? [] : [reshape(...to)])
      ]
const block = (layers: readonly Layer[]): Layer => sequential(...layers)
/** layers from one tensor to a shape that may consist of several */
const spread = (from: Dims, to: Shape): readonly Layer[] =>
  isDims(to) ? adapt(from, to) : [fanOut(...to.map(part => block(spread(from, part))))]
/** layers from a shape that may consist of several tensors to one tensor */
const gather = (from: Shape): readonly Layer[] =>
  isDims(from) ? [] : [parallel(...from.map(part => block([...gather(part), flatten]))), mergeConcat]

/** renames every `named` layer of a list by its index, so that names differ */
const renamed = (layers: readonly Layer[]): readonly Layer[] =>
  layers.map((layer, i) => (layer.tag === 'named' ? named(`part${i}`)(layer.layer) : layer))

/** branches over one input: applied to it directly, or to copies of it */
const sideBySide = (parts: readonly Layer[], own: boolean): readonly Layer[] =>
  own ? [fanOut(...parts.map(() => sequential())), parallel(...parts)] : [fanOut(...parts)]

/** how recipes become layers: a registry, and the samples to choose from */
interface Ingredients {
  readonly registry: LayerRegistry
  readonly samples: readonly Sample<Layer>[]
}

const after = ({ registry }: Ingredients, layers: readonly Layer[], input: Shape): Shape => {
  const output = outputOf(modelData(input, ...layers), registry)
  return E.isRight(output) ? output.right : []
}

const build = (s: Ingredients, body: readonly Recipe[], input: Dims): Built =>
  body.reduce<Built>(
    (done, recipe) => {
      const layers = make(s, recipe, done.output).flatMap(layersOf)
      const end = gather(after(s, layers, done.output))
      const all = renamed([...done.layers, ...layers, ...end])
      const output = after(s, [...layers, ...end], done.output)
      return { layers: all, output: isDims(output) ? output : [] }
    },
    { layers: [], output: input }
  )

/** a block that keeps the shape */
const keeping = (s: Ingredients, body: readonly Recipe[], input: Dims): Layer => {
  const { layers, output } = build(s, body, input)
  return block(renamed([...layers, ...adapt(output, input)]))
}

/** branches whose outputs all have the shape of the first one's output */
const branches = (s: Ingredients, bodies: readonly (readonly Recipe[])[], input: Dims): readonly Layer[] => {
  const first = build(s, bodies[0] ?? [], input)
  const rest = bodies.slice(1).map(body => {
    const { layers, output } = build(s, body, input)
    return renamed([...layers, ...adapt(output, first.output)])
  })
  return renamed([first.layers, ...rest].map(block))
}

/** a shared model whose key is a hash of the model, so that equal keys mean equal models */
const share = (s: Ingredients, body: readonly Recipe[], input: Dims): Layer => {
  const inner = modelData(input, block(build(s, body, input).layers)) as unknown as Model
  return shared(`key${fnv1a32(JSON.stringify(inner))}`)(inner)
}

const make = (s: Ingredients, recipe: Recipe, input: Dims): readonly Layer[] => {
  switch (recipe.make) {
    case 'sample': {
      const sample = s.samples[recipe.choice % Math.max(1, s.samples.length)]
      return sample === undefined ? [] : [...spread(input, sample.input), sample.layer]
    }
    case 'dense':
      return [...(input.length === 1 ? [] : [flatten]), dense(recipe.units, { bias: recipe.bias })]
    case 'activation':
      return [activation(recipe.fn)]
    case 'flatten':
      return [flatten]
    case 'reshape':
      return [reshape(...[...input].reverse(), 1)]
    case 'residual':
      return [residual(keeping(s, recipe.body, input))]
    case 'repeat':
      return [repeat(recipe.times)(keeping(s, recipe.body, input))]
    case 'named':
      return [named('part')(block(build(s, recipe.body, input).layers))]
    case 'shared':
      return [share(s, recipe.body, input)]
    case 'model':
      return [modelData(input, block(build(s, recipe.body, input).layers)) as unknown as Model]
    case 'twice': {
      const encoder = share(s, recipe.body, input)
      return [fanOut(encoder, encoder), mergeAdd]
    }
    case 'branches': {
      const parts = branches(s, recipe.bodies, input)
      return [...sideBySide(parts, recipe.own), merge(recipe.by)]
    }
  }
}

const all = (registry: LayerRegistry): readonly Sample<Layer>[] =>
  Object.values(registry.layers).flatMap(kind => kind.samples)
/** those that take numbers: what comes before them gives no indexes */
const ofNumbers = (registry: LayerRegistry): readonly Sample<Layer>[] =>
  all(registry).filter(({ indexes }) => indexes === undefined)

/** Networks whose shapes agree, made of samples of every layer and of combinators. One tensor in, one tensor out. */
export const networks = ({
  registry = builtInLayers,
  activations = Object.keys(registry.activations) as readonly ActivationName[],
  without = () => false,
  depth = 2
}: NetworkOptions = {}): fc.Arbitrary<Network> => {
  const samples = ofNumbers(registry).filter(s => !without(s.layer))
  return fc.tuple(anyDims, recipes(activations, depth)).map(([input, body]) => {
    const { layers, output } = build({ registry, samples }, body, input)
    // shapes agree by construction; a property checks that
    return { model: modelData(input, ...layers) as ModelData as Model, output }
  })
}

/** Layers as data whose shapes need not agree: for laws of composition and of JSON, and for errors. */
export const anyLayer = (registry: LayerRegistry = builtInLayers, depth = 3): fc.Arbitrary<Layer> => {
  const leaf = fc.oneof(
    fc.constantFrom(...all(registry).map(s => s.layer)),
    fc.tuple(size, fc.boolean()).map(([n, bias]): Layer => dense(n, { bias })),
    fc
      .constantFrom(...(Object.keys(registry.activations) as readonly ActivationName[]))
      .map((fn): Layer => activation(fn)),
    anyDims.map((d): Layer => reshape(...d))
  )
  return fc.letrec<{ readonly layer: Layer }>(tie => {
    const layers = fc.array(tie('layer'), { maxLength: 4 })
    return {
      layer: fc.oneof(
        { maxDepth: depth, depthSize: 'small', withCrossShrink: true },
        leaf,
        layers.map(ls => block(ls)),
        tie('layer').map((l): Layer => residual(l)),
        fc.tuple(size, tie('layer')).map(([n, l]): Layer => repeat(n)(l)),
        fc.tuple(fc.constantFrom('a', 'b', 'dense2'), tie('layer')).map(([k, l]): Layer => named(k)(l)),
        layers.map((ls): Layer => fanOut(...ls)),
        layers.map((ls): Layer => parallel(...ls)),
        layers.map((ls): Layer => sequential(fanOut(...ls), mergeConcat)),
        fc.tuple(anyDims, tie('layer')).map(([d, l]): Layer => modelData(d, l) as unknown as Model)
      )
    }
  }).layer
}
