/** The textbook's forward pass: z = x W + b, and the bias as the weight of one more input that is always 1. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { sigmoid } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { input, model } from '../../src/layer/model.js'
import { predict } from '../../src/infer/predict.js'
import { numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { right } from '../support/either.js'
import { numbers, seed } from '../support/tensors.js'

type F64 = Tensor<readonly number[], 'f64'>

it('a bias is the weight of a constant input x_0 = 1: the same network', () => {
  const withBias = model(input(4), dense(3), sigmoid)
  const withInput = model(input(5), dense(3, { bias: false }), sigmoid)
  fc.assert(
    fc.property(seed, fc.integer({ min: 1, max: 9 }), fc.constantFrom(reference, wasm), (s, batch, backend) => {
      const x = numbers('f64', [batch, 4], s) as F64
      const weight = tensorView('f64', [4, 3] as [4, 3], numbersOf(numbers('f64', [4, 3], s + 1) as F64))
      const bias = tensorView('f64', [3] as [3], numbersOf(numbers('f64', [3], s + 2) as F64))
      const a = right(predict(withBias, { dense: { weight, bias } }, { backend })(x)) as F64
      // the constant input comes last, so that the sum ends with the bias as it does in x W + b
      const rows = numbersOf(x)
      const extended = tensorView(
        'f64',
        [batch, 5],
        Float64Array.from({ length: batch * 5 }, (_, i) =>
          i % 5 === 4 ? 1 : (rows[Math.floor(i / 5) * 4 + (i % 5)] as number)
        )
      )
      const stacked = tensorView('f64', [5, 3] as [5, 3], Float64Array.from([...numbersOf(weight), ...numbersOf(bias)]))
      const b = right(predict(withInput, { dense: { weight: stacked } }, { backend })(extended)) as F64
      expect(Array.from(numbersOf(b))).toEqual(Array.from(numbersOf(a)))
    }),
    { numRuns: 30 }
  )
})
