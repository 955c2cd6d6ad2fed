/** How much there is to do in a program, before anything is compiled. */
import { sizeOf } from '../value/shape.js'
import { factsOf } from './ops/table.js'
import { bodyOrder, loopsIn } from './loop.js'
import type { Program } from './program.js'

/**
 * Numbers made, and products within matrix products: an estimate, to compare programs by. A loop counts each of its steps.
 *
 * @example work(p) // for a product of two 10 x 10 matrices: 1000 products, 300 numbers in all
 */
export const work = ({ order }: Pick<Program, 'order'>): number => {
  const loops = loopsIn(order)
  return order.reduce((sum, n) => {
    const facts = factsOf(n)
    const all = n.op === 'scan' ? (loops.get(n) ?? []) : []
    const body = all[0] === n ? bodyOrder(all) : []
    const inLoop = n.op === 'scan' && body.length > 0 ? n.attrs.steps * work({ order: body }) : 0
    return sum + inLoop + sizeOf(n.shape) * (1 + (facts.role === 'heavy' ? facts.products(n.args) : 0))
  }, 0)
}
