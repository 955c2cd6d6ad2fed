/**
 * PyTorch state dicts as tensors by name, from and for the weights of a model. A row for each tensor says what it is called there, and how
 * its axes are stored. https://pytorch.org/docs/stable/nn.html has the shapes of the modules' tensors.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry, LayerRow } from '../../layer/definition.js'
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
import { isDims, sameShape, sizeOf, type Dims, type Shape } from '../../value/shape.js'
import { isSound, isTensor, numbersOf, permutedView, tensorView, type Aval, type Tensor } from '../../value/tensor.js'
import { showAval } from '../../value/text.js'
import { rebuild, treeLeaves, type Branch } from '../../value/tree.js'

export interface TorchOptions {
  /** the module of each layer, by the path of the layer: `{ 'conv2d': 'conv1', 'dense': 'fc.0' }`; default: the path, with dots */
  readonly modules?: Readonly<Record<string, string>>
  /** what the layers of the model mean */
  readonly registry?: LayerRegistry
}
type Weights = { readonly params: Branch<Tensor>; readonly layers?: Branch<Tensor> }
/** which tensors became which */
export interface MappingReport {
  /** the path here, the name there */
  readonly matched: readonly (readonly [here: string, there: string])[]
  /** names there that no layer asked for, such as `num_batches_tracked` */
  readonly left: readonly string[]
}

/** how a tensor is stored there: seen with these sizes, its axes in this order are the numbers here */
interface Form {
  readonly shape: Dims
  readonly view: Dims
  readonly order: Dims
}
interface Row extends Form {
  readonly here: string
  readonly there: string
  readonly aval: Aval
}
const plain = (shape: Dims): Form => ({ shape, view: shape, order: [...shape.keys()] })
const at = (d: Dims, i: number): number => d[i] as number

/** an image that was flattened, with the channels last here and first there */
type Flattened = Dims | undefined
const vector = (shape: Dims, flat: Flattened): Form =>
  flat === undefined ? plain(shape) : { shape, view: channelsFirst(flat), order: channelsLast(flat.length) }
const channelsFirst = (image: Dims): Dims => [at(image, image.length - 1), ...image.slice(0, -1)]
const channelsLast = (rank: number): Dims => [...Array.from({ length: rank - 1 }, (_, i) => i + 1), 0]

const kernel = ([...shape]: Dims, first: 'out' | 'in'): Form => {
  const rank = shape.length - 2
  const places = Array.from({ length: rank }, (_, i) => i)
  const order = first === 'out' ? [rank + 1, rank] : [rank, rank + 1]
  const there = [...order, ...places].map(i => at(shape, i))
  const back = [...places.map(i => i + 2), ...(first === 'out' ? [1, 0] : [0, 1])]
  return { shape: there, view: there, order: back }
}
const matrix = (shape: Dims, flat: Flattened): Form => {
  const there = [at(shape, 1), at(shape, 0)]
  return flat === undefined
    ? { shape: there, view: there, order: [1, 0] }
    : {
        shape: there,
        view: [at(shape, 1), ...channelsFirst(flat)],
        order: [...channelsLast(flat.length).map(i => i + 1), 0]
      }
}
const depthwise = ([h = 1, w = 1, c = 1, m = 1]: Dims): Form => ({
  shape: [c * m, 1, h, w],
  view: [c, m, h, w],
  order: [2, 3, 0, 1]
})

type Rows = Readonly<Record<string, readonly [name: string, form: (shape: Dims, flat: Flattened) => Form]>>
const bias = ['bias', plain] as const
const scaled: Rows = { gamma: ['weight', vector], beta: ['bias', vector] }
const convolution: Rows = { weight: ['weight', s => kernel(s, 'out')], bias }
const transposed: Rows = { weight: ['weight', s => kernel(s, 'in')], bias }
/** for each layer: its tensors, what they are called there, how they are stored */
const kinds: Readonly<Record<string, Rows>> = {
  dense: { weight: ['weight', matrix], bias },
  conv1d: convolution,
  conv2d: convolution,
  conv3d: convolution,
  convTranspose1d: transposed,
  convTranspose2d: transposed,
  depthwiseConv2d: { weight: ['weight', depthwise], bias },
  batchNorm: { ...scaled, mean: ['running_mean', vector], variance: ['running_var', vector] },
  layerNorm: scaled,
  groupNorm: scaled,
  instanceNorm: scaled,
  rmsNorm: scaled
}

