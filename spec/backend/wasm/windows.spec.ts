/** Convolutions and pooling: the kernels that cut, add up and unroll windows give the reference's bits, on any number of threads. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, type Backend, type Values } from '../../../src/backend/backend.js'
import { compile } from '../../../src/backend/kernel/compile.js'
import { sourceOf } from '../../../src/backend/kernel/explain.js'
import type { Kernel, KernelProgram } from '../../../src/backend/kernel/ir.js'
import { verify } from '../../../src/backend/kernel/verify.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { wasm, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import { dataset } from '../../../src/data/dataset.js'
import * as b from '../../../src/expr/build.js'
import { gradients } from '../../../src/expr/gradient.js'
import type { Expr } from '../../../src/expr/op.js'
import { program } from '../../../src/expr/program.js'
import { relu } from '../../../src/layer/activation.js'
import { dense } from '../../../src/layer/dense.js'
import { flatten } from '../../../src/layer/flatten.js'
import { input, model } from '../../../src/layer/model.js'
import { averagePool } from '../../../src/layer/spatial/average-pool.js'
import { conv2d } from '../../../src/layer/spatial/conv2d.js'
import { firstMax, tapsOf } from '../../../src/layer/spatial/pool.js'
import { depthwiseConv2d } from '../../../src/layer/spatial/depthwise-conv2d.js'
import { windowProduct } from '../../../src/layer/spatial/windows.js'
import { maxPool } from '../../../src/layer/spatial/max-pool.js'
import { softmaxCrossEntropy } from '../../../src/train/loss/index.js'
import { adam } from '../../../src/train/optimizer/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { sizeOf } from '../../../src/value/shape.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import { right } from '../../support/either.js'
import { runs } from '../../support/runs.js'
import { numbers, seed } from '../../support/tensors.js'

const small = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most })
const pair = (most: number): fc.Arbitrary<readonly [number, number]> => fc.tuple(small(most), small(most))
/** images and a window that fits in them */
const images = fc
  .record({
    n: small(4),
    more: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
    c: small(9),
    size: pair(3),
    stride: pair(3),
    dilation: pair(2),
    dtype: fc.constantFrom<FloatType>('f32', 'f64')
  })
  .map(({ more, ...w }) => {
    const [h, width] = [0, 1].map(
      a => ((w.size[a] as number) - 1) * (w.dilation[a] as number) + 1 + (more[a] as number)
    )
    return { ...w, h: h as number, width: width as number }
  })
type Images = typeof images extends fc.Arbitrary<infer T> ? T : never
const shapeOf = ({ n, h, width, c }: Images): readonly number[] => [n, h, width, c]

const agree = (outputs: Readonly<Record<string, Expr>>, inputs: Values): void => {
  expect(verify(compile(sourceOf(right(program(outputs)), { threads: 1 })))).toEqual([])
  const [a, w] = [reference, wasm].map(backend => right(evaluate(backend)(outputs, inputs)))
  for (const name of Object.keys(outputs))
    expect(Array.from(numbersOf(w?.[name] as Tensor))).toEqual(Array.from(numbersOf(a?.[name] as Tensor)))
}
const kernelsOf = (outputs: Readonly<Record<string, Expr>>): readonly Kernel[] =>
  (compile(sourceOf(right(program(outputs)))).programs[0] as KernelProgram).kernels

/** a convolution without bias, and its gradients in the direction r */
const convolution = (i: Images, out: number): Readonly<Record<string, Expr>> => {
  const x = b.input('x', i.dtype, shapeOf(i))
  const taps = i.size[0] * i.size[1] * i.c
  const w = b.input('w', i.dtype, [taps, out])
  const all = b.windows(x, i.size, i.stride, i.dilation)
  const rows = sizeOf(all.shape.slice(0, 3))
  const y = b.matmul(b.reshape(all, [rows, taps]), w)
  const r = b.input('r', i.dtype, [rows, out])
  const [dx, dw] = gradients(b.sum(b.mul(y, r), [0, 1]), [x, w]) as [Expr, Expr]
  return { y, dx, dw }
}

/** numbers that are hard to compare */
const hard = (dtype: FloatType, shape: readonly number[], s: number): Tensor => {
  const some = [-0, 0, 1, 1, -1, NaN, Infinity, -Infinity, 2, 0.5]
  const picks = numbersOf(numbers('u32', [sizeOf(shape)], s, some.length))
  const out = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < out.length; i++) out[i] = some[picks[i] as number] as number
  return tensorView(dtype, shape, out)
}

