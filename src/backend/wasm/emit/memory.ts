/** Loading and storing four neighbouring elements of an iteration, wherever they lie. */
import { i16x8, i32, i32x4, v128, type Local } from 'wasmati'
import type { Expr } from '../../../expr/op.js'
import { bytesOf, type View } from '../../kernel/ir.js'
import { bits, get, i4, set } from './lanes.js'
import type { Scope } from './scope.js'

/** loads `lanes` elements that lie `step` bytes apart */
export const load = (s: Scope, n: Expr, view: View, step: number, walker: Local, lanes: number): void => {
  const dtype = view.buffer.dtype
  const size = bytesOf[dtype]
  const base = s.address(view.buffer) + view.offset * size
  const out = s.vectors(n)
  const first = out[0] as Local
  const from = (lane: number): { readonly offset: number; readonly align: number } => ({
    offset: base + lane * step,
    align: size
  })
  const take = (to: Local, instruction: () => void): void => {
    set(to, () => {
      get(walker)()
      instruction()
    })
  }
  /** one more lane of a vector */
  const insert = (to: Local, instruction: () => void): void => {
    set(to, () => {
      get(walker)()
      get(to)()
      instruction()
    })
  }
  const last = (lane: number): number => Math.min(lane, lanes - 1)
  if (dtype === 'f64') {
    const second = out[1] as Local
    const pair = (l: Local, a: number, b: number): void => {
      take(l, () => {
        if (step === 8) v128.load(from(a))
        else v128.load64_splat(from(a))
      })
      if (step !== 8 && step !== 0 && a !== b)
        insert(l, () => {
          v128.load64_lane(from(b), 1)
        })
    }
    pair(first, 0, last(1))
    pair(second, lanes > 2 ? 2 : 0, last(3))
    return
  }
  if (size === 4) {
    take(first, () => {
      if (step === 4) v128.load(from(0))
      else v128.load32_splat(from(0))
    })
    if (step !== 4 && step !== 0)
      for (let lane = 1; lane < lanes; lane++)
        insert(first, () => {
          v128.load32_lane(from(lane), lane)
        })
    return
  }
  if (step === 1)
    take(first, () => {
      v128.load32_zero({ offset: base, align: 1 })
      i16x8.extend_low_i8x16_u()
      i32x4.extend_low_i16x8_u()
    })
  else {
    take(first, () => {
      i32.load8_u(from(0))
      i32x4.splat()
    })
    if (step !== 0)
      for (let lane = 1; lane < lanes; lane++)
        set(first, () => {
          get(first)()
          get(walker)()
          i32.load8_u(from(lane))
          i32x4.replace_lane(lane)
        })
  }
  if (dtype === 'bool') set(first, i4.ne(get(first), i4.of(0)))
}

/** stores `lanes` elements, `step` bytes apart */
export const store = (s: Scope, n: Expr, view: View, step: number, walker: Local, lanes: number): void => {
  const dtype = view.buffer.dtype
  const size = bytesOf[dtype]
  const base = s.address(view.buffer) + view.offset * size
  const vectors = s.vectors(n)
  const put = (vector: Local, instruction: () => void): void => {
    get(walker)()
    get(vector)()
    instruction()
  }
  const first = vectors[0] as Local
  if (dtype === 'f64')
    vectors.forEach((l, half) => {
      const mine = Math.min(2, lanes - 2 * half)
      if (mine === 2 && step === 8)
        put(l, () => {
          v128.store({ offset: base + half * 16, align: 8 })
        })
      else
        for (let i = 0; i < mine; i++)
          put(l, () => {
            v128.store64_lane({ offset: base + (2 * half + i) * step, align: 8 }, i)
          })
    })
  else if (size === 4 && lanes === 4 && step === 4)
    put(first, () => {
      v128.store({ offset: base, align: 4 })
    })
  else if (size === 4)
    for (let i = 0; i < lanes; i++)
      put(first, () => {
        v128.store32_lane({ offset: base + i * step, align: 4 }, i)
      })
  else {
    set(s.spare, dtype === 'bool' ? bits.and(get(first), i4.of(1)) : get(first))
    for (let i = 0; i < lanes; i++)
      put(s.spare, () => {
        v128.store8_lane({ offset: base + i * step, align: 1 }, 4 * i)
      })
  }
}
