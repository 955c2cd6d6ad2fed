/** Programs that must compile, and programs that must not. Data, so that each compiler checks all of them in one run. */

/** what every program can use */
export const prelude = `import { pipe } from 'fp-ts/lib/function.js'
import { activation, adaptiveAveragePool, averagePool, batchNorm, bidirectional, checkSize, conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, crop, crossAttention, dense, denseBlock, depthwiseConv2d, elu, embedding, fanOut, feedForward, flatten, forInput, gatedUnit, gelu, globalAveragePool, globalMaxPool, groupNorm, gru, identity, input, inputs, instanceNorm, invertedResidual, logSoftmax, lstm, maskPadding, maxPool, merge, mergeAdd, mergeConcat, mergeMean, mergeMultiply, mergeScale, model, modelData, named, parallel, perPosition, positions, relu, repeat, reshape, residual, residualBlock, rmsNorm, selfAttention, separableConv2d, sequential, shared, sigmoid, simpleRnn, softmax, spatialDropout, squeezeExcite, tanh, transformerBlock, upsample, zeroPad, type Layer, type Model, type ParamsOf, type Shape, type Size, type Tensor } from 'gradfold'
import { type AnyFail, type Body, type Sentence, type Series, type Show } from 'gradfold/extend'
declare const n: number
declare const size: Size
declare const someLayer: Layer
declare const manyLayers: Layer[]
declare const loaded: Model
declare const flip: boolean
type W<S extends readonly number[]> = Tensor<S, 'f32' | 'f64'>
type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare const yes: <T extends true>() => T
type OutputOf<M> = M extends Model<Shape, infer O> ? O : never
`

