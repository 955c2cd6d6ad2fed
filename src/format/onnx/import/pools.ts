/** Operators that pool, and what stands around them where the padding of a mean is written apart. */
import { averagePool, type AveragePool } from '../../../layer/spatial/average-pool.js'
import type { PerAxis, Sides } from '../../../layer/spatial/axes.js'
import { globalAveragePool } from '../../../layer/spatial/global-average-pool.js'
import { globalMaxPool } from '../../../layer/spatial/global-max-pool.js'
import { maxPool } from '../../../layer/spatial/max-pool.js'
import { spread } from '../../../layer/spatial/axes.js'
import type { Layer } from '../../../layer/definition.js'
import { showShape, sizeOf, type Dims } from '../../../value/shape.js'
import { floatsIn, intOf, intsOf, textOf, wholesIn } from './graph.js'
import {
  amended,
  applied,
  channelsFirst,
  meantAxis,
  missing,
  sameOrder,
  type Held,
  type Missing,
  type Result,
  type Row,
  type Site
} from './site.js'

/** how a window slides, as settings of layers */
export interface Slides {
  readonly kernel: Dims
  readonly stride: Dims
  readonly dilation: Dims
  readonly padding: 'valid' | 'same' | 'sameLower' | readonly Sides[]
}
const rules: Readonly<Record<string, Slides['padding']>> = {
  VALID: 'valid',
  SAME_UPPER: 'same',
  SAME_LOWER: 'sameLower'
}

/** what a setting is called in a few words: one number where all axes have the same */
export const brief = (all: Dims): PerAxis => (all.length > 0 && all.every(n => n === all[0]) ? (all[0] as number) : all)
export const briefly = (padding: Slides['padding']): Slides['padding'] | number => {
  if (typeof padding === 'string') return padding
  const all = padding.flat()
  return all.every(n => n === 0) ? 'valid' : all.every(n => n === all[0]) ? (all[0] as number) : padding
}

/** an image with its channels first */
export const imageOf = (s: Site): Held | Missing => {
  const x = s.held(0)
  const rank = x?.order.length ?? 0
  return x !== undefined && rank > 2 && rank < 6 && x.ones === 0 && sameOrder(x.order, channelsFirst(rank))
    ? x
    : missing('an image with the channels as axis 1', x === undefined ? 'numbers' : showShape(x.sizes))
}
export const slidesOf = (s: Site, rank: number, kernel: readonly number[] | undefined): Slides | Missing => {
  const a = s.node.attributes
  const ones = Array.from({ length: rank }, () => 1)
  const [size, stride, dilation] = [
    intsOf(a, 'kernel_shape') ?? kernel,
    intsOf(a, 'strides') ?? ones,
    intsOf(a, 'dilations') ?? ones
  ]
  const pads = intsOf(a, 'pads') ?? [...ones, ...ones].map(() => 0)
  const rule = textOf(a, 'auto_pad', 'NOTSET')
  const padding =
    rule === 'NOTSET' || rule === '' ? ones.map((_, i): Sides => [pads[i] ?? 0, pads[i + rank] ?? 0]) : rules[rule]
  const lists = [size, stride, dilation].every(
    l => l?.length === rank && l.every(n => Number.isSafeInteger(n) && n > 0)
  )
  return size === undefined || !lists || pads.length !== 2 * rank || pads.some(n => n < 0) || padding === undefined
    ? missing(`settings for ${rank} axes`, 'others')
    : { kernel: size, stride, dilation, padding }
}
export const isMissingSlides = (x: Slides | Held | Missing): x is Missing => 'expected' in x

/** places of an output: what counts the numbers inside of each window looks at all of them */
const maxPlaces = 4_194_304

const pool =
  (mean: boolean): Row =>
  s => {
    const x = imageOf(s)
    if (isMissingSlides(x)) return x
    const slides = slidesOf(s, x.sizes.length - 1, undefined)
    if (isMissingSlides(slides)) return slides
    const a = s.node.attributes
    if (intOf(a, 'ceil_mode', 0) !== 0) return missing('ceil_mode = 0', '1')
    if (slides.dilation.some(d => d !== 1)) return missing('windows without dilation', slides.dilation.join(' x '))
    if ((s.node.outputs[1] ?? '') !== '') return missing('one output', 'the places of the largest numbers too')
    if (sizeOf(x.sizes.slice(0, -1)) > maxPlaces) return missing(`at most ${maxPlaces} places`, showShape(x.sizes))
    const [size, stride, padding] = [brief(slides.kernel), brief(slides.stride), briefly(slides.padding)]
    if (!mean) return applied(s, maxPool(size as number, { stride: stride as number, padding: padding as 'valid' }), x)
    const dividing = intOf(a, 'count_include_pad', 0) === 0 ? 'inside' : 'window'
    const settings = (p: unknown, by: 'inside' | 'window') =>
      averagePool(size as number, { stride: stride as number, padding: p as 'valid', dividing: by }) as Layer
    const before = s.before(0)
    const pad = before?.layer as { readonly tag: string; readonly places?: number | readonly Sides[] } | undefined
    if (before !== undefined && pad?.tag === 'zeroPad' && padding === 'valid') {
      const places = pad.places ?? 0
      const sides = typeof places === 'number' ? slides.kernel.map((): Sides => [places, places]) : places
      // windows that could be in the padding alone are none of this layer
      if (sides.every((pair, i) => pair.every(n => n < (slides.kernel[i] as number)))) {
        const result = applied(s, averagePool(size as number, { stride: stride as number }), x)
        if ('expected' in result) return result
        return amended(before, settings(briefly(sides), 'window'), result.held, [])
      }
    }
    return applied(s, settings(padding, padding === 'valid' ? 'inside' : dividing), x)
  }

