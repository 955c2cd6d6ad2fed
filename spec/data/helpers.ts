import fc from 'fast-check'
import { sizeOf, type Dims } from '../../src/value/shape.js'
import { tensor, type DType, type Tensor } from '../../src/value/tensor.js'
import { right } from '../support/either.js'

export const dims = (max = 4): fc.Arbitrary<Dims> =>
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: max })

const numbers: { readonly [D in DType]: fc.Arbitrary<number> } = {
  f32: fc.float(),
  f64: fc.double(),
  u8: fc.integer({ min: 0, max: 255 }),
  u32: fc.integer({ min: 0, max: 0xffffffff }),
  bool: fc.integer({ min: 0, max: 1 })
}

/** tensors of any element type among those given */
export const tensors = (...dtypes: readonly DType[]): fc.Arbitrary<Tensor> =>
  fc
    .tuple(fc.constantFrom(...dtypes), dims())
    .chain(([dtype, shape]) =>
      fc
        .array(numbers[dtype], { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
        .map(data => right(tensor(dtype, shape, data)))
    )

/** IDX as its description says, written from scratch */
export const encodeIdx = (
  type: number,
  sizes: readonly number[],
  width: number,
  write: (view: DataView, at: number, i: number) => void
): Uint8Array => {
  const n = sizeOf(sizes)
  const start = 4 + 4 * sizes.length
  const out = new Uint8Array(start + n * width)
  const at = new DataView(out.buffer)
  out.set([0, 0, type, sizes.length])
  sizes.forEach((s, i) => at.setUint32(4 + 4 * i, s))
  for (let i = 0; i < n; i++) write(at, start + i * width, i)
  return out
}

export const idxBytes = (sizes: readonly number[], bytes: ArrayLike<number>): Uint8Array =>
  encodeIdx(8, sizes, 1, (v, at, i) => v.setUint8(at, bytes[i] as number))
