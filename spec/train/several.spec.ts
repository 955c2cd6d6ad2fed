/** Trainings of models with several inputs and outputs. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import {
  accuracy,
  adam,
  batchGradients,
  columns,
  dataset,
  dense,
  earlyStopping,
  anyOf,
  epochs,
  fanOut,
  input,
  inputs,
  meanSquaredError,
  mergeConcat,
  model,
  moreEpochs,
  named,
  noise,
  numbersOf,
  objectiveOf,
  outputLoss,
  parallel,
  perOutput,
  rmse,
  sameBits,
  score,
  sequential,
  softmax,
  softmaxCrossEntropy,
  split,
  startState,
  stepOf,
  tanh,
  tensor,
  train,
  trainAsync,
  trainIterator,
  training,
  trainStream,
  treeLeaves,
  wasm,
  leafKey,
  rootKey,
  type DatasetOf,
  type TrainError,
  type Tensor
} from '../../src/index.js'
import { reference } from '../../src/backend/reference/reference.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/codec.js'
import { left, right } from '../support/either.js'

/** the same numbers for every run: no pattern that a net finds at once */
const wave = (n: number, from: number): number[] =>
  Array.from({ length: n }, (_, i) => ((i * 37 + from * 11) % 29) / 14.5 - 1)
const t = (type: 'f32' | 'u32', shape: readonly number[], numbers: readonly number[]): Tensor =>
  right(tensor(type, shape, numbers) as E.Either<never, Tensor>)

const n = 26
const size = t('f32', [n, 3], wave(3 * n, 1))
const place = t('f32', [n, 2], wave(2 * n, 2))
const at = (of: Tensor, row: number, column: number): number =>
  numbersOf(of)[row * (of.shape[1] ?? 1) + column] as number
const rows = Array.from({ length: n }, (_, i) => i)
const price = t(
  'f32',
  [n, 1],
  rows.map(i => at(size, i, 0) - at(place, i, 1))
)
const kind = t(
  'u32',
  [n],
  rows.map(i => (at(size, i, 1) > 0 ? 1 : 0) + (at(place, i, 0) > 0.2 ? 1 : 0))
)
const data = right(dataset({ x: { size, place }, y: { price, kind } }))

const net = model(
  inputs(input(3), input(2)),
  parallel(dense(4), dense(3)),
  mergeConcat,
  tanh,
  fanOut(named('price')(dense(1)), named('kind')(dense(3)))
)
const loss = perOutput(
  outputLoss('price', meanSquaredError, { metrics: [rmse] }),
  outputLoss('kind', softmaxCrossEntropy, { weight: 0.5, metrics: [accuracy] })
)
const settings = { model: net, loss, optimizer: adam(0.02), batchSize: 8, stop: epochs(3), seed: 4 } as const
const trained = right(train(settings, { backend: wasm })(data))

const params = (s: { readonly params: object }): readonly (readonly [string, Tensor])[] =>
  treeLeaves<Tensor>(s.params as never)
const expectSame = (a: { readonly params: object }, b: { readonly params: object }): void => {
  const others = new Map(params(b))
  for (const [path, w] of params(a)) expect(sameBits(w, others.get(path) as Tensor), path).toBe(true)
}

