/** Builds a model: the one interpreter that computes shapes. All others read its result. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { settingsChecker } from '../layer/codecs.js'
import type {
  LayerRegistry,
  LabelledLayer,
  Layer,
  ParamSpec,
  BuildContext,
  BuiltLayer,
  LayerRow
} from '../layer/definition.js'
import { distinct, labelsOf } from '../layer/labels.js'
import type { ModelData } from '../layer/model.js'
import { builtInLayers } from '../layer/registry.js'
import { layersOf } from '../layer/combinator/sequential.js'
import { countNumbers, composeSequential, maxLayers } from '../layer/compose.js'
import { checkSizes } from '../layer/types/size.js'
import { lookup } from '../registry/lookup.js'
import { modelArgument, registryArgument, wrongArgument } from '../value/argument.js'
import { firstError } from '../value/codec.js'
import { failIf, shapeError, withinPath, type ShapeError } from '../value/error.js'
import { sizeOf, type Dims, type Shape } from '../value/shape.js'
import type { FloatType } from '../value/tensor.js'
import { child, treeLeaves, type Branch } from '../value/tree.js'
import { withOutputCheck } from './check-output.js'

/** a model with more numbers is refused before anything is allocated: 2^28, a gigabyte in f32 */
export const maxParameters = 268_435_456
/** the max nesting of layers: deeper JSON could not be read back */
export const maxNesting = 64

const sizesIn = (s: Shape): Dims => s.flatMap(x => (typeof x === 'number' ? [x] : sizesIn(x)))

/** builds children in sequence, each with the output shape of the previous one */
const buildAll = (
  place: BuildContext,
  layers: readonly Layer[],
  inputAt: (i: number, before: Shape | undefined) => Shape
): E.Either<ShapeError, readonly LabelledLayer[]> =>
  layers.length > maxLayers
    ? E.left(shapeError([], `at most ${maxLayers} layers`, `${layers.length}`))
    : pipe(
        labelsOf(place.registry)(layers),
        E.chain(labels => {
          const all: LabelledLayer[] = []
          for (const [i, [label, layer]] of RA.zip(labels, layers).entries()) {
            const placed = withinPath(label)(place.layer(layer, inputAt(i, all.at(-1)?.[1].output)))
            if (E.isLeft(placed)) return placed
            all.push([label, placed.right])
          }
          return E.right(all)
        })
      )

const sum = (ns: readonly number[]): number => ns.reduce((a, b) => a + b, 0)

/** one building of a model: what is counted and remembered while it lasts */
interface Building {
  readonly registry: LayerRegistry
  readonly dtype: FloatType
  /** how many layers have been placed: a short description may hold one layer in many places */
  readonly countPlaced: () => number
  /** settings that no shape depends on, as strictly as at the door for JSON: a layer may have been made by hand */
  readonly checkSettings: (layer: Layer) => E.Either<ShapeError, Layer>
}
const newBuilding = (registry: LayerRegistry, dtype: FloatType): Building => {
  const check = settingsChecker(registry)
  let placed = 0
  return {
    registry,
    dtype,
    countPlaced: () => (placed += 1),
    checkSettings: layer =>
      pipe(
        check(layer),
        E.mapLeft(errors => shapeError(...firstError(errors)))
      )
  }
}

const placer = (building: Building, depth: number): BuildContext => {
  const { registry, dtype, countPlaced, checkSettings } = building
  const self: BuildContext = {
    registry,
    dtype,
    layer: (layer, input) =>
      pipe(
        lookup(registry.layers, layer.tag, shapeError, [], 'one of the layers'),
        E.filterOrElse(
          () => depth < maxNesting,
          () => shapeError([], `at most ${maxNesting} layers inside one another`, 'more')
        ),
        E.filterOrElse(
          () => countPlaced() <= maxLayers,
          () => shapeError([], `at most ${maxLayers} layers`, 'more')
        ),
        E.chain(kind =>
          pipe(
            kind.place(layer, input, placer(building, depth + 1)),
            // the layers inside have been checked by now: what is found is its own
            E.chainFirst(() => checkSettings(layer)),
            E.chainFirst(placed => checkSizes(sizesIn(placed.output))),
            E.map(placed => {
              const own = countNumbers(placed.params) - sum(placed.rows.map(r => r.parameters))
              const row: LayerRow = { path: '', layer: kind.show(layer), output: placed.output, parameters: own }
              return { ...withOutputCheck(placed), rows: [row, ...placed.rows] }
            })
          )
        )
      ),
    body: (layer, input) =>
      pipe(
        buildAll(self, layersOf(layer), (_, before) => before ?? input),
        E.chain(children => composeSequential(children, input))
      ),
    branches: (layers, inputs) => buildAll(self, layers, i => inputs[i] ?? [])
  }
  return self
}

