/** Windows of images: cut for a product that reads them, and added up where they overlap. */
import { br_if, f32, f32x4, f64, f64x2, i32, if_, local, loop, memory, v128, type Local } from '../assemble/index.js'
import { bytesOf, type UnwindowsKernel } from '../../kernel/ir.js'
import { imagesOf, type ElementSize, type ImageLayout, type WindowLayout } from '../../kernel/tiling.js'
import { get, integer, set } from './lanes.js'
import { advance, repeat, times, withLocals, type Procedure, type Where } from './loops.js'
import { i1, invoke, routine, type Routine, type Share } from './routine.js'

/** numbers side by side in a window: how many, and the distances from the start of the window at which they begin, in the image and in the copy */
interface Runs {
  readonly numbers: number
  readonly starts: readonly (readonly [inImage: number, inWindow: number])[]
}
const indexes = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
/** the runs of one window, given the bytes between its rows, its columns and its channels */
const runsOf = (
  [kh, kw, c]: readonly [number, number, number],
  [row, column, channel]: readonly [number, number, number],
  size: number
): Runs => {
  const whole = c === 1 || channel === size
  // single channels side by side make a run too
  if (whole && (kw === 1 || column === c * size))
    return { numbers: kw * c, starts: indexes(kh).map(y => [y * row, y * kw * c * size]) }
  const places = indexes(kh).flatMap(y =>
    indexes(kw).map(x => [y * row + x * column, (y * kw + x) * c * size] as const)
  )
  return whole
    ? { numbers: c, starts: places }
    : {
        numbers: 1,
        starts: places.flatMap(([from, to]) => indexes(c).map(i => [from + i * channel, to + i * size] as const))
      }
}

type Move = (from: Local<'i32'>, to: Local<'i32'>, offset: number, at: number, size: number) => void
const moveVector: Move = (from, to, offset, at, size) => {
  local.get(to)
  local.get(from)
  v128.load({ offset, align: size })
  v128.store({ offset: at, align: size })
}
const moveNumber: Move = (from, to, offset, at, size) => {
  local.get(to)
  local.get(from)
  if (size === 4) {
    f32.load({ offset })
    f32.store({ offset: at })
  } else {
    f64.load({ offset })
    f64.store({ offset: at })
  }
}

/** more vectors than these are copied in a loop */
const unrolledVectors = 24

type Six = readonly [number, number, number, number, number, number]

/**
 * (first, count, to): windows from the first one on, each a row of what is made. What a vector copies beyond the end of a run is written over
 * by the next run; behind the last one there must be room for a vector.
 */
export const cutWindows = ({ base, sizes, steps }: WindowLayout, p: ElementSize): Routine => {
  const [, oh, ow, kh, kw, c] = sizes as Six
  const [image, line, place, row, column, channel] = steps as Six
  const { numbers, starts } = runsOf([kh, kw, c], [row, column, channel], p.size)
  const bytes = kh * kw * c * p.size
  const vectors = Math.ceil((numbers * p.size) / 16)
  return routine(['first', 'count', 'to'], { integers: 6, vectors: 0 }, (l, i) => {
    const [from, x, y, left, source, target] = [i(0), i(1), i(2), i(3), i(4), i(5)]
    const lines = i1.div(get(l.first), integer(ow))
    set(x, i1.rem(get(l.first), integer(ow)))
    set(y, i1.rem(lines, integer(oh)))
    set(
      from,
      i1.add(
        i1.add(integer(base), i1.mul(i1.div(lines, integer(oh)), integer(image))),
        i1.add(i1.mul(get(y), integer(line)), i1.mul(get(x), integer(place)))
      )
    )
    repeat(l.count, () => {
      for (const [inImage, inWindow] of starts)
        if (numbers === 1) moveNumber(from, l.to, inImage, inWindow, p.size)
        else if (vectors <= unrolledVectors)
          for (let v = 0; v < vectors; v++) moveVector(from, l.to, inImage + 16 * v, inWindow + 16 * v, p.size)
        else {
          set(source, get(from))
          set(target, get(l.to))
          times(left, vectors, () => {
            moveVector(source, target, inImage, inWindow, p.size)
            advance(source, 16)
            advance(target, 16)
          })
        }
      advance(l.to, bytes)
      advance(from, place)
      advance(x, 1)
      i1.eq(get(x), integer(ow))()
      if_(() => {
        set(x, integer(0))
        advance(from, line - ow * place)
        advance(y, 1)
        i1.eq(get(y), integer(oh))()
        if_(() => {
          set(y, integer(0))
          advance(from, image - oh * line)
        })
      })
    })
  })
}

