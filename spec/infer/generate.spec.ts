/** Drawing indexes from logits, and sequences from a model. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import {
  embedding,
  foldIn,
  flatten,
  generate,
  input,
  model,
  ofIndices,
  rootKey,
  sampleIndex,
  showError,
  tensor,
  wasm,
  type GenerateOptions,
  type SamplingOptions,
  type Tensor
} from 'gradfold'
import { reference } from 'gradfold/ndarray'
import { expect, test } from 'vitest'
import { right } from '../support/either.js'

const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 12 })
const largest = (xs: readonly number[]): number => xs.indexOf(xs.reduce((a, b) => Math.max(a, b)))
const at = (i: number, xs: readonly number[], options: SamplingOptions): number =>
  right(sampleIndex(foldIn(rootKey(5), i), options)(xs))

test('temperature 0, one candidate and a tiny nucleus all take the largest logit', () =>
  fc.assert(
    fc.property(logits, fc.nat(99), (xs, i) => {
      for (const options of [{ temperature: 0 }, { topK: 1 }, { nucleus: 1e-9 }])
        expect(at(i, xs, options)).toBe(largest(xs))
    })
  ))
test('an index is among the k largest, and never one of -Infinity', () =>
  fc.assert(
    fc.property(logits, fc.integer({ min: 1, max: 12 }), fc.nat(99), (xs, topK, i) => {
      const index = at(i, [-Infinity, ...xs, -Infinity], { topK, temperature: 3 })
      expect(xs.filter(x => x > (xs[index - 1] as number)).length).toBeLessThan(topK)
    })
  ))
test('frequencies are softmax(logits / temperature), of the nucleus where there is one', () => {
  const xs = [1, 0, 2, -1]
  const runs = 4000
  const check = (options: SamplingOptions, masses: readonly number[]): void => {
    const counts = xs.map(() => 0)
    for (let i = 0; i < runs; i++) counts[at(i, xs, options)]! += 1
    const whole = masses.reduce((a, b) => a + b, 0)
    masses.forEach((m, j) => {
      const p = m / whole
      expect(Math.abs((counts[j] as number) / runs - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / runs))
    })
  }
  check(
    {},
    xs.map(x => Math.exp(x))
  )
  check(
    { temperature: 2 },
    xs.map(x => Math.exp(x / 2))
  )
  // the two largest hold 0.88 of the probability
  check({ nucleus: 0.8 }, [Math.exp(1), 0, Math.exp(2), 0])
  check({ topK: 3, nucleus: 0.99 }, [Math.exp(1), 1, Math.exp(2), 0])
})
test('settings out of range and logits without a number are refused', () => {
  const said = (options: SamplingOptions, xs: readonly number[] = [1, 2]): string => {
    const r = sampleIndex(rootKey(1), options)(xs)
    return E.isLeft(r) ? showError(r.left) : ''
  }
  expect(said({ temperature: -1 })).toContain('temperature: expected a number, 0 or more')
  expect(said({ topK: 0 })).toContain('topK: expected a positive whole number')
  expect(said({ nucleus: 0 })).toContain('nucleus: expected a number above 0, at most 1')
  expect(said({}, [NaN, 1])).toContain('logits: expected')
  expect(said({}, [-Infinity])).toContain('logits: expected')
})

/** index i is followed by i + 1 with logit 3, else by any */
const chain = ofIndices(model(input(3), embedding(5, 5)))
const table = right(
  tensor(
    'f32',
    [5, 5],
    Array.from({ length: 25 }, (_, i) => (i % 5 === (Math.floor(i / 5) + 1) % 5 ? 3 : 0))
  )
)
const params = { embedding: { table: table as Tensor<[5, 5], 'f32'> } }
const from = (options: Partial<GenerateOptions>, ...prompt: readonly number[]) =>
  generate(chain, params, { backend: reference, key: rootKey(9), count: 12, ...options })(prompt)

test('a sequence is continued from its last index, also beyond the window', () => {
  expect(right(from({ temperature: 0, count: 6 }, 3))).toEqual([3, 4, 0, 1, 2, 3, 4])
  expect(right(from({ temperature: 0, count: 2 }, 0, 1, 2, 3, 4))).toEqual([0, 1, 2, 3, 4, 0, 1])
  expect(right(from({ temperature: 0, end: 1 }, 3))).toEqual([3, 4, 0, 1])
  // as many as there are up to the end
  expect(right(from({ temperature: 0, end: 1, count: Number.MAX_SAFE_INTEGER }, 3))).toEqual([3, 4, 0, 1])
})
test('the same key gives the same sequence, on any backend: this one', () => {
  const mild = { temperature: 3 }
  const drawn = right(from(mild, 0))
  expect(drawn).toEqual([0, 0, 1, 1, 2, 1, 1, 1, 2, 3, 2, 0, 3])
  expect(right(from({ ...mild, backend: wasm }, 0))).toEqual(drawn)
  expect(right(from({ ...mild, key: rootKey(10) }, 0))).not.toEqual(drawn)
  // a longer one begins the same
  expect(right(from({ ...mild, count: 20 }, 0)).slice(0, drawn.length)).toEqual(drawn)
})
test('what cannot be continued is said', () => {
  const said = (r: ReturnType<typeof from>): string => (E.isLeft(r) ? showError(r.left) : '')
  expect(said(from({}))).toContain('prompt: expected a list of indexes, at least one')
  expect(said(from({}, 5))).toContain('expected an index below 5')
  expect(said(from({ count: 0 }, 1))).toContain('count: expected a positive whole number')
  expect(said(from({ end: '\n' as never }, 1))).toContain('end: expected an index')
  // a list with a hole
  const prompt = new Array<number>(2)
  expect(said(generate(chain, params, { backend: reference, key: rootKey(1), count: 1 })(prompt))).toContain('prompt')
  const flat = ofIndices(model(input(3), embedding(5, 5), flatten))
  expect(said(generate(flat, params, { backend: reference, key: rootKey(1), count: 1 })([1]))).toContain(
    'a model that gives [3, classes], logits at each position'
  )
  const numbers = model(input(3), embedding(5, 5))
  expect(said(generate(numbers, params, { backend: reference, key: rootKey(1), count: 1 })([1]))).toContain(
    'a model of one sequence of indexes'
  )
})
