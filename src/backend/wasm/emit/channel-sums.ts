/** The gradient of a depthwise convolution by its weights: a vector of channels at a time, the sums of several places in registers. */
import { local, v128, type Local } from '../assemble/index.js'
import { sizeOf } from '../../../value/shape.js'
import { bytesOf, type ChannelSumsKernel } from '../../kernel/ir.js'
import { get, integer, set } from './lanes.js'
import { advance, times, withLocals, type Procedure, type Where } from './loops.js'
import { precisions, type Precision } from './matrix.js'

/** sums in registers at once */
const sumsTogether = 12
const integers = 9

/** pointers to the first window of some channels, to their first number, and to their results */
interface Pointers {
  readonly windows: Local<'i32'>
  readonly values: Local<'i32'>
  readonly to: Local<'i32'>
}

/** the sums of some places of a window, for a vector of channels */
const placesTogether = (
  { windows, values }: ChannelSumsKernel,
  p: Precision,
  places: readonly number[],
  from: Pick<Pointers, 'windows' | 'values'>,
  i: (which: number) => Local<'i32'>,
  v: (which: number) => Local<'v128'>
): void => {
  const [n, oh, ow] = windows.shape as readonly [number, number, number]
  const [image, line, column] = windows.stride.map(x => x * p.size) as [number, number, number]
  const [x, g, images, lines, columns] = [i(0), i(1), i(2), i(3), i(4)]
  const factor = v(sumsTogether)
  for (const at of places.keys()) {
    p.zero()
    local.set(v(at))
  }
  set(x, get(from.windows))
  set(g, get(from.values))
  const one = (): void => {
    local.get(g)
    v128.load({ align: p.size })
    local.set(factor)
    places.forEach((offset, at) => {
      local.get(v(at))
      local.get(x)
      v128.load({ offset, align: p.size })
      local.get(factor)
      p.mul()
      p.add()
      local.set(v(at))
    })
    advance(x, column)
    advance(g, (values.stride[1] as number) * p.size)
  }
  times(images, n, () => {
    times(lines, oh, () => {
      times(columns, ow, one)
      advance(x, line - ow * column)
    })
    advance(x, image - oh * line)
  })
}

export const emitChannelSums = (k: ChannelSumsKernel, where: Where): Procedure => {
  const { windows, values, to } = k
  const p = precisions[to.buffer.dtype as 'f32' | 'f64']
  const [kh, kw, c] = windows.shape.slice(3) as [number, number, number]
  const [ky, kx] = windows.stride.slice(3).map(x => x * p.size) as [number, number]
  const places = Array.from({ length: kh * kw }, (_, i) => Math.floor(i / kw) * ky + (i % kw) * kx)
  const resultBytes = sizeOf(to.shape.slice(1)) * p.size
  const types = [
    ...Array.from({ length: integers }, () => 'i32' as const),
    ...Array.from({ length: sumsTogether + 1 }, () => 'v128' as const)
  ]
  return withLocals(types, all => {
    const i = (which: number): Local<'i32'> => all[which] as Local<'i32'>
    const v = (which: number): Local<'v128'> => all[integers + which] as Local<'v128'>
    const at: Pointers = { windows: i(5), values: i(6), to: i(7) }
    /** a vector of channels, of which the first `valid` count */
    const group = (valid: number): void => {
      for (let first = 0; first < places.length; first += sumsTogether) {
        const mine = places.slice(first, first + sumsTogether)
        placesTogether(k, p, mine, at, i, v)
        for (let lane = 0; lane < valid; lane++)
          for (const which of mine.keys()) {
            local.get(at.to)
            local.get(v(which))
            p.storeLane(lane * resultBytes + (first + which) * p.size, lane)
          }
      }
    }
    for (const [pointer, view] of [
      [at.windows, windows],
      [at.values, values],
      [at.to, to]
    ] as const)
      set(pointer, integer(where.address(view.buffer) + view.offset * bytesOf[view.buffer.dtype]))
    times(i(8), Math.floor(c / p.lanes), () => {
      group(p.lanes)
      advance(at.windows, 16)
      advance(at.values, 16)
      advance(at.to, p.lanes * resultBytes)
    })
    if (c % p.lanes > 0) group(c % p.lanes)
  })
}
