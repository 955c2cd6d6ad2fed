/** Products that a module leaves to functions which it imports: they compute the same bits, in the same memory. */
import type { MatmulKernel } from '../../kernel/ir.js'
import { isThin, sizesOf, type Layout, type ProductSizes } from '../../kernel/tiling.js'
import type { AddressOf } from './scope.js'
import type { Sharing } from './panel.js'

/** Fewer multiplications than these take less time in Wasm than the call. Measured: a call costs what some 2,000 of them do. */
const worthCalling = 4096

/** whether a product is worth a call; products of few rows read B once, which Wasm does as fast as memory allows */
const isWorth = (product: ProductSizes): boolean => {
  const { m, n, depth, batches, c, p } = product
  return !isThin(product) && m * n * depth * batches >= worthCalling && (c.column === p.size || n === 1)
}

/** a product as numbers: what the imported function computes, and for which thread */
export type ImportedProduct = readonly number[]

const layoutNumbers = ({ base, row, column, batch, panel = 0 }: Layout): readonly number[] => [
  base,
  row,
  column,
  batch,
  panel
]

/** The numbers of a product that is left to an imported function; undefined where Wasm computes it. */
export const importedProduct = (
  kernel: MatmulKernel,
  address: AddressOf,
  sharing: Sharing | undefined
): ImportedProduct | undefined => {
  const product = sizesOf(kernel, address)
  if (!isWorth(product)) return undefined
  const { p, m, n, depth, batches, a, b, c } = product
  const { threads, thread, next } = sharing ?? { threads: 1, thread: 0, next: 0 }
  // a single column may have any distance to a next one
  const result = { ...c, column: p.size }
  return [p.size, m, n, depth, batches, ...[a, b, result].flatMap(layoutNumbers), threads, thread, next]
}
