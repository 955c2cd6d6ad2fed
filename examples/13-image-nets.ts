/** Nets for images as plain functions of what differs: ResNet-8, ResNet-18, MobileNetV2 and an autoencoder, each a value. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as N from 'fp-ts/lib/number.js'
import * as R from 'fp-ts/lib/Record.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  adam,
  batchNorm,
  conv2d,
  convTranspose2d,
  countParameters,
  dense,
  dropout,
  epochs,
  globalAveragePool,
  input,
  invertedResidual,
  meanSquaredError,
  model,
  modelData,
  relu,
  relu6,
  residualBlock,
  score,
  sequential,
  showError,
  sigmoid,
  train,
  wasm,
  type Dataset,
  type Layer
} from 'gradfold'
import { loadMnist } from 'gradfold/files'

const first = <const N extends number>(channels: N) =>
  sequential(conv2d(channels, 3, { padding: 1, bias: false, initializer: 'heNormal' }), batchNorm(), relu)

/** ResNet-8 (He et al. 2016, CIFAR form: 6 n + 2 layers, n = 1), for small images [height, width, 3] */
export const resnet8 = <const N extends number>(classes: N) =>
  sequential(
    first(16),
    residualBlock(16),
    residualBlock(32, { stride: 2 }),
    residualBlock(64, { stride: 2 }),
    globalAveragePool,
    dense(classes)
  )

/** ResNet-18 in the form for CIFAR: a 3 x 3 convolution at the start and no pool after it */
export const resnet18 = <const N extends number>(classes: N) =>
  sequential(
    first(64),
    residualBlock(64),
    residualBlock(64),
    residualBlock(128, { stride: 2 }),
    residualBlock(128),
    residualBlock(256, { stride: 2 }),
    residualBlock(256),
    residualBlock(512, { stride: 2 }),
    residualBlock(512),
    globalAveragePool,
    dense(classes)
  )

/** expansion, channels, blocks, stride of the first block: table 2 of Sandler et al. 2018, with strides for images of 32 x 32 */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 1],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1]
] as const

const stage = ([expand, channels, blocks, stride]: (typeof stages)[number], inputs: number): readonly Layer[] =>
  Array.from({ length: blocks }, (_, i) =>
    i === 0
      ? invertedResidual(inputs, channels as number, { expand: expand, stride: stride })
      : invertedResidual(channels as number, channels as number, { expand: expand })
  )

/** MobileNetV2: a list of layers made of a table, so `checkModel` checks its shapes when the program runs */
export const mobileNetV2 = (classes: number): Layer =>
  sequential(
    conv2d(32, 3, { padding: 1, bias: false, initializer: 'heNormal' }),
    batchNorm(),
    relu6,
    ...stages.flatMap((s, i) => stage(s, stages[i - 1]?.[1] ?? 32)),
    conv2d(1280, 1, { bias: false, initializer: 'heNormal' }),
    batchNorm(),
    relu6,
    globalAveragePool,
    dropout(0.2),
    dense(classes)
  )

/** an image to 7 x 7 places of `code` channels, and back */
export const autoencoder = <const N extends number>(code: N) =>
  sequential(
    conv2d(16, 3, { stride: 2, padding: 'same' }),
    relu,
    conv2d(code, 3, { stride: 2, padding: 'same' }),
    relu,
    convTranspose2d(16, 3, { stride: 2, padding: 'same' }),
    relu,
    convTranspose2d(1, 3, { stride: 2, padding: 'same' }),
    sigmoid
  )

const known = { 'ResNet-8': 78042, 'ResNet-18': 11173962, MobileNetV2: 3504872 }
const error = 0.01
export const claim =
  `ResNet-8 learns ${known['ResNet-8']} numbers, ResNet-18 ${known['ResNet-18']}, and MobileNetV2 with 1000 classes ${known.MobileNetV2}, ` +
  `as in PyTorch; after a pass over 5000 digits of MNIST an autoencoder has a mean squared error below ${error}`

const settings = {
  model: model(input(28, 28, 1), autoencoder(8)),
  loss: meanSquaredError,
  optimizer: adam(0.01),
  batchSize: 20,
  stop: epochs(1),
  seed: 1
}
const counts = pipe(
  {
    'ResNet-8': modelData([32, 32, 3], resnet8(10)),
    'ResNet-18': modelData([32, 32, 3], resnet18(10)),
    MobileNetV2: modelData([32, 32, 3], mobileNetV2(1000))
  },
  R.traverse(E.Applicative)(m => countParameters(m))
)
/** digits whose targets are the digits themselves */
const itself = ({ x }: Dataset): Dataset => ({ x, y: x })

export const run = pipe(
  loadMnist({ train: 5000, test: 1000 }),
  TE.chainEitherKW(mnist =>
    pipe(
      train(settings, { backend: wasm })(itself(mnist.train)),
      E.bindTo('trained'),
      E.bindW('test', ({ trained }) => score(trained.training, trained.state, itself(mnist.test), { backend: wasm })),
      E.bindW('counts', () => counts)
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    ({ counts, test }) => ({
      holds: test.loss < error && R.getEq(N.Eq).equals(counts, known),
      text: [
        ...Object.entries(counts).map(
          ([name, n]) => `${name}${name === 'MobileNetV2' ? ' with 1000 classes' : ''} learns ${n} numbers`
        ),
        `after a pass over 5000 digits, the autoencoder's mean squared error of 1000 others is ${test.loss.toFixed(4)} (claimed: below ${error})`
      ].join('\n')
    })
  )
)