describe('a training of two inputs and two outputs', () => {
  test('has the gradients of central differences', () => {
    const wide = training({ ...settings, precision: 'f64' })
    const state = right(startState(wide))
    const batch = { x: [size, place], y: { kind, price } }
    const { gradients } = right(batchGradients(wide, state, batch, { backend: reference }))
    const objective = right(objectiveOf(wide, state, batch, { backend: reference }))
    const step = 1e-5
    for (const [path, g] of treeLeaves<Tensor>(gradients))
      for (const [i, exact] of numbersOf(g).entries()) {
        const moved = (by: number): number => {
          const at = structuredClone<typeof state.params>(state.params)
          const w = params({ params: at }).find(([p]) => p === path)?.[1] as Tensor
          ;(w.data as Float64Array)[i] = (w.data[i] as number) + by
          return right(objective.at(at as never)).loss
        }
        expect((moved(step) - moved(-step)) / (2 * step), `${path} ${i}`).toBeCloseTo(exact, 7)
      }
  })
  test('has the same bits on both backends', () => {
    const other = right(train(settings, { backend: reference })(data))
    expectSame(other, trained)
    expect(other.history).toEqual(trained.history)
  })
  test('reports the loss and metrics of each output under its name', () => {
    const [first] = trained.history
    const metrics = first?.metrics
    expect(Object.keys(metrics ?? {})).toEqual(['price/loss', 'price/rmse', 'kind/loss', 'kind/accuracy'])
    expect(first?.loss).toBeCloseTo((metrics?.['price/loss'] ?? NaN) + 0.5 * (metrics?.['kind/loss'] ?? NaN), 6)
    expect(metrics?.['price/rmse']).toBeCloseTo(Math.sqrt(metrics?.['price/loss'] ?? NaN), 6)
  })
  test('learns both outputs', () => {
    const long = right(train({ ...settings, stop: epochs(120) }, { backend: wasm })(data))
    const { metrics } = right(score(long.training, long.state, data, { backend: wasm }))
    expect(metrics['price/rmse']).toBeLessThan(0.25)
    expect(metrics['kind/accuracy']).toBeGreaterThan(0.8)
  })
  test('is a fold of steps', () => {
    const value = training({ ...settings, stop: epochs(1) })
    const step = right(stepOf(value, { backend: wasm }))
    const one = right(step(right(startState(value)), { x: { size, place }, y: [price, kind] }))
    const whole = right(train({ ...settings, batchSize: n, stop: epochs(1) }, { backend: wasm })(data))
    expect(one.report.examples).toBe(n)
    // the order of the examples in the sums differs
    expect(one.report.loss).toBeCloseTo(whole.history[0]?.loss ?? NaN, 6)
  })
  test('resumes at any batch to the bits of a run that was not interrupted, from the bytes of a checkpoint', () => {
    const chunks = right(trainIterator(settings, { backend: wasm, turnSteps: 1 })(data))
    const files: Uint8Array[] = []
    for (let next = chunks.next(); next.done !== true; next = chunks.next())
      files.push(encodeCheckpoint({ state: next.value.state() }))
    expect(files).toHaveLength(12)
    for (const file of [files[0], files[3], files[5], files[9]] as readonly Uint8Array[]) {
      const { state } = right(decodeCheckpoint(trained.training)(file))
      const rest = right(train(settings, { backend: wasm, from: state })(data))
      expectSame(rest, trained)
      expect(rest.history.at(-1)).toEqual(trained.history.at(-1))
    }
  })
  test('gives the same bits as a task', async () => {
    expectSame(right(await trainAsync(settings, { backend: wasm })(data)()), trained)
  })
  test('goes on for more epochs to the bits of a longer run', () => {
    const long = right(train({ ...settings, stop: epochs(5) }, { backend: wasm })(data))
    expectSame(right(moreEpochs(trained, 2, { backend: wasm })(data)), long)
  })
  test('takes shards, validation, the best state and stop rules that look at it', () => {
    const parts = right(split(data, 0.7, leafKey(rootKey(1), 'split')))
    const run = (backend: typeof wasm) =>
      right(
        train(
          { ...settings, batchSize: 6, shards: 2, stop: anyOf(earlyStopping({ patience: 2 }), epochs(30)) },
          { backend, validation: parts.test, keepBest: true }
        )(parts.train)
      )
    const [a, b] = [run(wasm), run(reference)]
    expectSame(a, b)
    expect(a.best.scores).toEqual(right(score(a.training, a.best.state, parts.test, { backend: wasm })))
    expect(Object.keys(a.history[0]?.validation?.metrics ?? {})).toContain('kind/accuracy')
  })
  test('weighs examples in the losses of the outputs too', () => {
    const weights = t(
      'f32',
      [n],
      Array.from({ length: n }, (_, i) => (i < 10 ? 1 : 0))
    )
    const first = (rows: Tensor): Tensor =>
      t(
        rows.dtype as 'f32',
        [10, ...rows.shape.slice(1)],
        Array.from(numbersOf(rows)).slice(0, 10 * (rows.shape[1] ?? 1))
      )
    const weighted = right(dataset({ x: [size, place], y: [price, kind], weights }))
    const alone = right(dataset({ x: [first(size), first(place)], y: [first(price), first(kind)] }))
    const scored = (d: DatasetOf) => right(score(trained.training, trained.state, d, { backend: wasm }))
    expect(scored(weighted).loss).toBeCloseTo(scored(alone).loss, 6)
    expect(scored(weighted).metrics['price/loss']).toBeCloseTo(Number(scored(alone).metrics['price/loss']), 6)
  })
})

describe('data of several inputs and targets', () => {
  test('may be tuples, records in any order of the targets, or columns of one table', () => {
    const table = t(
      'f32',
      [n, 5],
      Array.from({ length: n }, (_, i) => [
        ...Array.from(numbersOf(size)).slice(3 * i, 3 * i + 3),
        ...Array.from(numbersOf(place)).slice(2 * i, 2 * i + 2)
      ]).flat()
    )
    const views = right(dataset({ x: [columns(0, 3)(table), columns(3, 2)(table)], y: { kind, price } }))
    expect(views.x[0].tensor).toBe(views.x[1].tensor)
    const other = right(dataset({ x: [size, place], y: [price, kind] }))
    for (const d of [views, other]) {
      const run = right(train(settings, { backend: wasm })(d))
      expectSame(run, trained)
      expect(run.history).toEqual(trained.history)
    }
  })
  test('may be a stream of blocks, of which one gives the bits of train', async () => {
    const block = (from: number, count: number): DatasetOf => {
      const rows = (of: Tensor): Tensor => {
        const width = of.shape[1] ?? 1
        return t(
          of.dtype as 'f32',
          [count, ...of.shape.slice(1)],
          Array.from(numbersOf(of)).slice(from * width, (from + count) * width)
        )
      }
      return right(dataset({ x: [rows(size), rows(place)], y: { price: rows(price), kind: rows(kind) } }))
    }
    const stream = (blockSize: number) => ({
      examples: n,
      blockSize,
      read: (b: number) => () => Promise.resolve(E.right(block(b * blockSize, Math.min(blockSize, n - b * blockSize))))
    })
    expectSame(right(await trainStream(settings, { backend: wasm })(stream(32))()), trained)
    const [a, b] = [
      right(await trainStream(settings, { backend: wasm })(stream(16))()),
      right(await trainStream(settings, { backend: reference })(stream(16))())
    ]
    expectSame(a, b)
  })
})

