import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { batchIndices, epochOrder, givenOrder } from '../../src/data/batch.js'
import { foldIn, rootKey } from '../../src/random/index.js'
import { left, right } from '../support/either.js'

describe('epochOrder', () => {
  it('names every example once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(1000), (n, seed, epoch) => {
        expect(Uint32Array.from(epochOrder(rootKey(seed), epoch, n)).sort()).toEqual(givenOrder(n))
      })
    )
  })

  it('differs from epoch to epoch and from key to key, and is otherwise the same', () => {
    const order = (seed: number, epoch: number): string => epochOrder(rootKey(seed), epoch, 100).join()
    expect(new Set([order(0, 0), order(0, 1), order(1, 0), order(1, 1)]).size).toBe(4)
    expect(order(5, 6)).toBe(order(5, 6))
  })
})

it('the order of 60,000 is the one of the numerics contract, on every machine', () => {
  const order = epochOrder(foldIn(rootKey(1234), 3), 17, 60000)
  const bytes = new Uint8Array(order.length * 4)
  order.forEach((row, i) => new DataView(bytes.buffer).setUint32(4 * i, row, true))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(
    'a9128436278b235aa72a26794e71c8f757c20a341dbbd0d5e8e485d1f161ed43'
  )
})

describe('batchIndices', () => {
  const orders = fc.integer({ min: 1, max: 60 }).chain(n => fc.shuffledSubarray([...givenOrder(n)], { minLength: n }))

  it('one after the other the batches are the order: each example once, only the last batch short', () => {
    fc.assert(
      fc.property(orders, fc.nat(), (order, b) => {
        const n = order.length
        const batchSize = 1 + (b % n)
        const batches = right(batchIndices(n, batchSize, Uint32Array.from(order)))
        expect(batches.flatMap(t => Array.from(t.data))).toEqual(order)
        batches.forEach((t, i) => {
          expect(t.dtype).toBe('u32')
          expect(t.shape).toEqual([i < batches.length - 1 ? batchSize : n - i * batchSize])
          expect(t.data.length).toBe(t.shape[0])
        })
      })
    )
  })

  it('refuses sizes that cannot be, and orders of something else', () => {
    for (const size of [0, -1, 1.5, NaN, Infinity, 11])
      expect(left(batchIndices(10, size, givenOrder(10)))).toContain('batchSize: expected a whole number from 1 to 10')
    expect(left(batchIndices(10, 2, givenOrder(9)))).toContain('order: expected 10 indexes')
    expect(left(batchIndices(2, 1, Uint32Array.of(0, 2)))).toContain('order: expected 2 indexes below 2')
  })
})
