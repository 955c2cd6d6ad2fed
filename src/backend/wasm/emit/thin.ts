/**
 * Products of few rows, for which packing would not pay. Each row of the result is a sum of B's rows, several of them
 * per pass; the result stays in the nearest cache while B is read once.
 */
import { i32, local, memory, v128, type Local } from '../assemble/index.js'
import { advance, times } from './loops.js'
import { storeSome, type Locals, type Product } from './matrix.js'

/**
 * Rows of B per pass. Measured: 8 read and write the result least often; 10 spill registers, and take three times as
 * long.
 */
const rowsToAPass = 8

const copy = (to: Local<'i32'>, from: Local<'i32'>, plus = 0): void => {
  local.get(from)
  if (plus !== 0) {
    i32.const(plus)
    i32.add()
  }
  local.set(to)
}

export const emitThin = ({ p, m, n, depth, a, b, c }: Product, l: Locals): void => {
  const [rowC, pa, pb, kb, pc, columns, turns] = [l.i(0), l.i(1), l.i(2), l.i(3), l.i(4), l.i(5), l.i(6)]
  const sum = l.v(8)
  const [full, rest] = [Math.floor(n / p.lanes), n % p.lanes]
  /** acc_j = acc_j + a_k b_kj for `together` neighbouring k, in order */
  const pass = (together: number): void => {
    const ks = Array.from({ length: together }, (_, q) => q)
    for (const q of ks) {
      local.get(pa)
      p.splat(q * a.column)
      local.set(l.v(q))
    }
    copy(pc, rowC)
    copy(pb, kb)
    const column = (valid: number): void => {
      local.get(pc)
      v128.load({ align: p.size })
      local.set(sum)
      for (const q of ks) {
        local.get(sum)
        local.get(l.v(q))
        local.get(pb)
        v128.load({ offset: q * b.row, align: p.size })
        p.mul()
        p.add()
        local.set(sum)
      }
      storeSome(p, pc, sum, 0, valid)
    }
    times(columns, full, () => {
      column(p.lanes)
      advance(pc, 16)
      advance(pb, 16)
    })
    if (rest !== 0) column(rest)
    advance(pa, together * a.column)
    advance(kb, together * b.row)
  }
  for (let i = 0; i < m; i++) {
    copy(rowC, l.c, i * c.row)
    local.get(rowC)
    i32.const(0)
    i32.const(n * p.size)
    memory.fill()
    copy(pa, l.a, i * a.row)
    copy(kb, l.b)
    times(turns, Math.floor(depth / rowsToAPass), () => {
      pass(rowsToAPass)
    })
    if (depth % rowsToAPass !== 0) pass(depth % rowsToAPass)
  }
}
