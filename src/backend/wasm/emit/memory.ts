/** Loads and stores four neighbouring elements of an iteration, contiguous or not. */
import { i16x8, i32, i32x4, v128, type Local } from '../assemble/index.js'
import type { Expr } from '../../../expr/op.js'
import { bytesOf, type View } from '../../kernel/ir.js'
import { bits, get, i4, set } from './lanes.js'
import type { Scope } from './scope.js'

/** where a load takes its elements from */
interface Source {
  readonly walker: Local
  /** the address of the first element, relative to the walker */
  readonly base: number
  /** bytes from one element to the next */
  readonly step: number
  readonly size: number
  readonly lanes: number
}
const at = ({ base, step, size }: Source, lane: number): { readonly offset: number; readonly align: number } => ({
  offset: base + lane * step,
  align: size
})
const loadInto = ({ walker }: Source, to: Local, instruction: () => void): void => {
  set(to, () => {
    get(walker)()
    instruction()
  })
}
/** loads one more lane of a vector */
const insertInto = ({ walker }: Source, to: Local, instruction: () => void): void => {
  set(to, () => {
    get(walker)()
    get(to)()
    instruction()
  })
}

const loadDoubles = (s: Source, [first, second]: readonly Local[]): void => {
  const last = (lane: number): number => Math.min(lane, s.lanes - 1)
  const pair = (l: Local, a: number, b: number): void => {
    loadInto(s, l, () => {
      if (s.step === 8) v128.load(at(s, a))
      else v128.load64_splat(at(s, a))
    })
    if (s.step !== 8 && s.step !== 0 && a !== b)
      insertInto(s, l, () => {
        v128.load64_lane(at(s, b), 1)
      })
  }
  pair(first as Local, 0, last(1))
  pair(second as Local, s.lanes > 2 ? 2 : 0, last(3))
}

/** four f32 or u32 */
const loadWords = (s: Source, to: Local): void => {
  loadInto(s, to, () => {
    if (s.step === 4) v128.load(at(s, 0))
    else v128.load32_splat(at(s, 0))
  })
  if (s.step !== 4 && s.step !== 0)
    for (let lane = 1; lane < s.lanes; lane++)
      insertInto(s, to, () => {
        v128.load32_lane(at(s, lane), lane)
      })
}

/** four bytes, each widened to 32 bits */
const loadBytes = (s: Source, to: Local): void => {
  if (s.step === 1) {
    loadInto(s, to, () => {
      v128.load32_zero(at(s, 0))
      i16x8.extend_low_i8x16_u()
      i32x4.extend_low_i16x8_u()
    })
    return
  }
  loadInto(s, to, () => {
    i32.load8_u(at(s, 0))
    i32x4.splat()
  })
  if (s.step !== 0)
    for (let lane = 1; lane < s.lanes; lane++)
      set(to, () => {
        get(to)()
        get(s.walker)()
        i32.load8_u(at(s, lane))
        i32x4.replace_lane(lane)
      })
}

/** loads `lanes` elements, `step` bytes apart */
export const load = (s: Scope, n: Expr, view: View, step: number, walker: Local, lanes: number): void => {
  const dtype = view.buffer.dtype
  const size = bytesOf[dtype]
  const source: Source = { walker, base: s.address(view.buffer) + view.offset * size, step, size, lanes }
  const out = s.vectors(n)
  const first = out[0] as Local
  if (dtype === 'f64') loadDoubles(source, out)
  else if (size === 4) loadWords(source, first)
  else loadBytes(source, first)
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
