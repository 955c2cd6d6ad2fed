/** What is handed to a training must be of that training: states, labels, weights, settings left undefined. Nothing throws. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { fromArrays } from '../../src/data/arrays.js'
import { dataset } from '../../src/data/dataset.js'
import { batchNorm } from '../../src/layer/batch-norm.js'
import { dense } from '../../src/layer/dense.js'
import { sigmoid, softmax } from '../../src/layer/activation.js'
import { matmul, mean } from '../../src/expr/build.js'
import type { Expr } from '../../src/expr/op.js'
import { input, model, modelData } from '../../src/layer/model.js'
import { extend } from '../../src/registry/extend.js'
import { tensorLayer } from '../../src/layer/compose.js'
import { builtInTraining, type TrainingRegistry } from '../../src/train/registry.js'
import type { Dims, Shape } from '../../src/value/shape.js'
import { backprop } from '../../src/train/backprop.js'
import { score } from '../../src/train/score.js'
import {
  crossEntropy,
  huber,
  meanSquaredError,
  sigmoidCrossEntropy,
  softmaxCrossEntropy
} from '../../src/train/loss/index.js'
import * as optimizers from '../../src/train/optimizer/index.js'
import { notStarted, type Memory, type Progress } from '../../src/train/progress.js'
import { accuracy, mae, perplexity, r2, rmse, topK } from '../../src/train/metric/index.js'
import { predict } from '../../src/infer/predict.js'
import {
  cosineDecay,
  joinSchedules,
  polynomialDecay,
  reduceOnPlateau,
  restarts,
  scheduleInterpreter,
  schedules,
  warmUp
} from '../../src/train/schedule/index.js'
import { startState } from '../../src/train/start.js'
import type { TrainState } from '../../src/train/state.js'
import { stepOf } from '../../src/train/step.js'
import { allOf, anyOf, earlyStopping, epochs, steps, stopInterpreter, stopRules } from '../../src/train/stop/index.js'
import { train, trainIterator } from '../../src/train/train.js'
import { training, type TrainingOptions } from '../../src/train/training.js'
import { showError } from '../../src/value/error.js'
import { numbersOf, tensor, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

const { sgd, adam, momentum } = optimizers
const net = model(input(3), dense(5), sigmoid, dense(4))
const values = right(dataset({ x: numbers('f32', [22, 3], 1), y: numbers('f32', [22, 4], 2) }))
const base: TrainingOptions<typeof net> = {
  model: net,
  loss: meanSquaredError,
  optimizer: sgd(0.1),
  batchSize: 4,
  stop: epochs(1)
}
const after = (options: TrainingOptions<typeof net>): TrainState =>
  right(train(options, { backend: wasm })(values)).state
const refused = (options: TrainingOptions<typeof net>, from: TrainState): string => {
  const told = left(train(options, { backend: wasm, from })(values))
  expect(left(trainIterator(options, { backend: wasm, from })(values))).toBe(told)
  return told
}

describe('a state of another training', () => {
  it('is refused where its tensors are others', () => {
    const state = after(base)
    const hint = 'is it a state of this model, this optimizer and this precision?'
    expect(refused({ ...base, optimizer: adam(0.1) }, state)).toBe(
      `from/optimizer/m/dense/weight: expected f32[3, 5], got nothing; ${hint}`
    )
    expect(refused({ ...base, precision: 'f64' }, state)).toBe(
      `from/params/dense/weight: expected f64[3, 5], got f32[3, 5]; ${hint}`
    )
    expect(refused(base, after({ ...base, optimizer: momentum(0.1) }))).toMatch(
      /^from\/optimizer\/v\/dense\/weight: expected nothing, got f32\[3, 5\]/
    )
    expect(refused(base, { ...state, params: {} })).toMatch(
      /^from\/params\/dense\/weight: expected f32\[3, 5\], got nothing/
    )
    const wide = model(input(3), dense(6), sigmoid, dense(4))
    const wider = right(train({ ...base, model: wide }, { backend: wasm })(values)).state
    expect(refused(base, wider)).toMatch(/^from\/params\/dense\/weight: expected f32\[3, 5\], got f32\[3, 6\]/)
  })
  it('is refused where it stands beyond the epoch', () => {
    const state = after({ ...base, stop: steps(5) })
    for (const batchSize of [5, 22])
      expect(refused({ ...base, batchSize }, state)).toBe(
        `from/position: expected a batch of an epoch of ${Math.ceil(22 / batchSize)}, got 5; resume with the data and the batch size that the state was made with`
      )
    expect(refused(base, { ...state, position: 0.5 })).toMatch(/^from\/position/)
  })
  it('is refused in the middle of an epoch where batches have another size', () => {
    const state = after({ ...base, stop: steps(2) })
    expect(refused({ ...base, batchSize: 3 }, state)).toBe(
      'from/epochSums/weight: expected 6, the examples of 2 batches of 3, got 8; resume with the data and the batch size that the state was made with'
    )
    const whole = after({ ...base, stop: epochs(1) })
    expect(
      right(train({ ...base, batchSize: 3, stop: epochs(2) }, { backend: wasm, from: whole })(values)).reason
    ).toBe('epochs 2')
  })
  it('is refused by a step as well', () => {
    const step = right(stepOf(training({ ...base, optimizer: adam(0.1) }), { backend: reference }))
    const batch = { x: numbers('f32', [4, 3], 1), y: numbers('f32', [4, 4], 2) }
    expect(left(step(after(base), batch))).toMatch(
      /^state\/optimizer\/m\/dense\/weight: expected f32\[3, 5\], got nothing/
    )
  })
})

describe('class indexes and weights out of range', () => {
  const labels = right(tensor('u32', [3], [0, 9, 1]))
  const x = numbers('f32', [3, 3], 1)
  const t = training({ ...base, loss: softmaxCrossEntropy })
  const state = right(startState(t))
  const told = 'targets/example 1: expected a class index below 4, got 9; the last layer has one output per class'
  it('are refused by all that looks at targets', () => {
    expect(left(score(t, state, right(dataset({ x, y: labels, classes: 10 })), { backend: wasm }))).toBe(told)
    expect(left(right(stepOf(t, { backend: wasm }))(state, { x, y: labels }))).toBe(told)
    const gone = backprop(net, state.params as never, { x, y: labels }, { loss: softmaxCrossEntropy, backend: wasm })
    expect(left(gone)).toBe(told)
  })
  it('weights below 0 are refused by a step', () => {
    const weights = numbersOf(right(tensor('f32', [3], [1, -1, 1])))
    const batch = { x, y: right(tensor('u32', [3], [0, 1, 2])), weights: right(tensor('f32', [3], weights)) }
    expect(left(right(stepOf(t, { backend: wasm }))(state, batch))).toBe(
      'weights/example 1: expected a number, 0 or more, got -1'
    )
  })
})

describe('targets', () => {
  const one = model(input(3), dense(1))
  const x = numbers('f32', [4, 3], 1)
  const told = (
    loss: TrainingOptions<typeof one>['loss'],
    y: Tensor,
    metrics: TrainingOptions<typeof one>['metrics'] = []
  ) => {
    const options = { ...base, model: one, loss, batchSize: 2, metrics }
    return E.map((t: { readonly history: readonly { readonly loss: number }[] }) => t.history[0]?.loss)(
      train(options as TrainingOptions<typeof one>, { backend: wasm })(
        right(dataset(y.shape.length === 1 ? { x, y, classes: 3 } : { x, y }))
      )
    )
  }
  const of = (dtype: 'f32' | 'u32' | 'u8' | 'bool', shape: readonly number[], ...ns: readonly number[]): Tensor =>
    right(tensor(dtype, shape, ns))
  it('of a single output may be a number for each example, of any type that is exact', () => {
    const wanted = right(told(sigmoidCrossEntropy, of('f32', [4, 1], 0, 1, 1, 0), [accuracy]))
    for (const y of [
      of('u32', [4], 0, 1, 1, 0),
      of('u32', [4, 1], 0, 1, 1, 0),
      of('u8', [4], 0, 1, 1, 0),
      of('u8', [4, 1], 0, 1, 1, 0),
      of('bool', [4, 1], 0, 1, 1, 0)
    ])
      expect(right(told(sigmoidCrossEntropy, y, [accuracy]))).toBe(wanted)
  })
  it('are in the range that the loss takes', () => {
    expect(left(told(sigmoidCrossEntropy, of('f32', [4, 1], 0, 1, -1, 0)))).toBe(
      'targets/example 2: expected a number from 0 to 1 for the loss sigmoidCrossEntropy, got -1'
    )
    expect(left(told(sigmoidCrossEntropy, of('u8', [4], 0, 1, 2, 0)))).toBe(
      'targets/example 2: expected a number from 0 to 1 for the loss sigmoidCrossEntropy, got 2'
    )
    const rows = of('f32', [4, 4], ...Array.from({ length: 16 }, (_, i) => (i === 6 ? -0.5 : 0.25)))
    expect(left(train({ ...base, loss: softmaxCrossEntropy }, { backend: wasm })(right(dataset({ x, y: rows }))))).toBe(
      'targets/example 1: expected a number from 0 to 1 for the loss softmaxCrossEntropy, got -0.5'
    )
    expect(right(told(meanSquaredError, of('f32', [4, 1], 5, -3, 2, 1)))).toBeGreaterThan(0)
  })
  it('say one class where a metric needs one', () => {
    expect(left(told(meanSquaredError, of('f32', [4, 1], 0, 1, 3.5, 0), [accuracy]))).toBe(
      'targets/example 2: expected a number from 0 to 1 for the metric accuracy, got 3.5; a single output says 1 or 0'
    )
    const several = of('f32', [4, 4], ...Array.from({ length: 16 }, (_, i) => (i % 5 === 0 || i === 7 ? 1 : 0)))
    const options = { ...base, loss: sigmoidCrossEntropy, metrics: [accuracy] }
    expect(left(train(options, { backend: wasm })(right(dataset({ x, y: several }))))).toBe(
      'targets/example 1: expected one class, the place of the largest number, for the metric accuracy, got several that are equally large; where several classes may be right, look at the loss, or at one class at a time'
    )
  })
  it('metrics of probabilities need some', () => {
    expect(left(told(meanSquaredError, of('f32', [4, 1], 0, 1, 1, 0), [accuracy, perplexity]))).toBe(
      'metrics/1/perplexity: expected a model that ends in probabilities, or a loss of logits, got one that ends in any real numbers, and the loss meanSquaredError; end it with softmax or sigmoid'
    )
  })
  it('metrics of values are not compared with logits', () => {
    const y = of('f32', [4, 1], 0, 1, 1, 0)
    for (const metric of [mae, rmse, r2]) {
      expect(left(told(sigmoidCrossEntropy, y, [accuracy, metric]))).toBe(
        `metrics/1/${metric.tag}: expected a loss of values or probabilities, whose outputs can be compared with targets, got sigmoidCrossEntropy, which takes logits; use accuracy or perplexity, or end the model with softmax or sigmoid and take a loss of what these give`
      )
      expect(right(told(meanSquaredError, y, [metric]))).toBeGreaterThan(0)
    }
  })
})

describe('a layer of your own whose formula', () => {
  const registryOf = (formula: (x: Expr) => Expr): TrainingRegistry =>
    extend(builtInTraining, {
      layers: [
        {
          tag: 'odd',
          fields: () => ({}),
          show: () => 'odd',
          place: (_: unknown, shape: Shape) => E.right(tensorLayer({ output: shape as Dims, formula })),
          samples: []
        }
      ]
    } as never)
  const odd = modelData(input(3), dense(4), { tag: 'odd' } as never) as never
  const said = (formula: (x: Expr) => Expr): string =>
    left(train({ ...base, model: odd }, { backend: wasm, registry: registryOf(formula) })(values))
  it('gives another shape than its record says is named', () => {
    expect(said(x => mean(x, [-1]))).toBe(
      'odd: expected a formula that gives [4] for each of 4 examples, as its definition declares, got [4, 1]'
    )
  })
  it('has a mistake is named too', () => {
    expect(said(x => matmul(x, x))).toMatch(/^odd\/matmul: expected /)
  })
})

describe('predict', () => {
  it('takes f32 numbers for parameters in f64', () => {
    const { params } = right(startState(training({ ...base, precision: 'f64' })))
    const x = numbers('f32', [5, 3], 1)
    const wide = right(tensor('f64', [5, 3], numbersOf(x)))
    const run = predict(net, params as never, { backend: wasm })
    expect(right(run(x))).toEqual(right(run(wide)))
  })
})

describe('options that are undefined', () => {
  // what a caller's compiler lets through without exactOptionalPropertyTypes
  const nothing = undefined as never
  it('mean what leaving them out means', () => {
    const { adamw, amsgrad, nadam, adagrad, rmsprop, adadelta, lion } = optimizers
    const pairs: readonly (readonly [unknown, unknown])[] = [
      [adam(0.1, { beta1: nothing, form: nothing }), adam(0.1)],
      [adamw(0.1, { decay: nothing }), adamw(0.1)],
      [amsgrad(0.1, { beta2: nothing }), amsgrad(0.1)],
      [nadam(0.1, { epsilon: nothing }), nadam(0.1)],
      [adagrad(0.1, { epsilon: nothing }), adagrad(0.1)],
      [rmsprop(0.1, { rho: nothing }), rmsprop(0.1)],
      [adadelta(0.1, { rho: nothing }), adadelta(0.1)],
      [lion(0.1, { beta1: nothing }), lion(0.1)],
      [earlyStopping({ patience: nothing }), earlyStopping()],
      [reduceOnPlateau(0.1, { minDelta: nothing }), reduceOnPlateau(0.1)],
      [training({ ...base, metrics: nothing, seed: nothing }), training(base)]
    ]
    for (const [a, b] of pairs) expect(a).toStrictEqual(b)
  })
  it('are filled in where a member is written by hand', () => {
    const trained = right(train({ ...base, optimizer: { tag: 'sgd' } as never }, { backend: wasm })(values))
    expect(trained.state.params).toEqual(after({ ...base, optimizer: sgd() }).params)
  })
  it('a precision that is none is refused', () => {
    expect(left(train({ ...base, precision: 'f16' as never }, { backend: wasm })(values))).toBe(
      'precision: expected f32 or f64, got f16'
    )
  })
})

describe('schedules', () => {
  const of = (optimizer: optimizers.Optimizer): string => left(train({ ...base, optimizer }, { backend: wasm })(values))
  it('stay in the range of their setting', () => {
    const told =
      'expected a number from 0 up to, not including, 1, or a schedule, got cosineDecay, which reaches 5; each of its values is the setting for a while'
    const tooMuch = momentum(0.1, cosineDecay(5, steps(10)))
    expect(of(tooMuch)).toBe(`optimizer/momentum/momentum: ${told}`)
    expect(of(optimizers.chain(optimizers.weightDecay(0.1), tooMuch))).toBe(`optimizer/momentum/momentum: ${told}`)
    expect(of(adam(0.1, { beta1: warmUp(steps(2), joinSchedules(0.5, [steps(3), 1])) }))).toMatch(
      /^optimizer\/adam\/beta1: expected .*, got warmUp, which reaches 1;/
    )
  })
  it('may end at 0 where the setting itself is above it', () => {
    const done = train({ ...base, optimizer: sgd(polynomialDecay(0.1, steps(3))) }, { backend: wasm })(values)
    expect(right(done).reason).toBe('epochs 1')
  })
  it('forget what a round remembered when the next one begins', () => {
    const { start, next, value } = scheduleInterpreter(schedules)
    const s = restarts(reduceOnPlateau(0.1, { factor: 0.5, patience: 1, of: 'loss' }), epochs(3))
    const at = (epoch: number): Progress => ({ ...notStarted, epoch, step: epoch, epochEnded: epoch > 0, epochLoss: 1 })
    const rates = Array.from({ length: 7 }, (_, i) => i).reduce<readonly [Memory, readonly number[]]>(
      ([memory, done], i) => {
        const now = i === 0 ? start(s) : next(s, memory, at(i))
        return [now, [...done, value(s, at(i), now)]]
      },
      [{}, []]
    )[1]
    expect(rates).toEqual([0.1, 0.1, 0.05, 0.1, 0.1, 0.05, 0.1])
  })
})

describe('numbers of an optimizer', () => {
  it('stay in their ranges when they are rounded to the precision', () => {
    const of = (optimizer: optimizers.Optimizer): string =>
      left(train({ ...base, optimizer }, { backend: wasm })(values))
    expect(of(sgd(1e-50))).toBe(
      "optimizer/sgd/rate: expected a number above 0, or a schedule, got 1e-50, which is 0 in f32; train with precision 'f64'"
    )
    expect(of(optimizers.chain(optimizers.weightDecay(0.1), adam(0.1, { beta1: 0.999999999 })))).toMatch(
      /^optimizer\/adam\/beta1: .* got 0.999999999, which is 1 in f32/
    )
    expect(of(sgd(1e39))).toMatch(/which is Infinity in f32/)
    expect(of(momentum(0.1, cosineDecay(1 - 1e-9, steps(10))))).toMatch(/which is 1 in f32/)
    expect(of(sgd(cosineDecay(1e-50, steps(10), 1e-50)))).toMatch(/which is 0 in f32/)
    expect(of(sgd(cosineDecay(1e39, steps(10))))).toMatch(/which is Infinity in f32/)
    // whole numbers are counts
    const rare = train({ ...base, optimizer: optimizers.accumulate(2 ** 53 - 1, sgd(0.1)) }, { backend: wasm })(values)
    expect(right(rare).reason).toBe('epochs 1')
    const exact = train({ ...base, optimizer: sgd(1e-50), precision: 'f64' }, { backend: wasm })(values)
    expect(right(exact).reason).toBe('epochs 1')
  })
})

describe('numbers of a loss', () => {
  it('stay in their ranges too', () => {
    for (const delta of [1e-50, 1e39])
      expect(left(train({ ...base, loss: huber(delta) }, { backend: wasm })(values))).toMatch(
        /^loss\/huber\/delta: expected a number above 0, got .* in f32; train with precision 'f64'$/
      )
    expect(right(train({ ...base, loss: huber(1e-50), precision: 'f64' }, { backend: wasm })(values)).reason).toBe(
      'epochs 1'
    )
  })
})

describe('a state within an epoch', () => {
  const metrics = [mae, rmse]
  const until = (more: Partial<typeof base>, from?: TrainState) =>
    train({ ...base, metrics, ...more }, { backend: wasm, ...(from === undefined ? {} : { from }) })(values)
  const middle = right(until({ stop: steps(3) })).state
  it('goes on with the metrics that it was made with, in any order', () => {
    const scores = (more: Partial<typeof base>) => right(until(more, middle)).history[0]?.metrics
    expect(scores({})).toEqual(right(until({})).history[0]?.metrics)
    expect(scores({ metrics: [rmse, mae] })).toEqual(scores({}))
  })
  it('and with no others', () => {
    expect(left(until({ metrics: [] }, middle))).toMatch(
      /^from\/epochSums\/metrics: expected none, got mae\/.*, rmse\/.*; resume with the metrics that the state was made with/
    )
    expect(left(until({ metrics: [mae] }, middle))).toMatch(/^from\/epochSums\/metrics: expected mae\/[^,]*, got/)
    // at the end of an epoch there are no sums
    expect(right(until({ metrics: [r2], stop: epochs(2) }, right(until({})).state)).reason).toBe('epochs 2')
  })
})

describe('metrics of the best classes', () => {
  it('need more classes than they take', () => {
    const classes = Array.from({ length: 22 }, (_, i) => [0, 1, 2, 3].map(j => (i % 4 === j ? 1 : 0)))
    const data = right(
      fromArrays(
        Array.from({ length: 22 }, (_, i) => [i / 22, 0, 1]),
        classes
      )
    )
    const of = (k: number) => train({ ...base, loss: softmaxCrossEntropy, metrics: [topK(k)] }, { backend: wasm })(data)
    expect(left(of(4))).toBe(
      'metrics/0/topK: expected a model of 5 classes or more, got 4; with fewer it says the same of all outputs'
    )
    expect(right(of(3)).reason).toBe('epochs 1')
  })
})

describe('combined stop rules', () => {
  it('need a rule', () => {
    for (const stop of [anyOf(), allOf()])
      expect(left(train({ ...base, stop }, { backend: wasm })(values))).toBe(
        'stop rule/rules: expected at least one, got []'
      )
  })
})

describe('losses of classes', () => {
  it('need two of them', () => {
    const one = right(fromArrays([[0], [1]], [[0], [1]]))
    const on = (m: object, loss: object): string =>
      left(train({ ...base, model: m, loss } as never, { backend: wasm })(one))
    const rest =
      'expected outputs for at least 2 classes along the last axis, got the output shape [1]; for a question of yes or no take sigmoidCrossEntropy, or two classes'
    expect(on(model(input(1), dense(1)), softmaxCrossEntropy)).toBe(`loss/softmaxCrossEntropy: ${rest}`)
    expect(on(model(input(1), dense(1), softmax), crossEntropy)).toBe(`loss/crossEntropy: ${rest}`)
  })
})

describe('what remembers losses', () => {
  it('early stopping gets over a first loss that is no number', () => {
    const { start, next } = stopInterpreter(stopRules)
    const rule = earlyStopping({ patience: 3, of: 'loss' })
    const after = (memory: Memory, epochLoss: number): Memory =>
      next(rule, memory, { step: 1, epoch: 1, epochEnded: true, loss: 0, epochLoss })
    expect(after(start(rule), NaN)).toEqual({ waited: 1 })
    expect([NaN, 6, 5, 4, 3, 2, 1].reduce(after, start(rule))).toEqual({ best: 1, waited: 0 })
  })
  it('a schedule that begins in the middle of a run begins with its first value', () => {
    const state = after({ ...base, optimizer: sgd(0.05), stop: epochs(2) })
    const options = { ...base, optimizer: sgd(reduceOnPlateau(0.05, { of: 'loss' })), stop: anyOf(epochs(5)) }
    const { history } = right(train(options, { backend: wasm, from: state })(values))
    expect(history.map(e => e.settings['rate'])).toEqual([0.05, 0.05, 0.05])
  })
})

describe('batch normalisation', () => {
  it('refuses training batches with one number for each channel, whose output would not depend on the input', () => {
    const m = model(input(3), batchNorm(), dense(4))
    const trained = (n: number) => {
      const d = right(dataset({ x: numbers('f32', [n, 3], 1), y: numbers('f32', [n, 4], 2) }))
      return train({ ...base, model: m, stop: steps(1), batchSize: n }, { backend: wasm })(d)
    }
    expect(left(trained(1))).toContain('got a batch of shape [1, 3]')
    expect(trained(2)).toMatchObject({ _tag: 'Right' })
  })
})

describe('r2', () => {
  it('of targets that are all the same is 0, whatever their sums round to', () => {
    for (const target of [3.3, 1e-3, 12345.678]) {
      const y = Array.from({ length: 7 }, () => [target])
      const d = right(
        fromArrays(
          y.map((_, i) => [i]),
          y
        )
      )
      const t = training({ ...base, model: model(input(1), dense(1)), metrics: [r2] })
      const told = score(t, right(startState(t)), d, { backend: wasm })
      expect(E.isRight(told) ? told.right.metrics['r2'] : showError(told.left)).toBe(0)
    }
  })
})

describe('inputs of predict', () => {
  it('of another type, or another shape', () => {
    const state = after(base)
    const told = (x: Tensor): string => left(predict(net, state.params as never, { backend: wasm })(x))
    expect(told(right(tensor('u8', [2, 3], [1, 2, 3, 4, 5, 6])))).toBe(
      'inputs: expected numbers of type f32, as the parameters are, got u8; featureValues gives those of a feature of a dataset; tensor(type, shape, numbers) makes others'
    )
    expect(told(numbers('f32', [2, 4], 1))).toBe(
      'inputs: expected a tensor of shape [3] for each of 2 examples, got [2, 4]'
    )
  })
})

describe('constructors that were not called', () => {
  it('are named as what they are', () => {
    expect(left(train({ ...base, optimizer: adam as never }, { backend: wasm })(values))).toMatch(
      /^optimizer: expected .*, got a function \(a constructor, not called\?\)/
    )
  })
})
