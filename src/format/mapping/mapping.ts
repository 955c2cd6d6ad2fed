/**
 * Weights of other libraries as tensors by name, from and for the weights of a model. A convention says for each layer which pieces of
 * which tensors there its tensors are.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Layer, LayerRegistry, LayerRow } from '../../layer/definition.js'
import type { ModelData } from '../../layer/model.js'
import { builtInLayers } from '../../layer/registry.js'
import { build } from '../../model/build.js'
import {
  isObject,
  knownOptions,
  modelArgument,
  objectArgument,
  optionsOf,
  treeArgument,
  wrongArgument
} from '../../value/argument.js'
import {
  decodeError,
  settingError,
  shapeError,
  type DecodeError,
  type SettingError,
  type ShapeError
} from '../../value/error.js'
import { sameShape, type Dims } from '../../value/shape.js'
import { isSound, isTensor, type Aval, type Tensor } from '../../value/tensor.js'
import { showAval } from '../../value/text.js'
import { rebuild, treeLeaves, type Branch } from '../../value/tree.js'
import { reaching, unsuited, type Flattened } from './order.js'
import { readPieces, shapesThere, writePieces, type Piece, type Placed } from './pieces.js'

export interface MappingOptions {
  /** the name there of each layer, by its path: `{ 'conv2d': 'conv1', 'dense': 'fc.0' }`; default: the path */
  readonly modules?: Readonly<Record<string, string>>
  /** what the layers of the model mean */
  readonly registry?: LayerRegistry
}
/** the weights of a model, as a training state holds them */
export type ModelTensors = { readonly params: Branch<Tensor>; readonly layers?: Branch<Tensor> }
/** which tensors became which */
export interface MappingReport {
  /** the path here, the name there; the parts that make up one tensor stand one after the other */
  readonly matched: readonly (readonly [here: string, there: string])[]
  /** names there that no layer asked for, such as `num_batches_tracked` */
  readonly left: readonly string[]
}
/** weights of a model, and what they were made of */
export interface MappedWeights {
  readonly params: Branch<Tensor>
  readonly layers: Branch<Tensor>
  readonly report: MappingReport
}

/** the settings of layers that decide how their weights are stored */
interface Settings {
  readonly tag: string
  readonly direction?: string
  readonly heads?: number
}
/** what the pieces of a tensor depend on */
export interface About extends Settings {
  /** the image that was flattened, if the numbers that reach the layer are those of one */
  readonly flat: Flattened
  /** which layer of a stack under one name it is */
  readonly stack: number
  /** the shape of another tensor of the layer, if it has that one */
  readonly shapeOf: (label: string) => Dims | undefined
  /** whether a layer that goes forward has the same name there */
  readonly paired: boolean
}
/** the pieces of a tensor, or why there are none */
export type PiecesOf = (shape: Dims, about: About) => readonly Piece[] | string
export interface Convention {
  /** the first word of the paths of errors */
  readonly name: string
  /** the library, as a sentence names it */
  readonly library: string
  /** what joins the parts of a name there */
  readonly join: string
  /** whether images are flattened with the channels first there */
  readonly channelsFirst: boolean
  /** whether one name there can be several layers, which are counted after a colon */
  readonly stacks?: true
  /** for each layer: the pieces of its tensors */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, PiecesOf>>>>
}

/** every layer is shown by what decides how it is stored, so that the rows of a built model say it */
const telling = (registry: LayerRegistry): LayerRegistry => ({
  ...registry,
  layers: Object.fromEntries(
    Object.entries(registry.layers).map(([tag, d]) => {
      const show = (layer: Layer): string => {
        const { direction, heads }: Partial<Settings> = layer as Settings
        return JSON.stringify({ tag, direction, heads })
      }
      return [tag, { ...d, show }]
    })
  )
})

interface MappedRows {
  readonly pieces: readonly Placed[]
  readonly params: Branch<Aval>
  readonly state: Branch<Aval>
}
interface BuiltRows {
  readonly model: ModelData
  readonly modules: Readonly<Record<string, string>>
  readonly settings: readonly Settings[]
  readonly rows: readonly LayerRow[]
  /** shapes by path */
  readonly shapes: ReadonlyMap<string, Dims>
}

