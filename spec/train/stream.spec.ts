/** Training on streams: the laws of the order, of resuming, and that a stream of one block is a dataset. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { reference } from '../../src/backend/reference/reference.js'
import { fromArrays } from '../../src/data/arrays.js'
import { encodeNpy } from '../../src/data/npy.js'
import { streamNpy } from '../../src/data/npy-stream.js'
import { streamOf, type DataStream } from '../../src/data/stream.js'
import { dense } from '../../src/layer/dense.js'
import { tanh } from '../../src/layer/activation.js'
import { input, model } from '../../src/layer/model.js'
import { rootKey } from '../../src/random/index.js'
import { blocksOf } from '../../src/train/blocks.js'
import { rmse } from '../../src/train/metric/regression.js'
import { adam } from '../../src/train/optimizer/adam.js'
import { meanSquaredError } from '../../src/train/loss/squared.js'
import { cosineDecay as cosine } from '../../src/train/schedule/decay.js'
import { epochs, steps } from '../../src/train/stop/rules.js'
import { trainStream } from '../../src/train/stream.js'
import { train } from '../../src/train/train.js'
import { dataError } from '../../src/value/error.js'
import { tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'

const n = 43
const example = (i: number) => ({ x: [Math.sin(i), i / n], y: [Math.cos(i)] })
const stream = (blockSize: number): DataStream => streamOf({ examples: n, blockSize, example })
const all = Array.from({ length: n }, (_, i) => example(i))
const data = right(
  fromArrays(
    all.map(e => e.x),
    all.map(e => e.y)
  )
)
const settings = {
  model: model(input(2), dense(5), tanh, dense(1)),
  loss: meanSquaredError,
  optimizer: adam(cosine(0.05, epochs(4))),
  metrics: [rmse],
  batchSize: 4,
  stop: epochs(4)
} as const
const run = (s: DataStream, o: Partial<Parameters<typeof trainStream>[1]> = {}, stop = settings.stop) =>
  trainStream({ ...settings, stop }, { backend: wasm, ...o })(s)()

describe('the order of a stream', () => {
  test('has every example once in an epoch, a block after another, the shorter one last', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 9 }),
        (batchSize, batches, examples, epoch) => {
          const s = { examples, blockSize: batchSize * batches }
          const blocks = blocksOf(s, batchSize, rootKey(3))
          const seen: number[] = []
          const order: number[] = []
          for (let position = 0; position < Math.ceil(examples / batchSize); position++) {
            const block = blocks.at(epoch, position)
            if (order.at(-1) !== block) order.push(block)
            const count = Math.min(batchSize, examples - position * batchSize)
            for (const i of blocks.examples(epoch, position, count)) seen.push(block * s.blockSize + i)
          }
          expect([...seen].sort((a, b) => a - b)).toEqual([...Array(examples).keys()])
          const last = Math.ceil(examples / s.blockSize) - 1
          expect(new Set(order).size).toBe(last + 1)
          if (examples % s.blockSize !== 0) expect(order.at(-1)).toBe(last)
        }
      )
    )
  })
  test('is another one in each epoch, of blocks and within them', () => {
    const blocks = blocksOf({ examples: 4000, blockSize: 40 }, 8, rootKey(1))
    const order = (epoch: number) => Array.from({ length: 100 }, (_, i) => blocks.at(epoch, i * 5))
    expect(order(0)).not.toEqual(order(1))
    const [first] = order(0)
    expect([...blocks.examples(0, 0, 8)]).not.toEqual([...blocks.examples(1, order(1).indexOf(first ?? 0) * 5, 8)])
  })
})

describe('training on a stream', () => {
  test('has the bits of train where there is one block', async () => {
    const whole = right(train(settings, { backend: wasm, validation: data, keepBest: true })(data))
    const streamed = right(await run(stream(n), { validation: data, keepBest: true }))
    expect(streamed.state).toEqual(whole.state)
    expect([streamed.history, streamed.reason]).toEqual([whole.history, whole.reason])
    expect(streamed.best?.state).toEqual(whole.best.state)
  })
  test('has the same bits on the reference backend, and reports every epoch', async () => {
    const events: string[] = []
    const fast = right(await run(stream(8), { observe: e => void events.push(e.tag) }))
    expect(right(await run(stream(8), { backend: reference })).state).toEqual(fast.state)
    expect(fast.history.map(h => h.step)).toEqual([11, 22, 33, 44])
    expect(events.filter(tag => tag === 'step')).toHaveLength(44)
    expect(events.at(-1)).toBe('done')
    expect(fast.history[3]?.loss).toBeLessThan(fast.history[0]?.loss ?? 0)
  })
  test('resumes to the same bits, broken off at any batch', async () => {
    const whole = right(await run(stream(8)))
    for (const at of [1, 2, 3, 10, 11, 12, 25]) {
      const part = right(await run(stream(8), {}, steps(at) as never))
      const rest = right(await run(stream(8), { from: { ...part.state, stop: {} } }))
      expect(rest.state).toEqual(whole.state)
    }
  })
  test('reads each block once in an epoch, one ahead', async () => {
    const read: number[] = []
    const counted: DataStream = {
      ...stream(12),
      read: block => {
        read.push(block)
        return stream(12).read(block)
      }
    }
    right(await run(counted, {}, epochs(2)))
    expect(read.length).toBeLessThanOrEqual(4 * 2 + 1)
    expect([...read.slice(0, 4)].sort()).toEqual([0, 1, 2, 3])
  })
  test('is Left for blocks that fail, throw, or are not what the stream says', async () => {
    const bad = (change: Partial<DataStream>): Promise<string> => run({ ...stream(8), ...change }).then(left)
    expect(await bad({ blockSize: 6 })).toBe(
      'stream/blockSize: expected a multiple of the batch size 4, got 6; so that no batch is of two blocks'
    )
    expect(await bad({ examples: 0 })).toContain('stream/examples')
    expect(await bad({ read: 7 as never })).toContain('stream/read')
    expect(await bad({ read: () => stream(16).read(0) })).toContain('8 examples, got 16')
    expect(
      await bad({
        read: () => {
          throw new Error('no disk')
        }
      })
    ).toContain('an error: no disk')
    for (const nothing of [undefined, {}, E.right({ x: [[1]] }), E.right(undefined)])
      expect(await bad({ read: () => () => Promise.resolve(nothing as never) })).toContain(
        'Either a dataset or an error'
      )
    const failing = bad({ read: b => (b === 2 ? TE.left(missing) : stream(8).read(b)) })
    expect(await failing).toContain('block 2/disk')
    const other = pipe(
      fromArrays(
        all.slice(0, 8).map(() => [1, 2]),
        all.slice(0, 8).map(() => [7])
      ),
      E.map(d => d)
    )
    const wide = right(
      fromArrays(
        all.slice(0, 8).map(() => [1, 2]),
        all.slice(0, 8).map(() => [7, 8])
      )
    )
    expect(E.isRight(other)).toBe(true)
    expect(await bad({ read: b => (b === 3 ? TE.right(wide) : stream(8).read(b)) })).toContain('block 3/y')
    expect(left(await trainStream(settings, undefined as never)(stream(8))())).toContain('backend')
    expect(left(await trainStream({ ...settings, batchSize: 0 }, { backend: wasm })(stream(8))())).toContain(
      'batchSize'
    )
  })
})
const missing = dataError(['disk'], 'a file', 'none')

describe('a stream of .npy files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradfold-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const x = file(
    'x.npy',
    encodeNpy(
      right(
        tensor(
          'f32',
          [n, 2],
          all.flatMap(e => e.x)
        )
      )
    )
  )
  const y = file(
    'y.npy',
    encodeNpy(
      right(
        tensor(
          'f32',
          [n, 1],
          all.flatMap(e => e.y)
        )
      )
    )
  )
  test('has the bits of the same examples from a function', async () => {
    const read = right(await streamNpy({ x, y, blockSize: 8 })())
    expect(right(await run(read)).state).toEqual(right(await run(stream(8))).state)
    expect(right(await streamNpy({ x, y })()).blockSize).toBe(n)
  })
  test('is Left for files that are no two arrays of equally many rows', async () => {
    const said = (s: Parameters<typeof streamNpy>[0]): Promise<string> => streamNpy(s)().then(left)
    expect(await said({ x: join(folder, 'none.npy'), y })).toContain('ENOENT')
    expect(
      await said({
        x: file(
          'short.npy',
          encodeNpy(
            right(
              tensor(
                'f32',
                [n, 2],
                all.flatMap(e => e.x)
              )
            )
          ).subarray(0, 300)
        ),
        y
      })
    ).toContain('bytes for the sizes')
    const few = file('few.npy', encodeNpy(right(tensor('f32', [2, 1], [1, 2]))))
    expect(await said({ x, y: few })).toContain(`${n} targets, one for each input, got 2`)
    expect(await said({ x: file('no.npy', Uint8Array.of(1, 2, 3)), y })).toContain('the magic of a .npy file')
  })
})
