/** Copies of bytes, without regard to their meaning. */
import { i32, i64, local, memory, v128, type Local } from '../assemble/index.js'
import type { Address } from '../../kernel/thread-programs.js'
import { integer } from './lanes.js'

/** an address, and the local of the turn that multiplies its step */
interface AddressAt extends Address {
  readonly turn?: Local<'i32'>
}
const pushAddress = ({ base, turn, step = 0 }: AddressAt, plus: number): void => {
  const fixed = integer(base + plus)
  if (turn === undefined) fixed()
  else {
    local.get(turn)
    i32.const(step)
    i32.mul()
    fixed()
    i32.add()
  }
}
/** larger copies use memory.copy, whose call costs as much as these loads and stores */
const copiedPieceByPiece = 128

export const copyBytes = (to: AddressAt, from: AddressAt, bytes: number): void => {
  if (bytes > copiedPieceByPiece) {
    pushAddress(to, 0)
    pushAddress(from, 0)
    i32.const(bytes)
    memory.copy()
    return
  }
  const pieces = [
    [16, () => v128.load({ align: 1 }), () => v128.store({ align: 1 })],
    [8, () => i64.load({ align: 1 }), () => i64.store({ align: 1 })],
    [4, () => i32.load({ align: 1 }), () => i32.store({ align: 1 })],
    [1, () => i32.load8_u({}), () => i32.store8({})]
  ] as const
  let at = 0
  for (const [size, load, store] of pieces)
    for (; at + size <= bytes; at += size) {
      pushAddress(to, at)
      pushAddress(from, at)
      load()
      store()
    }
}
