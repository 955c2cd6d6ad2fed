/**
 * The door `gradfold/ndarray`: the reference backend, and tensors to and from ndarrays. It stands apart since ndarray and ndarray-ops
 * make code from text when they are loaded, which a page's security policy may forbid; nothing else of gradfold does.
 */
import ndarray from 'ndarray'
import type { Dims } from './value/shape.js'
import { numbersOf, type DType, type Storage, type Tensor } from './value/tensor.js'

export { reference } from './backend/reference/reference.js'
export { fromNdarray } from './data/arrays.js'

/**
 * A tensor as an ndarray, copied, so that writing to the one leaves the other as it was.
 *
 * @example toNdarray(t).get(0, 1)
 */
export const toNdarray = <D extends DType>(t: Tensor<Dims, D>): ndarray.NdArray<Storage[D]> =>
  ndarray(numbersOf(t).slice() as Storage[D], [...t.shape])
