/** A loop of kernels: the code of each is there once, and finds the place of the step in memory. */
import { br_if, call, func, i32, local, loop, type Func, type ImportFunc } from '../assemble/index.js'
import type { LoopKernel } from '../../kernel/ir.js'
import { integer, set } from './lanes.js'
import { advance, type Procedure } from './loops.js'
import type { AddressOf } from './scope.js'

export const emitLoop = (
  { steps, reverse, counter }: LoopKernel,
  address: AddressOf,
  kernels: readonly (Func | ImportFunc)[]
): Procedure =>
  func({ in: [], locals: ['i32', 'i32'], out: [] }, (_, [place, left]) => {
    set(place, integer(reverse ? steps - 1 : 0))
    set(left, integer(steps))
    loop(() => {
      integer(address(counter))()
      local.get(place)
      i32.store({})
      for (const k of kernels) call(k)
      advance(place, reverse ? -1 : 1)
      advance(left, -1)
      local.get(left)
      br_if(0)
    })
  })