const tooMany = (params: Branch<ParamSpec>): ShapeError | undefined => {
  const all = treeLeaves<ParamSpec>(params)
  const upTo = pipe(
    all,
    RA.scanLeft(0, (n, [, p]) => n + sizeOf(p.shape))
  )
  const i = upTo.findIndex(n => n > maxParameters)
  return i < 0
    ? undefined
    : shapeError(
        (all[i - 1]?.[0] ?? '').split('/'),
        `at most ${maxParameters} parameters in all`,
        `${upTo[i]} up to here`
      )
}

/** moves shared parameters to the root of the model, under the label `shared` */
const atRoot = (placed: BuiltLayer): E.Either<ShapeError, BuiltLayer> => {
  const uses = Object.entries(placed.shared).filter(([, { params }]) => Object.keys(params).length > 0)
  if (uses.length === 0) return E.right(placed)
  const shared: Branch<ParamSpec> = Object.fromEntries(uses.map(([key, { params }]) => [key, params]))
  return pipe(
    distinct([...Object.keys(placed.params), 'shared']),
    E.chain(() => withinPath('shared')(distinct(Object.keys(shared)))),
    E.map(() => ({
      ...placed,
      params: { ...placed.params, shared },
      apply: (context, x) => placed.apply({ ...context, shared: child(context.params, 'shared') }, x),
      rows: [
        ...placed.rows,
        ...uses.map(([key, use]): LayerRow => ({
          path: `shared/${key}`,
          layer: 'shared',
          output: use.output,
          parameters: countNumbers(use.params)
        }))
      ]
    }))
  )
}

/**
 * A hand-made layer may lack settings that its shape rule reads: then report the settings. They are read after the
 * place, which refuses a model of too many layers before all of them are checked.
 */
const placedOrSettings = (
  layer: Layer,
  { checkSettings }: Building,
  place: () => E.Either<ShapeError, BuiltLayer>
): E.Either<ShapeError, BuiltLayer> =>
  pipe(
    E.tryCatch(place, String),
    E.getOrElse(thrown => E.left(shapeError(['layer'], 'a layer that can be built', thrown, '', 'callback-threw'))),
    E.match(
      e => (e.code === 'callback-threw' ? E.chain(() => E.left(e))(checkSettings(layer)) : E.left(e)),
      placed => E.map(() => placed)(checkSettings(layer))
    )
  )

/**
 * A built model: for every layer its output shape, parameters, running statistics and formula.
 *
 * @param registry the definitions of layers, activations and initializers; see `extend`
 * @returns Left with the label path of the first layer that does not fit, of labels that collide, or of what is too
 * large
 */
export const build = (
  model: ModelData,
  registry: LayerRegistry = builtInLayers,
  dtype: FloatType = 'f32'
): E.Either<ShapeError, BuiltLayer> =>
  pipe(
    failIf(wrongArgument(shapeError, [modelArgument(model), registryArgument(registry)])),
    E.chain(() => withinPath('input')(checkSizes(sizesIn(model.input)))),
    E.map(() => newBuilding(registry, dtype)),
    E.chain(building =>
      placedOrSettings(model.layer, building, () => placer(building, 0).body(model.layer, model.input))
    ),
    E.chain(atRoot),
    E.chain(placed => {
      const error = tooMany(placed.params)
      return error === undefined ? E.right(placed) : E.left(error)
    })
  )