// ---- the rows of a model

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const rowAt = (rows: readonly LayerRow[], path: string): number => rows.findIndex(r => r.path === path)
/** the layers right inside of one, or else the last one of all inside */
const inside = (rows: readonly LayerRow[], path: string): readonly number[] => {
  const all = [...rows.keys()].filter(j => rows[j]?.path.startsWith(`${path}/`))
  const direct = all.filter(j => parentOf(rows[j]?.path ?? '') === path)
  return direct.length > 0 ? direct : all.slice(-1)
}
/** the siblings before a layer */
const siblingsBefore = (rows: readonly LayerRow[], i: number): readonly number[] => {
  const parent = parentOf(rows[i]?.path ?? '')
  return [...rows.keys()].slice(0, i).filter(j => parentOf(rows[j]?.path ?? '') === parent)
}
/** the layer whose output reaches a layer: the one before it among its siblings, which branches do not have */
const before = (rows: readonly LayerRow[], i: number): number | undefined => {
  const above = rows[rowAt(rows, parentOf(rows[i]?.path ?? ''))]?.layer ?? ''
  return ['fanOut', 'parallel'].includes(above) ? undefined : siblingsBefore(rows, i).at(-1)
}
/** the shape that reaches a layer: the output of the one before it, else what reaches its parent */
const inputOf = (rows: readonly LayerRow[], i: number, input: Shape): Shape => {
  const last = before(rows, i)
  if (last !== undefined) return rows[last]?.output ?? input
  const above = rowAt(rows, parentOf(rows[i]?.path ?? ''))
  if (above < 0 || above >= i) return input
  const whole = inputOf(rows, above, input)
  const part = rows[above]?.layer === 'parallel' ? whole[siblingsBefore(rows, i).length] : undefined
  return typeof part === 'object' ? part : whole
}

/** numbers in an order that no order of weights makes up for, such as a sum of an image that was flattened and other numbers */
type Reaching = Flattened | 'mixed'
/** layers that keep every number at its place */
const keeping = ['activation', 'dropout', 'batchNorm', 'layerNorm', 'rmsNorm']
/** layers that group numbers by their places */
const unsuited = ['groupNorm', 'instanceNorm']
/** layers whose weights say the order of their outputs */
const ordering = Object.keys(kinds).filter(tag => !tag.endsWith('Norm'))

/** the order of the numbers that reach a layer */
const reaching = (rows: readonly LayerRow[], i: number, input: Shape): Reaching => {
  const last = before(rows, i)
  if (last !== undefined) return leaving(rows, last, input)
  // of the layers around only those of `repeat` have no row of their own: the next time gets other numbers than the first
  const parent = parentOf(rows[i]?.path ?? '')
  const above = rowAt(rows, parent)
  if (parent === '') return undefined
  if (above >= 0) return reaching(rows, above, input)
  const around = rowAt(rows, parentOf(parent))
  return around >= 0 && reaching(rows, around, input) !== undefined ? 'mixed' : undefined
}
/** the order of the numbers that a layer gives */
const leaving = (rows: readonly LayerRow[], i: number, input: Shape): Reaching => {
  const { path = '', layer = '' } = rows[i] ?? {}
  const within = inside(rows, path)
  if (layer === 'flatten') {
    const image = inputOf(rows, i, input)
    return isDims(image) && sizeOf(image) > at(image, image.length - 1) && image.length > 1
      ? image
      : reaching(rows, i, input)
  }
  const keeps = (r: LayerRow): boolean => keeping.includes(r.layer) || !r.path.startsWith(`${path}/`)
  if (keeping.includes(layer) || (layer === 'residual' && rows.every(keeps))) return reaching(rows, i, input)
  if (ordering.includes(layer)) return undefined
  const ends = within.map(j => leaving(rows, j, input))
  if (layer === 'named' || layer === 'sequential') return ends.at(-1)
  const plain = layer !== 'residual' && within.length > 0 ? true : reaching(rows, i, input) === undefined
  return plain && ends.every(end => end === undefined) ? undefined : 'mixed'
}