/** name, an expression, the output of the model that it is */
export const accepted: readonly (readonly [name: string, code: string, output: string])[] = [
  ['an MLP', 'model(input(784), dense(128), relu, dense(10), softmax)', '[10]'],
  ['a convolution', 'model(input(28, 28, 1), conv2d(16, 3))', '[26, 26, 16]'],
  ['a convolution that keeps the size', "model(input(28, 28, 1), conv2d(16, 5, { padding: 'same' }))", '[28, 28, 16]'],
  ['a stride', 'model(input(28, 29, 1), conv2d(8, 3, { stride: 2 }))', '[13, 14, 8]'],
  ['a stride for each axis', 'model(input(28, 29, 1), conv2d(8, 3, { stride: [1, 3] }))', '[26, 9, 8]'],
  ['a stride with padding', "model(input(7, 8, 3), conv2d(4, 3, { stride: 2, padding: 'same' }))", '[4, 4, 4]'],
  [
    'padding with the odd place first',
    "model(input(7, 8, 3), conv2d(4, 2, { stride: 3, padding: 'sameLower' }))",
    '[3, 3, 4]'
  ],
  [
    'padding in numbers',
    'model(input(224, 224, 3), conv2d(64, 7, { stride: 2, padding: 3, bias: false }))',
    '[112, 112, 64]'
  ],
  ['padding for each side', 'model(input(5, 5, 1), conv2d(2, [3, 1], { padding: [[2, 0], [0, 1]] }))', '[5, 6, 2]'],
  ['a kernel with holes', 'model(input(9, 9, 2), conv2d(3, 3, { dilation: [2, 4] }))', '[5, 1, 3]'],
  ['a kernel of the size of the image', 'model(input(5, 4, 2), conv2d(3, [5, 4]))', '[1, 1, 3]'],
  ['a kernel that only padding makes fit', 'model(input(1, 1, 2), conv2d(3, 3, { padding: 1 }))', '[1, 1, 3]'],
  ['groups of channels', 'model(input(8, 8, 6), conv2d(9, 1, { groups: 3 }))', '[8, 8, 9]'],
  ['as many groups as channels', 'model(input(8, 8, 4), conv2d(8, 3, { groups: 4 }))', '[6, 6, 8]'],
  [
    'a convolution with channels from data',
    "model(input(8, 8, 3), conv2d(size, 3), conv2d(4, 3), conv2d(2, 3, { padding: 'same' }))",
    '[4, 4, 2]'
  ],
  [
    'sizes from data that padding keeps',
    "model(input(size, size, 3), conv2d(4, 3, { padding: 'same' }))",
    '[number, number, 4]'
  ],
  ['a sequence', 'model(input(100, 8), conv1d(16, 5, { stride: 2 }))', '[48, 16]'],
  ['a causal sequence', "model(input(100, 8), conv1d(16, 3, { padding: 'causal', dilation: 32 }))", '[100, 16]'],
  [
    'a residual block of convolutions',
    "model(input(8, 8, 4), residual(sequential(conv2d(9, 3, { padding: 'same' }), relu, conv2d(4, 1))))",
    '[8, 8, 4]'
  ],
  [
    'convolutions in a row',
    'model(input(32, 32, 3), conv2d(8, 3), relu, conv2d(16, 3, { stride: 2 }), relu, conv2d(32, 3, { stride: 2 }), relu, flatten, dense(10))',
    '[10]'
  ],
  ['a pool', 'model(input(28, 29, 3), maxPool(2))', '[14, 14, 3]'],
  ['a pool of a sequence', 'model(input(9, 2), averagePool(3, { stride: 2 }))', '[4, 2]'],
  ['a pool of a volume', 'model(input(4, 6, 8, 2), maxPool([1, 2, 4]))', '[4, 3, 2, 2]'],
  ['a pool with padding', 'model(input(112, 112, 64), maxPool(3, { stride: 2, padding: 1 }))', '[56, 56, 64]'],
  ['a pool that keeps the odd end', "model(input(7, 8, 3), averagePool(2, { padding: 'same' }))", '[4, 4, 3]'],
  ['global pools', 'model(input(7, 7, 64), fanOut(globalMaxPool, globalAveragePool), mergeConcat)', '[128]'],
  ['as many windows as are wanted', 'model(input(30, 40, 3), adaptiveAveragePool([7, 5]))', '[7, 5, 3]'],
  ['a volume', 'model(input(8, 16, 16, 1), conv3d(4, [3, 1, 1], { stride: [1, 2, 2] }))', '[6, 8, 8, 4]'],
  ['a depthwise convolution', 'model(input(8, 8, 3), depthwiseConv2d(3, { multiplier: 2 }))', '[6, 6, 6]'],
  ['normalised groups', 'model(input(8, 8, 6), groupNorm(3), instanceNorm(), rmsNorm())', '[8, 8, 6]'],
  ['a recurrent layer', 'model(input(20, 3), lstm(8), dense(1))', '[1]'],
  ['each output of a recurrent layer', "model(input(20, 3), simpleRnn(8, { outputs: 'all' }))", '[20, 8]'],
  ['both directions', "model(input(20, 3), gru(8, { outputs: 'all' }), bidirectional(lstm(4)), dense(1))", '[1]'],
  [
    'both directions added',
    "model(input(20, 3), bidirectional(gru(8, { outputs: 'all' }), { merge: 'sum' }))",
    '[20, 8]'
  ],
  [
    'lengths and a given state',
    "model(inputs(input(20, 3), input(1), input(4), input(4)), lstm(4, { lengths: true, initialState: 'given' }))",
    '[4]'
  ],
  ['steps from data', "model(input(size, 3), gru(4, { outputs: 'all', reset: 'before' }))", '[number, 4]'],
  ['words', 'model(input(8), embedding(1000, 16))', '[8, 16]'],
  ['a layer at each position', 'model(input(8, 16), perPosition(dense(3)))', '[8, 3]'],
  [
    'a transformer',
    'model(input(8), embedding(50, 16), positions(), repeat(2)(transformerBlock(16, 4, { causal: true })), perPosition(dense(50)))',
    '[8, 50]'
  ],
  [
    'attention inside a mask',
    'model(input(8), maskPadding(0)(sequential(embedding(50, 16), selfAttention(4, { rotary: "pairs" }))))',
    '[8, 16]'
  ],
  ['attention to another sequence', 'model(inputs(input(5, 16), input(7, 32)), crossAttention(4))', '[5, 16]'],
  ['gated units', 'model(input(8), gatedUnit(6, gelu))', '[6]'],
  ['a feed-forward part', 'model(input(8, 16), feedForward(16, { hidden: 32, gated: true }))', '[8, 16]'],
  ['upsampled', "model(input(7, 7, 2), upsample(2), upsample([1, 3], 'bilinear'))", '[14, 42, 2]'],
  ['a transposed convolution', 'model(input(7, 8, 3), convTranspose2d(5, 3))', '[9, 10, 5]'],
  ['twice as large', 'model(input(7, 8, 3), convTranspose2d(5, 4, { stride: 2, padding: 1 }))', '[14, 16, 5]'],
  [
    'output padding',
    'model(input(7, 8, 3), convTranspose2d(5, [3, 2], { stride: 2, padding: [[1, 1], [0, 0]], outputPadding: [1, 0] }))',
    '[14, 16, 5]'
  ],
  [
    'a transposed convolution of a size from data',
    "model(input(size, 8, 3), convTranspose2d(5, 3, { stride: 3, padding: 'same' }))",
    '[number, 24, 5]'
  ],
  [
    'a transposed convolution of a sequence',
    'model(input(10, 4), convTranspose1d(6, 3, { stride: 2, dilation: 2, groups: 2 }))',
    '[23, 6]'
  ],
  [
    'a convolution and back',
    "model(input(28, 28, 1), conv2d(8, 3, { stride: 2, padding: 'same' }), relu, convTranspose2d(1, 3, { stride: 2, padding: 'same' }), sigmoid)",
    '[28, 28, 1]'
  ],
  [
    'a separable convolution',
    "model(input(8, 9, 3), separableConv2d(7, 3, { stride: 2, padding: 'same', multiplier: 2 }))",
    '[4, 5, 7]'
  ],
  ['zeros around', 'model(input(28, 28, 1), zeroPad(2), zeroPad([[0, 1], [3, 0]]))', '[33, 35, 1]'],
  ['cropped', 'model(input(28, 28, 1), crop(2), crop([[0, 1], [3, 0]]))', '[23, 21, 1]'],
  ['dropped channels', 'model(input(8, 8, 3), spatialDropout(0.2))', '[8, 8, 3]'],
  ['factors of channels', 'model(input(8, 8, 3), fanOut(relu, globalAveragePool), mergeScale)', '[8, 8, 3]'],
  ['squeeze and excitation', 'model(input(8, 8, 32), squeezeExcite(32, 2))', '[8, 8, 32]'],
  ['residual blocks', 'model(input(8, 8, 3), residualBlock(3), residualBlock(6, { stride: 2 }))', '[4, 4, 6]'],
  [
    'inverted residuals',
    'model(input(9, 9, 3), invertedResidual(3, 8, { stride: 2 }), invertedResidual(8, 8), invertedResidual(8, 9, { expand: 1 }))',
    '[5, 5, 9]'
  ],
  ['a dense block', 'model(input(8, 8, 16), denseBlock(4, 12))', '[8, 8, 64]'],
  [
    'ResNet-18',
    'model(input(32, 32, 3), conv2d(64, 3, { padding: 1, bias: false }), batchNorm(), relu, residualBlock(64), residualBlock(64), residualBlock(128, { stride: 2 }), residualBlock(128), residualBlock(256, { stride: 2 }), residualBlock(256), residualBlock(512, { stride: 2 }), residualBlock(512), globalAveragePool, dense(10))',
    '[10]'
  ],
  ['no layer at all', 'model(input(3, 4))', '[3, 4]'],
  ['one layer', 'model(input(4), dense(3))', '[3]'],
  ['the identity', 'model(input(4), sequential(), identity)', '[4]'],
  ['flatten', 'model(input(28, 28, 1), flatten, dense(10))', '[10]'],
  ['flatten of large images', 'model(input(224, 224, 3), flatten)', '[150528]'],
  ['flatten of a scalar', 'model(input(), flatten)', '[1]'],
  ['reshape', 'model(input(784), reshape(28, 28, 1))', '[28, 28, 1]'],
  ['reshape to a scalar', 'model(input(1), reshape())', '[]'],
  ['without bias', 'model(input(4), dense(3, { bias: false }))', '[3]'],
  ['an initializer by name', "model(input(4), dense(3, { initializer: 'heNormal' }))", '[3]'],
  [
    'an initializer with settings',
    "model(input(4), dense(3, { initializer: { tag: 'constant', value: 0.5 } }))",
    '[3]'
  ],
  ['an activation by name', "model(input(4), activation('gelu'))", '[4]'],
  ['an activation on an image', 'model(input(2, 3), tanh, softmax)', '[2, 3]'],
  ['an activation on several inputs', 'model(inputs(input(2), input(3)), sigmoid)', '[[2], [3]]'],
  ['a residual block', 'model(input(128), residual(sequential(dense(64), relu, dense(128))))', '[128]'],
  ['residual of the identity', 'model(input(5, 2), residual(sequential()))', '[5, 2]'],
  ['repeat', 'model(input(8), repeat(50)(sequential(dense(8), relu)))', '[8]'],
  ['repeat from another width', 'model(input(8), repeat(3)(sequential(dense(64), relu)))', '[64]'],
  ['repeat once', 'model(input(8), repeat(1)(dense(3)))', '[3]'],
  ['repeat that doubles', 'model(input(2), repeat(3)(sequential(fanOut(relu, relu), mergeConcat)))', '[16]'],
  ['a name', "model(input(8), named('hidden')(dense(3)))", '[3]'],
  ['two names', "model(input(8), named('a')(dense(3)), named('b')(dense(3)))", '[3]'],
  ['one name at two levels', "model(input(8), named('a')(named('a')(dense(3))))", '[3]'],
  ['pipe', "model(input(8), pipe(sequential(dense(8), relu), residual, repeat(3), named('body')), dense(2))", '[2]'],
  ['on', 'pipe(sequential(dense(8), relu), forInput(input(4)))', '[8]'],
  ['two inputs', 'model(inputs(input(3), input(4)), parallel(dense(2), dense(2)), mergeAdd)', '[2]'],
  ['two inputs, joined', 'model(inputs(input(3), input(4)), mergeConcat)', '[7]'],
  ['fan out and concat', 'model(input(6), fanOut(dense(2), sequential(dense(3), relu)), mergeConcat)', '[5]'],
  ['concat of images', 'model(inputs(input(4, 4, 3), input(4, 4, 5)), mergeConcat)', '[4, 4, 8]'],
  ['multiply', 'model(input(6), fanOut(dense(2), dense(2), dense(2)), mergeMultiply)', '[2]'],
  ['mean', "model(input(6), fanOut(dense(2), dense(2)), merge('mean'))", '[2]'],
  ['branches in branches', 'model(input(6), fanOut(fanOut(relu, tanh), relu))', '[[[6], [6]], [6]]'],
  [
    'a block of blocks',
    'model(input(4), sequential(sequential(dense(3), sequential(relu)), sequential()), dense(2))',
    '[2]'
  ],
  ['a model as a layer', 'model(input(4), model(input(4), dense(3)), dense(2))', '[2]'],
  ['the layers of another model', 'model(input(4), model(input(4), dense(3)).layer, dense(2))', '[2]'],
  [
    'shared',
    "model(inputs(input(4), input(4)), pipe(shared('e')(model(input(4), dense(3))), e => parallel(e, e)), mergeAdd)",
    '[3]'
  ],
  ['a generic block', '(<N extends number>(n: N) => sequential(dense(n), relu))(7)', 'never'],
  [
    'a generic block inside a model',
    'model(input(4), (<N extends number>(n: N) => residual(sequential(dense(9), relu, dense(n))))(4))',
    '[4]'
  ],
  [
    'a generic name',
    "model(input(4), (<K extends string, N extends number>(k: K, n: N) => named(k)(dense(n)))('k', 3))",
    '[3]'
  ],
  ['a size from data', 'model(input(size), dense(10))', '[10]'],
  ['a width from data', 'model(input(4), dense(size), relu)', '[number]'],
  ['a shape as a tuple', 'model([28, 28], flatten)', '[784]'],
  ['layers spread from a tuple', 'model(input(4), ...([dense(3), relu] as const), dense(2))', '[2]'],
  ['nested blocks, sealed', 'model(input(4), model(input(4), residual(model(input(4), residual(dense(4))))))', '[4]'],
  ['fine-tuning a loaded model', 'model(input(4), loaded as Model<[4], [8]>, dense(2))', '[2]'],
  [
    'fifty layers',
    `model(input(4), ${Array.from({ length: 25 }, (_, i) => `dense(${i + 1}), relu`).join(', ')})`,
    '[25]'
  ],
  ['eight levels', `model(input(4), ${'residual(sequential(relu, '.repeat(8)}dense(4)${'))'.repeat(8)})`, '[4]']
]