describe('what does not suit a model with several outputs is refused:', () => {
  /** what the compiler refuses too */
  const untyped = train as unknown as (options: object, how: object) => (d: DatasetOf) => E.Either<TrainError, unknown>
  const said = (more: object, d: DatasetOf = data): string =>
    left(untyped({ ...settings, ...more }, { backend: wasm })(d))
  const one = model(input(3), dense(1))
  const y = { price, kind }
  test.each<[string, () => string, string]>([
    [
      'one loss',
      () => said({ loss: meanSquaredError }),
      'output: expected one tensor, got [[1], [3]]; give each output its loss with perOutput'
    ],
    [
      'losses of several for one output',
      () => said({ model: one }),
      'loss/perOutput: expected a model with several outputs, got [1]'
    ],
    [
      'too few losses',
      () => said({ loss: perOutput(outputLoss('price', meanSquaredError)) }),
      'expected 2 losses, one for each output, got 1'
    ],
    [
      'metrics beside the losses',
      () => said({ metrics: [rmse] }),
      'metrics: expected none beside perOutput, got some; give them to outputLoss'
    ],
    ['augmentation', () => said({ augment: [noise(0.1)] }), 'augment: expected a model with one input and one output'],
    [
      'one name twice',
      () => said({ loss: perOutput(outputLoss('a', meanSquaredError), outputLoss('a', softmaxCrossEntropy)) }),
      'loss/1/name: expected names that differ'
    ],
    [
      'a name with a slash',
      () => said({ loss: perOutput(outputLoss('a/b', meanSquaredError), outputLoss('c', softmaxCrossEntropy)) }),
      'loss/0/name: expected a name without /'
    ],
    [
      'a weight below 0',
      () =>
        said({
          loss: perOutput(outputLoss('a', meanSquaredError, { weight: -1 }), outputLoss('b', softmaxCrossEntropy))
        }),
      'loss/a/weight: expected'
    ],
    [
      'a loss that does not suit its output',
      () =>
        said({ loss: perOutput(outputLoss('price', softmaxCrossEntropy), outputLoss('kind', softmaxCrossEntropy)) }),
      'price/loss/softmaxCrossEntropy: expected outputs for at least 2 classes'
    ],
    [
      'one input',
      () => said({}, right(dataset({ x: size, y }))),
      'inputs: expected 2 tensors, one for each input of the model, got one tensor'
    ],
    [
      'a target of another name',
      () => said({}, right(dataset({ x: [size, place], y: { price, sort: kind } }))),
      'targets: expected 2 tensors, of the outputs price, kind'
    ],
    [
      'an input of another shape',
      () => said({}, right(dataset({ x: [place, size], y }))),
      'inputs/0: expected tensors of shape [3] for each example, got shape [2]'
    ],
    [
      'a class that there is not',
      () =>
        said(
          {},
          right(
            dataset({
              x: [size, place],
              y: [
                price,
                t(
                  'u32',
                  [n],
                  Array.from({ length: n }, () => 3)
                )
              ]
            })
          )
        ),
      'targets/kind/example 0: expected a class index below 3, got 3'
    ]
  ])('%s', (_, message, expected) => {
    expect(message()).toContain(expected)
  })
  test('a branch that ends in probabilities under a loss of logits', () => {
    const ends = model(input(3), fanOut(dense(1), named('kind')(sequential(dense(3), softmax))))
    expect(said({ model: ends }, right(dataset({ x: size, y })))).toContain(
      'kind/loss/softmaxCrossEntropy: expected logits, got a model that ends in probabilities'
    )
  })
  test('columns outside of their table, and rows that differ', () => {
    expect(left(dataset({ x: [columns(2, 2)(size), place], y }))).toContain(
      'x/0/columns: expected columns inside of a table'
    )
    expect(left(dataset({ x: [size, t('f32', [3, 2], wave(6, 1))], y }))).toContain('expected 26 rows, got 3')
    expect(left(dataset({ x: { 1: size, 0: place }, y }))).toContain('a name that is not a number')
  })
})
