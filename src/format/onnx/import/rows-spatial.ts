/** Operators that are convolutions, padding, cropping, upsampling. */
import { conv1d } from '../../../layer/spatial/conv1d.js'
import { conv2d } from '../../../layer/spatial/conv2d.js'
import { conv3d } from '../../../layer/spatial/conv3d.js'
import { convTranspose1d } from '../../../layer/spatial/conv-transpose1d.js'
import { convTranspose2d } from '../../../layer/spatial/conv-transpose2d.js'
import type { TransposedConvolution } from '../../../layer/spatial/transpose-shape.js'
import { depthwiseConv2d } from '../../../layer/spatial/depthwise-conv2d.js'
import { spread, spreadMargins, type Sides } from '../../../layer/spatial/axes.js'
import { crop } from '../../../layer/spatial/crop.js'
import { upsample } from '../../../layer/spatial/upsample.js'
import { zeroPad } from '../../../layer/spatial/zero-pad.js'
import { dense } from '../../../layer/dense.js'
import type { Layer } from '../../../layer/definition.js'
import { showShape, sizeOf, type Dims } from '../../../value/shape.js'
import type { Tensor } from '../../../value/tensor.js'
import { floatsIn, intOf, intsOf, numberIn, textOf, wholesIn } from './graph.js'
import { brief, briefly, imageOf, isMissingSlides, slidesOf } from './pools.js'
import {
  amended,
  applied,
  inOrder,
  meantAxis,
  missing,
  turnedAs,
  vector,
  type Held,
  type Missing,
  type Result,
  type Row,
  type Site
} from './site.js'

interface Weights {
  readonly weight: Tensor
  readonly bias?: Tensor
}
const weightsOf = (s: Site, rank: number): Weights | Missing => {
  const [w, b] = [s.graph.constant(s.node.inputs[1]), s.graph.constant(s.node.inputs[2])]
  if (w?.kind !== 'float' || w.tensor.shape.length !== rank + 2)
    return missing('a kernel that the file holds', 'another')
  if ((s.node.inputs[2] ?? '') === '') return { weight: w.tensor }
  return b?.kind === 'float'
    ? { weight: w.tensor, bias: vector(b.tensor) }
    : missing('a bias that the file holds', 'a value')
}
const tensorsOf = (weight: Tensor, { bias }: Weights): readonly Tensor[] =>
  bias === undefined ? [weight] : [weight, bias]

/** a kernel of one place on an image of one place */
const onOnePlace = (s: Site, x: Held): Result => {
  const w = weightsOf(s, x.ones)
  if ('expected' in w) return w
  const [outs = 1, ins = 1, ...kernel] = w.weight.shape
  const plain = kernel.every(k => k === 1) && intOf(s.node.attributes, 'group', 1) === 1
  const pads = intsOf(s.node.attributes, 'pads') ?? []
  if (!plain || ins !== x.sizes[0] || pads.some(n => n !== 0))
    return missing('a kernel of one place', showShape(w.weight.shape))
  const result = applied(
    s,
    dense(outs, { bias: w.bias !== undefined }),
    x,
    tensorsOf(turnedAs(w.weight, [outs, ins], [1, 0]), w)
  )
  return 'expected' in result ? result : { ...result, held: { ...result.held, ones: x.ones } }
}

const convolution: Row = s => {
  const one = s.held(0)
  if (one !== undefined && one.ones > 0 && one.sizes.length === 1) return onOnePlace(s, one)
  const x = imageOf(s)
  if (isMissingSlides(x)) return x
  const rank = x.sizes.length - 1
  const w = weightsOf(s, rank)
  if ('expected' in w) return w
  const [outs = 1, ...rest] = w.weight.shape
  const slides = slidesOf(s, rank, rest.slice(1))
  if (isMissingSlides(slides)) return slides
  const groups = intOf(s.node.attributes, 'group', 1)
  const channels = x.sizes.at(-1) as number
  if (rest[0] !== channels / groups || slides.kernel.some((k, i) => k !== rest[i + 1]))
    return missing(`a kernel for ${channels} channels in ${groups} groups`, showShape(w.weight.shape))
  const bias: boolean = w.bias !== undefined
  const settings = {
    stride: brief(slides.stride) as number,
    dilation: brief(slides.dilation) as number,
    padding: briefly(slides.padding) as 'valid',
    bias
  }
  const places = inOrder(rank).map(i => i + 2)
  const kernel = brief(slides.kernel) as number
  if (rank === 2 && groups > 1 && groups === channels && outs % groups === 0) {
    const multiplier = outs / groups
    const split = turnedAs(w.weight, [channels, multiplier, ...slides.kernel], [2, 3, 0, 1])
    return applied(s, depthwiseConv2d(kernel, { ...settings, multiplier }), x, tensorsOf(split, w))
  }
  const make = [conv1d, conv2d, conv3d][rank - 1] as typeof conv2d
  return applied(
    s,
    make(outs, kernel, { ...settings, groups }),
    x,
    tensorsOf(turnedAs(w.weight, w.weight.shape, [...places, 1, 0]), w)
  )
}