/** the axes that a reduction goes over, as they are meant */
const reducedAxes = (s: Site, x: Held): Dims | undefined => {
  const all = intsOf(s.node.attributes, 'axes') ?? wholesIn(s.graph.constant(s.node.inputs[1]))
  const axes = all?.map(a => meantAxis(x, a))
  return axes?.every(a => a !== undefined) === true ? axes : undefined
}
const whole = (s: Site, layer: Layer, x: Held, kept: boolean): Result => {
  const result = applied(s, layer, x)
  if ('expected' in result) return result
  return { ...result, held: { ...result.held, order: [0, 1], ones: kept ? x.sizes.length - 1 : 0 } }
}
const global =
  (layer: Layer): Row =>
  s => {
    const x = imageOf(s)
    return isMissingSlides(x) ? x : whole(s, layer, x, true)
  }
const reduction =
  (layer: Layer): Row =>
  s => {
    const x = s.held(0)
    if (x === undefined) return missing('a value that depends on the input', 'numbers')
    const axes = reducedAxes(s, x)
    const rank = x.sizes.length
    const spatial = Array.from({ length: rank - 1 }, (_, i) => i + 1)
    const kept = intOf(s.node.attributes, 'keepdims', 1) !== 0
    const last = x.order.at(-1) === rank
    if (
      rank < 2 ||
      x.ones > 0 ||
      !sameOrder(
        [...(axes ?? [])].sort((a, b) => a - b),
        spatial
      )
    )
      return missing('all axes of an image but the channels', 'others')
    const result = whole(s, layer, x, kept && !last)
    return kept && last && 'held' in result ? { ...result, held: { ...result.held, lead: rank - 1 } } : result
  }

/** numbers inside of each window, along all axes */
const counts = (sizes: Dims, layer: AveragePool, output: Dims, sides: readonly Sides[]): readonly number[] => {
  const [size, stride] = [spread(layer.size, sizes.length), spread(layer.stride, sizes.length)]
  const along = sizes.map((n, i) =>
    Array.from({ length: output[i] as number }, (_, o) => {
      const start = o * (stride[i] as number) - (sides[i]?.[0] ?? 0)
      return Math.min(start + (size[i] as number), n) - Math.max(start, 0)
    })
  )
  return along.reduce<readonly number[]>((all, axis) => all.flatMap(a => axis.map(b => a * b)), [1])
}
/** a mean that is divided by the numbers inside, where it was divided by the whole window and is multiplied with their shares */
export const shareOf = (s: Site): Result | undefined => {
  const of = s.held(0) === undefined ? 1 : 0
  const [x, before] = [s.held(of), s.before(of)]
  const c = floatsIn(s.graph.constant(s.node.inputs[1 - of]))
  const layer = before?.layer as AveragePool | undefined
  if (
    x === undefined ||
    before === undefined ||
    layer?.tag !== 'averagePool' ||
    layer.dividing !== 'window' ||
    c === undefined
  )
    return undefined
  const input = s.sizesOf(before.inputs[0] as string)
  if (input === undefined || typeof layer.padding === 'string') return undefined
  const rank = x.sizes.length - 1
  const { padding } = layer
  const sides = typeof padding === 'number' ? x.sizes.slice(1).map((): Sides => [padding, padding]) : padding
  const inside = counts(input.slice(0, -1), layer, x.sizes.slice(0, -1), sides)
  const taps = sizeOf(spread(layer.size, rank))
  const same = inside.every((k, i) => Object.is(c.at[c.at.length === 1 ? 0 : i], Math.fround(taps / k)))
  return same && (c.at.length === 1 || c.at.length === inside.length)
    ? amended(before, { ...layer, dividing: 'inside' }, x, [])
    : undefined
}

export const poolRows: Readonly<Record<string, Row>> = {
  MaxPool: pool(false),
  AveragePool: pool(true),
  GlobalAveragePool: global(globalAveragePool),
  GlobalMaxPool: global(globalMaxPool),
  ReduceMean: reduction(globalAveragePool),
  ReduceMax: reduction(globalMaxPool)
}
