/** Callers without a compiler: what can fail gives Left for anything at all, and never throws. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import * as gradfold from '../src/index.js'
import { reference } from '../src/ndarray.js'
import { right } from './support/either.js'
import { silentAmong, thrownBy, type Untyped } from './support/untyped.js'

/** Functions that may throw for what their types exclude: constructors and readers of values whose types leave no way to fail. */
const mayThrow: Readonly<Record<string, readonly string[]>> = {
  'give expressions': ['batchLoss', 'exampleMean', 'exampleSum', 'grad', 'gradients', 'valueAndGrad', 'perParameter'],
  'read a tensor, a tree, a dataset or an error': [
    ...['encodeNpy', 'exampleCount', 'featureValues', 'mapTree', 'mistakesOf', 'numbersOf', 'pickExamples', 'roleOf'],
    ...[
      'message',
      'sameBits',
      'scalarOf',
      'showError',
      'tex',
      'toTypedArray',
      'treeLeaves',
      'tensorView',
      'filledTensor'
    ],
    ...['classNames', 'featureNames'],
    ...['explain', 'explainPass', 'explainWat', 'printProgram']
  ],
  'derive keys': ['childKey', 'foldIn', 'leafKey'],
  'make values of other values': [
    ...[
      'averagePool',
      'batchNorm',
      'bidirectional',
      'classWeighted',
      'conv1d',
      'conv2d',
      'conv3d',
      'convTranspose1d',
      'convTranspose2d',
      'cosineDecay',
      'crossAttention',
      'customLoss',
      'customMetric',
      'dense',
      'depthwiseConv2d',
      'embedding',
      'exactMatch',
      'extend',
      'feedForward',
      'freeze',
      'groupNorm',
      'gru',
      'instanceNorm',
      'invertedResidual',
      'joinSchedules',
      'layerNorm',
      'lstm',
      'maxPool',
      'positionAccuracy',
      'positionPerplexity',
      'positions',
      'residualBlock',
      'rmsNorm',
      'selfAttention',
      'separableConv2d',
      'sequenceCrossEntropy',
      'simpleRnn',
      'transformerBlock'
    ],
    ...['ema', 'swa', 'lookahead', 'sam', 'geometric', 'mapParams', 'mergeParams', 'pickParams', 'transferParams'],
    ...['sigmoidFocalLoss', 'softmaxFocalLoss', 'weightedSigmoidCrossEntropy'],
    ...['masked', 'oneCycle', 'polynomialDecay', 'restarts', 'stepDecay', 'warmUp', 'withFallback']
  ],
  'call a function of numbers': ['extrapolatedGradient', 'minimise', 'numericalGradient']
}
const listed = new Set(Object.values(mayThrow).flat())

const functions = Object.entries<unknown>(gradfold).filter(
  (row): row is [string, Untyped] => typeof row[1] === 'function'
)

describe('untyped callers', () => {
  test.each(functions.filter(([name]) => !listed.has(name)))('%s never throws', async (_, f) => {
    expect(await thrownBy(f)).toEqual([])
  })
  test('the list of functions that may throw holds none that does not', async () => {
    const all = functions.filter(([name]) => listed.has(name))
    expect(await silentAmong(all)).toEqual([])
    expect(all).toHaveLength(listed.size)
  })

  const mlp = gradfold.model([2], gradfold.dense(1))
  const data = right(gradfold.fromArrays([[1, 2]], [[1]]))
  const x = right(gradfold.tensor('f32', [1, 2], [1, 2]))
  const params = right(gradfold.init(mlp, gradfold.rootKey(0)))
  const settings = {
    model: mlp,
    loss: gradfold.meanSquaredError,
    optimizer: gradfold.sgd(0.1),
    stop: gradfold.epochs(1),
    batchSize: 1
  }
  const sentence = (r: unknown): string =>
    E.isLeft(r as E.Either<unknown, unknown>)
      ? gradfold.showError((r as E.Left<gradfold.Problem<string>>).left)
      : 'Right'
  const call = (f: unknown, ...args: readonly unknown[]): unknown => (f as Untyped)(...args)

  test.each([
    [
      'no model',
      () => call(gradfold.checkModel, {}),
      'model: expected a model, got an object; model(input(...), ...) makes one'
    ],
    [
      'an undefined layer',
      () => call(gradfold.checkModel, call(gradfold.model, [2], undefined)),
      'expected a layer, got nothing'
    ],
    [
      'an Either for data',
      () => call(gradfold.train(settings, { backend: reference }), E.right(data)),
      'take the value out of the Either first'
    ],
    [
      'no backend',
      () => call(gradfold.train(settings, {} as never), data),
      'backend: expected a backend, such as wasm, got nothing'
    ],
    [
      'an unknown option',
      () => call(gradfold.train(settings, { backend: reference, epocs: 3 } as never), data),
      'options: expected only backend, registry'
    ],
    [
      'an unknown setting',
      () => call(gradfold.train({ ...settings, rate: 3 } as never, { backend: reference }), data),
      'training: expected only model, loss, optimizer'
    ],
    ['predict without options', () => call(call(gradfold.predict, mlp, params), x), 'backend: expected a backend'],
    [
      'predict with an Either for parameters',
      () => call(call(gradfold.predict, mlp, E.right(params), { backend: reference }), x),
      'params: expected a tree of tensors, got an Either (Right)'
    ],
    [
      'predict of a list',
      () => call(gradfold.predict(mlp, params, { backend: reference }), [[1, 2]]),
      'inputs: expected a tensor, or a list of them, got a list'
    ]
  ] as const)('%s: the sentence says it', (_, make, words) => {
    expect(sentence(make())).toContain(words)
  })
})
