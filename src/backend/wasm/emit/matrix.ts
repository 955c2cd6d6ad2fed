/** What the two ways of multiplying matrices share. */
import { f32x4, f64x2, local, v128, type Local } from 'wasmati'
import type { Dims } from '../../../value/shape.js'
import { bytesOf, type MatmulKernel, type View } from '../../kernel/ir.js'
import type { Where } from './loops.js'

/** the instructions for one precision */
export interface Precision {
  readonly lanes: number
  readonly size: number
  readonly mul: () => void
  readonly add: () => void
  readonly splat: (offset: number) => void
  readonly storeLane: (offset: number, lane: number) => void
  readonly zero: () => void
}
export const precisions: Readonly<Record<'f32' | 'f64', Precision>> = {
  f32: {
    lanes: 4,
    size: 4,
    mul: () => {
      f32x4.mul()
    },
    add: () => {
      f32x4.add()
    },
    splat: offset => {
      v128.load32_splat({ offset, align: 4 })
    },
    storeLane: (offset, lane) => {
      v128.store32_lane({ offset, align: 4 }, lane)
    },
    zero: () => {
      v128.const('f32x4', [0, 0, 0, 0])
    }
  },
  f64: {
    lanes: 2,
    size: 8,
    mul: () => {
      f64x2.mul()
    },
    add: () => {
      f64x2.add()
    },
    splat: offset => {
      v128.load64_splat({ offset, align: 8 })
    },
    storeLane: (offset, lane) => {
      v128.store64_lane({ offset, align: 8 }, lane)
    },
    zero: () => {
      v128.const('f64x2', [0, 0])
    }
  }
}

/** Rows and vectors of columns in a block. Measured: 4 x 2 is ahead of 2 x 4 and 2 x 3, and reads least; 3 x 3 and larger run out of registers. */
export const blockRows = 4
export const blockVectors = 2

/** how the last two axes of an operand lie, and its batches, in bytes */
export interface Layout {
  readonly base: number
  readonly row: number
  readonly column: number
  readonly batch: number
  /** where it lies in panels: from one to the next */
  readonly panel?: number
}
const at = (d: Dims, i: number): number => d[i] as number
const layoutOf = (v: View, where: Pick<Where, 'address'>, inPanels = false): Layout => {
  const size = bytesOf[v.buffer.dtype]
  const r = v.shape.length
  const [row, column] = [at(v.stride, r - 2), at(v.stride, r - 1)]
  const base = where.address(v.buffer) + v.offset * size
  if (!inPanels) return { base, row: row * size, column: column * size, batch: r > 2 ? at(v.stride, r - 3) * size : 0 }
  // what is seen is the matrix or its transpose
  const line = blockVectors * 16
  const [across, lines] = column === 1 ? [true, at(v.shape, 0)] : [false, at(v.shape, 1)]
  return { base, row: across ? line : size, column: across ? size : line, batch: 0, panel: lines * line }
}

/** a product with its sizes, layouts and the locals that its code works with */
export interface Product {
  readonly p: Precision
  readonly m: number
  readonly n: number
  readonly depth: number
  readonly batches: number
  readonly a: Layout
  readonly b: Layout
  readonly c: Layout
  /** the address of the scratch panel */
  readonly panel: number
}
export const productOf = (k: MatmulKernel, where: Pick<Where, 'address'> & { readonly panel: number }): Product => {
  const r = k.to.shape.length
  return {
    p: precisions[k.to.buffer.dtype as 'f32' | 'f64'],
    m: at(k.to.shape, r - 2),
    n: at(k.to.shape, r - 1),
    depth: at(k.a.shape, r - 1),
    batches: k.to.shape.slice(0, -2).reduce((x, y) => x * y, 1),
    a: layoutOf(k.a, where),
    b: layoutOf(k.b, where, k.inPanels?.b),
    c: layoutOf(k.to, where, k.inPanels?.to),
    panel: where.panel
  }
}

/** whether B needs no packing: it lies in panels, and not its transpose is multiplied by */
export const isPacked = ({ b, p }: Product): boolean => b.panel !== undefined && b.column === p.size

/** how many columns a panel has */
export const panelColumns = ({ p }: Pick<Product, 'p'>): number => blockVectors * p.lanes

/** the same where nothing has its place yet */
export const sizesOf = (k: MatmulKernel): Product => productOf(k, { address: () => 0, panel: 0 })

export interface Locals {
  /** pointers to the operands and the result of the batch at hand; free to move */
  readonly a: Local<'i32'>
  readonly b: Local<'i32'>
  readonly c: Local<'i32'>
  readonly i: (which: number) => Local<'i32'>
  readonly v: (which: number) => Local<'v128'>
}

/** stores the first `valid` lanes of a vector */
export const storeSome = (
  p: Precision,
  pointer: Local<'i32'>,
  value: Local<'v128'>,
  offset: number,
  valid: number
): void => {
  if (valid >= p.lanes) {
    local.get(pointer)
    local.get(value)
    v128.store({ offset, align: p.size })
  } else
    for (let lane = 0; lane < valid; lane++) {
      local.get(pointer)
      local.get(value)
      p.storeLane(offset + lane * p.size, lane)
    }
}