/** name, an expression that is a model, its parameters */
export const parameters: readonly (readonly [name: string, code: string, params: string])[] = [
  [
    'an MLP',
    'model(input(784), dense(128), relu, dense(10))',
    '{ readonly dense: { readonly weight: W<[784, 128]>; readonly bias: W<[128]> }; readonly dense2: { readonly weight: W<[128, 10]>; readonly bias: W<[10]> } }'
  ],
  [
    'a convolution',
    'model(input(8, 8, 6), conv2d(9, [3, 2], { groups: 3 }))',
    '{ readonly conv2d: { readonly weight: W<[3, 2, 2, 9]>; readonly bias: W<[9]> } }'
  ],
  [
    'convolutions without bias',
    'model(input(8, 6), conv1d(9, 3, { bias: false }), conv1d(4, [1], { bias: false }))',
    '{ readonly conv1d: { readonly weight: W<[3, 6, 9]> }; readonly conv1d2: { readonly weight: W<[1, 9, 4]> } }'
  ],
  [
    'a depthwise convolution',
    'model(input(8, 8, 3), depthwiseConv2d(3, { multiplier: 2 }), groupNorm(2), rmsNorm())',
    '{ readonly depthwiseConv2d: { readonly weight: W<[3, 3, 3, 2]>; readonly bias: W<[6]> }; readonly groupNorm: { readonly gamma: W<[6]>; readonly beta: W<[6]> }; readonly rmsNorm: { readonly gamma: W<[6]> } }'
  ],
  [
    'a recurrent layer in both directions',
    'model(input(20, 3), bidirectional(lstm(8)))',
    '{ readonly fanOut: { readonly forward: { readonly lstm: { readonly weight: W<[3, 32]>; readonly recurrent: W<[8, 32]>; readonly bias: W<[32]> } }; readonly backward: { readonly lstm: { readonly weight: W<[3, 32]>; readonly recurrent: W<[8, 32]>; readonly bias: W<[32]> } } } }'
  ],
  [
    'an embedding and a layer at each position',
    'model(input(8), embedding(1000, 16), positions(), perPosition(dense(3)))',
    '{ readonly embedding: { readonly table: W<[1000, 16]> }; readonly positions: { readonly table: W<[8, 16]> }; readonly perPosition: { readonly dense: { readonly weight: W<[16, 3]>; readonly bias: W<[3]> } } }'
  ],
  [
    'attention',
    'model(input(8, 4), selfAttention(2, { bias: false }))',
    '{ readonly selfAttention: { readonly query: { readonly weight: W<[4, 4]> }; readonly key: { readonly weight: W<[4, 4]> }; readonly value: { readonly weight: W<[4, 4]> }; readonly output: { readonly weight: W<[4, 4]> } } }'
  ],
  [
    'a transposed convolution',
    'model(input(8, 8, 6), convTranspose2d(9, [3, 2], { groups: 3 }))',
    '{ readonly convTranspose2d: { readonly weight: W<[3, 2, 6, 3]>; readonly bias: W<[9]> } }'
  ],
  [
    'a separable convolution',
    'model(input(8, 8, 3), separableConv2d(5, 3, { multiplier: 2, bias: false }))',
    '{ readonly separableConv2d: { readonly depthwise: W<[3, 3, 3, 2]>; readonly pointwise: W<[1, 1, 6, 5]> } }'
  ],
  [
    'squeeze and excitation',
    'model(input(8, 8, 32), squeezeExcite(32, 2), spatialDropout(0.5), zeroPad(1), crop(1))',
    '{ readonly fanOut: { readonly sequential: { readonly dense: { readonly weight: W<[32, 2]>; readonly bias: W<[2]> }; readonly dense2: { readonly weight: W<[2, 32]>; readonly bias: W<[32]> } } } }'
  ],
  ['none', 'model(input(4), relu, flatten)', '{}'],
  ['without bias', 'model(input(4), dense(3, { bias: false }))', '{ readonly dense: { readonly weight: W<[4, 3]> } }'],
  [
    'a name',
    "model(input(4), named('hidden')(dense(3, { bias: false })))",
    '{ readonly hidden: { readonly dense: { readonly weight: W<[4, 3]> } } }'
  ],
  [
    'a residual block',
    'model(input(4), residual(sequential(dense(2, { bias: false }), relu, dense(4, { bias: false }))))',
    '{ readonly residual: { readonly dense: { readonly weight: W<[4, 2]> }; readonly dense2: { readonly weight: W<[2, 4]> } } }'
  ],
  [
    'repeat',
    'model(input(4), repeat(3)(dense(4, { bias: false })))',
    '{ readonly repeat: Readonly<Record<number, { readonly dense: { readonly weight: W<[4, 4]> } }>> }'
  ],
  [
    'repeat from another width',
    'model(input(8), repeat(3)(dense(4, { bias: false })))',
    '{ readonly repeat: Readonly<Record<number, { readonly dense: { readonly weight: W<[8, 4]> } } | { readonly dense: { readonly weight: W<[4, 4]> } }>> }'
  ],
  [
    'branches',
    'model(input(4), fanOut(dense(2, { bias: false }), sequential(dense(3, { bias: false }), relu), relu))',
    '{ readonly fanOut: { readonly dense: { readonly weight: W<[4, 2]> }; readonly sequential: { readonly dense: { readonly weight: W<[4, 3]> } } } }'
  ],
  [
    'shared',
    "model(input(4), pipe(shared('e')(model(input(4), dense(4, { bias: false }))), e => sequential(e, relu, e)))",
    '{ readonly shared: { readonly e: { readonly dense: { readonly weight: W<[4, 4]> } } } }'
  ],
  [
    'a model as a layer',
    'model(input(4), model(input(4), dense(3, { bias: false })))',
    '{ readonly model: { readonly dense: { readonly weight: W<[4, 3]> } } }'
  ],
  [
    'a size from data',
    'model(input(size), dense(3, { bias: false }))',
    '{ readonly dense: { readonly weight: W<[number, 3]> } }'
  ],
  [
    'twelve of a kind',
    `model(input(1), ${Array.from({ length: 12 }, () => 'dense(1, { bias: false })').join(', ')})`,
    `{ ${Array.from({ length: 12 }, (_, i) => `readonly dense${i === 0 ? '' : i + 1}: { readonly weight: W<[1, 1]> }`).join('; ')} }`
  ]
]

