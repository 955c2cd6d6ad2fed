/** Keras layers of numbers and sequences: dense layers, norms, dropout, shapes, embeddings and merges. */
import { batchNorm } from '../../layer/batch-norm.js'
import { merge } from '../../layer/combinator/merge.js'
import type { Layer } from '../../layer/definition.js'
import { dense } from '../../layer/dense.js'
import { dropout } from '../../layer/dropout.js'
import { flatten } from '../../layer/flatten.js'
import { layerNorm } from '../../layer/layer-norm.js'
import { reshape } from '../../layer/reshape.js'
import { rmsNorm } from '../../layer/rms-norm.js'
import { embedding } from '../../layer/sequence/embedding.js'
import { perPosition } from '../../layer/sequence/per-position.js'
import { groupNorm } from '../../layer/spatial/group-norm.js'
import { spatialDropout } from '../../layer/spatial/spatial-dropout.js'
import { isSize, sameShape, showShape, sizeOf, type Dims } from '../../value/shape.js'
import type { Tensor } from '../../value/tensor.js'
import { activationIn } from './activations.js'
import { at, fixed, flagIn, isMissing, lastAxis, missing, numberIn, sizeIn, type Missing } from './config.js'
import {
  all,
  followed,
  isFactor,
  made,
  plainly,
  rankIs,
  sameSizes,
  weightOr,
  type Result,
  type Row,
  type Site
} from './site.js'

/** a layer for [n] at all positions of [..., n] */
export const atPositions = (layer: Layer, axes: number): Layer =>
  axes <= 0 ? layer : perPosition(atPositions(layer, axes - 1))

const denseRow: Row = s => {
  const n = s.sizes.at(-1) ?? 1
  const [units, bias] = [sizeIn(s.config, 'units'), flagIn(s.config, 'use_bias', true)]
  const wrong = rankIs(s, 1, 2, 3, 4)
  if (isMissing(units) || isMissing(bias) || wrong !== undefined) return wrong ?? all([units, bias], () => made([]))
  const weights = [s.weight(['kernel'], 0, [n, units]), ...(bias ? [s.weight(['bias'], 1, [units])] : [])]
  return followed(
    all(weights, (...tensors) => made([atPositions(dense(units, { bias }), s.sizes.length - 1)], tensors)),
    activationIn(s.config, s.dialect)
  )
}

/** gamma and beta, which a file may leave out: then they are 1 and 0 */
const factors = (s: Site, like: () => Tensor | Missing): readonly (Tensor | Missing)[] => {
  const n = s.sizes.at(-1) ?? 1
  const [scale, center] = [flagIn(s.config, 'scale', true), flagIn(s.config, 'center', true)]
  if (isMissing(scale) || isMissing(center)) return [scale, center].filter(isMissing)
  const gamma = (): Tensor | Missing => s.weight(['gamma'], 0, [n])
  const beta = (): Tensor | Missing => s.weight(['beta'], scale ? 1 : 0, [n])
  const some = scale ? gamma() : center ? beta() : like()
  return [weightOr(scale, gamma, some, [n], 1), weightOr(center, beta, some, [n], 0)]
}
const batchNormRow: Row = s => {
  const n = s.sizes.at(-1) ?? 1
  const [epsilon, momentum] = [numberIn(s.config, 'epsilon', 1e-3), numberIn(s.config, 'momentum', 0.99)]
  const wrong =
    rankIs(s, 1, 2, 3, 4) ?? lastAxis(s.config, s.sizes) ?? fixed(s.config, { renorm: [false], fused: [true, false] })
  if (wrong !== undefined) return wrong
  const own = [flagIn(s.config, 'scale', true), flagIn(s.config, 'center', true)].filter(x => x === true).length
  const mean = (): Tensor | Missing => s.weight(['moving_mean'], own, [n])
  return all(
    [epsilon, momentum, ...factors(s, mean), mean(), s.weight(['moving_variance'], own + 1, [n])],
    (...found) => {
      const [e, m, gamma, beta, average, variance] = found as [number, number, Tensor, Tensor, Tensor, Tensor]
      return made([batchNorm({ epsilon: e, momentum: m })], [gamma, beta], [average, variance])
    }
  )
}
const noNumbers = missing('a factor or a summand that is learned', 'neither')
const layerNormRow: Row = s => {
  const epsilon = numberIn(s.config, 'epsilon', 1e-3)
  const wrong = rankIs(s, 1, 2, 3, 4) ?? lastAxis(s.config, s.sizes) ?? fixed(s.config, { rms_scaling: [false] })
  return (
    wrong ?? all([epsilon, ...factors(s, () => noNumbers)], (e, ...found) => made([layerNorm({ epsilon: e })], found))
  )
}
const groupNormRow: Row = s => {
  const [epsilon, channels] = [numberIn(s.config, 'epsilon', 1e-3), s.sizes.at(-1) ?? 1]
  const groups = at(s.config, 'groups') === -1 ? channels : sizeIn(s.config, 'groups', 32)
  const wrong = rankIs(s, 2, 3, 4) ?? lastAxis(s.config, s.sizes)
  return (
    wrong ??
    all([epsilon, groups, ...factors(s, () => noNumbers)], (e, g, ...found) =>
      made([groupNorm(g, { epsilon: e })], found)
    )
  )
}
const rmsNormRow: Row = s => {
  const epsilon = numberIn(s.config, 'epsilon', 1e-6)
  const wrong = rankIs(s, 1, 2, 3, 4) ?? lastAxis(s.config, s.sizes)
  const gamma = s.weight(['scale', 'gamma'], 0, [s.sizes.at(-1) ?? 1])
  return wrong ?? all([epsilon, gamma], (e, g) => made([rmsNorm({ epsilon: e })], [g]))
}

