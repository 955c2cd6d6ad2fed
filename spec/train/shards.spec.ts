/** Sharded gradients: which sum they are, to the bit; the same on every backend and number of threads; what is refused. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { evaluate, type Backend } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm, wasmThreads } from '../../src/backend/wasm/wasm.js'
import { dataset, pickExamples } from '../../src/data/dataset.js'
import { handedIn } from '../../src/data/program-inputs.js'
import { inputsLike } from '../../src/expr/inputs.js'
import {
  batchNorm,
  builtIn,
  customLoss,
  dense,
  dropout,
  expr,
  extend,
  input,
  model,
  relu,
  type Model
} from '../../src/index.js'
import type { Expr } from '../../src/expr/op.js'
import { parseRunFile, showRunFile, trainingOf } from '../../src/run/run-file.js'
import { batchGradients } from '../../src/train/objective.js'
import { softmaxCrossEntropy } from '../../src/train/loss/index.js'
import { accuracy, f1 } from '../../src/train/metric/index.js'
import { adam, sam, sgd, type Optimizer } from '../../src/train/optimizer/index.js'
import { passBatch, passOf } from '../../src/train/pass.js'
import type { Shards } from '../../src/train/shards.js'
import { start, tensorsOf } from '../../src/train/state.js'
import { stepOf } from '../../src/train/step.js'
import { epochs, steps } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import { checkTraining, training, type Training } from '../../src/train/training.js'
import { numbersOf, sameBits, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const classes = Uint32Array.from({ length: 40 }, (_, i) => (i * 7) % 3)
const data = right(dataset({ x: numbers('f32', [40, 4], 3), y: tensorOf('u32', [40], classes) }))
const weighted = { ...data, weights: { tensor: numbers('f32', [40], 8, 1), scale: 0.5, shift: 1 } as never }
const plain = model(input(4), dense(5), relu, dense(3))
const random = model(input(4), dense(6), relu, dropout(0.5), dense(3))
const normal = model(input(4), dense(6), batchNorm(), relu, dense(3))
const of = (
  m: Model,
  shards: Shards | undefined,
  { batchSize = 16, optimizer = adam(0.05) }: { batchSize?: number; optimizer?: Optimizer } = {}
): Training =>
  training({
    ...{ model: m as typeof plain, loss: softmaxCrossEntropy, metrics: [accuracy, f1()], seed: 7 },
    ...{ optimizer, batchSize, stop: epochs(2), shards }
  })
const bitsOf = (tensors: Readonly<Record<string, Tensor>>): unknown =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [name, [...new Uint8Array(numbersOf(t).slice().buffer)]])
  )
const trained = (t: Training, backend: Backend, examples = data): unknown => {
  const { state, history } = right(train(t, { backend })(examples))
  return { tensors: bitsOf(tensorsOf(state)), history }
}
const batchOf = (from: number, to: number) => {
  const { x, y } = pickExamples(
    data,
    Uint32Array.from({ length: to - from }, (_, i) => from + i)
  )
  return { x: x.tensor, y: y.tensor }
}
const stateOf = (t: Training) => start(right(checkTraining(t)))
const gradientsOf = (t: Training, from: number, to: number) => {
  const { gradients, loss } = right(batchGradients(t, stateOf(t), batchOf(from, to), { backend: reference }))
  return { loss, leaves: treeLeaves<Tensor>(gradients as unknown as Branch<Tensor>).map(([, g]) => [...numbersOf(g)]) }
}

describe('the gradient of a batch', () => {
  test('is the tree sum of the gradients of its shards, each divided by their number, to the bit', () => {
    // dividing by 4 is exact, so each shard can be computed as a batch of its own
    const whole = gradientsOf(of(plain, 4), 0, 16)
    const shards = [0, 4, 8, 12].map(i => gradientsOf(of(plain, undefined, { batchSize: 4 }), i, i + 4))
    const f = Math.fround
    whole.leaves.forEach((leaf, i) => {
      const g = (shard: number, k: number): number => f((shards[shard]?.leaves[i]?.[k] as number) / 4)
      expect(leaf).toEqual(leaf.map((_, k) => f(f(g(0, k) + g(1, k)) + f(g(2, k) + g(3, k)))))
    })
    // and other bits than those of the batch as a whole, whose loss is the same
    const unsharded = gradientsOf(of(plain, undefined), 0, 16)
    expect(whole.leaves).not.toEqual(unsharded.leaves)
    expect(whole.loss).toBeCloseTo(unsharded.loss, 6)
    whole.leaves.flat().forEach((g, i) => expect(g).toBeCloseTo(unsharded.leaves.flat()[i] as number, 5))
  })
  test('of three shards is that of the whole batch, up to rounding', () => {
    const t = { ...of(plain, 3, { batchSize: 12 }), precision: 'f64' as const }
    const whole = gradientsOf(t, 0, 12)
    const ones = gradientsOf({ ...t, shards: 1 }, 0, 12)
    whole.leaves.flat().forEach((g, i) => expect(g).toBeCloseTo(ones.leaves.flat()[i] as number, 14))
  })
  test('of one shard has the bits of a training without the setting', () => {
    expect(trained(of(random, 1), wasm)).toEqual(trained(of(random, undefined), wasm))
    expect(trained(of(normal, { count: 1, statistics: 'shard' }), wasm)).toEqual(trained(of(normal, undefined), wasm))
  })
})

describe('a sharded run', () => {
  const optimizers = { adam: adam(0.05), sam: sam(sgd(0.1)) }
  test.each([
    ['with a shorter last batch', of(plain, 8, { batchSize: 16 }), data],
    ['with weights', of(plain, 4), weighted],
    ['with dropout', of(random, 4), data],
    ['with batchNorm', of(normal, { count: 4, statistics: 'shard' }), data],
    ['with a second pass', of(random, 4, { optimizer: optimizers.sam }), weighted]
  ] as const)('%s has the same bits on every backend and with threads', (name, t, examples) => {
    const first = trained(t, reference, examples)
    // 8 threads where most kinds of kernels are
    for (const backend of [wasm, wasmThreads(name === 'with dropout' ? 8 : 2)])
      expect(trained(t, backend, examples)).toEqual(first)
  })
  test('resumes in the middle of an epoch to the same bits', () => {
    const t = of(random, 4)
    const { state } = right(train({ ...t, stop: steps(4) }, { backend: wasm })(data))
    const resumed = right(train(t, { backend: wasm, from: state })(data))
    expect(bitsOf(tensorsOf(resumed.state))).toEqual(bitsOf(tensorsOf(right(train(t, { backend: wasm })(data)).state)))
  })
  test('draws other numbers for each shard', () => {
    const c = right(checkTraining(of(random, 2, { batchSize: 4 })))
    const x = tensorOf('f32', [4, 4], new Float32Array(16).fill(1))
    const y = tensorOf('u32', [4], [0, 0, 0, 0])
    const s = start(c)
    const pass = passOf(
      c,
      inputsLike('params', s.params),
      inputsLike('layers', s.layers),
      passBatch(c, handedIn({ x, y }, 'f32')),
      true
    )
    const values = { ...tensorsOf(s), x, key: tensorOf('u32', [2], [1, 2]) }
    const { output } = right(evaluate(reference)({ output: pass.output as Expr }, values))
    const [a, b] = [0, 6].map(i => [...numbersOf(output)].slice(i, i + 6))
    expect(a).not.toEqual(b)
  })
  test('moves running statistics by the mean over the shards', () => {
    const net = model(input(1), batchNorm({ momentum: 0.5 }), dense(3))
    const t = { ...of(net, { count: 2, statistics: 'shard' }, { batchSize: 4 }), precision: 'f64' as const }
    const batch = { x: tensorOf('f64', [4, 1], [1, 3, 10, 20]), y: tensorOf('u32', [4], [0, 1, 2, 0]) }
    const { state } = right(
      pipe(
        stepOf(t, { backend: reference }),
        E.chainW(step => step(stateOf(t), batch))
      )
    )
    const layers = Object.fromEntries(treeLeaves<Tensor>(state.layers).map(([path, v]) => [path, [...numbersOf(v)]]))
    // means 2 and 15, variances 1 and 25: half of the old value, and half of the mean over the shards
    expect(layers).toEqual({ 'batchNorm/mean': [0.5 * 8.5], 'batchNorm/variance': [0.5 + 0.5 * 13] })
  })
  test('reports the metrics of the whole batch', () => {
    const report = (shards: number) => {
      const t = of(plain, shards)
      return right(
        pipe(
          stepOf(t, { backend: wasm }),
          E.chainW(step => step(stateOf(t), batchOf(0, 16)))
        )
      ).report
    }
    expect(report(8).sums).toEqual(report(1).sums)
    expect(report(8)).toMatchObject({ examples: 16, weight: 16 })
  })
})

describe('is refused', () => {
  const formulas = {
    'a mean over all numbers': (y: Expr, t: Expr) => expr.mean(expr.square(expr.sub(y, t))),
    'one number for the batch': (y: Expr, t: Expr) => expr.reshape(expr.mean(expr.square(expr.sub(y, t))), [1])
  }
  test.each(Object.entries(formulas))('a loss that gives %s, on each shard as on a whole batch', (_, formula) => {
    const own = customLoss('ofSpec', formula)
    const registry = extend(builtIn, { losses: [own] })
    const wide = right(dataset({ x: numbers('f32', [4, 4], 3), y: numbers('f32', [4, 3], 5) }))
    for (const shards of [1, 2]) {
      const t = { ...of(plain, shards, { batchSize: 4 }), loss: own.member, metrics: [] }
      expect(left(train(t, { backend: reference, registry })(wide))).toContain(
        'expected one number for each example, of shape [K]'
      )
    }
  })
  const message = (t: Training): string => left(train(t, { backend: wasm })(data))
  test.each<[string, Training, string]>([
    [
      'a batch that does not divide',
      of(plain, 3),
      'shards: expected a number of shards that divides the batchSize 16, got 3; shards are equally large'
    ],
    [
      'more shards than examples',
      of(plain, 8, { batchSize: 4 }),
      'shards: expected at most 4 shards, one for each example of a batch, got 8; take a larger batchSize'
    ],
    [
      'a last batch that does not divide',
      of(plain, 16),
      'shards: expected a number of shards that divides the last batch of an epoch too, which has 8 of 40 examples, got 16; ' +
        'take another batchSize, or fewer shards'
    ],
    [
      'batchNorm without a rule',
      of(normal, 4),
      "shards: expected a rule for running statistics, as { count: 4, statistics: 'shard' }, got none; " +
        'batchNorm takes the mean and variance of each shard alone then; layerNorm and groupNorm need no rule'
    ],
    [
      'no number',
      of(plain, 0.5),
      'shards: expected a whole number of shards from 1 to 64, or { count, statistics: "shard" }, got 0.5'
    ]
  ])('%s', (_, t, told) => {
    expect(message(t)).toBe(told)
  })
  test('a shard of one example in batchNorm', () => {
    const t = of(normal, { count: 8, statistics: 'shard' }, { batchSize: 8 })
    expect(left(train(t, { backend: wasm, singleExamples: 'allow' })(data))).toMatch(
      /^batchNorm: expected training batches with two or more numbers for each channel, got a batch of shape \[1, 6\]/
    )
  })
  test('a batch of another size in a step of its own', () => {
    const t = of(plain, 8)
    expect(
      left(
        pipe(
          stepOf(t, { backend: wasm }),
          E.chainW(step => step(stateOf(t), batchOf(0, 12)))
        )
      )
    ).toBe('inputs: expected examples for 8 equal shards, got 12 examples')
  })
})

describe('in a run file', () => {
  const file = (shards: string): string =>
    `{ "data": "iris", "model": { "input": [4], "layers": [{ "tag": "dense", "units": 3 }] },
       "loss": "softmaxCrossEntropy", "optimizer": "adam", "stop": { "tag": "epochs", "count": 1 }, "batchSize": 10${shards} }`
  test.each([5, { count: 5, statistics: 'shard' }])('%j is read, trained and written', shards => {
    const run = right(parseRunFile(file(`, "shards": ${JSON.stringify(shards)}`)))
    expect(trainingOf(run).shards).toEqual(shards)
    expect(right(parseRunFile(showRunFile(run)))).toEqual(run)
  })
  test('its absence is written as before', () => {
    expect(showRunFile(right(parseRunFile(file(''))))).not.toContain('shards')
  })
  test('other forms and wrong numbers are refused at their place', () => {
    expect(left(parseRunFile(file(', "shards": "8"')))).toBe(
      '$/shards: expected a whole number of shards from 1 to 64, or { count, statistics: "shard" }, got "8"'
    )
    expect(left(parseRunFile(file(', "shards": 4')))).toMatch(/^\$\/shards: expected a number of shards that divides/)
  })
})

test('parameters after a step on 8 shards differ from those on 2', () => {
  const after = (shards: number) =>
    right(train({ ...of(plain, shards, { optimizer: sgd(0.5) }), stop: steps(1) }, { backend: wasm })(data)).params
  const leaves = (p: unknown) => treeLeaves<Tensor>(p as Branch<Tensor>)
  const [a, b] = [leaves(after(8)), leaves(after(2))]
  expect(a.every(([, t], i) => sameBits(t, (b[i] as readonly [string, Tensor])[1]))).toBe(false)
})
