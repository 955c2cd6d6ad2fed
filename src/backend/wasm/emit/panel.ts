/**
 * Products of many rows: a panel of columns of B is copied together, whatever B's layout; then blocks of rows pass over it with one
 * k to a loop turn, their sums in registers.
 */
import { f32, f64, i8x16, local, v128, type Local } from 'wasmati'
import { integer, set } from './lanes.js'
import { advance, times } from './loops.js'
import { storeSome, type Locals, type Product } from './matrix.js'

/** rows at a time: four rows of two vectors are the most that fit the registers beside the operands */
const blockRows = 4
const copy = (to: Local<'i32'>, from: Local<'i32'>): void => {
  local.get(from)
  local.set(to)
}

/** four numbers from each of four columns `apart` bytes from another become four rows of the panel */
const transpose4 = (
  from: Local<'i32'>,
  to: Local<'i32'>,
  column: number,
  apart: number,
  bytes: number,
  v: (i: number) => Local<'v128'>
): void => {
  const pick = (x: number, y: number, lanes: readonly [number, number, number, number], into: number): void => {
    local.get(v(x))
    local.get(v(y))
    i8x16.shuffle(lanes.flatMap(l => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]))
    local.set(v(into))
  }
  for (let j = 0; j < 4; j++) {
    local.get(from)
    v128.load({ offset: (column + j) * apart, align: 4 })
    local.set(v(j))
  }
  pick(0, 1, [0, 4, 1, 5], 4)
  pick(2, 3, [0, 4, 1, 5], 5)
  pick(0, 1, [2, 6, 3, 7], 6)
  pick(2, 3, [2, 6, 3, 7], 7)
  pick(4, 5, [0, 1, 4, 5], 0)
  pick(4, 5, [2, 3, 6, 7], 1)
  pick(6, 7, [0, 1, 4, 5], 2)
  pick(6, 7, [2, 3, 6, 7], 3)
  for (let row = 0; row < 4; row++) {
    local.get(to)
    local.get(v(row))
    v128.store({ offset: row * bytes + column * 4, align: 16 })
  }
}

/** copies `vectors` vectors of columns, of which `valid` columns count, from where l.b points to the panel */
const pack = ({ p, b, depth, panel }: Product, l: Locals, vectors: number, valid: number): void => {
  const [from, to, count] = [l.i(0), l.i(1), l.i(2)]
  const bytes = vectors * 16
  const whole = b.column === p.size
  copy(from, l.b)
  set(to, integer(panel))
  const turn = (): void => {
    // whole vectors may bring in numbers from beyond the columns: their sums are never stored
    if (whole)
      for (let o = 0; o < bytes; o += 16) {
        local.get(to)
        local.get(from)
        v128.load({ offset: o, align: p.size })
        v128.store({ offset: o, align: 16 })
      }
    else
      for (let j = 0; j < valid; j++) {
        local.get(to)
        local.get(from)
        if (p.size === 4) {
          f32.load({ offset: j * b.column })
          f32.store({ offset: j * 4 })
        } else {
          f64.load({ offset: j * b.column })
          f64.store({ offset: j * 8 })
        }
      }
    advance(from, b.row)
    advance(to, bytes)
  }
  if (!whole && p.size === 4 && valid === vectors * 4 && b.row === 4) {
    times(count, Math.floor(depth / 4), () => {
      for (let j = 0; j < valid; j += 4) transpose4(from, to, j, b.column, bytes, l.v)
      advance(from, 16)
      advance(to, 4 * bytes)
    })
    for (let i = 0; i < depth % 4; i++) turn()
  } else times(count, depth, turn)
}

/** `height` rows from l.i(3) on, against the panel: sums over all k, stored where l.i(4) points */
const block = ({ p, a, c, depth, panel }: Product, l: Locals, height: number, vectors: number, valid: number): void => {
  const [pa, pb, count] = [l.i(0), l.i(1), l.i(2)]
  const acc = (row: number, h: number): Local<'v128'> => l.v(row * 2 + h)
  const [b0, b1, factor] = [l.v(8), l.v(9), l.v(10)]
  const halves = Array.from({ length: vectors }, (_, h) => h)
  const rows = Array.from({ length: height }, (_, i) => i)
  for (const i of rows)
    for (const h of halves) {
      p.zero()
      local.set(acc(i, h))
    }
  copy(pa, l.i(3))
  set(pb, integer(panel))
  times(count, depth, () => {
    for (const h of halves) {
      local.get(pb)
      v128.load({ offset: h * 16, align: 16 })
      local.set(h === 0 ? b0 : b1)
    }
    for (const i of rows) {
      local.get(pa)
      p.splat(i * a.row)
      local.set(factor)
      for (const h of halves) {
        local.get(acc(i, h))
        local.get(factor)
        local.get(h === 0 ? b0 : b1)
        p.mul()
        p.add()
        local.set(acc(i, h))
      }
    }
    advance(pa, a.column)
    advance(pb, vectors * 16)
  })
  for (const i of rows) for (const h of halves) storeSome(p, l.i(4), acc(i, h), i * c.row + h * 16, valid - h * p.lanes)
}

export const emitPanels = (product: Product, l: Locals): void => {
  const { p, m, n, a, b, c } = product
  const wide = 2 * p.lanes
  const step = (vectors: number, valid: number): void => {
    pack(product, l, vectors, valid)
    copy(l.i(3), l.a)
    copy(l.i(4), l.c)
    times(l.i(5), Math.floor(m / blockRows), () => {
      block(product, l, blockRows, vectors, valid)
      advance(l.i(3), blockRows * a.row)
      advance(l.i(4), blockRows * c.row)
    })
    if (m % blockRows !== 0) block(product, l, m % blockRows, vectors, valid)
    advance(l.c, valid * p.size)
    advance(l.b, valid * b.column)
  }
  times(l.i(6), Math.floor(n / wide), () => {
    step(2, wide)
  })
  const rest = n % wide
  if (rest > 0) step(rest > p.lanes ? 2 : 1, rest)
}
