/**
 * Matrix products read their operands many times, so they copy ("pack") them first into the order in which they are
 * read: lines (rows of A, columns of B) in small groups, with the numbers of the same k side by side.
 */
import { f32, f64, i8x16, local, v128, type Local } from '../assemble/index.js'
import { get, integer, set } from './lanes.js'
import type { Precision } from './matrix.js'
import { advance, repeat } from './loops.js'
import { i1, routine, type Routine } from './routine.js'

/** groups of lines that are packed together: all of a cache line is then used while it is in the cache */
export const groupsTogether = 4

/**
 * (from, step, depth, to, count): packs lines that are contiguous in memory, `width` bytes of them to a group; the next
 * k is `step` bytes away. Bytes after the last line are copied too; they only affect sums that are never stored.
 */
export const packAcross = (width: number, together: number): Routine =>
  routine(['from', 'step', 'depth', 'to', 'count'], { integers: 2 + together, vectors: 0 }, (l, i) => {
    const [at, left] = [i(0), i(1)]
    const groups = Array.from({ length: together }, (_, g) => i(2 + g))
    repeat(l.count, () => {
      set(at, get(l.from))
      for (const to of groups) {
        set(to, get(l.to))
        advance(l.to, i1.mul(get(l.depth), integer(width)))
      }
      set(left, get(l.depth))
      repeat(left, () => {
        groups.forEach((to, g) => {
          for (let o = 0; o < width; o += 16) {
            local.get(to)
            local.get(at)
            v128.load({ offset: g * width + o, align: 4 })
            v128.store({ offset: o, align: 4 })
          }
          advance(to, width)
        })
        advance(at, get(l.step))
      })
      advance(l.from, together * width)
    })
  })

/** selects numbers of two vectors by index; those of the second come after those of the first */
const pick =
  (size: number, places: readonly number[]) =>
  (x: Local<'v128'>, y: Local<'v128'>, into: Local<'v128'>): void => {
    local.get(x)
    local.get(y)
    i8x16.shuffle(places.flatMap(p => Array.from({ length: size }, (_, byte) => p * size + byte)))
    local.set(into)
  }

interface Tile {
  /** transposes vectors v(0), v(1), ..., each with some k of one line, to vectors in the order of `stored` */
  readonly turn: (v: (which: number) => Local<'v128'>) => void
  /** where each vector is stored: offset in k, and in bytes */
  readonly stored: readonly (readonly [which: number, k: number, bytes: number])[]
}
const tiles: Readonly<Record<string, Tile>> = {
  /** four lines of f32: a 4 x 4 transpose */
  '4 x 4': {
    turn: v => {
      const [low, high] = [pick(4, [0, 4, 1, 5]), pick(4, [2, 6, 3, 7])]
      const [front, back] = [pick(8, [0, 2]), pick(8, [1, 3])]
      low(v(0), v(1), v(4))
      low(v(2), v(3), v(5))
      high(v(0), v(1), v(6))
      high(v(2), v(3), v(7))
      front(v(4), v(5), v(0))
      back(v(4), v(5), v(1))
      front(v(6), v(7), v(2))
      back(v(6), v(7), v(3))
    },
    stored: [0, 1, 2, 3].map(k => [k, k, 0] as const)
  },
  /** two lines of f64 */
  '2 x 8': {
    turn: v => {
      pick(8, [0, 2])(v(0), v(1), v(2))
      pick(8, [1, 3])(v(0), v(1), v(3))
    },
    stored: [
      [2, 0, 0],
      [3, 1, 0]
    ]
  },
  /** four lines of f64: two pairs of lines */
  '4 x 8': {
    turn: v => {
      const [front, back] = [pick(8, [0, 2]), pick(8, [1, 3])]
      front(v(0), v(1), v(4))
      back(v(0), v(1), v(5))
      front(v(2), v(3), v(6))
      back(v(2), v(3), v(7))
    },
    stored: [
      [4, 0, 0],
      [6, 0, 16],
      [5, 1, 0],
      [7, 1, 16]
    ]
  }
}

/**
 * (from, apart, depth, pieces, skip, to, row, next, count): packs lines whose k are contiguous, `lines` of them
 * together, `count` times. A line begins `apart` bytes after the previous one. It comes in `pieces` of `depth` k, with
 * `skip` bytes between them. In the result the next k is `row` bytes away, and the next group of lines `next` bytes.
 */
export const packAlong = (p: Precision, lines: number): Routine =>
  routine(
    ['from', 'apart', 'depth', 'pieces', 'skip', 'to', 'row', 'next', 'count'],
    { integers: lines + 3, vectors: lines === 1 ? 0 : 2 * lines },
    (l, i, v) => {
      const each = Array.from({ length: lines }, (_, j) => j)
      const [at, left, piece] = [i(lines), i(lines + 1), i(lines + 2)]
      const tile = tiles[`${lines} x ${p.size}`]
      repeat(l.count, () => {
        for (const j of each) {
          set(i(j), get(l.from))
          advance(l.from, get(l.apart))
        }
        set(at, get(l.to))
        set(piece, get(l.pieces))
        repeat(piece, () => {
          if (tile !== undefined) {
            set(left, i1.div(get(l.depth), integer(p.lanes)))
            repeat(left, () => {
              for (const j of each) {
                local.get(i(j))
                v128.load({ align: p.size })
                local.set(v(j))
                advance(i(j), 16)
              }
              tile.turn(v)
              tile.stored.forEach(([which, , offset], s) => {
                local.get(at)
                local.get(v(which))
                v128.store({ offset, align: p.size })
                const [k, then] = [tile.stored[s]?.[1] ?? 0, tile.stored[s + 1]?.[1] ?? p.lanes]
                for (let n = k; n < then; n++) advance(at, get(l.row))
              })
            })
            set(left, i1.rem(get(l.depth), integer(p.lanes)))
          } else set(left, get(l.depth))
          repeat(left, () => {
            for (const j of each) {
              local.get(at)
              local.get(i(j))
              if (p.size === 4) {
                f32.load({})
                f32.store({ offset: j * 4 })
              } else {
                f64.load({})
                f64.store({ offset: j * 8 })
              }
              advance(i(j), p.size)
            }
            advance(at, get(l.row))
          })
          for (const j of each) advance(i(j), get(l.skip))
        })
        advance(l.to, get(l.next))
      })
    }
  )
