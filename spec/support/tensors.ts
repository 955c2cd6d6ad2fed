/** Tensors for tests: from given numbers, or from moderate numbers drawn from a seed. */
import fc from 'fast-check'
import { sizeOf, type Dims } from '../../src/value/shape.js'
import { allocate, tensorView, type DType, type Tensor } from '../../src/value/tensor.js'
import { randomFrom } from './random.js'

export const tensorOf = <D extends DType>(dtype: D, shape: Dims, numbers: ArrayLike<number>): Tensor<Dims, D> =>
  tensorView(dtype, shape, allocate(dtype, numbers))

/** moderate numbers from a seed */
export const numbers = (dtype: DType, shape: Dims, seed: number, scale = 2): Tensor => {
  const next = randomFrom(seed)
  const out = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < out.length; i++) out[i] = dtype === 'u32' ? Math.floor(next() * scale) : (next() * 2 - 1) * scale
  return tensorView(dtype, shape, out)
}
export const seed = fc.integer({ min: 0, max: 0x7fffffff })
