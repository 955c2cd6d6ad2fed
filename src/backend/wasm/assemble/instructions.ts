/** The instructions that the emitters use, by the names of WebAssembly. `code.ts` has those that hold code or call it. */
import { signed, unsigned } from './bytes.js'
import { put, type Local } from './code.js'

/** what follows the opcode of an instruction; `memory` is the number of the memory, of which there is one */
export type Immediate =
  'none' | 'lane' | 'lanes' | 'local' | 'integer' | 'place' | 'place and lane' | 'memory' | 'memories'

/** Writes an instruction; with its opcode, by which `emit/wat.ts` reads it again. */
export interface Instruction<A extends readonly unknown[]> {
  (...immediate: A): void
  readonly opcode: readonly number[]
  readonly immediate: Immediate
}

const instruction = <A extends readonly unknown[]>(
  opcode: readonly number[],
  immediate: Immediate,
  bytesOf: (...given: A) => ArrayLike<number>
): Instruction<A> =>
  Object.assign(
    (...given: A): void => {
      put(opcode)
      put(bytesOf(...given))
    },
    { opcode, immediate }
  )

const simd = (code: number): readonly number[] => [0xfd, ...unsigned(code)]
const nothing = (): readonly number[] => []
const plain = (...opcode: readonly number[]): Instruction<readonly []> => instruction(opcode, 'none', nothing)
const vector = (code: number): Instruction<readonly []> => plain(...simd(code))
const lane = (code: number): Instruction<readonly [lane: number]> => instruction(simd(code), 'lane', n => [n])

/** where a load or store goes, besides the address on the stack */
export interface Place {
  /** bytes after the address */
  readonly offset?: number
  /** bytes that the address is a multiple of; the size of what is loaded or stored by default. A hint: results don't depend on it. */
  readonly align?: number
}
const placeBytes = ({ offset = 0, align }: Place, size: number): readonly number[] => [
  31 - Math.clz32(align ?? size),
  ...unsigned(offset)
]
const memoryAt = (size: number, ...opcode: readonly number[]): Instruction<readonly [place: Place]> =>
  instruction(opcode, 'place', place => placeBytes(place, size))
const laneAt = (size: number, code: number): Instruction<readonly [place: Place, lane: number]> =>
  instruction(simd(code), 'place and lane', (place, n) => [...placeBytes(place, size), n])
const variable = (opcode: number): Instruction<readonly [local: Local]> =>
  instruction([opcode], 'local', l => unsigned(l.index))

export const unreachable = plain(0x00)
export const select = plain(0x1b)

export const local = { get: variable(0x20), set: variable(0x21), tee: variable(0x22) } as const

export const memory = {
  copy: instruction([0xfc, 10], 'memories', () => [0, 0]),
  fill: instruction([0xfc, 11], 'memory', () => [0]),
  atomic: { notify: memoryAt(4, 0xfe, 0) }
} as const

export const i32 = {
  load: memoryAt(4, 0x28),
  load8_u: memoryAt(1, 0x2d),
  store: memoryAt(4, 0x36),
  store8: memoryAt(1, 0x3a),
  const: instruction([0x41], 'integer', (n: number) => signed(n)),
  eqz: plain(0x45),
  eq: plain(0x46),
  ne: plain(0x47),
  lt_u: plain(0x49),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  div_u: plain(0x6e),
  rem_u: plain(0x70),
  and: plain(0x71),
  or: plain(0x72),
  xor: plain(0x73),
  rotl: plain(0x77),
  atomic: {
    load: memoryAt(4, 0xfe, 16),
    store: memoryAt(4, 0xfe, 23),
    rmw: { add: memoryAt(4, 0xfe, 30) }
  }
} as const

export const i64 = { load: memoryAt(8, 0x29), store: memoryAt(8, 0x37), add: plain(0x7c) } as const

export const f32 = {
  load: memoryAt(4, 0x2a),
  store: memoryAt(4, 0x38),
  max: plain(0x97),
  demote_f64: plain(0xb6)
} as const

export const f64 = {
  load: memoryAt(8, 0x2b),
  store: memoryAt(8, 0x39),
  add: plain(0xa0),
  max: plain(0xa5),
  promote_f32: plain(0xbb)
} as const

export const v128 = {
  load: memoryAt(16, ...simd(0)),
  load32_splat: memoryAt(4, ...simd(9)),
  load64_splat: memoryAt(8, ...simd(10)),
  store: memoryAt(16, ...simd(11)),
  /** numbers of 16 bytes, the first lane first */
  const: instruction(
    simd(12),
    'lanes',
    ({ buffer, byteOffset }: Float32Array | Float64Array | BigInt64Array | Int32Array) =>
      new Uint8Array(buffer, byteOffset, 16)
  ),
  not: vector(77),
  and: vector(78),
  or: vector(80),
  xor: vector(81),
  bitselect: vector(82),
  load32_lane: laneAt(4, 86),
  load64_lane: laneAt(8, 87),
  store8_lane: laneAt(1, 88),
  store32_lane: laneAt(4, 90),
  store64_lane: laneAt(8, 91),
  load32_zero: memoryAt(4, ...simd(92)),
  load64_zero: memoryAt(8, ...simd(93))
} as const

export const i8x16 = {
  /** 16 numbers of bytes: those of the second operand follow those of the first */
  shuffle: instruction(simd(13), 'lanes', (bytes: readonly number[]) => bytes)
} as const

export const i16x8 = { extend_low_i8x16_u: vector(137) } as const

export const i32x4 = {
  splat: vector(17),
  extract_lane: lane(27),
  replace_lane: lane(28),
  eq: vector(55),
  ne: vector(56),
  lt_u: vector(58),
  le_u: vector(62),
  extend_low_i16x8_u: vector(169),
  shl: vector(171),
  shr_u: vector(173),
  add: vector(174)
} as const

export const i64x2 = {
  extract_lane: lane(29),
  extend_low_i32x4_s: vector(199),
  shl: vector(203),
  shr_s: vector(204),
  add: vector(206),
  sub: vector(209),
  extmul_low_i32x4_u: vector(222),
  extmul_high_i32x4_u: vector(223)
} as const

export const f32x4 = {
  splat: vector(19),
  extract_lane: lane(31),
  replace_lane: lane(32),
  eq: vector(65),
  ne: vector(66),
  lt: vector(67),
  le: vector(69),
  demote_f64x2_zero: vector(94),
  floor: vector(104),
  abs: vector(224),
  neg: vector(225),
  sqrt: vector(227),
  add: vector(228),
  sub: vector(229),
  mul: vector(230),
  div: vector(231),
  min: vector(232),
  max: vector(233),
  pmax: vector(235),
  convert_i32x4_u: vector(251)
} as const

export const f64x2 = {
  splat: vector(20),
  extract_lane: lane(33),
  replace_lane: lane(34),
  eq: vector(71),
  ne: vector(72),
  lt: vector(73),
  le: vector(75),
  promote_low_f32x4: vector(95),
  floor: vector(117),
  abs: vector(236),
  neg: vector(237),
  sqrt: vector(239),
  add: vector(240),
  sub: vector(241),
  mul: vector(242),
  div: vector(243),
  min: vector(244),
  max: vector(245),
  pmax: vector(247),
  convert_low_i32x4_u: vector(255)
} as const
