/**
 * Depthwise convolutions: products in which each channel is a batch of its own, with windows of one number to a place. As matrices they would be
 * thin, and their operands copied first. Here a product with few places is an elementwise expression along the channels: a product and an
 * addition for each place, in the order of the contract. Its gradient by the image likewise; that by the weights is a kernel (channelSums).
 */
import * as b from '../../expr/build.js'
import type { Expr, Node } from '../../expr/op.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { belowReshapes, placeOf } from './unroll.js'

/** kernels of more places stay products: each place is code of its own */
const maxPlaces = 32
/** and so do gradients of more outputs to a channel */
const maxOutputs = 4

const permutes = (e: Expr, ...order: Dims): e is Node<'transpose'> =>
  e.op === 'transpose' && e.attrs.permutation.join() === order.join()

/** The windows whose numbers, channel by channel, are the batches of a matrix: [channels, windows, places]. */
export const channelsOf = (a: Expr): Node<'windows'> | undefined => {
  const turned = belowReshapes(a)
  if (a.shape.length !== 3 || !permutes(turned, 2, 0, 1, 3)) return undefined
  const all = turned.args[0] as Expr
  const below = belowReshapes(all)
  if (below.op !== 'windows' || all.shape.length !== 4) return undefined
  const [channels, windows, places] = a.shape as readonly [number, number, number]
  const fits =
    all.shape.join() === [windows, places, channels, 1].join() &&
    windows === sizeOf(below.shape.slice(0, 3)) &&
    places === sizeOf(below.shape.slice(3, 5))
  return fits ? below : undefined
}

type Now = (e: Expr) => Expr
const zero = (like: Expr, shape: Dims): Expr => b.constant(0, { dtype: like.dtype, shape })

/** the product of windows with the weights of their channels: [channels, windows, outputs of a channel] */
export const unrolledChannels = (n: Expr, now: Now): Expr | undefined => {
  if (n.op !== 'matmul') return undefined
  const [a, weights] = n.args as readonly [Expr, Expr]
  const windows = channelsOf(a)
  if (windows === undefined) return undefined
  const [channels, rows, outputs] = n.shape as readonly [number, number, number]
  const places = a.shape[2] as number
  if (places > maxPlaces) return undefined
  const shape = [...windows.shape.slice(0, 3), channels, outputs]
  const images = { ...windows, args: [now(windows.args[0] as Expr)] }
  const sum = Array.from({ length: places }, (_, i) => i).reduce(
    (acc, i) => {
      const x = placeOf(images, i, [...windows.shape.slice(0, 3), channels, 1])
      const w = b.reshape(b.slice(now(weights), [0, i, 0], [channels, 1, outputs]), [1, 1, 1, channels, outputs])
      return b.add(acc, b.mul(b.broadcast(x, shape), b.broadcast(w, shape)))
    },
    zero(n, shape)
  )
  return b.transpose(b.reshape(sum, [rows, channels, outputs]), [1, 0, 2])
}

/** `unwindows` of a product whose batches are the channels: its windows, number by number, channels last */
export const unrolledUnwindows = (n: Expr, now: Now): Expr | undefined => {
  if (n.op !== 'unwindows') return undefined
  const all = n.args[0] as Expr
  const turned = belowReshapes(all)
  if (!permutes(turned, 1, 2, 0, 3)) return undefined
  const product = belowReshapes(turned.args[0] as Expr)
  if (product.op !== 'matmul' || product.shape.length !== 3) return undefined
  const [channels, rows, places] = product.shape as readonly [number, number, number]
  const [g, weights] = product.args as readonly [Expr, Expr]
  const outputs = g.shape[2] as number
  const fits =
    turned.shape.join() === [rows, places, channels, 1].join() &&
    rows === sizeOf(all.shape.slice(0, 3)) &&
    channels === all.shape[5]
  if (!fits || outputs > maxOutputs) return undefined
  const shape = [rows, places, channels]
  const sum = Array.from({ length: outputs }, (_, j) => j).reduce(
    (acc, j) => {
      const x = b.transpose(b.slice(now(g), [0, 0, j], [channels, rows, 1]), [1, 2, 0])
      const w = b.transpose(b.slice(now(weights), [0, j, 0], [channels, 1, places]), [1, 2, 0])
      return b.add(acc, b.mul(b.broadcast(x, shape), b.broadcast(w, shape)))
    },
    zero(n, shape)
  )
  return b.unwindows(b.reshape(sum, all.shape), n.attrs, n.attrs.height, n.attrs.width)
}

/** a product of the windows of each channel, transposed, with one column to a channel: what is summed over the windows */
export const channelSumsOf = (n: Expr): Node<'windows'> | undefined => {
  if (n.op !== 'matmul' || n.shape[2] !== 1) return undefined
  const a = n.args[0] as Expr
  return permutes(a, 0, 2, 1) ? channelsOf(a.args[0] as Expr) : undefined
}
