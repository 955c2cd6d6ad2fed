/**
 * Matrix products. Every output element is the sum over k in order, a product and an addition each rounded (numerics contract,
 * section 1), so vectors run over the columns of the result, and tiles only over rows and columns.
 */
import { br_if, i32, local, loop, type Local } from 'wasmati'
import type { MatmulKernel } from '../kernel.js'
import { advance, withLocals, type Procedure, type Where } from './loops.js'
import { productOf, type Layout, type Locals } from './matrix.js'
import { emitPanels } from './panel.js'
import { emitThin, thinBelow } from './thin.js'

export const emitMatmul = (kernel: MatmulKernel, where: Where & { readonly panel: number }): Procedure => {
  const product = productOf(kernel, where)
  const { m, batches, a, b, c, p } = product
  const integers = 14
  return withLocals(
    [...Array.from({ length: integers }, () => 'i32' as const), ...Array.from({ length: 11 }, () => 'v128' as const)],
    all => {
      const i = (which: number): Local<'i32'> => all[which] as Local<'i32'>
      const batch = i(0)
      const l: Locals = {
        a: i(1),
        b: i(2),
        c: i(3),
        i: which => i(4 + which),
        v: which => all[integers + which] as Local<'v128'>
      }
      const begin = (pointer: Local<'i32'>, layout: Layout): void => {
        local.get(batch)
        i32.const(layout.batch)
        i32.mul()
        i32.const(layout.base)
        i32.add()
        local.set(pointer)
      }
      const one = (): void => {
        begin(l.a, a)
        begin(l.b, b)
        begin(l.c, c)
        if (m < thinBelow && b.column === p.size) emitThin(product, l)
        else emitPanels(product, l)
      }
      if (batches === 1) one()
      else
        loop({}, () => {
          one()
          advance(batch, 1)
          local.get(batch)
          i32.const(batches)
          i32.lt_u()
          br_if(0)
        })
    }
  )
}