/** the layer that has a tensor, and what the tensor is called in it */
const ownerOf = (rows: readonly LayerRow[], path: string): readonly [row: number, label: string] => {
  const cut = path.lastIndexOf('/')
  const labels = [path.lastIndexOf('/', cut - 1), cut].filter(i => i >= 0)
  const owners = labels.map(i => [rows.findIndex(r => r.path === path.slice(0, i)), path.slice(i + 1)] as const)
  return owners.reverse().find(([row]) => row >= 0) ?? [-1, path.slice(cut + 1)]
}
const moduleOf = (convention: Convention, { modules, rows }: BuiltRows, i: number): string => {
  const path = rows[i]?.path ?? ''
  return modules[path] ?? path.replaceAll('/', convention.join)
}
const piecesOf = (
  convention: Convention,
  built: BuiltRows,
  here: string,
  shape: Dims
): E.Either<ShapeError, readonly Placed[]> => {
  const { rows, settings, model, shapes } = built
  const root = here.slice(0, here.indexOf('/') + 1)
  const [i, label] = ownerOf(rows, here.slice(root.length))
  const about: Settings = settings[i] ?? { tag: 'another' }
  const kind = convention.kinds[about.tag]?.[label]
  const { name, library, channelsFirst, join, stacks } = convention
  if (kind === undefined) return E.left(shapeError([name, here], `a layer that ${library} has weights for`, about.tag))
  const order = channelsFirst ? reaching(rows, i, model.input) : undefined
  if (order === 'mixed' || (order !== undefined && unsuited.includes(about.tag)))
    return E.left(
      shapeError(
        [name, here],
        'numbers in an order that weights can make up for',
        'those of an image that was flattened',
        `${library} flattens it with the channels first: put a dense layer right after flatten`
      )
    )
  const whole = moduleOf(convention, built, i)
  const [module = '', stack = '0'] = stacks === true ? whole.split(':') : [whole]
  const owner = here.slice(0, here.length - label.length)
  const found = kind(shape, {
    ...about,
    flat: order,
    stack: Number(stack),
    shapeOf: other => shapes.get(owner + other),
    paired: rows.some((_, j) => settings[j]?.direction === 'forward' && moduleOf(convention, built, j) === whole)
  })
  if (typeof found === 'string') return E.left(shapeError([name, here], found, about.tag))
  const placed = (piece: Piece): Placed => ({
    here,
    shapeHere: shape,
    there: module === '' ? piece.there : `${module}${join}${piece.there}`,
    piece
  })
  return E.right(found.map(placed))
}

const rowsOf = (
  convention: Convention,
  model: ModelData,
  { modules = {}, registry = builtInLayers }: MappingOptions,
  dtype: 'f32' | 'f64'
): E.Either<ShapeError | SettingError, MappedRows> =>
  pipe(
    build(model, telling(registry), dtype),
    E.chainW(({ params, state, rows: shown }): E.Either<ShapeError | SettingError, MappedRows> => {
      const settings = shown.map(row => JSON.parse(row.layer) as Settings)
      const rows = shown.map((row, i) => ({ ...row, layer: settings[i]?.tag ?? '' }))
      const stranger = Object.keys(modules).find(path => rows.every(row => row.path !== path))
      if (stranger !== undefined)
        return E.left(
          settingError(
            ['modules', stranger],
            'the path of a layer',
            'another',
            `the layers are ${rows.map(row => row.path).join(', ')}`
          )
        )
      const leaves = [...treeLeaves<Aval>(params, 'params'), ...treeLeaves<Aval>(state, 'layers')]
      const shapes = new Map(leaves.map(([here, aval]) => [here, aval.shape]))
      const built: BuiltRows = { model, modules, settings, rows, shapes }
      return pipe(
        leaves,
        E.traverseArray(([here, aval]) => piecesOf(convention, built, here, aval.shape)),
        E.map(all => ({ pieces: all.flat(), params, state }))
      )
    })
  )

const known = { modules: true, registry: true } as const
const isNames = (u: unknown): boolean => isObject(u) && Object.values(u).every(v => typeof v === 'string')
const argumentsOf = (model: ModelData, options: MappingOptions) => [
  modelArgument(model),
  knownOptions(options, known),
  {
    path: ['modules'],
    value: optionsOf(options).modules ?? {},
    expected: 'names of modules by paths of layers',
    is: isNames
  }
]

