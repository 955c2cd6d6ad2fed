/** A loss of one's own, and losses that do not suit: a type error or a Left. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  crossEntropy,
  checkModel,
  dense,
  builtIn,
  halfSquaredError,
  hardSigmoid,
  huber,
  identity,
  input,
  showError,
  model,
  modelData,
  named,
  relu,
  residual,
  sequential,
  sgd,
  sigmoid,
  sigmoidCrossEntropy,
  smoothed,
  classWeighted,
  softmax,
  softmaxCrossEntropy,
  startState,
  steps,
  extend,
  tanh,
  train,
  training,
  wasm,
  expr,
  exampleMean,
  dataset,
  type TrainingRegistry,
  type Layer,
  type Loss,
  type Model,
  type Problem,
  type Training
} from 'gradfold'
import { type LossDefinition } from 'gradfold/extend'
import { nonNegative, withDefault } from 'gradfold/codec'
import { decode } from '../../../src/value/codec.js'
import { codecsOf } from '../../../src/registry/codecs.js'
import { left, right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'

// ---- a loss of one's own: expectile regression, which weighs errors above and below differently

interface Expectile {
  readonly tag: 'expectile'
  readonly above: number
}
declare module 'gradfold' {
  interface Losses {
    readonly expectile: Expectile
  }
  interface ScaleRules<L> {
    readonly expectile: 'values'
  }
}
const expectile = (above: number): Expectile => Object.freeze({ tag: 'expectile', above })
const expectileKind: LossDefinition<Expectile> = {
  tag: 'expectile',
  fields: () => ({ above: withDefault(nonNegative, 1) }),
  expects: 'values',
  classIndexes: false,
  formula: ({ above }, y, t) => {
    const e = expr.sub(y, t)
    const isAbove = expr.cast(expr.less(0, e), y.dtype)
    return exampleMean(expr.mul(expr.square(e), expr.add(1, expr.mul(isAbove, above - 1))))
  },
  tex: '\\frac{1}{KJ} \\sum_k \\sum_j a(e_{kj}) e_{kj}^2',
  samples: [expectile(3)]
}
const mine: TrainingRegistry = extend(builtIn, { losses: { expectile: expectileKind } })

const data = right(dataset({ x: tensorOf('f32', [4, 1], [0, 0, 0, 0]), y: tensorOf('f32', [4, 1], [0, 0, 0, 1]) }))
const line = model(input(1), dense(1))

describe('a loss of one’s own', () => {
  test('is trained with: the expectile of 0, 0, 0, 1', () => {
    const fit = (loss: Loss): number => {
      const options = { model: line, loss, optimizer: sgd(0.2), stop: steps(400), batchSize: 4 }
      const { params } = right(train(options, { backend: wasm, registry: mine })(data))
      return params.dense.bias.data[0] as number
    }
    expect(fit(expectile(1))).toBeCloseTo(1 / 4, 5)
    // errors above weigh 3: 3 * 3 m = 1 - m
    expect(fit(expectile(3))).toBeCloseTo(1 / 10, 5)
  })
  test('goes through JSON', () => {
    const codec = codecsOf(mine).loss
    expect(right(decode(codec)(JSON.parse(JSON.stringify(codec.encode(expectile(2))))))).toEqual(expectile(2))
    expect(right(decode(codec)({ tag: 'expectile' }))).toEqual(expectile(1))
    expect(left(decode(codec)({ tag: 'expectile', above: -1 }))).toBe('$/above: expected a number, 0 or more, got -1')
  })
  test('is unknown where its record is not handed along', () => {
    const t = training({ model: line, loss: expectile(1), optimizer: sgd(), stop: steps(1) })
    expect(left(startState(t))).toMatch(/^loss: expected .*huber.*, got .*expectile/)
    expect(E.isRight(startState(t, { registry: mine }))).toBe(true)
  })
  test('must give one number for each example', () => {
    const total = extend(builtIn, {
      losses: [{ ...expectileKind, formula: (_: unknown, y: expr.Expr) => expr.total(y) }]
    })
    const t = training({ model: line, loss: expectile(1), optimizer: sgd(), stop: steps(1) })
    expect(left(startState(t, { registry: total }))).toBe(
      'loss: expected one number for each example, of shape [K], got []; use exampleSum or exampleMean'
    )
  })
})

describe('a loss and the end of the model', () => {
  const check = (m: Model, loss: Loss): E.Either<Problem<string>, unknown> =>
    startState(training({ model: m, loss, optimizer: sgd(), stop: steps(1) }))
  const ending = (...last: readonly Layer[]): Model => right(checkModel(modelData(input(2), dense(3), ...last)))

  test('probabilities given to a loss of logits', () => {
    expect(left(check(ending(softmax), softmaxCrossEntropy))).toBe(
      'loss/softmaxCrossEntropy: expected logits, got a model that ends in probabilities; ' +
        'leave out its last activation, which this loss applies itself, or use a loss of probabilities'
    )
    expect(E.isLeft(check(ending(sigmoid), sigmoidCrossEntropy))).toBe(true)
    expect(E.isLeft(check(ending(hardSigmoid), sigmoidCrossEntropy))).toBe(true)
    expect(E.isLeft(check(ending(softmax), smoothed(softmaxCrossEntropy, 0.1)))).toBe(true)
    expect(E.isLeft(check(ending(named('end')(softmax)), classWeighted(softmaxCrossEntropy, [1, 1, 1])))).toBe(true)
  })
  test('logits given to a loss of probabilities', () => {
    expect(left(check(ending(), crossEntropy))).toBe(
      'loss/crossEntropy: expected probabilities, got a model that ends in any real numbers; ' +
        'end it with softmax, or use a loss of logits (softmaxCrossEntropy, or sigmoidCrossEntropy for yes or no)'
    )
    for (const end of [ending(relu), ending(tanh), ending(residual(softmax)), ending(named('end')(relu))])
      expect(E.isLeft(check(end, crossEntropy))).toBe(true)
  })
  test('both are type errors, where the compiler knows model and loss', () => {
    const rest = { optimizer: sgd(), stop: steps(1) }
    const logits = model(input(3), dense(2))
    const probabilities = model(input(3), dense(2), softmax)
    // @ts-expect-error: a softmax is applied twice
    training({ ...rest, model: probabilities, loss: softmaxCrossEntropy })
    // @ts-expect-error: the loss inside decides
    training({ ...rest, model: probabilities, loss: smoothed(softmaxCrossEntropy, 0.1) })
    // @ts-expect-error: the logarithm of any real number
    training({ ...rest, model: logits, loss: crossEntropy })
    const inside = model(input(3), named('end')(sequential(dense(2), sigmoid)))
    // @ts-expect-error: through names and sequences
    training({ ...rest, model: inside, loss: sigmoidCrossEntropy })
    // @ts-expect-error: the same at the door of train
    train({ ...rest, model: logits, loss: classWeighted(crossEntropy, [1, 2]) }, { backend: wasm })
    const options = { ...rest, model: logits, loss: softmaxCrossEntropy }
    expectTypeOf(training(options)).toEqualTypeOf<Training<typeof logits, readonly []>>()
    expectTypeOf(training<typeof logits, typeof crossEntropy>)
      .parameter(0)
      .toHaveProperty('loss')
      .toEqualTypeOf<'loss/crossEntropy: expected probabilities, got a model that ends in any real numbers; end it with softmax, or use a loss of logits (softmaxCrossEntropy, or sigmoidCrossEntropy for yes or no)'>()
    training({ ...rest, model: probabilities, loss: crossEntropy })
    training({ ...rest, model: probabilities, loss: halfSquaredError })
    training({ ...rest, model: logits, loss: expectile(2) })
    // what only the running program knows is left to it
    const someLoss = (loss: Loss) => training({ ...rest, model: probabilities, loss })
    const someModel = (m: Model) => training({ ...rest, model: m, loss: softmaxCrossEntropy })
    expect([someLoss(softmaxCrossEntropy), someModel(probabilities)]).toHaveLength(2)
  })
  test('what suits', () => {
    for (const [end, loss] of [
      [ending(), softmaxCrossEntropy],
      [ending(relu), softmaxCrossEntropy],
      [ending(softmax), crossEntropy],
      [ending(named('end')(sigmoid)), crossEntropy],
      [ending(), classWeighted(softmaxCrossEntropy, [1, 2, 3])],
      // of what nothing is known
      [ending(softmax, identity), crossEntropy],
      [ending(softmax, identity), softmaxCrossEntropy],
      // what takes anything
      [ending(softmax), halfSquaredError],
      [ending(), halfSquaredError],
      [ending(sigmoid), huber()]
    ] as const)
      expect(E.mapLeft(showError)(E.map(() => 'fits')(check(end, loss)))).toEqual(E.right('fits'))
  })
  test('settings out of range', () => {
    const m = ending()
    expect(left(check(m, huber(0)))).toBe('loss/delta: expected a number above 0, got 0')
    expect(left(check(m, huber(NaN)))).toMatch(/^loss\/delta: /)
    expect(left(check(m, smoothed(softmaxCrossEntropy, 1)))).toMatch(
      /^loss\/amount: expected a number from 0 up to, not including, 1/
    )
    expect(left(check(m, classWeighted(softmaxCrossEntropy, [0, 0, 0])))).toBe(
      'loss/weights: expected at least one number above 0, got [0,0,0]'
    )
    expect(left(check(m, classWeighted(softmaxCrossEntropy, [1, -1, 1])))).toBe(
      'loss/weights/1: expected a number, 0 or more, got -1'
    )
    expect(left(check(m, smoothed(huber(-1), 0.1)))).toBe('loss/loss/delta: expected a number above 0, got -1')
  })
  test('what is for classes only', () => {
    const m = ending()
    expect(left(check(m, smoothed(halfSquaredError, 0.1)))).toBe(
      'loss/smoothed: expected a loss of classes, such as softmaxCrossEntropy, got halfSquaredError'
    )
    expect(left(check(m, classWeighted(softmaxCrossEntropy, [1, 2])))).toBe(
      'loss/classWeighted: expected outputs of shape [2], one for each weight, got [3]'
    )
  })
})