const dropoutRow =
  (layer: (rate: number) => Layer, ...ranks: readonly number[]): Row =>
  s => {
    const rate = numberIn(s.config, 'rate')
    return isMissing(rate)
      ? rate
      : plainly(rankIs(s, ...ranks) ?? fixed(s.config, { noise_shape: [] }), () => layer(rate))
  }

const reshapeRow: Row = s => {
  const target = at(s.config, 'target_shape')
  if (!Array.isArray(target) || target.length === 0 || target.length > 7)
    return missing('a target_shape', 'another value')
  const known = target.filter(isSize)
  const free = target.findIndex(n => n === -1 || n === null)
  const rest = sizeOf(s.sizes) / sizeOf(known)
  const shape = target.map((n: unknown, i) => (i === free ? rest : n))
  return plainly(
    rankIs(s, 1, 2, 3, 4) ?? (shape.every(isSize) ? undefined : missing('sizes, of which one may be -1', 'others')),
    () => reshape(...(shape as number[]))
  )
}

const embeddingRow: Row = s => {
  const [vocabulary, size] = [sizeIn(s.config, 'input_dim'), sizeIn(s.config, 'output_dim')]
  if (isMissing(vocabulary) || isMissing(size)) return all([vocabulary, size], () => made([]))
  const wrong =
    rankIs(s, 1, 2, 3) ??
    (at(s.config, 'mask_zero') === true
      ? missing('mask_zero false', 'true', 'masks are not passed from layer to layer here')
      : undefined)
  return (
    wrong ??
    all([s.weight(['embeddings'], 0, [vocabulary, size])], table => ({
      ...made([embedding(vocabulary, size)], [table]),
      indexes: true
    }))
  )
}

const several = (s: Site): Missing | undefined =>
  s.inputs.length > 1 ? undefined : missing('several inputs', `${s.inputs.length}`)
const unequal = (s: Site): Missing => missing('inputs of one shape', s.inputs.map(showShape).join(' and '))
const mergeRow =
  (by: 'add' | 'multiply' | 'mean'): Row =>
  s =>
    several(s) ?? (sameSizes(s.inputs) ? made([merge(by)]) : by === 'multiply' ? scaleOf(s) : unequal(s))
/** a tensor times one factor for each channel, which has the shape [1, ..., channels] there */
const scaleOf = (s: Site): Result => {
  const [a = [], b = []] = s.inputs
  const channels = b.at(-1)
  return s.inputs.length === 2 &&
    a.length === b.length &&
    isFactor(b) &&
    channels === a.at(-1) &&
    channels !== undefined
    ? { ...made([merge('scale')]), before: { 1: reshape(channels) } }
    : unequal(s)
}
const lead = (d: Dims): Dims => d.slice(0, -1)
const concatRow: Row = s => {
  const [first = []] = s.inputs
  return (
    several(s) ??
    lastAxis(s.config, first) ??
    (s.inputs.every(d => sameShape(lead(d), lead(first))) ? made([merge('concat')]) : unequal(s))
  )
}

export const denseRows: Readonly<Record<string, Row>> = {
  Dense: denseRow,
  BatchNormalization: batchNormRow,
  LayerNormalization: layerNormRow,
  GroupNormalization: groupNormRow,
  RMSNormalization: rmsNormRow,
  Dropout: dropoutRow(rate => dropout(rate), 1, 2, 3, 4),
  SpatialDropout1D: dropoutRow(rate => spatialDropout(rate), 2),
  SpatialDropout2D: dropoutRow(rate => spatialDropout(rate), 3),
  SpatialDropout3D: dropoutRow(rate => spatialDropout(rate), 4),
  Flatten: s => plainly(rankIs(s, 1, 2, 3, 4) ?? fixed(s.config, { data_format: ['channels_last'] }), () => flatten),
  Reshape: reshapeRow,
  Embedding: embeddingRow,
  Add: mergeRow('add'),
  Multiply: mergeRow('multiply'),
  Average: mergeRow('mean'),
  Concatenate: concatRow
}
