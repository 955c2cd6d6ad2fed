/** Control of a training from outside: continued, aborted, watched, differentiated, minimised, taken apart. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { dataset } from '../../src/data/dataset.js'
import { predict } from '../../src/infer/predict.js'
import { tanh } from '../../src/layer/activation.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { named } from '../../src/layer/combinator/named.js'
import { dense } from '../../src/layer/dense.js'
import { dropout } from '../../src/layer/dropout.js'
import { input, model } from '../../src/layer/model.js'
import { trainAsync } from '../../src/train/async.js'
import { backprop } from '../../src/train/backprop.js'
import type { TrainEvent } from '../../src/train/events.js'
import { permutationImportance } from '../../src/train/importance.js'
import { meanSquaredError } from '../../src/train/loss/index.js'
import { minimise } from '../../src/train/minimise.js'
import { moreEpochs } from '../../src/train/more.js'
import { batchGradients, hessianVector, objectiveOf } from '../../src/train/objective.js'
import { adam, sgd, type Optimizer } from '../../src/train/optimizer/index.js'
import { rangeTest } from '../../src/train/range-test.js'
import { score } from '../../src/train/score.js'
import { startState } from '../../src/train/start.js'
import { tensorsOf, type TrainState } from '../../src/train/state.js'
import { stepOf } from '../../src/train/step.js'
import { epochs, steps, type StopRule } from '../../src/train/stop/index.js'
import { subModel } from '../../src/train/sub-model.js'
import { mapParams, mergeParams, pickParams, transferParams } from '../../src/train/surgery.js'
import { train, trainIterator } from '../../src/train/train.js'
import { training } from '../../src/train/training.js'
import { nextStep } from '../../src/train/watch.js'
import { filledTensor, numbersOf, sameBits, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, type Branch } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const net = model(input(3), dense(6), batchNorm(), tanh, dropout(0.2), dense(2))
const data = right(dataset({ x: numbers('f32', [22, 3], 1), y: numbers('f32', [22, 2], 2) }))
const settingsOf = (stop: StopRule, optimizer: Optimizer = adam(0.02), precision: 'f32' | 'f64' = 'f32') =>
  training({ model: net, loss: meanSquaredError, optimizer, batchSize: 5, stop, seed: 3, precision })
const sameState = (a: TrainState, b: TrainState): boolean => {
  const other = tensorsOf(b)
  return Object.entries(tensorsOf(a)).every(([name, t]) => sameBits(t, other[name] as Tensor))
}
const leaves = (t: unknown): readonly (readonly [string, Tensor])[] => treeLeaves<Tensor>(t as Branch<Tensor>)
const flat = (t: unknown): readonly number[] => leaves(t).flatMap(([, x]) => Array.from(numbersOf(x)))
const whole = right(train(settingsOf(epochs(6)), { backend: wasm })(data))

describe('a training continued and interrupted', () => {
  test('moreEpochs gives the bits of one run that is longer, with its whole history', () => {
    const first = right(train(settingsOf(epochs(2)), { backend: wasm })(data))
    const more = right(moreEpochs(first, 4, { backend: wasm })(data))
    expect(sameState(more.state, whole.state)).toBe(true)
    expect(more.history).toEqual(whole.history)
  })
  test('trainAsync gives the bits of train, the event loop has turns, and observers see the same events', async () => {
    const seen: TrainEvent[] = []
    const inTrain: TrainEvent[] = []
    let turns = 0
    let over = false
    const turn = (): void => {
      turns++
      if (!over) setImmediate(turn)
    }
    setImmediate(turn)
    const o = { backend: wasm, turnSteps: 3 }
    const trained = right(await trainAsync(settingsOf(epochs(6)), { ...o, observe: e => seen.push(e) })(data)())
    over = true
    right(train(settingsOf(epochs(6)), { backend: wasm, observe: e => inTrain.push(e) })(data))
    expect(sameState(trained.state, whole.state)).toBe(true)
    expect(seen).toEqual(inTrain)
    expect(turns).toBeGreaterThanOrEqual(9)
  })
  test('an aborted run ends with its state, and resumes to the bits of an uninterrupted one', async () => {
    const stop = new AbortController()
    const o = { backend: wasm, turnSteps: 2, signal: stop.signal }
    const observe = (e: TrainEvent): void => {
      if (e.tag === 'step' && e.step === 7) stop.abort()
    }
    const cut = right(await trainAsync(settingsOf(epochs(6)), { ...o, observe })(data)())
    expect(cut.reason).toBe('aborted')
    expect(cut.state.progress.step).toBeLessThan(12)
    const rest = right(train(settingsOf(epochs(6)), { backend: wasm, from: cut.state })(data))
    expect(sameState(rest.state, whole.state)).toBe(true)
    expect(right(train(settingsOf(epochs(6)), { backend: wasm, signal: { aborted: true } })(data)).reason).toBe(
      'aborted'
    )
  })
  test('trainAsync refuses what train refuses', async () => {
    expect(left(await trainAsync(settingsOf(epochs(0)), { backend: wasm })(data)())).toContain(
      'a positive whole number'
    )
    expect(E.isLeft(await trainAsync(settingsOf(epochs(1)), undefined as never)(data)())).toBe(true)
  })
})

test('with keepBest the best state is there for the compiler and in fact, also where no epoch has ended', () => {
  const part = right(train(settingsOf(steps(2)), { backend: wasm, keepBest: true })(data))
  // no question mark: the option says that it is there
  const { scores, epoch, params }: NonNullable<typeof part.best> = part.best
  expect([scores.loss, epoch]).toEqual([part.state.progress.epochLoss, 0])
  expect(flat(params)).toEqual(flat(part.params))
  const scored = right(train(settingsOf(steps(2)), { backend: wasm, keepBest: true, validation: data })(data))
  expect(scored.best.scores).toEqual(right(score(settingsOf(steps(2)), scored.state, data, { backend: wasm })))
  const without = right(train(settingsOf(steps(2)), { backend: wasm })(data))
  // @ts-expect-error without keepBest it may be missing
  expect(() => without.best.epoch).toThrow()
})

describe('what a step sees', () => {
  test('nextStep is the batch that train takes next: the same loss, parameters and gradients', () => {
    const events: TrainEvent[] = []
    right(train(settingsOf(epochs(3)), { backend: wasm, observe: e => events.push(e) })(data))
    const losses = events.flatMap(e => (e.tag === 'step' ? [e.loss] : []))
    const chunks = right(trainIterator(settingsOf(epochs(3)), { backend: wasm, pauseAt: step => step % 4 === 0 })(data))
    let checked = 0
    for (const { state } of chunks) {
      const s = state()
      if (s.progress.step >= losses.length) continue
      const seen = right(nextStep(settingsOf(epochs(3)), s, data, { backend: wasm }))
      expect(seen.loss).toBe(losses[s.progress.step])
      expect([seen.step, Object.keys(seen.layers)]).toEqual([
        s.progress.step + 1,
        ['dense', 'batchNorm', 'tanh', 'dropout', 'dense2']
      ])
      checked++
    }
    expect(checked).toBeGreaterThan(3)
  })
})

const batch = { x: numbers('f64', [8, 3], 5), y: numbers('f64', [8, 2], 6) }
const settings64 = settingsOf(epochs(1), sgd(1), 'f64')
const start64 = right(startState(settings64))

describe('gradients and curvature', () => {
  test('batchGradients are those of the next step: w - g is sgd(1)', () => {
    const { gradients, loss } = right(batchGradients(settings64, start64, batch, { backend: reference }))
    const { state, report } = right(right(stepOf(settings64, { backend: reference }))(start64, batch))
    expect(loss).toBe(report.loss)
    const [before, after] = [flat(start64.params), flat(state.params)]
    flat(gradients).forEach((g, i) => {
      expect((before[i] as number) - g).toBeCloseTo(after[i] as number, 13)
    })
    expect(left(batchGradients(settings64, { ...start64, params: {} }, batch, { backend: reference }))).toContain(
      'state'
    )
  })
  test('hessianVector is the difference of gradients along a direction, and symmetric', () => {
    const o = { backend: reference }
    const along = (seed: number) =>
      mapParams(start64.params, (t, path) => numbers('f64', t.shape, seed + path.length)) as never
    const [v, w] = [along(1), along(2)]
    const hv = right(hessianVector(settings64, start64, batch, v, o))
    const moved = (t: number) => {
      const steps = new Map(leaves(v))
      const params = mapParams(start64.params, (p, path) =>
        tensorOf(
          'f64',
          p.shape,
          Array.from(numbersOf(p), (x, i) => x + t * (numbersOf(steps.get(path) as Tensor)[i] as number))
        )
      )
      return flat(right(batchGradients(settings64, { ...start64, params }, batch, o)).gradients)
    }
    const [up, down] = [moved(1e-5), moved(-1e-5)]
    flat(hv).forEach((x, i) => {
      expect(x).toBeCloseTo(((up[i] as number) - (down[i] as number)) / 2e-5, 6)
    })
    const dot = (a: unknown, b: unknown): number => flat(a).reduce((sum, x, i) => sum + x * (flat(b)[i] as number), 0)
    expect(dot(hv, w)).toBeCloseTo(dot(right(hessianVector(settings64, start64, batch, w, o)), v), 9)
  })
})

describe('minimise', () => {
  test("finds the minimum of Rosenbrock's valley, and of a network on a full batch, falling all the way", () => {
    const rosenbrock = ({ x }: { readonly x: Tensor }) => {
      const [a = 0, b = 0] = Array.from(numbersOf(x))
      const gradient = [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]
      const gradients = { x: tensorOf('f64', [2], gradient) }
      return E.right({ loss: (1 - a) ** 2 + 100 * (b - a * a) ** 2, gradients })
    }
    const found = right(minimise(rosenbrock, { x: tensorOf('f64', [2], [-1.2, 1]) }))
    expect(found.reason).toBe('gradient')
    expect(found.iterations).toBeLessThan(60)
    for (const x of numbersOf(found.params.x)) expect(x).toBeCloseTo(1, 8)
    const f = right(objectiveOf(settings64, start64, batch, { backend: wasm, training: false }))
    const best = right(minimise(f.at, start64.params as never, { iterations: 40 }))
    best.losses.slice(1).forEach((l, i) => {
      expect(l).toBeLessThan(best.losses[i] as number)
    })
    expect(best.loss).toBeLessThan((best.losses[0] as number) / 50)
    const slow = right(objectiveOf(settings64, start64, batch, { backend: reference, training: false }))
    expect(right(minimise(slow.at, start64.params as never, { iterations: 5 })).losses).toEqual(best.losses.slice(0, 6))
  })
  test('passes on what the function says is wrong', () => {
    expect(minimise(() => E.left('no'), { x: tensorOf('f64', [1], [1]) })).toEqual(E.left('no'))
  })
})

test('rangeTest: rates rise by one factor, the curve ends where numbers leave the finite ones, and its suggestion learns', () => {
  const { optimizer: _, stop: __, ...settings } = settingsOf(epochs(1))
  const plain = { ...settings, batchSize: 22, model: model(input(3), dense(6), tanh, dense(2)) }
  const o = { backend: wasm, lowest: 1e-5, highest: 1e3, steps: 60 }
  const { curve, steepest, tenthOfLowest } = right(rangeTest({ ...plain, optimizer: rate => sgd(rate) }, o)(data))
  const factors = curve.slice(1).map(({ rate }, i) => rate / (curve[i] as { rate: number }).rate)
  for (const f of factors) expect(f).toBeCloseTo(1e8 ** (1 / 59), 9)
  expect(curve.length).toBeLessThan(60)
  expect(steepest).toBeGreaterThan(1e-4)
  expect(steepest).toBeLessThan(10)
  expect(tenthOfLowest).toBeGreaterThan(1e-4)
  expect(E.isLeft(rangeTest({ ...plain, optimizer: rate => sgd(rate), batchSize: 99 }, o)(data))).toBe(true)
})

test('permutationImportance finds the columns that decide, and is the same for the same key', () => {
  const x = numbers('f32', [60, 3], 9)
  const rows = Array.from({ length: 60 }, (_, i) => Array.from(numbersOf(x)).slice(3 * i, 3 * i + 3))
  const y = tensorOf(
    'f32',
    [60, 1],
    rows.map(([a = 0, , c = 0]) => 2 * a + 0.5 * c)
  )
  const linear = right(dataset({ x, y }))
  const t = training({
    model: model(input(3), dense(1)),
    loss: meanSquaredError,
    optimizer: adam(0.05),
    stop: epochs(60)
  })
  const { state } = right(train(t, { backend: wasm })(linear))
  const ask = () => right(permutationImportance(t, state, { backend: wasm, repeats: 2 })(linear))
  const [a = 0, b = 0, c = 0] = ask().map(i => i.importance)
  expect(a).toBeGreaterThan(c)
  expect(c).toBeGreaterThan(Math.abs(b) * 10)
  expect(ask()).toEqual(ask())
})

describe('parameters taken apart', () => {
  const params = whole.params as unknown as Branch<Tensor>
  const paths = (t: Branch<Tensor>): readonly string[] => leaves(t).map(([path]) => path)
  test('what is picked and the rest merge to the whole', () => {
    const [some, others] = [pickParams(params, { include: ['dense'] }), pickParams(params, { exclude: ['dense'] })]
    expect(paths(some)).toEqual(
      ['dense/bias', 'dense/weight'].sort((a, b) => paths(params).indexOf(a) - paths(params).indexOf(b))
    )
    expect([...paths(mergeParams(some, others))].sort()).toEqual([...paths(params)].sort())
    expect(pickParams(params, { include: ['nothing'] })).toEqual({})
    const merged = mergeParams(
      params,
      pickParams(
        mapParams(params, t => filledTensor('f32', t.shape, 0)),
        { include: ['dense2'] }
      )
    )
    expect(flat(pickParams(merged, { include: ['dense2'] })).every(x => x === 0)).toBe(true)
    expect(flat(pickParams(merged, { exclude: ['dense2'] }))).toEqual(flat(pickParams(params, { exclude: ['dense2'] })))
  })
  test('transfer by name says what became of each tensor', () => {
    const wider = right(
      startState({
        ...settingsOf(epochs(1)),
        model: model(input(3), named('first')(dense(6)), tanh, dense(4))
      })
    )
    const report = transferParams(wider.params, params, path =>
      path.replace('first/dense', 'dense').replace(/^dense\//, 'dense2/')
    )
    const straight = transferParams(wider.params, params, path => path.replace('first/dense', 'dense'))
    expect(straight.copied).toEqual(
      ['first/dense/weight', 'first/dense/bias'].filter(p => paths(wider.params).includes(p))
    )
    expect(straight.missing).toEqual([])
    expect(straight.different.map(d => `${d.path} ${d.expected} ${d.got}`)).toEqual([
      'dense/weight f32[6, 4] f32[3, 6]',
      'dense/bias f32[4] f32[6]'
    ])
    expect(straight.unused).toContain('dense2/weight')
    expect(report.different.length + report.copied.length + report.missing.length).toBe(paths(wider.params).length)
    const moved = leaves(straight.params).find(([path]) => path === 'first/dense/weight')?.[1] as Tensor
    expect(sameBits(moved, leaves(params).find(([path]) => path === 'dense/weight')?.[1] as Tensor)).toBe(true)
  })
  test('a sub-model gives what the layer gave inside, from the front and from the middle', () => {
    const x = numbers('f32', [4, 3], 8)
    const run = (range: object, to: Tensor): Tensor => {
      const part = right(subModel(net as never, params, range, { layers: whole.state.layers }))
      return right(
        pipe(
          predict(part.model, part.params as never, { backend: reference, layers: part.layers }),
          p => p(to as never) as never
        )
      )
    }
    const seen = right(
      backprop(
        net,
        whole.params,
        { x, y: numbers('f32', [4, 2], 1) },
        {
          loss: meanSquaredError,
          backend: reference,
          training: false,
          layers: whole.state.layers
        }
      )
    )
    const inner = run({ to: 'tanh' }, x)
    expect(sameBits(inner, seen.layers['tanh']?.value as Tensor)).toBe(true)
    expect(sameBits(run({ from: 'dropout' }, inner), seen.layers['dense2']?.value as Tensor)).toBe(true)
    expect(left(subModel(net as never, params, { to: 'bottleneck' }))).toContain(
      'one of dense, batchNorm, tanh, dropout, dense2'
    )
    expect(E.isLeft(subModel(net as never, params, { from: 'dense2', to: 'dense' }))).toBe(true)
  })
})
