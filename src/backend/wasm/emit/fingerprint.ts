/** Fingerprints (value/fingerprint): four words at a time, their products of 64 bits added up in two pairs of sums. */
import { i64, i64x2, local, v128, type Local } from '../assemble/index.js'
import { STEP } from '../../../value/fingerprint.js'
import { sizeOf } from '../../../value/shape.js'
import { bytesOf, type FingerprintKernel } from '../../kernel/ir.js'
import { bits, get, i4, integer, l2, set, type Push } from './lanes.js'
import { advance, times, withLocals, type Procedure, type Where } from './loops.js'

const product = {
  low:
    (a: Push, b: Push): Push =>
    () => {
      a()
      b()
      i64x2.extmul_low_i32x4_u()
    },
  high:
    (a: Push, b: Push): Push =>
    () => {
      a()
      b()
      i64x2.extmul_high_i32x4_u()
    }
} as const
const multiple = (i: number): number => Math.imul(i, STEP)

export const emitFingerprint = ({ values, to }: FingerprintKernel, where: Where): Procedure =>
  withLocals(['i32', 'i32', 'v128', 'v128', 'v128', 'v128'], all => {
    const [pointer, count] = all as [Local<'i32'>, Local<'i32'>]
    const [words, steps, low, high] = all.slice(2) as [Local, Local, Local, Local]
    const size = bytesOf[values.buffer.dtype]
    const n = (sizeOf(values.shape) * size) / 4
    set(pointer, integer(where.address(values.buffer) + values.offset * size))
    set(steps, i4.lanes(0, multiple(1), multiple(2), multiple(3)))
    for (const sum of [low, high]) set(sum, l2.of(0n))
    const add = (valid: number): void => {
      set(words, () => {
        get(pointer)()
        v128.load({ align: 4 })
      })
      // words from beyond the end count as 0
      if (valid < 4) set(words, bits.and(get(words), i4.lanes(-1, valid > 1 ? -1 : 0, valid > 2 ? -1 : 0, 0)))
      const k = bits.or(get(steps), i4.of(1))
      set(low, l2.add(get(low), product.low(get(words), k)))
      set(high, l2.add(get(high), product.high(get(words), k)))
    }
    times(count, Math.floor(n / 4), () => {
      add(4)
      set(steps, i4.add(get(steps), i4.of(multiple(4))))
      advance(pointer, 16)
    })
    if (n % 4 !== 0) add(n % 4)
    set(low, l2.add(get(low), get(high)))
    integer(where.address(to.buffer) + to.offset * 4)()
    local.get(low)
    i64x2.extract_lane(0)
    local.get(low)
    i64x2.extract_lane(1)
    i64.add()
    i64.store({ align: 4 })
  })