const transposed: Row = s => {
  const x = imageOf(s)
  if (isMissingSlides(x)) return x
  const rank = x.sizes.length - 1
  const w = weightsOf(s, rank)
  if ('expected' in w) return w
  const [ins = 1, each = 1, ...size] = w.weight.shape
  const slides = slidesOf(s, rank, size)
  if (isMissingSlides(slides)) return slides
  const a = s.node.attributes
  const groups = intOf(a, 'group', 1)
  const more = intsOf(a, 'output_padding') ?? size.map(() => 0)
  const fits = ins === x.sizes.at(-1) && slides.kernel.every((k, i) => k === size[i]) && more.length === rank
  if (rank > 2 || !fits || typeof slides.padding === 'string' || a['output_shape'] !== undefined)
    return missing('a transposed convolution of a sequence or an image, with padding in numbers', 'another')
  const make = (rank === 1 ? convTranspose1d : convTranspose2d) as typeof convTranspose2d
  const layer = make(each * groups, brief(slides.kernel) as number, {
    stride: brief(slides.stride) as number,
    dilation: brief(slides.dilation) as number,
    padding: briefly(slides.padding) as 'valid',
    outputPadding: brief(more) as number,
    groups,
    bias: w.bias !== undefined
  }) as Layer
  const order = [...inOrder(rank).map(i => i + 2), 0, 1]
  return applied(s, layer, x, tensorsOf(turnedAs(w.weight, w.weight.shape, order), w))
}

/** a transposed convolution that another operator cuts or pads is one with other settings */
const cutLayer = (s: Site, x: Held, cut: readonly Sides[], more: Dims): Result | undefined => {
  const before = s.before(0)
  const layer = before?.layer as TransposedConvolution<number> | undefined
  const tag = (before?.layer as { readonly tag?: string } | undefined)?.tag ?? ''
  if (before === undefined || layer === undefined || !tag.startsWith('convTranspose') || layer.bias) return undefined
  if (typeof layer.padding === 'string' && layer.padding !== 'valid') return undefined
  const rank = x.sizes.length - 1
  const padding = spreadMargins(typeof layer.padding === 'string' ? 0 : layer.padding, rank)
  const padded = spread(layer.outputPadding, rank)
  const sides = padding.map(([a, b], i): Sides => [a + (cut[i]?.[0] ?? 0), b + (cut[i]?.[1] ?? 0)])
  const now = { ...layer, padding: briefly(sides), outputPadding: brief(padded.map((n, i) => n + (more[i] ?? 0))) }
  const sizes = x.sizes.map((n, i) => (i < rank ? n - (cut[i]?.[0] ?? 0) - (cut[i]?.[1] ?? 0) + (more[i] ?? 0) : n))
  return amended(before, now as unknown as Layer, { ...x, sizes }, before.tensors)
}