/** every layer is shown by its tag, so that the rows of a built model say which kind each is */
const tagged = (registry: LayerRegistry): LayerRegistry => ({
  ...registry,
  layers: Object.fromEntries(Object.entries(registry.layers).map(([tag, d]) => [tag, { ...d, show: () => tag }]))
})

interface MappedRows {
  readonly rows: readonly Row[]
  readonly params: Branch<Aval>
  readonly state: Branch<Aval>
}
const rowsOf = (
  model: ModelData,
  { modules = {}, registry = builtInLayers }: TorchOptions,
  dtype: 'f32' | 'f64'
): E.Either<ShapeError | SettingError, MappedRows> =>
  pipe(
    build(model, tagged(registry), dtype),
    E.chainW(({ params, state, rows: layers }): E.Either<ShapeError | SettingError, MappedRows> => {
      const place = new Map(layers.map((row, i) => [row.path, i]))
      const leaves = [...treeLeaves<Aval>(params, 'params'), ...treeLeaves<Aval>(state, 'layers')]
      const stranger = Object.keys(modules).find(path => !place.has(path))
      if (stranger !== undefined)
        return E.left(
          settingError(
            ['modules', stranger],
            'the path of a layer',
            'another',
            `the layers are ${[...place.keys()].join(', ')}`
          )
        )
      return pipe(
        leaves,
        E.traverseArray(([here, aval]): E.Either<ShapeError, Row> => {
          const path = parentOf(here.slice(here.indexOf('/') + 1))
          const label = here.slice(here.lastIndexOf('/') + 1)
          const i = place.get(path) ?? -1
          const found = kinds[layers[i]?.layer ?? '']?.[label]
          if (found === undefined)
            return E.left(
              shapeError(['torch', here], 'a layer that PyTorch has a module for', layers[i]?.layer ?? 'another')
            )
          const [name, form] = found
          const module = modules[path] ?? path.replaceAll('/', '.')
          const there = module === '' ? name : `${module}.${name}`
          const order = reaching(layers, i, model.input)
          if (order === 'mixed' || (order !== undefined && unsuited.includes(layers[i]?.layer ?? '')))
            return E.left(
              shapeError(
                ['torch', here],
                'numbers in an order that weights can make up for',
                'those of an image that was flattened',
                'PyTorch flattens it with the channels first: put a dense layer right after flatten'
              )
            )
          return E.right({ here, there, aval, ...form(aval.shape, order) })
        }),
        E.map(rows => ({ rows, params, state }))
      )
    })
  )

// ---- numbers

const shaped = (t: Tensor, shape: Dims): Tensor => tensorView(t.dtype, shape, numbersOf(t).slice())
const toHere = (row: Row, t: Tensor): Tensor => shaped(permutedView(shaped(t, row.view), row.order), row.aval.shape)
const toThere = (row: Row, t: Tensor): Tensor => {
  const stored = shaped(
    t,
    row.order.map(i => at(row.view, i))
  )
  const back = row.order.map((_, i) => row.order.indexOf(i))
  return shaped(permutedView(stored, back), row.shape)
}

const known = { modules: true, registry: true } as const
const isNames = (u: unknown): boolean => isObject(u) && Object.values(u).every(v => typeof v === 'string')
const argumentsOf = (model: ModelData, options: TorchOptions) => [
  modelArgument(model),
  knownOptions(options, known),
  {
    path: ['modules'],
    value: optionsOf(options).modules ?? {},
    expected: 'names of modules by paths of layers',
    is: isNames
  }
]

