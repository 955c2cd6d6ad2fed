/** The bits of a training do not depend on the number of threads. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wasm, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import type { Backend } from '../../../src/backend/backend.js'
import { resultsOf } from '../../../src/backend/kernel/ir.js'
import { inPieces, partition } from '../../../src/backend/kernel/partition.js'
import { toKernels } from '../../../src/backend/kernel/fuse.js'
import { input as expressionInput, matmul, sum, tanh, add, transpose } from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { dense } from '../../../src/layer/dense.js'
import { gelu, relu } from '../../../src/layer/activation.js'
import { dropout } from '../../../src/layer/dropout.js'
import { batchNorm } from '../../../src/layer/batch-norm.js'
import { input, model } from '../../../src/layer/model.js'
import { dataset } from '../../../src/data/dataset.js'
import { adam } from '../../../src/train/optimizer/index.js'
import { softmaxCrossEntropy } from '../../../src/train/loss/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { sizeOf } from '../../../src/value/shape.js'
import { right } from '../../support/either.js'
import { numbers } from '../../support/tensors.js'

const net = model(input(300), dense(160), batchNorm(), relu, dropout(0.2), dense(96), gelu, dense(10))
const data = right(dataset({ x: numbers('f32', [230, 300], 4), y: numbers('u32', [230], 5, 10), classes: 10 }))

describe('threads', () => {
  it('1, 2, 3 and 8 give the same bits, batches and a short last batch included', () => {
    const run = (backend: Backend): unknown =>
      right(
        train(
          { model: net, loss: softmaxCrossEntropy, optimizer: adam(0.01), batchSize: 100, stop: steps(7), seed: 3 },
          { backend }
        )(data)
      ).state
    const one = run(wasm)
    for (const threads of [2, 3, 8]) expect(run(wasmThreads(threads))).toEqual(one)
  })

  it('large kernels are shared out, and every number is worked out once', () => {
    const [a, b] = [expressionInput('a', 'f32', [128, 300]), expressionInput('b', 'f32', [300, 200])]
    const y = tanh(add(matmul(a, b), 1))
    const kernels = toKernels(right(program({ y, rows: sum(y, [1]), columns: sum(y, [0]) }))).kernels
    for (const threads of [1, 2, 3, 8])
      for (const k of kernels) {
        const parts = partition(k, threads)
        const written = (of: typeof k): number => resultsOf(of).reduce((n, to) => n + sizeOf(to.shape), 0)
        if (inPieces(k, threads)) expect(parts).toEqual(parts.map(() => k))
        else if (k.kind !== 'reduce') expect(parts.reduce((n, p) => n + written(p), 0)).toBe(written(k))
        expect([1, threads]).toContain(parts.length)
      }
    expect(kernels.some(k => partition(k, 2).length === 2)).toBe(true)
  })

  it('matrix products are done in pieces, step after step, however they are laid out, with the bits of one thread', () => {
    fc.assert(
      fc.property(
        fc.record({
          batches: fc.constantFrom(1, 1, 2, 5),
          m: fc.integer({ min: 4, max: 90 }),
          n: fc.integer({ min: 1, max: 130 }),
          depth: fc.integer({ min: 1, max: 70 }),
          dtype: fc.constantFrom('f32', 'f64'),
          turned: fc.tuple(fc.boolean(), fc.boolean())
        }),
        ({ batches, m, n, depth, dtype, turned }) => {
          const factor = (name: string, rows: number, columns: number, turn: boolean, seed: number) => {
            const shape = [batches, ...(turn ? [columns, rows] : [rows, columns])]
            const e = expressionInput(name, dtype, shape)
            return { e: turn ? transpose(e, [0, 2, 1]) : e, value: numbers(dtype, shape, seed) }
          }
          const [a, b] = [factor('a', m, depth, turned[0], 7), factor('b', depth, n, turned[1], 11)]
          const p = right(program({ c: matmul(a.e, b.e) }))
          const given = { a: a.value, b: b.value }
          const one = right(right(wasm.compile(p)).run(given))['c']
          for (const threads of [2, 3]) {
            const start = { c: numbers(dtype, [batches, m, n], 1) }
            const loop = right(wasmThreads(threads).loop([p], start, given))
            for (let step = 0; step < 3; step++) {
              right(loop.step(p, {}))
              expect(loop.state()['c']).toEqual(one)
            }
            loop.close()
          }
        }
      ),
      { numRuns: 40 }
    )
  })
})
