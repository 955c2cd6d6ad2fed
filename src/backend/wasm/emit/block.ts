/** The inner loops of a matrix product: a block of its numbers at a time, with sums in registers, one k per turn. */
import { br_if, if_, local, loop, v128, type Local } from '../assemble/index.js'
import { blockRows, panelsTogether } from '../../kernel/tiling.js'
import { get, integer, set } from './lanes.js'
import { storeSome, type Precision } from './matrix.js'
import { advance, repeat } from './loops.js'
import { i1, routine, smaller, type Routine } from './routine.js'

const zeroTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** the locals of `multiplyPanels` that one block of sums uses */
interface Block {
  readonly p: Precision
  readonly vectors: number
  readonly valid: number
  readonly vector: (which: number) => Local<'v128'>
  readonly pointers: Readonly<Record<'a' | 'b' | 'c' | 'end', Local<'i32'>>>
  /** the address of the block of A */
  readonly first: Local<'i32'>
  /** rows of A that are left */
  readonly height: Local<'i32'>
  readonly depth: Local<'i32'>
  readonly line: Local<'i32'>
  readonly across: Local<'i32'>
  /** whether the sums continue from what the product holds */
  readonly carried: boolean
}

const sumOf =
  ({ vectors, vector }: Block) =>
  (row: number, h: number): Local<'v128'> =>
    vector(row * vectors + h)

/**
 * Adds the products of one k to the sums. Each number is loaded just before its use, and the rows in the opposite order
 * of their sums: V8's optimizing compiler then keeps this order, also in the last of the turns that it unrolls. A turn
 * that loads everything before it computes is a tenth slower.
 */
const addProducts = (block: Block): void => {
  const { p, vectors, vector, pointers } = block
  const [sum, halves] = [sumOf(block), zeroTo(vectors)]
  const operand = (h: number): Local<'v128'> => vector(blockRows * vectors + h)
  const factor = vector((blockRows + 1) * vectors)
  for (const h of halves) {
    local.get(pointers.b)
    v128.load({ offset: h * 16, align: 16 })
    local.set(operand(h))
  }
  for (const r of [...zeroTo(blockRows)].reverse()) {
    local.get(pointers.a)
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
}

/** sets the sums to the numbers that the product holds */
const loadSums = (block: Block): void => {
  const { p, vectors, pointers, height, line } = block
  const sum = sumOf(block)
  const load = (r: number, pointer: Local<'i32'>): void => {
    for (const h of zeroTo(vectors)) {
      local.get(pointer)
      v128.load({ offset: h * 16, align: p.size })
      local.set(sum(r, h))
    }
  }
  load(0, pointers.c)
  for (const r of zeroTo(blockRows).slice(1)) {
    i1.lt(integer(r), get(height))()
    if_(() => {
      set(pointers.end, i1.add(get(pointers.c), i1.mul(get(line), integer(r))))
      load(r, pointers.end)
    })
  }
}

const storeBlock = (block: Block): void => {
  const { p, valid, pointers, height, line, across } = block
  const sum = sumOf(block)
  const store = (r: number, pointer: Local<'i32'>): void => {
    for (const h of zeroTo(block.vectors)) storeSome(p, pointer, sum(r, h), h * 16, valid - h * p.lanes)
  }
  store(0, pointers.c)
  for (const r of zeroTo(blockRows).slice(1)) {
    i1.lt(integer(r), get(height))()
    if_(() => {
      set(pointers.end, i1.add(get(pointers.c), i1.mul(get(line), integer(r))))
      store(r, pointers.end)
    })
  }
  advance(pointers.c, get(across))
}

/** A block of rows times one panel. The pointers move before they are used, which saves a copy of each. */
const multiplyBlock = (block: Block): void => {
  const { p, vectors, pointers, first, depth } = block
  const { a, b, end } = pointers
  const [aStep, bStep] = [blockRows * p.size, vectors * 16]
  const sum = sumOf(block)
  for (const r of zeroTo(blockRows))
    for (const h of zeroTo(vectors)) {
      p.zero()
      local.set(sum(r, h))
    }
  if (block.carried) loadSums(block)
  set(a, i1.sub(get(first), integer(aStep)))
  advance(b, -bStep)
  set(end, i1.add(get(b), i1.mul(get(depth), integer(bStep))))
  loop(() => {
    advance(a, aStep)
    advance(b, bStep)
    addProducts(block)
    i1.ne(get(b), get(end))()
    br_if(0)
  })
  advance(a, aStep)
  advance(b, bStep)
  storeBlock(block)
}

/**
 * (a, rows, b, panels, c, depth, line, across): rows of A, packed in blocks, times panels of B with `vectors` vectors in
 * a row, of which `valid` columns count. The product has `line` bytes in a row, and the columns of the next panel begin
 * `across` bytes after those of this one. A block of rows passes over a few panels before the next block does.
 * `carried`: the sums continue from what the product holds.
 */
export const multiplyPanels = (p: Precision, vectors: number, valid: number, carried = false): Routine =>
  routine(
    ['a', 'rows', 'b', 'panels', 'c', 'depth', 'line', 'across'],
    { integers: 9, vectors: (blockRows + 1) * vectors + 1 },
    (l, i, v) => {
      const [pa, pb, pc, end, left] = [i(0), i(1), i(2), i(3), i(4)]
      const [first, target, height, together] = [i(5), i(6), i(7), i(8)]
      const { depth, line, across } = l
      const pointers = { a: pa, b: pb, c: pc, end }
      const block: Block = { p, vectors, valid, vector: v, pointers, first, height, depth, line, across, carried }
      // the more loops are around the innermost one, the more of its turns V8 unrolls
      loop(() => {
        set(together, smaller(get(l.panels), integer(panelsTogether)))
        set(first, get(l.a))
        set(target, get(l.c))
        set(height, get(l.rows))
        loop(() => {
          set(pb, get(l.b))
          set(pc, get(target))
          set(left, get(together))
          repeat(left, () => {
            multiplyBlock(block)
          })
          set(first, get(pa))
          advance(target, i1.mul(get(line), integer(blockRows)))
          i1.lt(integer(blockRows), get(height))()
          advance(height, -blockRows)
          br_if(0)
        })
        set(l.b, get(pb))
        advance(l.c, i1.mul(get(together), get(across)))
        set(l.panels, i1.sub(get(l.panels), get(together)))
        local.get(l.panels)
        br_if(0)
      })
    }
  )
