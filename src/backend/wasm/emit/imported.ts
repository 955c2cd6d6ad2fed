/** Products that a module leaves to imported functions, which compute the same bits in the same memory. */
import type { MatmulKernel } from '../../kernel/ir.js'
import { isThin, panelWidth, sizesOf, type Layout, type ProductSizes } from '../../kernel/tiling.js'
import type { AddressOf } from './scope.js'
import type { Sharing } from './panel.js'
import type { ImportedProduct } from '../equipment.js'

/**
 * Wasm computes products with fewer multiplications. Measured: with 4,096 both take the same time, with 8,192 Wasm
 * takes 1.4 times as long.
 */
const worthCalling = 8192

/**
 * Whether a product is worth a call. Products of few rows read B once, which Wasm does as fast as memory allows; the columns of a single
 * panel do not fill wider vectors.
 */
const isWorth = (product: ProductSizes): boolean => {
  const { m, n, depth, batches, c, p, windows, images } = product
  if (windows !== undefined || images !== undefined) return false
  const wide = n > panelWidth(product) && c.column === p.size
  return wide && !isThin(product) && m * n * depth * batches >= worthCalling
}

const layoutNumbers = ({ base, row, column, batch, panel = 0 }: Layout): readonly number[] => [
  base,
  row,
  column,
  batch,
  panel
]

/** The numbers of a product for an imported function; undefined if Wasm computes it. */
export const importedProduct = (
  kernel: MatmulKernel,
  address: AddressOf,
  sharing: Sharing | undefined
): ImportedProduct | undefined => {
  const product = sizesOf(kernel, address)
  if (!isWorth(product)) return undefined
  const { p, m, n, depth, batches, a, b, c } = product
  const { threads, thread, next } = sharing ?? { threads: 1, thread: 0, next: 0 }
  return [p.size, m, n, depth, batches, ...[a, b, c].flatMap(layoutNumbers), threads, thread, next]
}
