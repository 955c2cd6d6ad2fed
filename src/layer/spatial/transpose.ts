/** What transposed convolutions along one and two axes share: how they are read and shown, and the formula. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, matmul, reshape, slice, transpose, unwindows } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { refined, withDefault, type Codec } from '../../value/codec.js'
import type { ShapeError } from '../../value/error.js'
import { sizeOf, type Dims, type Shape } from '../../value/shape.js'
import type { FloatType } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { BuildContext, BuiltLayer, ParamSpec } from '../definition.js'
import type { Initializer } from '../initializer.js'
import {
  checkCounts,
  checkLists,
  frozenSetting,
  isCounts,
  listOf,
  showPerAxis,
  spatialOf,
  spread,
  type PerAxis,
  type Rank,
  type Spatial
} from './axes.js'
import { checkGroups, convolutionData, convolutionFields, showConvolution } from './conv.js'
import { checkSliding, checkSlidingLists, padding, type Padding } from './slide.js'
import { placeAxes, type PlacedAxis, type TransposedConvolution, type TransposedSettings } from './transpose-shape.js'
import { padAxes } from './windows.js'

const outputPadding: Codec<PerAxis> = refined(
  'a whole number, 0 or more, or a list with one for each axis',
  (u): u is PerAxis => isCounts(u)
)
/** settings with what was left out */
export const transposedData = (
  channels: number,
  kernel: PerAxis,
  given: TransposedSettings<PerAxis, PerAxis, Padding, PerAxis, number, boolean>
) => ({
  ...convolutionData(channels, kernel, given),
  outputPadding: frozenSetting(given.outputPadding ?? 0)
})
/** how the settings are read from JSON */
export const transposedFields = (initializer: Codec<Initializer>) => ({
  ...convolutionFields<Padding>(initializer, padding),
  outputPadding: withDefault(outputPadding, 0)
})
/** `convTranspose2d 16, 3, stride 2, output padding 1` */
export const showTransposed = (layer: TransposedConvolution & { readonly tag: string }): string =>
  `${showConvolution(layer)}${layer.outputPadding === 0 ? '' : `, output padding ${showPerAxis(layer.outputPadding)}`}`

// ---- the formula

/** inputs [b, ...sizes, in] times weights [...kernel, in, out / groups]: the window of each input, [b, ...sizes, ...kernel, out] */
export const inputWindows = (x: Expr, weight: Expr, kernel: Dims, channels: number, groups: number): Expr => {
  const outside = x.shape.slice(0, -1)
  const [rows, taps, own] = [sizeOf(outside), sizeOf(kernel), x.shape.at(-1) ?? 1]
  const [ins, outs] = [own / groups, channels / groups]
  const all = [...outside, ...kernel, channels]
  const table = transpose(reshape(weight, [taps, own, outs]), [1, 0, 2])
  if (groups === 1) return reshape(matmul(reshape(x, [rows, own]), reshape(table, [own, taps * outs])), all)
  const left = transpose(reshape(x, [rows, groups, ins]), [1, 0, 2])
  const products = matmul(left, reshape(table, [groups, ins, taps * outs]))
  return reshape(transpose(reshape(products, [groups, rows, taps, outs]), [1, 2, 0, 3]), all)
}

/** overlapping windows added up: [b, ...sizes, ...kernel, c] -> [b, ...full, c] */
const addWindows = (all: Expr, layer: TransposedConvolution, kernel: Dims, full: Dims): Expr => {
  const rank = kernel.length
  const [stride, dilation] = [spread(layer.stride, rank), spread(layer.dilation, rank)]
  // one axis is an image of width 1
  const pair = (list: Dims, other: number): readonly [number, number] => [
    list[0] as number,
    rank === 1 ? other : (list[1] as number)
  ]
  const [b = 1, c = 1] = [all.shape[0], all.shape.at(-1)]
  const image = [b, ...pair(all.shape.slice(1, rank + 1), 1), ...pair(kernel, 1), c]
  const window = { size: pair(kernel, 1), stride: pair(stride, 1), dilation: pair(dilation, 1) }
  return reshape(unwindows(reshape(all, image), window, ...pair(full, 1)), [b, ...full, c])
}

const built = (
  layer: TransposedConvolution,
  { sizes, channels: own }: Spatial,
  axes: readonly PlacedAxis[],
  dtype: FloatType
): BuiltLayer => {
  const { channels, groups, initializer, bias } = layer
  const kernel = spread(layer.kernel, sizes.length)
  const taps = sizeOf(kernel)
  const shared = { dtype, fan: { in: (taps * own) / groups, out: (taps * channels) / groups } }
  const weight: ParamSpec = { ...shared, shape: [...kernel, own, channels / groups], initializer, role: 'weight' }
  const output = axes.map(a => a.output)
  return tensorLayer({
    output: [...output, channels],
    gives: 'numbers',
    params: bias ? { weight, bias: { ...shared, shape: [channels], initializer: 'zeros', role: 'bias' } } : { weight },
    formula: (x, param) => {
      const windows = inputWindows(x, param('weight'), kernel, channels, groups)
      const all = padAxes(
        addWindows(
          windows,
          layer,
          kernel,
          axes.map(a => a.full)
        ),
        axes.map(({ full, sides: [before], output }) => [0, Math.max(before + output - full, 0)] as const),
        0
      )
      const start = [0, ...axes.map(a => a.sides[0]), 0]
      const y = slice(all, start, [x.shape[0] ?? 1, ...output, channels])
      return bias ? add(y, param('bias')) : y
    }
  })
}
/** a transposed convolution along a number of axes: parameters weight [...kernel, in, out / groups] and bias [out] */
export const placeTransposed =
  (rank: Rank) =>
  (layer: TransposedConvolution, input: Shape, { dtype }: BuildContext): E.Either<ShapeError, BuiltLayer> =>
    pipe(
      checkSliding([layer.channels], layer, [layer.groups]),
      E.chain(() => checkCounts(listOf(layer.outputPadding))),
      E.chain(() => spatialOf(input, rank)),
      E.chainFirst(({ sizes }) => checkSlidingLists(layer, sizes)),
      E.chainFirst(({ sizes }) => checkLists([layer.outputPadding], sizes)),
      E.chainFirst(({ channels }) => checkGroups(layer.groups, channels, layer.channels)),
      E.chain(spatial =>
        pipe(
          placeAxes(layer, spatial.sizes),
          E.map(axes => built(layer, spatial, axes, dtype))
        )
      )
    )
