import fc from 'fast-check'
import type { Dims } from '../../src/value/shape.js'
import { sizeOf } from '../../src/value/shape.js'
import { allocate, tensorView, type DType, type Tensor } from '../../src/value/tensor.js'
import { randomFrom } from '../expr/arbitrary.js'

/** moderate numbers from a seed */
export const numbers = (dtype: DType, shape: Dims, seed: number, scale = 2): Tensor => {
  const next = randomFrom(seed)
  const out = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < out.length; i++) out[i] = dtype === 'u32' ? Math.floor(next() * scale) : (next() * 2 - 1) * scale
  return tensorView(dtype, shape, out)
}
export const seed = fc.integer({ min: 0, max: 0x7fffffff })

/** CI runs the number stated; `RUNS=10000 npm run sweep:gradients` runs more */
export const runs = (normally: number): number => Number(process.env['RUNS'] ?? normally)

/** for tests that a heavier sweep runs long */
export const minutes = (n: number): number => n * 60_000