/** name, an expression or statement with one mistake */
export const rejected: readonly (readonly [name: string, code: string])[] = [
  ['dense on an image', 'model(input(28, 28, 1), dense(128), relu)'],
  [
    'the mistake among others',
    'model(input(784), dense(128), relu, residual(sequential(dense(64), relu)), dense(10), softmax)'
  ],
  ['dense on two inputs', 'model(inputs(input(3), input(4)), dense(2))'],
  ['residual', 'model(input(4), residual(dense(3)))'],
  ['residual that changes the rank', 'model(input(2, 2), residual(flatten))'],
  ['reshape', 'model(input(784), reshape(28, 27, 1))'],
  ['reshape of two inputs', 'model(inputs(input(2), input(2)), reshape(4))'],
  ['flatten of two inputs', 'model(inputs(input(2), input(2)), flatten)'],
  ['add of different shapes', 'model(input(16), fanOut(dense(8), dense(9)), mergeAdd)'],
  ['mean of different ranks', 'model(inputs(input(4), input(2, 2)), mergeMean)'],
  ['concat of different images', 'model(inputs(input(4, 3), input(5, 3)), mergeConcat)'],
  ['concat of scalars', 'model(inputs(input(), input()), mergeConcat)'],
  ['merging one tensor', 'model(input(16), mergeConcat)'],
  ['merging branches of branches', 'model(input(3), fanOut(fanOut(relu, relu), relu), mergeAdd)'],
  ['too few inputs', 'model(inputs(input(3), input(4)), parallel(dense(2), dense(2), dense(2)), mergeConcat)'],
  ['parallel of one input', 'model(input(3), parallel(dense(2), dense(2)))'],
  ['no branch', 'model(input(3), fanOut())'],
  ['a branch that does not fit', 'model(input(3, 2), fanOut(flatten, dense(2)))'],
  ['softmax of a scalar', 'model(input(), softmax)'],
  ['log softmax of two inputs', 'model(inputs(input(3), input(3)), logSoftmax)'],
  ['in a named block', "model(input(784), dense(64), named('features')(sequential(relu, residual(dense(3)))))"],
  [
    'deep inside',
    "model(input(28, 28), named('net')(sequential(flatten, named('head')(sequential(dense(10), residual(dense(12)))))))"
  ],
  ['the second of a kind', 'model(input(4), dense(3), dense(2), relu, dense(0))'],
  [
    'in a block among others',
    'model(input(4), dense(3), sequential(relu, dense(2), sequential(residual(dense(1)))), dense(3))'
  ],
  [
    'repeat of what cannot be repeated',
    'model(input(28, 28), repeat(3)(sequential(flatten, dense(10), residual(dense(11)))))'
  ],
  ['repeat that fails later', 'model(input(2, 2), repeat(2)(sequential(residual(reshape(2, 2)), flatten)))'],
  ['repeat zero times', 'model(input(4), repeat(0)(relu))'],
  ['a negative size', 'model(input(4), dense(-1))'],
  ['half a size', 'model(input(4), dense(2.5))'],
  ['no size', 'model(input(4), dense(0))'],
  ['a plain number', 'model(input(4), dense(n))'],
  ['a size chosen at run time', 'model(input(4), dense(flip ? 3 : 4))'],
  ['negative sizes in a shape', 'model(input(8), reshape(-1, -8))'],
  ['an input of size 0', 'model(input(0), dense(3))'],
  ['an input of unknown size', 'model(input(28, n), flatten)'],
  ['an input that is no shape', 'model([-1], dense(3))'],
  ['an input of unknown rank', 'model(loaded.input, flatten)'],
  ['a layer from data', 'model(input(784), someLayer, dense(10))'],
  ['layers from data', 'model(input(10), ...manyLayers)'],
  ['a list of layers from data', 'model(input(10), sequential(...manyLayers))'],
  ['a choice of layers', 'model(input(10), flip ? dense(3) : dense(4), dense(1))'],
  ['a choice of bias', 'model(input(10), dense(3, { bias: flip }))'],
  ['an equality that only data decides', 'model(input(8), residual(dense(size)))'],
  ['a reshape that only data decides', 'model(input(size), reshape(2, 4))'],
  ['a model in the wrong place', 'model(input(700), model(input(784), dense(64)), dense(10))'],
  ['shared in the wrong place', "model(input(700), shared('encoder')(model(input(784), dense(64))))"],
  ['sharing a layer without its input', "shared('encoder')(dense(3))"],
  [
    'a generic block at the wrong size',
    'model(input(784), (<N extends number>(n: N) => residual(sequential(dense(8), relu, dense(n))))(64))'
  ],
  ['a name twice', "model(input(4), named('a')(dense(3)), relu, named('a')(dense(2)))"],
  ['a name that is a label', "model(input(4), dense(3), dense(3), named('dense2')(dense(2)))"],
  ['a name twice inside', "model(input(4), residual(sequential(named('a')(relu), named('a')(tanh))))"],
  ['the wrong output', 'const m: Model<[784], [9]> = model(input(784), dense(10))'],
  ['the wrong input', 'const m: Model<[783], [10]> = model(input(784), dense(10))'],
  ['unchecked data as a model', 'const m: Model = modelData([4], dense(3))'],
  [
    'parameters of another model',
    'const p: ParamsOf<Model<[4], [3], ReturnType<typeof dense<3>>>> = null as unknown as ParamsOf<Model<[5], [3], ReturnType<typeof dense<3>>>>'
  ],
  [
    'a label that is not there',
    'const w = (null as unknown as ParamsOf<Model<[4], [3], ReturnType<typeof dense<3>>>>).dense2'
  ],
  ['an unknown activation', "activation('rellu')"],
  ['an unknown initializer', "dense(3, { initializer: 'zero' })"],
  ['an unknown setting', 'dense(3, { biases: false })'],
  ['an unknown way to merge', "merge('concatenate')"],
  ['a convolution of a flat input', 'model(input(784), conv2d(16, 3))'],
  ['a convolution of an image without channels', 'model(input(28, 28), conv2d(16, 3))'],
  ['a convolution of two inputs', 'model(inputs(input(8, 8, 1), input(8, 8, 1)), conv2d(16, 3))'],
  ['a kernel larger than the image', 'model(input(28, 4, 1), conv2d(16, 5))'],
  [
    'a kernel larger than the image with its padding',
    'model(input(3, 9, 1), conv2d(16, [7, 3], { padding: [[1, 2], [0, 0]] }))'
  ],
  ['a kernel that its holes make too large', 'model(input(8, 8, 1), conv2d(4, 3, { dilation: 4 }))'],
  [
    'convolutions until nothing is left',
    'model(input(8, 8, 1), conv2d(4, 3, { stride: 2 }), conv2d(4, 3), relu, conv2d(4, 3))'
  ],
  ['a stride of 0', 'model(input(8, 8, 1), conv2d(4, 3, { stride: 0 }))'],
  ['a kernel of 0', 'model(input(8, 8, 1), conv2d(4, [3, 0]))'],
  ['no channels', 'model(input(8, 8, 1), conv2d(0, 3))'],
  ['half a dilation', 'model(input(8, 8, 1), conv2d(4, 3, { dilation: 1.5 }))'],
  ['no groups', 'model(input(8, 8, 1), conv2d(4, 3, { groups: 0 }))'],
  ['negative padding', 'model(input(8, 8, 1), conv2d(4, 3, { padding: -1 }))'],
  ['negative padding on one side', 'model(input(8, 8, 1), conv2d(4, 3, { padding: [[0, 0], [1, -2]] }))'],
  ['groups that do not divide the input', 'model(input(8, 8, 4), conv2d(6, 3, { groups: 3 }))'],
  ['groups that do not divide the output', 'model(input(8, 8, 6), conv2d(4, 3, { groups: 3 }))'],
  ['groups of channels from data', 'model(input(8, 8, size), conv2d(4, 3, { groups: 2 }))'],
  ['an image of unknown size', 'model(input(size, 8, 1), conv2d(4, 3))'],
  ['a kernel chosen at run time', 'model(input(8, 8, 1), conv2d(4, flip ? 3 : 5))'],
  ['a kernel for another number of axes', 'model(input(8, 8, 1), conv2d(4, [3, 3, 3]))'],
  ['padding that images do not have', "conv2d(4, 3, { padding: 'causal' })"],
  ['an unknown setting of a convolution', 'conv2d(4, 3, { strides: 2 })'],
  ['a sequence as an image', 'model(input(8, 8, 1), conv1d(4, 3))'],
  ['a sequence shorter than the kernel', 'model(input(4, 2), conv1d(4, 3, { dilation: 2 }))'],
  ['a residual block of a convolution that shrinks', 'model(input(8, 8, 4), residual(conv2d(4, 3)))'],
  ['a convolution with the wrong channels', "model(input(8, 8, 4), residual(conv2d(5, 3, { padding: 'same' })))"],
  ['a pool of a flat input', 'model(input(784), maxPool(2))'],
  ['a window larger than the image', 'model(input(8, 2, 1), averagePool(3))'],
  ['a pool of nothing but padding', 'model(input(8, 8, 1), maxPool(2, { padding: 2 }))'],
  ['a pool of stride 0', 'model(input(8, 8, 1), maxPool(2, { stride: 0 }))'],
  ['a window for other axes', 'model(input(8, 8, 1), maxPool([2, 2, 2]))'],
  ['a global pool of a flat input', 'model(input(4), globalMaxPool)'],
  ['no windows', 'model(input(8, 8, 1), adaptiveAveragePool(0))'],
  ['a volume as an image', 'model(input(8, 8, 8, 1), conv2d(2, 3))'],
  ['a depthwise kernel larger than the image', 'model(input(4, 2, 1), depthwiseConv2d(3))'],
  ['groups to normalise that do not divide the channels', 'model(input(8, 8, 6), groupNorm(4))'],
  ['heads that do not divide the width', 'model(input(8, 6), selfAttention(4))'],
  ['a rotation of an odd head', 'model(input(8, 6), selfAttention(2, { rotary: "pairs" }))'],
  ['attention of a flat input', 'model(input(6), selfAttention(2))'],
  ['attention to one sequence', 'model(input(8, 6), crossAttention(2))'],
  ['words of no size', 'model(input(8), embedding(1000, 0))'],
  ['positions of words', 'model(input(8), positions())'],
  ['a layer that fits no position', 'model(input(8, 6, 2), perPosition(dense(3)))'],
  ['a mask of vectors', 'model(input(8, 6), maskPadding(0)(flatten))'],
  ['a block of another width', 'model(input(8, 6), transformerBlock(4, 2))'],
  ['instances of a flat input', 'model(input(6), instanceNorm())'],
  ['upsampling by half', 'model(input(8, 8, 6), upsample(0.5))'],
  ['a transposed convolution of a flat input', 'model(input(784), convTranspose2d(4, 3))'],
  ['a transposed convolution with stride 0', 'model(input(8, 8, 1), convTranspose2d(4, 3, { stride: 0 }))'],
  ['padding that leaves nothing', 'model(input(1, 2, 1), convTranspose2d(4, 3, { padding: [[2, 1], [0, 0]] }))'],
  ['output padding of a whole stride', 'model(input(8, 8, 1), convTranspose2d(4, 3, { stride: 2, outputPadding: 2 }))'],
  ['negative output padding', 'model(input(8, 1), convTranspose1d(4, 3, { stride: 2, outputPadding: -1 }))'],
  ['output padding for other axes', 'model(input(8, 1), convTranspose1d(4, 3, { outputPadding: [0, 0] }))'],
  ['groups of a transposed convolution', 'model(input(8, 8, 3), convTranspose2d(4, 3, { groups: 2 }))'],
  ['a transposed convolution of unknown size', 'model(input(size, 8, 3), convTranspose2d(4, 3))'],
  ['a separable kernel larger than the image', 'model(input(1, 1, 3), separableConv2d(4, 3))'],
  ['no outputs of a depthwise part', 'model(input(8, 8, 3), separableConv2d(4, 3, { multiplier: 0 }))'],
  ['zeros around a flat input', 'model(input(8), zeroPad(2))'],
  ['half a place of zeros', 'model(input(8, 8, 1), zeroPad(0.5))'],
  ['cropped until nothing is left', 'model(input(8, 4, 1), crop(2))'],
  ['cropped along other axes', 'model(input(8, 4, 1), crop([[1, 1]]))'],
  ['dropping all channels', 'model(input(8, 8, 3), spatialDropout(1))'],
  ['dropping channels of a flat input', 'model(input(8), spatialDropout(0.5))'],
  ['factors of other channels', 'model(input(8, 8, 3), squeezeExcite(4, 2))'],
  ['a residual block of other channels', 'model(input(8, 8, 3), residualBlock(4))'],
  ['an inverted residual of other channels', 'model(input(8, 8, 3), invertedResidual(4, 4))'],
  ['a pool of one pixel', 'model(input(1, 1, 3), maxPool(2))'],
  ['what is no layer', 'model(input(4), 3)'],
  ['a constructor that was not called, among layers', 'model(input(4), dense(3), dense, relu)'],
  ['no input', 'model(dense(3), relu)'],
  ['on, in a pipe', 'pipe(sequential(dense(128), residual(dense(64))), forInput(input(784)))']
]
