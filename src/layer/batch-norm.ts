/** Batch normalisation. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, mean, mul, node, reshape, square, sub } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { fraction, positive, withDefault } from '../value/codec.js'
import { shapeError } from '../value/error.js'
import { showShape, sizeOf, type Dims } from '../value/shape.js'
import type { LayerDefinition } from './definition.js'
import { inverseDeviation, normParams, withLastAxis, type Normalised, type NormParams } from './normalised.js'
import { paramOf, stateOf, tensorOf } from './compose.js'

export interface BatchNorm {
  readonly tag: 'batchNorm'
  /** the share that running statistics keep of themselves in each step */
  readonly momentum: number
  readonly epsilon: number
}
declare module './definition.js' {
  interface BuiltInLayers {
    readonly batchNorm: BatchNorm
  }
  interface ShapeRules<L, In> {
    readonly batchNorm: Normalised<In>
  }
  interface ParamRules<L, In> {
    readonly batchNorm: NormParams<In>
  }
}

const defaults = { momentum: 0.9, epsilon: 1e-5 } as const

/**
 * Batch normalisation (Ioffe and Szegedy 2015): y = gamma (x - mean) / sqrt(variance + epsilon) + beta, for each channel, that is
 * each place along the last axis. gamma begins at 1, beta at 0.
 *
 * In training mean and variance are those of the batch, over all axes but the last, the batch axis included; the variance is the
 * biased one (divided by n). In inference they are running statistics, which begin at 0 and 1, are part of the training state, and
 * are updated in every training step as
 *
 *     running <- momentum running + (1 - momentum) batch
 *
 * A training batch with a single number for each channel has no variance: y would be beta whatever x is, and nothing could be learned.
 * It is refused, also as the short last batch of an epoch: take another batch size, or `layerNorm`.
 *
 * Other libraries: Keras has the same momentum (0.99 there, epsilon 1e-3). PyTorch's momentum is 1 minus this one (0.1 there is 0.9
 * here), and its running variance takes the unbiased one (divided by n - 1). epsilon is added to the variance, not to its root.
 *
 * @param settings momentum from 0 up to, not including, 1 (default 0.9); epsilon above 0 (default 1e-5)
 * @example model(input(784), dense(100), batchNorm(), relu, dense(10))
 */
export const batchNorm = (settings: Partial<Omit<BatchNorm, 'tag'>> = {}): BatchNorm =>
  Object.freeze({
    tag: 'batchNorm',
    momentum: settings.momentum ?? defaults.momentum,
    epsilon: settings.epsilon ?? defaults.epsilon
  })

/** over all axes but the last; each with the shape [1, ..., 1, channels], but for x - mean */
const batchMoments = (x: Expr): { readonly mean: Expr; readonly variance: Expr; readonly centred: Expr } => {
  const axes = x.shape.slice(1).map((_, axis) => axis)
  const m = mean(x, axes)
  const centred = sub(x, m)
  return { mean: m, variance: mean(square(centred), axes), centred }
}

const oneNumber = (path: string, shape: Dims): Expr =>
  node('invalid', [], {
    error: shapeError(
      path === '' ? ['batchNorm'] : path.split('/'),
      'training batches with two or more numbers for each channel',
      `a batch of shape ${showShape(shape)}`,
      'use another batchSize, so that no batch has a single example (the last one of an epoch included), or layerNorm'
    )
  })

/** the definition of `batchNorm`: parameters gamma and beta, running statistics mean and variance */
export const batchNormDefinition: LayerDefinition<BatchNorm> = {
  tag: 'batchNorm',
  fields: () => ({
    momentum: withDefault(fraction, defaults.momentum),
    epsilon: withDefault(positive, defaults.epsilon)
  }),
  show: () => 'batch norm',
  place: ({ momentum, epsilon }, input, { dtype }) =>
    pipe(
      withLastAxis(input),
      E.map(({ input, size }) => ({
        output: input,
        params: normParams(size, dtype),
        state: { mean: { dtype, shape: [size], value: 0 }, variance: { dtype, shape: [size], value: 1 } },
        shared: {},
        rows: [],
        apply: (context, value) => {
          const x = tensorOf(value)
          const [param, running] = [paramOf(context), stateOf(context)]
          const before = { mean: running('mean'), variance: running('variance') }
          const moments = context.training ? batchMoments(x) : { ...before, centred: sub(x, before.mean) }
          const scale = mul(inverseDeviation(moments.variance, epsilon), param('gamma'))
          // an input without axes means an error further in, which is the one to report
          const single = x.shape.length > 0 && sizeOf(x.shape) <= size
          if (context.training && single && context.allowSingle !== true)
            return { value: oneNumber(context.path, x.shape), state: before, seen: [] }
          const after = (now: Expr, batch: Expr): Expr =>
            context.training && !single ? add(mul(now, momentum), mul(reshape(batch, [size]), 1 - momentum)) : now
          return {
            value: add(mul(moments.centred, scale), param('beta')),
            state: { mean: after(before.mean, moments.mean), variance: after(before.variance, moments.variance) },
            seen: []
          }
        }
      }))
    ),
  samples: [
    { layer: batchNorm({ epsilon: 0.1 }), input: [3] },
    { layer: batchNorm({ momentum: 0.5, epsilon: 0.01 }), input: [2, 2, 3] }
  ]
}
