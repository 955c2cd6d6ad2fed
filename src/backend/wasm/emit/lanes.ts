/** Small pieces of code as values: a `Push` puts one value on Wasm's stack. Composed, they read like expressions. */
import { f32x4, f64x2, i32, i32x4, i64x2, i8x16, local, v128, type Local } from '../assemble/index.js'

export type Push = () => void

const one =
  (instruction: () => unknown) =>
  (a: Push): Push =>
  () => {
    a()
    instruction()
  }
/** an instruction with two operands */
export const two =
  (instruction: () => unknown) =>
  (a: Push, b: Push): Push =>
  () => {
    a()
    b()
    instruction()
  }
const three =
  (instruction: () => unknown) =>
  (a: Push, b: Push, c: Push): Push =>
  () => {
    a()
    b()
    c()
    instruction()
  }

export const get =
  (l: Local): Push =>
  () => {
    local.get(l)
  }
export const set = (l: Local, value: Push): void => {
  value()
  local.set(l)
}
export const integer =
  (n: number): Push =>
  () => {
    i32.const(n)
  }

export const shuffle =
  (bytes: readonly number[]) =>
  (a: Push, b: Push): Push =>
  () => {
    a()
    b()
    i8x16.shuffle(bytes)
  }

/** four f32 */
export const f4 = {
  of:
    (n: number): Push =>
    () => {
      v128.const(Float32Array.of(n, n, n, n))
    },
  splat: one(() => f32x4.splat()),
  add: two(() => f32x4.add()),
  sub: two(() => f32x4.sub()),
  mul: two(() => f32x4.mul()),
  div: two(() => f32x4.div()),
  min: two(() => f32x4.min()),
  max: two(() => f32x4.max()),
  /** the second where it is larger; else the first, also for equal numbers and NaN */
  larger: two(() => f32x4.pmax()),
  sqrt: one(() => f32x4.sqrt()),
  abs: one(() => f32x4.abs()),
  neg: one(() => f32x4.neg()),
  floor: one(() => f32x4.floor()),
  eq: two(() => f32x4.eq()),
  ne: two(() => f32x4.ne()),
  lt: two(() => f32x4.lt()),
  le: two(() => f32x4.le()),
  /** from unsigned whole numbers */
  fromWhole: one(() => f32x4.convert_i32x4_u()),
  /** converts the two f64 to the first two lanes */
  fromDoubles: one(() => f32x4.demote_f64x2_zero())
} as const

/** two f64 */
export const d2 = {
  of:
    (n: number): Push =>
    () => {
      v128.const(Float64Array.of(n, n))
    },
  splat: one(() => f64x2.splat()),
  add: two(() => f64x2.add()),
  sub: two(() => f64x2.sub()),
  mul: two(() => f64x2.mul()),
  div: two(() => f64x2.div()),
  min: two(() => f64x2.min()),
  max: two(() => f64x2.max()),
  /** the second where it is larger; else the first, also for equal numbers and NaN */
  larger: two(() => f64x2.pmax()),
  sqrt: one(() => f64x2.sqrt()),
  abs: one(() => f64x2.abs()),
  neg: one(() => f64x2.neg()),
  floor: one(() => f64x2.floor()),
  eq: two(() => f64x2.eq()),
  ne: two(() => f64x2.ne()),
  lt: two(() => f64x2.lt()),
  le: two(() => f64x2.le()),
  /** converts the first two lanes of four */
  fromFloats: one(() => f64x2.promote_low_f32x4()),
  fromWhole: one(() => f64x2.convert_low_i32x4_u())
} as const

const words = (...ws: readonly [number, number, number, number]): void => {
  v128.const(Int32Array.from(ws))
}

/** four i32, or four bool (all bits or none) */
export const i4 = {
  of:
    (n: number): Push =>
    () => {
      words(n, n, n, n)
    },
  lanes:
    (a: number, b: number, c: number, d: number): Push =>
    () => {
      words(a, b, c, d)
    },
  splat: one(() => i32x4.splat()),
  add: two(() => i32x4.add()),
  eq: two(() => i32x4.eq()),
  ne: two(() => i32x4.ne()),
  lt: two(() => i32x4.lt_u()),
  le: two(() => i32x4.le_u()),
  shl: two(() => i32x4.shl()),
  shr: two(() => i32x4.shr_u())
} as const

/** two i64 */
export const l2 = {
  of:
    (n: bigint): Push =>
    () => {
      v128.const(BigInt64Array.of(n, n))
    },
  add: two(() => i64x2.add()),
  sub: two(() => i64x2.sub()),
  shl: two(() => i64x2.shl()),
  shrSigned: two(() => i64x2.shr_s()),
  fromMask: one(() => i64x2.extend_low_i32x4_s())
} as const

export const bits = {
  and: two(() => v128.and()),
  or: two(() => v128.or()),
  xor: two(() => v128.xor()),
  not: one(() => v128.not()),
  /** bits of the first where the third has a bit set, else of the second */
  select: three(() => v128.bitselect())
} as const

/** the last two lanes of four, moved to the front */
export const highHalf = (a: Push): Push => shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])(a, a)
/** joins two pairs of f32 (each in the first lanes) to four */
export const joinPairs = shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])
/** joins two pairs of bool as wide as f64 to four as wide as f32 */
export const joinMasks = shuffle([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27])
