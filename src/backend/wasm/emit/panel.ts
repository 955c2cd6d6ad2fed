/**
 * Products of many rows: panels of columns of B are copied together, whatever B's layout; then blocks of rows pass over them with one
 * k to a loop turn, their sums in registers.
 */
import { br_if, f32, f64, i32, i64, i8x16, local, loop, v128, type Local } from 'wasmati'
import { integer, set } from './lanes.js'
import { advance, times } from './loops.js'
import { storeSome, type Locals, type Product } from './matrix.js'

/** rows and vectors of columns at a time. Measured: 2 x 3 is ahead of 4 x 2 and 2 x 4; larger blocks run out of registers */
const blockRows = 2
const blockVectors = 3
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

/** neighbouring panels that are copied in one go: whole cache lines of B, and rows of A that stay in the nearest cache meanwhile */
const groupPanels = 4
/** bytes of scratch that a product needs: a group of panels of B, and A where it must be copied too */
export const scratchFor = (p: Product): number => aScratch(p) + groupPanels * p.depth * blockVectors * 16

/** A is copied where its columns lie together: k steps through rows that are far apart, and often in each other's place in a cache */
const copiesA = ({ p, a, m }: Product): boolean => p.size === 4 && a.row === 4 && a.column > 16 && m >= blockRows
const aScratch = (product: Product): number =>
  copiesA(product) ? Math.ceil(product.m / blockRows) * blockRows * 4 * product.depth : 0

/** A as blocks of rows, one behind another, each k's numbers together */
const packA = ({ m, a, depth, panel }: Product, l: Locals): void => {
  const [from, to, count] = [l.i(0), l.i(1), l.i(2)]
  set(to, integer(panel))
  copy(l.i(3), l.a)
  times(l.i(5), Math.ceil(m / blockRows), () => {
    copy(from, l.i(3))
    times(count, depth, () => {
      local.get(to)
      local.get(from)
      i64.load({ align: 4 })
      i64.store({ align: 8 })
      advance(from, a.column)
      advance(to, blockRows * 4)
    })
    advance(l.i(3), blockRows * 4)
  })
}

/** copies `panels` panels of `vectors` vectors each, of which `valid` columns count, from where l.b points to the scratch */
const pack = (
  { p, b, depth }: Product,
  at: number,
  l: Locals,
  panels: number,
  vectors: number,
  valid: number
): void => {
  const [from, to, count] = [l.i(0), l.i(1), l.i(2)]
  const bytes = vectors * 16
  const whole = b.column === p.size
  const start = (panel: number): void => {
    copy(from, l.b)
    advance(from, panel * (bytes / p.size) * b.column)
    set(to, integer(at + panel * depth * bytes))
  }
  if (whole) {
    // whole vectors may bring in numbers from beyond the columns: their sums are never stored
    start(0)
    times(count, depth, () => {
      for (let j = 0; j < panels; j++)
        for (let o = 0; o < bytes; o += 16) {
          local.get(to)
          local.get(from)
          v128.load({ offset: j * bytes + o, align: p.size })
          v128.store({ offset: j * depth * bytes + o, align: 16 })
        }
      advance(from, b.row)
      advance(to, bytes)
    })
    return
  }
  const turn = (): void => {
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
  for (let panel = 0; panel < panels; panel++) {
    start(panel)
    if (p.size === 4 && valid === vectors * 4 && b.row === 4) {
      times(count, Math.floor(depth / 4), () => {
        for (let j = 0; j < valid; j += 4) transpose4(from, to, j, b.column, bytes, l.v)
        advance(from, 16)
        advance(to, 4 * bytes)
      })
      for (let i = 0; i < depth % 4; i++) turn()
    } else times(count, depth, turn)
  }
}

/** how a block walks along A: to its next row, to the next k */
interface Steps {
  readonly row: number
  readonly column: number
}

/** `height` rows from l.i(3) on, against the panel at l.i(7), which ends up behind it: sums over all k, stored where l.i(9) points */
const block = ({ p, c, depth }: Product, a: Steps, l: Locals, height: number, vectors: number, valid: number): void => {
  const [pa, pb, end] = [l.i(0), l.i(7), l.i(2)]
  const acc = (row: number, h: number): Local<'v128'> => l.v(row * vectors + h)
  const operand = (h: number): Local<'v128'> => l.v(blockRows * blockVectors + h)
  const factor = l.v(blockRows * blockVectors + blockVectors)
  const halves = Array.from({ length: vectors }, (_, h) => h)
  const rows = Array.from({ length: height }, (_, i) => i)
  for (const i of rows)
    for (const h of halves) {
      p.zero()
      local.set(acc(i, h))
    }
  copy(pa, l.i(3))
  copy(end, pb)
  advance(end, depth * vectors * 16)
  loop({}, () => {
    for (const h of halves) {
      local.get(pb)
      v128.load({ offset: h * 16, align: 16 })
      local.set(operand(h))
    }
    for (const i of rows) {
      local.get(pa)
      p.splat(i * a.row)
      local.set(factor)
      for (const h of halves) {
        local.get(acc(i, h))
        local.get(factor)
        local.get(operand(h))
        p.mul()
        p.add()
        local.set(acc(i, h))
      }
    }
    advance(pa, a.column)
    advance(pb, vectors * 16)
    local.get(pb)
    local.get(end)
    i32.ne()
    br_if(0)
  })
  for (const i of rows) for (const h of halves) storeSome(p, l.i(9), acc(i, h), i * c.row + h * 16, valid - h * p.lanes)
}

export const emitPanels = (product: Product, l: Locals): void => {
  const { p, m, n, depth, a, b, c, panel } = product
  const copied = copiesA(product)
  const at = panel + aScratch(product)
  const steps: Steps = copied ? { row: 4, column: blockRows * 4 } : a
  const blockStep = blockRows * (copied ? depth * 4 : a.row)
  if (copied) packA(product, l)
  const wide = blockVectors * p.lanes
  /** some panels of equal width: all rows of A pass over them, a block of rows over one panel after another */
  const group = (panels: number, vectors: number, valid: number): void => {
    pack(product, at, l, panels, vectors, valid)
    if (copied) set(l.i(3), integer(panel))
    else copy(l.i(3), l.a)
    copy(l.i(4), l.c)
    const blockOf = (height: number): void => {
      set(l.i(7), integer(at))
      copy(l.i(9), l.i(4))
      times(l.i(8), panels, () => {
        block(product, steps, l, height, vectors, valid)
        advance(l.i(9), valid * p.size)
      })
    }
    times(l.i(5), Math.floor(m / blockRows), () => {
      blockOf(blockRows)
      advance(l.i(3), blockStep)
      advance(l.i(4), blockRows * c.row)
    })
    if (m % blockRows !== 0) blockOf(m % blockRows)
    advance(l.c, panels * valid * p.size)
    advance(l.b, panels * valid * b.column)
  }
  const full = Math.floor(n / wide)
  times(l.i(6), Math.floor(full / groupPanels), () => {
    group(groupPanels, blockVectors, wide)
  })
  if (full % groupPanels !== 0) group(full % groupPanels, blockVectors, wide)
  const rest = n % wide
  if (rest > 0) group(1, Math.ceil(rest / p.lanes), rest)
}
