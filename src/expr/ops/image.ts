/** Ops on images [n, h, w, c]. */
import * as E from 'fp-ts/lib/Either.js'
import { count } from '../../value/codec.js'
import { isSize, sameShape, showShape, type Dims } from '../../value/shape.js'
import { isFloat } from '../../value/tensor.js'
import * as a from './attributes.js'
import { call, operatorname, times, type Piece } from './notation.js'
import { argument, type Group } from './rules.js'
import { arg, at, no, show } from './shapes.js'

export interface Window {
  readonly size: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
}

export interface ImageOps {
  /** -> [n, oh, ow, kh, kw, c]: every window that fits */
  readonly windows: Window
  /** [n, oh, ow, kh, kw, c] -> [n, h, w, c]: adds up overlapping windows */
  readonly unwindows: Window & { readonly height: number; readonly width: number }
}

/** how many windows fit along an axis of n */
export const windowCount = (n: number, size: number, stride: number, dilation: number): number =>
  Math.floor((n - (size - 1) * dilation - 1) / stride) + 1
const windowsOf = (w: Window, h: number, wd: number): readonly [number, number] => [
  windowCount(h, w.size[0], w.stride[0], w.dilation[0]),
  windowCount(wd, w.size[1], w.stride[1], w.dilation[1])
]
const windowSizes = (w: Window): Dims => [...w.size, ...w.stride, ...w.dilation]
const windowed =
  (name: string) =>
  (n: { readonly attrs: Window }, args: readonly Piece[]): Piece =>
    call(operatorname(name, times(n.attrs.size)))(n, args)

export const image = {
  windows: {
    arity: 1,
    attrs: a.window,
    shape: (w, args) => {
      const x = arg(args, 0)
      if (x.shape.length !== 4) return no('windows', 'images [n, h, w, c]', show(x))
      if (!windowSizes(w).every(isSize)) return no('windows', 'positive sizes', showShape(windowSizes(w)))
      const [oh, ow] = windowsOf(w, at(x.shape, 1), at(x.shape, 2))
      return oh > 0 && ow > 0
        ? E.right({ dtype: x.dtype, shape: [at(x.shape, 0), oh, ow, ...w.size, at(x.shape, 3)] })
        : no('windows', `images at least as large as the window ${showShape(w.size)}`, show(x))
    },
    gradient: (n, g, b) => {
      const { shape } = argument(n, 0)
      return [b.unwindows(g, n.attrs, at(shape, 1), at(shape, 2))]
    },
    notation: windowed('windows'),
    facts: { role: 'view', exactFold: undefined }
  },
  unwindows: {
    arity: 1,
    attrs: { ...a.window, height: count, width: count },
    shape: (w, args) => {
      const x = arg(args, 0)
      const [oh, ow] = windowsOf(w, w.height, w.width)
      if (![...windowSizes(w), w.height, w.width].every(isSize))
        return no('unwindows', 'positive sizes', showShape([...windowSizes(w), w.height, w.width]))
      return isFloat(x.dtype) && x.shape.length === 6 && sameShape(x.shape.slice(1, 5), [oh, ow, ...w.size])
        ? E.right({ dtype: x.dtype, shape: [at(x.shape, 0), w.height, w.width, at(x.shape, 5)] })
        : no('unwindows', `floating-point windows [n, ${oh}, ${ow}, ${w.size.join(', ')}, c]`, show(x))
    },
    gradient: (n, g, b) => [b.windows(g, n.attrs.size, n.attrs.stride, n.attrs.dilation)],
    notation: windowed('unwindows'),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  }
} as const satisfies Group<ImageOps>
