/** Windows of sequences, images and volumes, and their products with weights. */
import { matmul, pad, reshape, transpose, windows } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import type { Sides } from './axes.js'
import type { Slide } from './slide.js'

type Pair = readonly [number, number]
const at = (list: Dims, i: number): number => list[i] as number
const pairOf = (list: Dims, i: number): Pair => [at(list, i), at(list, i + 1)]
const first = (list: Dims): Pair => [at(list, 0), 1]

/** places with a value before and after each spatial axis */
export const padAxes = (x: Expr, sides: readonly Sides[], value: number): Expr =>
  sides.every(([before, after]) => before + after === 0)
    ? x
    : pad(x, [0, ...sides.map(s => s[0]), 0], [0, ...sides.map(s => s[1]), 0], value)

/** along the first spatial axis alone: [b, n, ...rest] -> [b, o, k, ...rest] */
const windowsOfFirst = (x: Expr, kernel: Dims, stride: Dims, dilation: Dims): Expr => {
  const [b = 1, n = 1, ...rest] = x.shape
  const all = windows(reshape(x, [b, n, 1, sizeOf(rest)]), first(kernel), first(stride), first(dilation))
  return reshape(all, [b, all.shape[1] ?? 1, at(kernel, 0), ...rest])
}

/** [b, ...sizes, c] -> [b, ...output, ...kernel, c]; places of the padding have the value given */
export const windowsAlong = (x: Expr, { kernel, stride, dilation, sides, output }: Slide, value = 0): Expr => {
  const padded = padAxes(x, sides, value)
  if (kernel.length === 1) return windowsOfFirst(padded, kernel, stride, dilation)
  if (kernel.length === 2) return windows(padded, pairOf(kernel, 0), pairOf(stride, 0), pairOf(dilation, 0))
  const [b = 1, d = 1, h = 1, w = 1, c = 1] = padded.shape
  const images = windows(reshape(padded, [b * d, h, w, c]), pairOf(kernel, 1), pairOf(stride, 1), pairOf(dilation, 1))
  const inside = [...output.slice(1), ...kernel.slice(1), c]
  const all = windowsOfFirst(reshape(images, [b, d, ...inside]), kernel, stride, dilation)
  return transpose(all, [0, 1, 3, 4, 2, 5, 6, 7])
}

/**
 * Windows [b, ...output, ...kernel, c] times weights [...kernel, c / groups, out]: [b, ...output, out]. With groups, the g-th part of the
 * outputs is made of the g-th part of the channels alone.
 */
export const windowProduct = (all: Expr, weight: Expr, rank: number, groups: number): Expr => {
  const outside = all.shape.slice(0, rank + 1)
  const [rows, taps] = [sizeOf(outside), sizeOf(all.shape.slice(rank + 1, -1))]
  const [c, out] = [all.shape.at(-1) ?? 1, weight.shape.at(-1) ?? 1]
  if (groups === 1)
    return reshape(matmul(reshape(all, [rows, taps * c]), reshape(weight, [taps * c, out])), [...outside, out])
  const [own, outOwn] = [c / groups, out / groups]
  const left = reshape(transpose(reshape(all, [rows, taps, groups, own]), [2, 0, 1, 3]), [groups, rows, taps * own])
  const right = transpose(reshape(weight, [taps * own, groups, outOwn]), [1, 0, 2])
  return reshape(transpose(matmul(left, right), [1, 0, 2]), [...outside, out])
}
