/** What the two ways of multiplying matrices share. */
import { f32x4, f64x2, local, v128, type Local } from '../assemble/index.js'
import type { MatmulKernel } from '../../kernel/ir.js'
import { elementSizes, sizesOf, type ElementSize, type ProductSizes } from '../../kernel/tiling.js'
import type { Where } from './loops.js'

/** the instructions for one precision */
export interface Precision extends ElementSize {
  readonly mul: () => void
  readonly add: () => void
  readonly splat: (offset: number) => void
  readonly storeLane: (offset: number, lane: number) => void
  readonly zero: () => void
}
export const precisions: Readonly<Record<'f32' | 'f64', Precision>> = {
  f32: {
    ...elementSizes.f32,
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
      v128.const(new Float32Array(4))
    }
  },
  f64: {
    ...elementSizes.f64,
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
      v128.const(new Float64Array(2))
    }
  }
}

/** a product with its sizes, layouts and the instructions of its precision */
export interface Product extends ProductSizes {
  readonly p: Precision
  /** the address of the scratch panel */
  readonly panel: number
}
export const productOf = (k: MatmulKernel, where: Pick<Where, 'address'> & { readonly panel: number }): Product => ({
  ...sizesOf(k, where.address),
  p: precisions[k.to.buffer.dtype as 'f32' | 'f64'],
  panel: where.panel
})

export interface Locals {
  /** pointers to the operands and the result of the current batch; the code may change them */
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