/** (from, to, count): adds a count of numbers to f64 sums, both side by side */
const addRun = (p: ElementSize): Routine =>
  routine(['from', 'to', 'count'], { integers: 1, vectors: 0 }, (l, i) => {
    const left = i(0)
    const pair = (at: number): void => {
      local.get(l.to)
      local.get(l.to)
      v128.load({ offset: 8 * at, align: 8 })
      local.get(l.from)
      if (p.size === 4) {
        v128.load64_zero({ offset: 4 * at, align: 4 })
        f64x2.promote_low_f32x4()
      } else v128.load({ offset: 8 * at, align: 8 })
      f64x2.add()
      v128.store({ offset: 8 * at, align: 8 })
    }
    set(left, i1.div(get(l.count), integer(4)))
    repeat(left, () => {
      pair(0)
      pair(2)
      advance(l.from, 4 * p.size)
      advance(l.to, 32)
    })
    set(left, i1.rem(get(l.count), integer(4)))
    repeat(left, () => {
      local.get(l.to)
      local.get(l.to)
      f64.load({})
      local.get(l.from)
      if (p.size === 4) {
        f32.load({})
        f64.promote_f32()
      } else f64.load({})
      f64.add()
      f64.store({})
      advance(l.from, p.size)
      advance(l.to, 8)
    })
  })

/** rounds f64 sums, `count` of them, to where they belong */
const roundLine = (p: ElementSize): Routine =>
  routine(['from', 'to', 'count'], { integers: 1, vectors: 0 }, (l, i) => {
    const left = i(0)
    set(left, i1.div(get(l.count), integer(2)))
    repeat(left, () => {
      local.get(l.to)
      local.get(l.from)
      v128.load({ align: 8 })
      if (p.size === 4) {
        f32x4.demote_f64x2_zero()
        v128.store64_lane({ align: 4 }, 0)
      } else v128.store({ align: 8 })
      advance(l.from, 16)
      advance(l.to, 2 * p.size)
    })
    set(left, i1.rem(get(l.count), integer(2)))
    repeat(left, () => {
      local.get(l.to)
      local.get(l.from)
      f64.load({})
      if (p.size === 4) {
        f32.demote_f64()
        f32.store({})
      } else f64.store({})
    })
  })

/**
 * (from, to): the windows of one image, side by side, added up to the image. A line of the image is the sum of the windows that reach it, those
 * further up first, and along the line from left to right: the order of the numerics contract for each of its numbers. The sums of a line
 * stay in the nearest cache.
 */
export const addWindows = (g: ImageLayout, p: ElementSize, sums: number, share: Share): Routine => {
  const { oh, ow, width, height, channels: c, stride, dilation } = g
  const [kh, kw] = g.size
  const add = share(`add to sums, ${p.size} bytes`, () => addRun(p))
  const round = share(`round sums, ${p.size} bytes`, () => roundLine(p))
  const run = dilation[1] === 1 || kw === 1
  const windowBytes = kh * kw * c * p.size
  return routine(['from', 'to'], { integers: 7, vectors: 0 }, (l, i) => {
    const [y, ky, up, source, target, left, lines] = [i(0), i(1), i(2), i(3), i(4), i(5), i(6)]
    set(y, integer(0))
    set(lines, integer(height))
    repeat(lines, () => {
      integer(sums)()
      i32.const(0)
      i32.const(width * c * 8)
      memory.fill()
      set(ky, integer(kh))
      loop(() => {
        advance(ky, -1)
        // the line of windows whose row ky is this line, if there is one; below 0 it is a large number
        set(up, i1.sub(get(y), i1.mul(get(ky), integer(dilation[0]))))
        i1.lt(get(up), integer((oh - 1) * stride[0] + 1))()
        i1.eq(i1.rem(get(up), integer(stride[0])), integer(0))()
        i32.and()
        if_(() => {
          const windowLine = i1.mul(i1.div(get(up), integer(stride[0])), integer(ow * windowBytes))
          set(source, i1.add(i1.add(get(l.from), windowLine), i1.mul(get(ky), integer(kw * c * p.size))))
          set(target, integer(sums))
          set(left, integer(ow))
          repeat(left, () => {
            if (run) invoke(add, get(source), get(target), integer(kw * c))
            else
              for (let x = 0; x < kw; x++)
                invoke(
                  add,
                  i1.add(get(source), integer(x * c * p.size)),
                  i1.add(get(target), integer(x * dilation[1] * c * 8)),
                  integer(c)
                )
            advance(source, windowBytes)
            advance(target, stride[1] * c * 8)
          })
        })
        local.get(ky)
        br_if(0)
      })
      invoke(round, integer(sums), get(l.to), integer(width * c))
      advance(l.to, width * c * p.size)
      advance(y, 1)
    })
  })
}

/** windows in memory, added up to images one after another */
export const emitUnwindows = (
  { values, window, to }: UnwindowsKernel,
  where: Where & { readonly panel: number }
): Procedure => {
  const size = bytesOf[to.buffer.dtype]
  const layout = imagesOf(to, window, where.address)
  const add = addWindows(layout, { size, lanes: 16 / size }, where.panel, where.library.share)
  const windowBytes = layout.oh * layout.ow * window.size[0] * window.size[1] * layout.channels * size
  return withLocals(['i32', 'i32', 'i32'], all => {
    const [from, image, left] = all as [Local<'i32'>, Local<'i32'>, Local<'i32'>]
    set(from, integer(where.address(values.buffer) + values.offset * size))
    set(image, integer(layout.base))
    times(left, layout.images, () => {
      invoke(add, get(from), get(image))
      advance(from, windowBytes)
      advance(image, layout.height * layout.width * layout.channels * size)
    })
  })
}
