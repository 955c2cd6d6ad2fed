/** Numbers as decimal text. */
import type { DType } from '../value/tensor.js'

/** the shortest decimal that means this number in its element type: `0.1`, not `0.10000000149011612` */
export const showNumber = (x: number, dtype: DType): string => {
  if (Object.is(x, -0)) return '-0'
  if (dtype !== 'f32' || !Number.isFinite(x)) return String(x)
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(x.toPrecision(digits))
    if (Math.fround(short) === x) return String(short)
  }
  return String(x)
}