/**
 * The weights of a model from a PyTorch state dict: tensors by name, as `decodeSafetensors` gives them. `linear` is transposed, kernels of
 * convolutions become channels last, weights after a `flatten` take the order of the places of images here. BatchNorm's running
 * statistics become those of `batchNorm`. All f32 or all f64.
 *
 * Settings are not in a state dict: PyTorch's BatchNorm has epsilon 1e-5 as here.
 *
 * @param options the module of each layer, where it is not called after the path of the layer
 * @example pipe(decodeSafetensors(bytes), E.chainW(f => fromTorch(net, { modules: { conv2d: 'conv1', dense: 'fc1' } })(f.tensors)))
 * @returns parameters, running statistics, and a report: what became what, and which names were left. Left for a tensor that is missing,
 * of another shape or element type, for a layer without a module in PyTorch, and for modules of layers that the model does not have
 */
export const fromTorch =
  (model: ModelData, options: TorchOptions = {}) =>
  (
    tensors: Readonly<Record<string, Tensor>>
  ): E.Either<
    DecodeError | ShapeError | SettingError,
    { readonly params: Branch<Tensor>; readonly layers: Branch<Tensor>; readonly report: MappingReport }
  > => {
    const wrong = wrongArgument(settingError, [...argumentsOf(model, options), objectArgument('tensors', tensors)])
    if (wrong !== undefined) return E.left(wrong)
    const dtype = Object.values(tensors).some(t => isTensor(t) && t.dtype === 'f64') ? 'f64' : 'f32'
    return pipe(
      rowsOf(model, options, dtype),
      E.chainW(({ rows, params, state }) =>
        pipe(
          rows,
          E.traverseArray((row): E.Either<DecodeError, readonly [string, Tensor]> => {
            const t = Object.hasOwn(tensors, row.there) ? tensors[row.there] : undefined
            const fits = t !== undefined && isSound(t) && t.dtype === row.aval.dtype && sameShape(t.shape, row.shape)
            const wanted = showAval({ dtype: row.aval.dtype, shape: row.shape })
            return fits
              ? E.right([row.here, toHere(row, t)])
              : E.left(
                  decodeError(
                    ['torch', row.there],
                    `${wanted} for ${row.here}`,
                    t === undefined ? 'nothing' : isTensor(t) ? showAval(t) : 'no tensor',
                    'the option modules says which module is which layer'
                  )
                )
          }),
          E.map(entries => {
            const all = new Map(entries)
            const leaf = (path: string): Tensor => all.get(path) as Tensor
            const used = new Set(rows.map(r => r.there))
            return {
              params: rebuild<Aval, Tensor>(params, path => leaf(`params/${path}`)) as Branch<Tensor>,
              layers: rebuild<Aval, Tensor>(state, path => leaf(`layers/${path}`)) as Branch<Tensor>,
              report: {
                matched: rows.map(r => [r.here, r.there] as const),
                left: Object.keys(tensors).filter(name => !used.has(name))
              }
            }
          })
        )
      )
    )
  }

/**
 * Weights of a model as a PyTorch state dict: tensors by name, for `encodeSafetensors`. `load_state_dict` takes it; the counter
 * `num_batches_tracked` of BatchNorm, which it sets by itself, is left out.
 *
 * @param options as for `fromTorch`
 * @example pipe(trained.state, toTorch(net), E.chainW(encodeSafetensors)) // torch: model.load_state_dict(load_file('net.safetensors'))
 * @returns Left for weights that are not those of the model, and for a layer without a module in PyTorch
 */
export const toTorch =
  (model: ModelData, options: TorchOptions = {}) =>
  (weights: Weights): E.Either<ShapeError | SettingError, Readonly<Record<string, Tensor>>> => {
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
      rowsOf(model, options, dtype),
      E.chainW(({ rows }) =>
        pipe(
          rows,
          E.traverseArray((row): E.Either<ShapeError, readonly [string, Tensor]> => {
            const t = given.get(row.here)
            return t !== undefined && isSound(t) && t.dtype === row.aval.dtype && sameShape(t.shape, row.aval.shape)
              ? E.right([row.there, toThere(row, t)])
              : E.left(shapeError(['torch', row.here], showAval(row.aval), t === undefined ? 'nothing' : showAval(t)))
          }),
          E.map(entries => Object.fromEntries(entries))
        )
      )
    )
  }
