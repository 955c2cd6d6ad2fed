/** Kernels that follow indexes: gather, scatter-add, foldIn. One number at a time. */
import { f32, f64, i32, local, memory, select, type Local } from '../assemble/index.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import {
  bytesOf,
  type Buffer,
  type FoldInKernel,
  type GatherKernel,
  type ScatterKernel,
  type View
} from '../../kernel/ir.js'
import { integer, set } from './lanes.js'
import { advance, times, withLocals, type Procedure, type Where } from './loops.js'

const at = (d: Dims, i: number): number => d[i] as number
const addressOf = (where: Where, v: View): number => where.address(v.buffer) + v.offset * bytesOf[v.buffer.dtype]

type Integers = readonly Local<'i32'>[]
const withIntegers = (n: number, body: (l: Integers) => void): Procedure =>
  withLocals([...Array.from({ length: n }, () => 'i32' as const)], locals => {
    body(locals as Integers)
  })
const get = (l: Local<'i32'> | undefined): void => {
  local.get(l as Local<'i32'>)
}

/** pushes the row number at a pointer; an index past the end means the last row */
const row = (pointer: Local<'i32'>, rows: number): void => {
  get(pointer)
  i32.load({})
  i32.const(rows - 1)
  get(pointer)
  i32.load({})
  i32.const(rows - 1)
  i32.lt_u()
  select()
}

export const emitGather = (k: GatherKernel, where: Where): Procedure =>
  withIntegers(3, ([index, to, count]) => {
    const [i, t, c] = [index, to, count] as [Local<'i32'>, Local<'i32'>, Local<'i32'>]
    const rows = at(k.table.shape, 0)
    const width = (sizeOf(k.table.shape) / rows) * bytesOf[k.table.buffer.dtype]
    set(i, integer(addressOf(where, k.index)))
    set(t, integer(addressOf(where, k.to)))
    times(c, sizeOf(k.index.shape), () => {
      get(t)
      row(i, rows)
      i32.const(width)
      i32.mul()
      integer(addressOf(where, k.table))()
      i32.add()
      i32.const(width)
      memory.copy()
      advance(i, 4)
      advance(t, width)
    })
  })

/** adds the number at `from` to the f64 sum at `to`, and advances both */
const accumulate = (from: Local<'i32'>, to: Local<'i32'>, single: boolean): void => {
  get(to)
  get(to)
  f64.load({})
  get(from)
  if (single) {
    f32.load({})
    f64.promote_f32()
  } else f64.load({})
  f64.add()
  f64.store({})
  advance(from, single ? 4 : 8)
  advance(to, 8)
}

/** rounds the f64 sums once, into the result */
const finish = (
  where: Where,
  scratch: Buffer,
  to: View,
  [from, into, count]: readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>],
  single: boolean
): void => {
  set(from, integer(where.address(scratch)))
  set(into, integer(addressOf(where, to)))
  times(count, scratch.size, () => {
    get(into)
    get(from)
    f64.load({})
    if (single) {
      f32.demote_f64()
      f32.store({})
    } else f64.store({})
    advance(from, 8)
    advance(into, single ? 4 : 8)
  })
}

export const emitScatter = (k: ScatterKernel, where: Where): Procedure =>
  withIntegers(5, locals => {
    const l = (i: number): Local<'i32'> => locals[i] as Local<'i32'>
    const single = k.to.buffer.dtype === 'f32'
    const sums = where.address(k.scratch)
    const [from, to] = [l(0), l(1)]
    integer(sums)()
    i32.const(0)
    integer(k.scratch.size * 8)()
    memory.fill()
    set(from, integer(addressOf(where, k.values)))
    const { index, rows } = k
    const width = k.scratch.size / rows
    const i = l(2)
    set(i, integer(addressOf(where, index)))
    times(l(3), sizeOf(index.shape), () => {
      row(i, rows)
      i32.const(width * 8)
      i32.mul()
      integer(sums)()
      i32.add()
      local.set(to)
      times(l(4), width, () => {
        accumulate(from, to, single)
      })
      advance(i, 4)
    })
    finish(where, k.scratch, k.to, [l(0), l(1), l(2)], single)
  })

/** Threefry-2x32 of (0, data) under a key (random/threefry), the whole block */
export const emitFoldIn = (k: FoldInKernel, where: Where): Procedure =>
  withIntegers(5, ([x0, x1, k0, k1, k2]) => {
    const l = [x0, x1, k0, k1, k2] as [Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>, Local<'i32'>]
    const [a, b, s0, s1, s2] = l
    const from = addressOf(where, k.key)
    const ks = [s0, s1, s2] as const
    for (const [i, s] of [s0, s1].entries()) {
      integer(from + 4 * i)()
      i32.load({})
      local.set(s)
    }
    get(s0)
    get(s1)
    i32.xor()
    i32.const(0x1bd11bda)
    i32.xor()
    local.set(s2)
    get(s0)
    local.set(a)
    i32.const(k.data | 0)
    get(s1)
    i32.add()
    local.set(b)
    threefryRounds({
      mix: r => {
        get(a)
        get(b)
        i32.add()
        local.set(a)
        get(b)
        i32.const(r)
        i32.rotl()
        get(a)
        i32.xor()
        local.set(b)
      },
      inject: (p, q, g) => {
        get(a)
        get(ks[p])
        i32.add()
        local.set(a)
        get(b)
        get(ks[q])
        i32.add()
        i32.const(g)
        i32.add()
        local.set(b)
      }
    })
    for (const [i, x] of [a, b].entries()) {
      integer(addressOf(where, k.to) + 4 * i)()
      get(x)
      i32.store({})
    }
  })

/** the schedule of Threefry's rotations and key injections (numerics contract, section 3) */
export const threefryRounds = (step: {
  readonly mix: (rotation: number) => void
  readonly inject: (p: 0 | 1 | 2, q: 0 | 1 | 2, g: number) => void
}): void => {
  const rotations = [
    [13, 15, 26, 6],
    [17, 29, 16, 24]
  ] as const
  for (let g = 0; g < 5; g++) {
    for (const r of rotations[g % 2] as readonly number[]) step.mix(r)
    step.inject(((g + 1) % 3) as 0, ((g + 2) % 3) as 0, g + 1)
  }
}