/** the pieces of each tensor here */
const byTensor = (pieces: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> => {
  const all = new Map<string, Placed[]>()
  for (const piece of pieces) {
    const before = all.get(piece.here)
    if (before === undefined) all.set(piece.here, [piece])
    else before.push(piece)
  }
  return all
}

/** the weights of a model from tensors by name, by a convention */
export const weightsFrom =
  (convention: Convention) =>
  (model: ModelData, options: MappingOptions = {}) =>
  (tensors: Readonly<Record<string, Tensor>>): E.Either<DecodeError | ShapeError | SettingError, MappedWeights> => {
    const wrong = wrongArgument(settingError, [...argumentsOf(model, options), objectArgument('tensors', tensors)])
    if (wrong !== undefined) return E.left(wrong)
    const dtype = Object.values(tensors).some(t => isTensor(t) && t.dtype === 'f64') ? 'f64' : 'f32'
    return pipe(
      rowsOf(convention, model, options, dtype),
      E.chainW(({ pieces, params, state }) => {
        const asked = new Map(pieces.map(({ there, here }) => [there, here]))
        return pipe(
          [...shapesThere(pieces)],
          E.traverseArray(([there, shape]): E.Either<DecodeError, readonly [string, Tensor]> => {
            const t = Object.hasOwn(tensors, there) ? tensors[there] : undefined
            const wanted = `${showAval({ dtype, shape })} for ${asked.get(there)}`
            return t !== undefined && isSound(t) && t.dtype === dtype && sameShape(t.shape, shape)
              ? E.right([there, t])
              : E.left(
                  decodeError(
                    [convention.name, there],
                    wanted,
                    t === undefined ? 'nothing' : isTensor(t) ? showAval(t) : 'no tensor',
                    'the option modules says which module is which layer'
                  )
                )
          }),
          E.map(entries => {
            const all = new Map(entries)
            const grouped = byTensor(pieces)
            const leaf = (here: string): Tensor =>
              readPieces(grouped.get(here) ?? [], there => all.get(there) as Tensor) as Tensor
            return {
              params: rebuild<Aval, Tensor>(params, path => leaf(`params/${path}`)) as Branch<Tensor>,
              layers: rebuild<Aval, Tensor>(state, path => leaf(`layers/${path}`)) as Branch<Tensor>,
              report: {
                matched: pieces.map(p => [p.here, p.there] as const),
                left: Object.keys(tensors).filter(name => !all.has(name))
              }
            }
          })
        )
      })
    )
  }

/** the weights of a model as tensors by name, by a convention */
export const weightsTo =
  (convention: Convention) =>
  (model: ModelData, options: MappingOptions = {}) =>
  (weights: ModelTensors): E.Either<ShapeError | SettingError, Readonly<Record<string, Tensor>>> => {
    const { params, layers = {} } = optionsOf(weights)
    const wrong = wrongArgument(settingError, [
      ...argumentsOf(model, options),
      treeArgument('params', params),
      treeArgument('layers', layers)
    ])
    if (wrong !== undefined || params === undefined)
      return E.left(wrong ?? settingError(['params'], 'a tree of tensors', 'nothing'))
    const given = new Map([...treeLeaves(params, 'params'), ...treeLeaves(layers, 'layers')])
    const dtype = [...given.values()].some(t => t.dtype === 'f64') ? 'f64' : 'f32'
    return pipe(
      rowsOf(convention, model, options, dtype),
      E.chainW(({ pieces }) => {
        const bad = pieces.find(({ here, shapeHere }) => {
          const t = given.get(here)
          return t === undefined || !isSound(t) || t.dtype !== dtype || !sameShape(t.shape, shapeHere)
        })
        if (bad === undefined) return E.right(writePieces(pieces, dtype, here => given.get(here) as Tensor))
        const got = given.get(bad.here)
        return E.left(
          shapeError(
            [convention.name, bad.here],
            showAval({ dtype, shape: bad.shapeHere }),
            got === undefined ? 'nothing' : showAval(got)
          )
        )
      })
    )
  }
