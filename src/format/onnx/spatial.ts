/** Convolutions and pooling, which are formulas over windows, as the operators of ONNX. Their images have the channels first. */
import { matmul, reshape } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import type { Sides } from '../../layer/spatial/axes.js'
import { inputWindows } from '../../layer/spatial/transpose.js'
import { windowProduct, windowsAlong } from '../../layer/spatial/windows.js'
import { sameShape, sizeOf, type Dims } from '../../value/shape.js'
import { allocate, filledTensor, numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { channelsFirst, inOrder, isKnown, sameOrder, type Computed, type Held, type Known } from './graph.js'
import { sameFormula } from './match.js'
import type { Plan } from './plan.js'
import type { OnnxAttribute } from './proto.js'
import { reductionOf } from './reductions.js'
import { computed, full, type Scope } from './values.js'

/** windows of a source along all of its spatial axes */
interface Windows {
  readonly source: Expr
  readonly kernel: Dims
  readonly stride: Dims
  readonly dilation: Dims
  /** places before and after each axis, with this value */
  readonly sides: readonly Sides[]
  readonly value: number
}

const arg = (n: Expr | undefined): Expr | undefined => n?.args[0]
type Steps = Pick<Windows, 'kernel' | 'stride' | 'dilation'>
const first = ({ kernel, stride, dilation }: Steps): Steps => ({
  kernel: kernel.slice(0, 1),
  stride: stride.slice(0, 1),
  dilation: dilation.slice(0, 1)
})
const joined = (a: Steps, b: Steps): Steps => ({
  kernel: [...a.kernel, ...b.kernel],
  stride: [...a.stride, ...b.stride],
  dilation: [...a.dilation, ...b.dilation]
})
const stepsOf = (n: Expr | undefined): Steps | undefined =>
  n?.op === 'windows' ? { kernel: n.attrs.size, stride: n.attrs.stride, dilation: n.attrs.dilation } : undefined

/** the source and the steps that a node may be the windows of, for an image, a sequence, a volume */
const candidate = (n: Expr): (Steps & { readonly padded: Expr }) | undefined => {
  const own = stepsOf(n)
  const image = arg(n)
  if (own !== undefined && image !== undefined) return { ...own, padded: image }
  const outer = stepsOf(n.op === 'reshape' ? arg(n) : arg(arg(n)))
  const sequence = n.op === 'reshape' ? arg(arg(arg(n))) : undefined
  if (n.op === 'reshape' && outer !== undefined && sequence?.shape.length === 3)
    return { ...first(outer), padded: sequence }
  // transpose(reshape(windows(reshape(reshape(windows(reshape(x)))))))
  const within = n.op === 'transpose' && n.shape.length === 8 ? arg(arg(arg(arg(arg(n))))) : undefined
  const inner = stepsOf(within)
  const volume = arg(arg(within))
  return outer !== undefined && inner !== undefined && volume?.shape.length === 5
    ? { ...joined(first(outer), inner), padded: volume }
    : undefined
}

/** the windows that a node is: its formula is the one that layers make of the same source and steps */
const windowsIn = (n: Expr): Windows | undefined => {
  const found = candidate(n)
  if (found === undefined) return undefined
  const { padded, ...steps } = found
  const rank = steps.kernel.length
  const none = steps.kernel.map((): Sides => [0, 0])
  const output = n.shape.slice(1, rank + 1)
  if (!sameFormula(windowsAlong(padded, { ...steps, sides: none, output }), n)) return undefined
  const source = arg(padded)
  if (padded.op !== 'pad' || source === undefined) return { ...steps, source: padded, sides: none, value: 0 }
  const { low, high, value } = padded.attrs
  const apart = [low[0], high[0], low.at(-1), high.at(-1)].every(p => p === 0)
  return apart
    ? { ...steps, source, sides: none.map((_, i): Sides => [low[i + 1] as number, high[i + 1] as number]), value }
    : { ...steps, source: padded, sides: none, value: 0 }
}
/** without padding of its own: the padded image is the source */
const unpadded = (w: Windows, n: Expr): Windows => {
  const padded = candidate(n)?.padded
  return padded === undefined || padded === w.source
    ? w
    : { ...w, source: padded, sides: w.sides.map((): Sides => [0, 0]) }
}

/** a node, and the nodes below it that it only gives another shape */
const through = (n: Expr | undefined): readonly Expr[] => {
  const all: Expr[] = []
  for (let x = n; x !== undefined; x = x.op === 'reshape' || x.op === 'transpose' ? x.args[0] : undefined) all.push(x)
  return all
}

type Slides = Omit<Windows, 'source' | 'value'>
const common = (w: Slides): Readonly<Record<string, OnnxAttribute>> => ({
  auto_pad: { text: 'NOTSET' },
  kernel_shape: { ints: w.kernel },
  strides: { ints: w.stride },
  pads: { ints: [...w.sides.map(([before]) => before), ...w.sides.map(([, after]) => after)] }
})
const dilations = (w: Pick<Slides, 'dilation'>): Readonly<Record<string, OnnxAttribute>> => ({
  dilations: { ints: w.dilation }
})

/** windows times weights as the operator Conv; a third source is its bias */
export const convolutionPlan = (n: Expr): Plan | undefined => {
  const turned = arg(n)
  const product = turned?.op === 'transpose' ? arg(turned) : turned
  if (n.op !== 'reshape' || product?.op !== 'matmul') return undefined
  const groups = product.shape.length === 3 ? (product.shape[0] as number) : 1
  for (const all of through(product.args[0])) {
    const padded = windowsIn(all)
    if (padded === undefined) continue
    const windows = padded.value === 0 ? padded : unpadded(padded, all)
    const rank = windows.kernel.length
    const weight = through(product.args[1]).find(
      w => w.shape.length === rank + 2 && sameFormula(windowProduct(all, w, rank, groups), n)
    )
    if (weight === undefined) continue
    return {
      sources: [windows.source, weight],
      write: (s, [x, w, bias]) => {
        const order = channelsFirst(rank + 2)
        const inputs = [
          full(s, x as Held, s.sizes(windows.source), order),
          full(s, w as Held, s.sizes(weight), [rank + 1, rank, ...inOrder(rank)]),
          ...(bias === undefined ? [] : [full(s, bias, [n.shape.at(-1) as number])])
        ]
        const attributes = { ...common(windows), ...dilations(windows), group: { int: groups } }
        return computed(s.graph.op('Conv', inputs, attributes), n, s.sizes(n), order)
      }
    }
  }
  return undefined
}

/** a product with a matrix at every place of an image: with the channels first a convolution by a kernel of one place */
export const placesPlan = (n: Expr): Plan | undefined => {
  const product = n.op === 'reshape' ? arg(n) : undefined
  const flat = arg(product)
  const x = arg(flat)
  const weight = through(product?.args[1]).at(-1)
  const [own, out] = [x?.shape.at(-1) ?? 1, n.shape.at(-1) ?? 1]
  const rank = n.shape.length
  if (product?.op !== 'matmul' || flat?.op !== 'reshape' || x === undefined || weight === undefined || rank < 3)
    return undefined
  if (!sameShape(n.shape, [...x.shape.slice(0, -1), out]) || sizeOf(weight.shape) !== own * out) return undefined
  const rows = sizeOf(x.shape.slice(0, -1))
  if (!sameFormula(reshape(matmul(reshape(x, [rows, own]), reshape(weight, [own, out])), n.shape), n)) return undefined
  return {
    sources: [x, product.args[1] as Expr],
    write: (s, [image, w, bias]) => {
      const order = channelsFirst(rank)
      const last = bias === undefined ? [] : [full(s, bias, [out])]
      if (isKnown(w as Held) && !isKnown(image as Held) && sameOrder((image as Computed).order, order)) {
        const ones = order.slice(2).map(() => 1)
        const { tensor, label } = w as Known
        const kernel = { label, tensor: tensorView(tensor.dtype, [...ones, own, out], numbersOf(tensor)) }
        const windows = { kernel: ones, stride: ones, dilation: ones, sides: ones.map((): Sides => [0, 0]) }
        const inputs = [
          full(s, image as Held, s.sizes(x), order),
          s.graph.known(kernel, [rank - 1, rank - 2, ...inOrder(rank - 2)], false)
        ]
        const attributes = { ...common(windows), ...dilations(windows), group: { int: 1 } }
        return computed(s.graph.op('Conv', [...inputs, ...last], attributes), n, s.sizes(n), order)
      }
      const y = s.graph.op('MatMul', [full(s, image as Held, s.sizes(x)), full(s, w as Held, [own, out])])
      return computed(bias === undefined ? y : s.graph.op('Add', [y, ...last]), n, s.sizes(n))
    }
  }
}

/** a transposed convolution before it is cut to its size: windows of the input added up */
export const transposedPlan = (n: Expr): Plan | undefined => {
  const adds = n.op === 'reshape' ? arg(n) : n
  const rank = n.shape.length - 2
  if (adds?.op !== 'unwindows' || (rank === 1) !== (n.op === 'reshape') || (rank === 1 && adds.attrs.width !== 1))
    return undefined
  const { size, stride, dilation } = adds.attrs
  const [kernel, channels] = [size.slice(0, rank), n.shape.at(-1) as number]
  const all = through(adds.args[0]).find(x => x.shape.length === 2 * rank + 2)
  const turned = arg(all)
  const inner = turned?.op === 'transpose' ? arg(arg(turned)) : turned
  if (all === undefined || inner?.op !== 'matmul') return undefined
  const groups = inner.shape.length === 3 ? (inner.shape[0] as number) : 1
  const x = through(inner.args[0]).find(i => i.shape.length === rank + 2)
  const weight = through(inner.args[1]).at(-1)
  if (x === undefined || weight?.shape.length !== rank + 2) return undefined
  if (!sameFormula(inputWindows(x, weight, kernel, channels, groups), all)) return undefined
  const windows = {
    kernel,
    stride: stride.slice(0, rank),
    dilation: dilation.slice(0, rank),
    sides: kernel.map((): Sides => [0, 0])
  }
  const sized = windows.kernel.every(
    (k, i) =>
      ((x.shape[i + 1] as number) - 1) * (windows.stride[i] as number) +
        (windows.dilation[i] as number) * (k - 1) +
        1 ===
      n.shape[i + 1]
  )
  if (!sized) return undefined
  return {
    sources: [x, weight],
    write: (s, [image, w]) => {
      const order = channelsFirst(rank + 2)
      const inputs = [
        full(s, image as Held, s.sizes(x), order),
        full(s, w as Held, s.sizes(weight), [rank, rank + 1, ...inOrder(rank)])
      ]
      const attributes = {
        ...common(windows),
        ...dilations(windows),
        group: { int: groups },
        output_padding: { ints: kernel.map(() => 0) }
      }
      return computed(s.graph.op('ConvTranspose', inputs, attributes), n, s.sizes(n), order)
    }
  }
}

/** how many times the mean of a whole window is the mean of what is inside the image: f32 [1, ...output, 1], or undefined for 1 */
const share = (divisor: Expr, taps: number, output: Dims): Tensor | undefined => {
  if (divisor.op !== 'constant') return undefined
  const counts = numbersOf(divisor.attrs.value)
  if (counts.every(k => k === taps)) return undefined
  const shares = allocate(
    'f32',
    counts.map(k => taps / k)
  )
  return sizeOf(output) === shares.length
    ? tensorView('f32', [1, ...output, 1], shares)
    : filledTensor('f32', [1, ...output.map(() => 1), 1], shares[0] as number)
}

const pooled = (s: Scope, windows: Windows, x: Held, mean: boolean, order: Dims): string => {
  const inputs = [full(s, x, s.sizes(windows.source), order)]
  return mean
    ? s.graph.op('AveragePool', inputs, { ...common(windows), ceil_mode: { int: 0 }, count_include_pad: { int: 0 } })
    : s.graph.op('MaxPool', inputs, {
        ...common(windows),
        ...dilations(windows),
        ceil_mode: { int: 0 },
        storage_order: { int: 0 }
      })
}

/**
 * The largest or the mean of windows as an operator. The padding of a mean is written apart: readers count it differently.
 */
export const poolPlan = (n: Expr): Plan | undefined => {
  const inner = arg(n)
  const found = n.op === 'reshape' && inner !== undefined ? reductionOf(inner) : undefined
  const taps = found?.of
  // along one axis the windows have the shape of the taps already
  const all = [taps, arg(taps)].find(x => x !== undefined && windowsIn(x) !== undefined)
  const padded = all && windowsIn(all)
  if (found === undefined || taps === undefined || all === undefined || padded === undefined) return undefined
  const rank = padded.kernel.length
  const output = all.shape.slice(1, rank + 1)
  const count = sizeOf(padded.kernel)
  const sizes = [all.shape[0], ...output, count, all.shape.at(-1)]
  const fits = taps.shape.every((k, i) => k === sizes[i]) && found.axes.length === 1 && found.axes[0] === rank + 1
  const flat = n.shape.every((k, i) => k === [all.shape[0], ...output, all.shape.at(-1)][i])
  if (!fits || !flat || taps.shape.length !== rank + 3 || n.shape.length !== rank + 2) return undefined
  const { mean } = found
  const windows = mean === undefined && padded.value === -Infinity ? padded : unpadded(padded, all)
  // operators of a mean know no dilation before opset 19
  if (mean !== undefined && windows.dilation.some(d => d !== 1)) return undefined
  const factor = mean && share(mean, count, output)
  return {
    sources: [windows.source],
    write: (s, [x]) => {
      const order = channelsFirst(rank + 2)
      const name = pooled(s, windows, x as Held, mean !== undefined, order)
      const by = factor && s.graph.known({ tensor: factor, label: 'shares' }, order, true)
      return computed(by === undefined ? name : s.graph.op('Mul', [name, by]), n, s.sizes(n), order)
    }
  }
}
