/** The inside of a matrix product: a block of its numbers at a time, their sums in registers, one k to a loop turn. */
import { br_if, if_, local, loop, v128, type Local } from 'wasmati'
import { blockRows, panelsTogether } from '../../kernel/tiling.js'
import { get, integer, set } from './lanes.js'
import { storeSome, type Precision } from './matrix.js'
import { advance, repeat } from './loops.js'
import { i1, routine, smaller, type Routine } from './routine.js'

const zeroTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** the sums of a block so far, from where the product is stored */
const fetchSums = (
  p: Precision,
  vectors: number,
  at: {
    readonly sum: (row: number, h: number) => Local<'v128'>
    readonly pc: Local<'i32'>
    readonly end: Local<'i32'>
    readonly height: Local<'i32'>
    readonly line: Local<'i32'>
  }
): void => {
  const row = (r: number, pointer: Local<'i32'>): void => {
    for (const h of zeroTo(vectors)) {
      local.get(pointer)
      v128.load({ offset: h * 16, align: p.size })
      local.set(at.sum(r, h))
    }
  }
  row(0, at.pc)
  for (const r of zeroTo(blockRows).slice(1)) {
    i1.lt(integer(r), get(at.height))()
    if_({}, () => {
      set(at.end, i1.add(get(at.pc), i1.mul(get(at.line), integer(r))))
      row(r, at.end)
    })
  }
}

/**
 * (a, rows, b, panels, c, depth, line, across): rows of A, packed in blocks, times panels of B of so many vectors; the product, of which
 * `valid` columns of a panel count, has `line` bytes to a row, and `across` from the columns of one panel to those of the next. A block of
 * rows passes over a few panels before the next one does. `carried`: the sums go on from what the product holds.
 *
 * The innermost loop is written for the order in which V8's optimizing compiler puts its instructions. A turn that loads all it needs before
 * it computes is a tenth slower than one that loads each number just before its use; of the turns that V8 joins, the last one comes out so
 * if the rows are loaded in the opposite order of their sums. Pointers that move before they are used save a copy of each.
 */
export const multiplyPanels = (p: Precision, vectors: number, valid: number, carried = false): Routine =>
  routine(
    ['a', 'rows', 'b', 'panels', 'c', 'depth', 'line', 'across'],
    { integers: 9, vectors: (blockRows + 1) * vectors + 1 },
    (l, i, v) => {
      const [pa, pb, pc, end, left] = [i(0), i(1), i(2), i(3), i(4)]
      const [first, target, height, together] = [i(5), i(6), i(7), i(8)]
      const [rows, halves] = [zeroTo(blockRows), zeroTo(vectors)]
      const backwards = rows.map(r => blockRows - 1 - r)
      const sum = (row: number, h: number): Local<'v128'> => v(row * vectors + h)
      const operand = (h: number): Local<'v128'> => v(blockRows * vectors + h)
      const factor = v((blockRows + 1) * vectors)
      const [aStep, bStep] = [blockRows * p.size, vectors * 16]
      const block = (): void => {
        for (const r of rows)
          for (const h of halves) {
            p.zero()
            local.set(sum(r, h))
          }
        if (carried) fetchSums(p, vectors, { sum, pc, end, height, line: l.line })
        set(pa, i1.sub(get(first), integer(aStep)))
        advance(pb, -bStep)
        set(end, i1.add(get(pb), i1.mul(get(l.depth), integer(bStep))))
        loop({}, () => {
          advance(pa, aStep)
          advance(pb, bStep)
          for (const h of halves) {
            local.get(pb)
            v128.load({ offset: h * 16, align: 16 })
            local.set(operand(h))
          }
          for (const r of backwards) {
            local.get(pa)
            p.splat(r * p.size)
            local.set(factor)
            for (const h of halves) {
              local.get(sum(r, h))
              local.get(factor)
              local.get(operand(h))
              p.mul()
              p.add()
              local.set(sum(r, h))
            }
          }
          i1.ne(get(pb), get(end))()
          br_if(0)
        })
        advance(pa, aStep)
        advance(pb, bStep)
        const store = (r: number, pointer: Local<'i32'>): void => {
          for (const h of halves) storeSome(p, pointer, sum(r, h), h * 16, valid - h * p.lanes)
        }
        store(0, pc)
        for (const r of rows.slice(1)) {
          i1.lt(integer(r), get(height))()
          if_({}, () => {
            set(end, i1.add(get(pc), i1.mul(get(l.line), integer(r))))
            store(r, end)
          })
        }
        advance(pc, get(l.across))
      }
      // the more loops are around the innermost one, the more of its turns V8 joins to one
      loop({}, () => {
        set(together, smaller(get(l.panels), integer(panelsTogether)))
        set(first, get(l.a))
        set(target, get(l.c))
        set(height, get(l.rows))
        loop({}, () => {
          set(pb, get(l.b))
          set(pc, get(target))
          set(left, get(together))
          repeat(left, block)
          set(first, get(pa))
          advance(target, i1.mul(get(l.line), integer(blockRows)))
          i1.lt(integer(blockRows), get(height))()
          advance(height, -blockRows)
          br_if(0)
        })
        set(l.b, get(pb))
        advance(l.c, i1.mul(get(together), get(l.across)))
        set(l.panels, i1.sub(get(l.panels), get(together)))
        local.get(l.panels)
        br_if(0)
      })
    }
  )