const pad: Row = s => {
  const x = s.held(0)
  const a = s.node.attributes
  if (x === undefined || x.ones > 0 || x.flat !== undefined) return missing('an image', 'another value')
  const pads = intsOf(a, 'pads') ?? wholesIn(s.graph.constant(s.node.inputs[1]))
  const value =
    (s.node.inputs[2] ?? '') === '' ? (a['value']?.float ?? 0) : numberIn(s.graph.constant(s.node.inputs[2]))
  const axes = wholesIn(s.graph.constant(s.node.inputs[3]))
  const rank = x.sizes.length
  if (textOf(a, 'mode', 'constant') !== 'constant' || value !== 0 || pads === undefined || axes !== undefined)
    return missing('zeros around an image', 'other padding')
  if (pads.length !== 2 * rank + 2 || pads.some(n => n < 0))
    return missing(`places for ${rank + 1} axes`, `${pads.length}`)
  const sideOf = (meant: number): Sides => {
    const i = x.order.indexOf(meant)
    return [pads[i] as number, pads[i + rank + 1] as number]
  }
  if ([sideOf(0), sideOf(rank)].flat().some(n => n !== 0))
    return missing('zeros at places', 'zeros among examples or channels')
  const sides = inOrder(rank - 1).map(i => sideOf(i + 1))
  const after = sides.every(([before]) => before === 0)
    ? cutLayer(
        s,
        x,
        [],
        sides.map(([, n]) => n)
      )
    : undefined
  const all = sides.flat()
  return after ?? applied(s, zeroPad(all.every(n => n === all[0]) ? (all[0] as number) : sides), x)
}
const slice: Row = s => {
  const x = s.held(0)
  const a = s.node.attributes
  const list = (at: number, name: string): readonly number[] | undefined =>
    s.opset < 10 ? intsOf(a, name) : wholesIn(s.graph.constant(s.node.inputs[at]))
  const [starts, ends] = [list(1, 'starts'), list(2, 'ends')]
  const axes = list(3, 'axes') ?? starts?.map((_, i) => i)
  const steps = list(4, 'steps') ?? starts?.map(() => 1)
  if (
    x === undefined ||
    x.ones > 0 ||
    x.flat !== undefined ||
    starts === undefined ||
    ends === undefined ||
    axes === undefined
  )
    return missing('an image and places that the file holds', 'others')
  if (steps?.some(n => n !== 1) !== false || ends.length !== starts.length || axes.length !== starts.length)
    return missing('every place in turn', 'others')
  const rank = x.sizes.length
  const sides = x.sizes.map((): Sides => [0, 0])
  for (const [i, axis] of axes.entries()) {
    const meant = meantAxis(x, axis)
    if (meant === undefined || meant === 0 || meant === rank) return missing('places of an image', `axis ${axis}`)
    const n = x.sizes[meant - 1] as number
    const at = (k: number): number => Math.min(Math.max(k < 0 ? k + n : k, 0), n)
    sides[meant - 1] = [at(starts[i] as number), n - at(ends[i] as number)]
  }
  const places = sides.slice(0, -1)
  const all = places.flat()
  return cutLayer(s, x, places, []) ?? applied(s, crop(all.every(n => n === all[0]) ? (all[0] as number) : places), x)
}

/** operators that make images larger by whole factors */
const resize: Row = s => {
  const x = imageOf(s)
  if (isMissingSlides(x)) return x
  const a = s.node.attributes
  const old = s.node.op === 'Upsample'
  const scales = floatsIn(s.graph.constant(s.node.inputs[old ? 1 : 2]))?.at ?? a['scales']?.floats
  const wanted = wholesIn(s.graph.constant(s.node.inputs[3]))
  const there = x.order.map(i => (i === 0 ? 1 : (x.sizes[i - 1] as number)))
  const factors =
    scales !== undefined && scales.length > 0
      ? Array.from(scales)
      : wanted?.map((n, i) => (i === 0 ? 1 : n / (there[i] as number)))
  const [mode, how] = [
    textOf(a, 'mode', 'nearest'),
    textOf(a, 'coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel')
  ]
  const half = how === 'half_pixel' || how === 'pytorch_half_pixel'
  const rounded = textOf(a, 'nearest_mode', old ? 'floor' : 'round_prefer_floor')
  const nearest =
    mode === 'nearest' && ((half && rounded === 'round_prefer_floor') || (how === 'asymmetric' && rounded === 'floor'))
  const linear = mode === 'linear' && half && x.sizes.length < 4
  const whole = factors?.every(f => Number.isSafeInteger(f) && f > 0) === true && factors[0] === 1 && factors[1] === 1
  if (!whole || factors.length !== there.length || (!nearest && !linear))
    return missing('whole factors for the axes of an image', 'others')
  if (sizeOf(factors) * sizeOf(x.sizes) > 67_108_864) return missing('an image that fits in memory', showShape(factors))
  return applied(s, upsample(brief(factors.slice(2)) as number, nearest ? 'nearest' : 'bilinear'), x)
}

export const spatialRows: Readonly<Record<string, Row>> = {
  Conv: convolution,
  ConvTranspose: transposed,
  Pad: pad,
  Slice: slice,
  Resize: resize,
  Upsample: resize
}
