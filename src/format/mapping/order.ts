/**
 * The order of the numbers that reach a layer. PyTorch and ONNX flatten an image with the channels first, so the weights behind it are in
 * another order there.
 */
import type { LayerRow } from '../../layer/definition.js'
import { isDims, sizeOf, type Dims, type Shape } from '../../value/shape.js'

/** an image that was flattened, with the channels last here and first there */
export type Flattened = Dims | undefined
const at = (d: Dims, i: number): number => d[i] as number

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
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
export type Reaching = Flattened | 'mixed'
/** layers that keep every number at its place */
const keeping = ['activation', 'dropout', 'batchNorm', 'layerNorm', 'rmsNorm']
/** layers that group numbers by their places */
export const unsuited = ['groupNorm', 'instanceNorm']
/** layers whose weights say the order of their outputs */
const ordering = [
  'dense',
  'conv1d',
  'conv2d',
  'conv3d',
  'convTranspose1d',
  'convTranspose2d',
  'depthwiseConv2d',
  'embedding',
  'simpleRnn',
  'lstm',
  'gru',
  'selfAttention',
  'crossAttention'
]

/** layers that want the channels first in PyTorch and ONNX, and layers whose features are last there as here */
const spatial = [
  ...['conv1d', 'conv2d', 'conv3d', 'convTranspose1d', 'convTranspose2d', 'depthwiseConv2d', 'separableConv2d'],
  ...['maxPool', 'averagePool', 'adaptiveAveragePool', 'batchNorm', 'groupNorm', 'instanceNorm'],
  ...['upsample', 'zeroPad', 'crop', 'spatialDropout']
]
const sequential = [
  ...['dense', 'perPosition', 'embedding', 'positions', 'layerNorm', 'rmsNorm', 'reshape'],
  ...['simpleRnn', 'lstm', 'gru', 'selfAttention', 'crossAttention']
]
/** whether a layer has its channels first there; undefined if it takes them anywhere */
const wants = (rows: readonly LayerRow[], i: number): boolean | undefined => {
  const { path = '', layer = '' } = rows[i] ?? {}
  if (spatial.includes(layer)) return true
  if (sequential.includes(layer)) return false
  const within = [...rows.keys()].filter(j => rows[j]?.path.startsWith(`${path}/`))
  return within
    .reverse()
    .map(j => wants(rows, j))
    .find(known => known !== undefined)
}
/** whether the last layer before another that says it has the channels first there */
const arrivesFirst = (rows: readonly LayerRow[], i: number): boolean => {
  const last = before(rows, i)
  if (last !== undefined) return wants(rows, last) ?? arrivesFirst(rows, last)
  // the layers of `repeat` are in one without a row
  const parent = parentOf(rows[i]?.path ?? '')
  const above = [parent, parentOf(parent)].map(path => rowAt(rows, path)).find(j => j >= 0)
  return above !== undefined && above !== i && arrivesFirst(rows, above)
}
/** whether a value is an image there: one of two axes is a sequence, unless it comes from a layer for images */
const isImage = (rows: readonly LayerRow[], i: number, image: Shape): image is Dims =>
  isDims(image) &&
  image.length > 1 &&
  sizeOf(image) > at(image, image.length - 1) &&
  (image.length > 2 || arrivesFirst(rows, i))

/** the order of the numbers that reach a layer */
export const reaching = (rows: readonly LayerRow[], i: number, input: Shape): Reaching => {
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
    return isImage(rows, i, image) ? image : reaching(rows, i, input)
  }
  const keeps = (r: LayerRow): boolean => keeping.includes(r.layer) || !r.path.startsWith(`${path}/`)
  if (keeping.includes(layer) || (layer === 'residual' && rows.every(keeps))) return reaching(rows, i, input)
  if (ordering.includes(layer)) return undefined
  const ends = within.map(j => leaving(rows, j, input))
  if (layer === 'named' || layer === 'sequential') return ends.at(-1)
  const plain = layer !== 'residual' && within.length > 0 ? true : reaching(rows, i, input) === undefined
  return plain && ends.every(end => end === undefined) ? undefined : 'mixed'
}
