/**
 * The order of a stream's examples: a function of (seed, epoch), so that the state of a training within an epoch is one number, the
 * batches taken.
 */
import { epochOrder } from '../data/batch.js'
import { blockCount, blockLength, type DataStream } from '../data/stream.js'
import { childKey, drawKey, foldIn, permutation, type Key } from '../random/index.js'

export interface Blocks {
  /** examples in the memory of the backend */
  readonly resident: number
  /** the block that a batch of an epoch is from */
  readonly at: (epoch: number, position: number) => number
  /** the batches of that block that are left, this one among them */
  readonly left: (position: number) => number
  /** the examples of the next batches of a block, by their numbers in the block */
  readonly examples: (epoch: number, position: number, count: number) => Uint32Array
}

/** caches the result for the last arguments */
const lastOf = (f: (a: number, b: number) => Uint32Array): ((a: number, b: number) => Uint32Array) => {
  let last: { readonly a: number; readonly b: number; readonly value: Uint32Array } | undefined
  return (a, b) => {
    last = last?.a === a && last.b === b ? last : { a, b, value: f(a, b) }
    return last.value
  }
}

/**
 * Whole blocks come in a random order, and the shorter one, if there is one, comes last; within a block its examples come in a random
 * order. A stream of one block has the order of a dataset in memory.
 *
 * @param key that of the run for shuffling
 */
export const blocksOf = (s: Pick<DataStream, 'examples' | 'blockSize'>, batchSize: number, key: Key): Blocks => {
  const blocks = blockCount(s)
  const whole = Math.floor(s.examples / s.blockSize)
  const batches = s.blockSize / batchSize
  const [ofBlocks, ofExamples] = [childKey(key, 'blocks'), childKey(key, 'examples')]
  const blockOrder = lastOf(epoch => epochOrder(ofBlocks, epoch, whole))
  const nth = (position: number): number => (blocks === 1 ? 0 : Math.floor(position / batches))
  const at = (epoch: number, position: number): number => {
    const n = nth(position)
    return n < whole ? (blockOrder(epoch, 0)[n] as number) : n
  }
  const within = lastOf((epoch, block) =>
    blocks === 1
      ? epochOrder(key, epoch, s.examples)
      : permutation(drawKey(foldIn(foldIn(ofExamples, epoch), block)), blockLength(s, block))
  )
  return {
    resident: blockLength(s, 0),
    at,
    left: position => (blocks === 1 ? Infinity : batches - (position - nth(position) * batches)),
    examples: (epoch, position, count) => {
      const begin = (position - (blocks === 1 ? 0 : nth(position) * batches)) * batchSize
      return within(epoch, at(epoch, position)).subarray(begin, begin + count)
    }
  }
}
