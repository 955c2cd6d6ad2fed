/** How much there is to do in a program, before anything is compiled. */
import { sizeOf } from '../value/shape.js'
import { factsOf } from './ops/table.js'
import type { Program } from './program.js'

/**
 * Numbers made, and products within matrix products: an estimate, to compare programs by.
 *
 * @example work(p) // for a product of two 10 x 10 matrices: 1000 products, 300 numbers in all
 */
export const work = ({ order }: Program): number =>
  order.reduce((sum, n) => {
    const facts = factsOf(n)
    return sum + sizeOf(n.shape) * (1 + (facts.role === 'heavy' ? facts.products(n.args) : 0))
  }, 0)
