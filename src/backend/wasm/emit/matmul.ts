/**
 * Matrix products. Every output element is the sum over k in order, a product and an addition each rounded (numerics contract,
 * section 1), so vectors run over the columns of the result, and tiles only over rows and columns.
 */
import { br_if, i32, local, loop, type Local } from '../assemble/index.js'
import type { MatmulKernel } from '../../kernel/ir.js'
import { isDeep, isThin, type Layout } from '../../kernel/tiling.js'
import { callsOf } from './calls.js'
import { deepCallsOf, emitDeep } from './deep.js'
import { get, integer, set } from './lanes.js'
import { advance, withLocals, type Procedure, type Where } from './loops.js'
import { productOf, type Locals } from './matrix.js'
import { emitPanels, type Sharing } from './panel.js'
import { i1 } from './routine.js'
import { emitThin } from './thin.js'

export const emitMatmul = (
  kernel: MatmulKernel,
  where: Where & { readonly panel: number; readonly sharing: Sharing | undefined }
): Procedure => {
  const product = productOf(kernel, where)
  const { batches, a, b, c } = product
  const thin = isThin(product)
  const deep = isDeep(product) ? deepCallsOf(product, where.library.share) : undefined
  const calls =
    thin || deep !== undefined ? undefined : callsOf(product, where.library.share, where.sharing?.threads ?? 1)
  const integers = 13
  return withLocals(
    [
      ...Array.from({ length: integers }, () => 'i32' as const),
      ...Array.from({ length: thin ? 9 : 0 }, () => 'v128' as const)
    ],
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
      if (deep !== undefined) {
        emitDeep(product, deep, l, where.sharing)
        return
      }
      if (calls !== undefined) {
        emitPanels(product, calls, l, where.sharing)
        return
      }
      const begin = (pointer: Local<'i32'>, layout: Layout): void => {
        set(pointer, i1.add(i1.mul(get(batch), integer(layout.batch)), integer(layout.base)))
      }
      const one = (): void => {
        begin(l.a, a)
        begin(l.b, b)
        begin(l.c, c)
        emitThin(product, l)
      }
      if (batches === 1) one()
      else
        loop(() => {
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