describe('convolutions', () => {
  it('and their gradients have the bits of stored windows', () => {
    fc.assert(
      fc.property(images, small(20), seed, (i, out, s) => {
        const outputs = convolution(i, out)
        const rows = (outputs['y'] as Expr).shape[0] as number
        const taps = i.size[0] * i.size[1] * i.c
        agree(outputs, {
          x: numbers(i.dtype, shapeOf(i), s),
          w: numbers(i.dtype, [taps, out], s + 1),
          r: numbers(i.dtype, [rows, out], s + 2)
        })
      }),
      { numRuns: runs(60) }
    )
  })

  it('store no windows', () => {
    const i: Images = { n: 3, h: 9, width: 8, c: 4, size: [3, 3], stride: [1, 1], dilation: [1, 1], dtype: 'f32' }
    const kernels = kernelsOf(convolution(i, 6))
    const products = kernels.flatMap(k => (k.kind === 'matmul' ? [k] : []))
    expect(products.map(k => [k.windows, k.adds !== undefined])).toEqual([
      ['rows', false],
      [undefined, true],
      ['columns', false]
    ])
    expect(kernels.map(k => k.kind)).not.toContain('unwindows')
    const windows = 3 * 7 * 6 * 9 * 4
    expect(kernels.some(k => k.kind === 'map' && k.outputs.some(o => o.to.buffer.size === windows))).toBe(false)
  })
})

describe('depthwise convolutions', () => {
  const depthwise = (i: Images, outputs: number): Readonly<Record<string, Expr>> => {
    const x = b.input('x', i.dtype, shapeOf(i))
    const w = b.input('w', i.dtype, [...i.size, 1, i.c * outputs])
    const y = windowProduct(b.windows(x, i.size, i.stride, i.dilation), w, 2, i.c)
    const r = b.input('r', i.dtype, y.shape)
    const [dx, dw] = gradients(b.sum(b.mul(y, r), [0, 1, 2, 3]), [x, w]) as [Expr, Expr]
    return { y, dx, dw }
  }
  it('and their gradients have the bits of products channel by channel', () => {
    fc.assert(
      fc.property(images, small(3), seed, fc.boolean(), (i, outputs, s, isHard) => {
        const made = depthwise(i, outputs)
        agree(made, {
          x: (isHard ? hard : numbers)(i.dtype, shapeOf(i), s),
          w: numbers(i.dtype, [...i.size, 1, i.c * outputs], s + 1),
          r: numbers(i.dtype, (made['y'] as Expr).shape, s + 2)
        })
      }),
      { numRuns: runs(40) }
    )
  })

  it('are elementwise kernels along the channels, and sums of channels', () => {
    const i: Images = { n: 3, h: 9, width: 8, c: 8, size: [3, 3], stride: [1, 1], dilation: [1, 1], dtype: 'f32' }
    expect(kernelsOf(depthwise(i, 1)).map(k => k.kind)).toEqual(['map', 'map', 'unwindows', 'channelSums', 'map'])
  })
})

describe('pooling', () => {
  const pooled = {
    'the first largest number': (all: Expr): Expr => firstMax(all, 3),
    'the largest number': (all: Expr): Expr => b.reduceMax(all, [3]),
    'the sum': (all: Expr): Expr => b.sum(all, [3]),
    'the mean in f64': (all: Expr): Expr => b.cast(b.div(b.sum(b.cast(all, 'f64'), [3]), 3), all.dtype)
  }
  it.each(Object.entries(pooled))('%s of each window, and its gradient', (_, f) => {
    fc.assert(
      fc.property(images, seed, fc.boolean(), (i, s, isHard) => {
        const x = b.input('x', i.dtype, shapeOf(i))
        const y = f(tapsOf(b.windows(x, i.size, i.stride, i.dilation), 2))
        const r = b.input('r', i.dtype, y.shape)
        const [dx] = gradients(b.sum(b.mul(y, r), [0, 1, 2, 3, 4]), [x]) as [Expr]
        agree(
          { y, dx },
          {
            x: (isHard ? hard : numbers)(i.dtype, shapeOf(i), s),
            r: numbers(i.dtype, y.shape, s + 1)
          }
        )
      }),
      { numRuns: runs(30) }
    )
  })

  it('is one kernel, and its gradient another', () => {
    const x = b.input('x', 'f32', [2, 6, 6, 8])
    const all = tapsOf(b.windows(x, [2, 2], [2, 2]), 2)
    const y = firstMax(all, 3)
    const [dx] = gradients(b.sum(b.mul(y, b.input('r', 'f32', y.shape)), [0, 1, 2, 3, 4]), [x]) as [Expr]
    expect(kernelsOf({ y, dx }).map(k => k.kind)).toEqual(['map', 'map'])
  })
})

describe('a small convolutional network', () => {
  const net = model(
    input(13, 12, 3),
    conv2d(10, 3, { padding: 'same' }),
    relu,
    maxPool(2),
    conv2d(12, [3, 2], { stride: [1, 2], dilation: [2, 1], padding: 'same' }),
    relu,
    depthwiseConv2d(3, { padding: 'same' }),
    averagePool(2, { stride: 1 }),
    flatten,
    dense(5)
  )
  const data = right(dataset({ x: numbers('f32', [70, 13, 12, 3], 4), y: numbers('u32', [70], 5, 5), classes: 5 }))
  it('trains to the same bits by the reference and on 1, 2, 3 and 8 threads', () => {
    const run = (backend: Backend): unknown =>
      right(
        train(
          { model: net, loss: softmaxCrossEntropy, optimizer: adam(0.01), batchSize: 32, stop: steps(4), seed: 3 },
          { backend }
        )(data)
      ).state
    const one = run(reference)
    for (const backend of [wasm, ...[2, 3, 8].map(wasmThreads)]) expect(run(backend)).toEqual(one)
  })
})
