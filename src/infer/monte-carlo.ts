/** Prediction with dropout, repeated: dropout as an ensemble of thinned networks (Gal and Ghahramani 2016). */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Model } from '../layer/model.js'
import type { ParamsOf } from '../model/params.js'
import { foldIn, type Key } from '../random/index.js'
import { keyArgument, optionsOf, wrongArgument } from '../value/argument.js'
import {
  failIf,
  settingError,
  shapeError,
  type BackendError,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import { isSize } from '../value/shape.js'
import { combine, meanOf } from './ensemble.js'
import type { Examples } from './examples.js'
import { runner, type PredictOptions } from './predict.js'

export interface MonteCarloOptions extends PredictOptions {
  /** number of networks to draw */
  readonly samples: number
  /** sample i uses `foldIn(key, i)` */
  readonly key: Key
}
export interface MonteCarlo {
  /** the average of the samples */
  readonly mean: Examples
  /** their standard deviation, sqrt(mean (y - mean y)^2) */
  readonly deviation: Examples
}

const deviationOf = (xs: readonly number[]): number => {
  const mean = meanOf(xs)
  return Math.sqrt(meanOf(xs.map(x => (x - mean) * (x - mean))))
}

/**
 * Outputs for a batch of inputs, with their spread: the model is applied `samples` times. Random layers draw as in
 * training; all other layers, batch normalisation included, work as in inference. A function of the inputs, the
 * parameters and the key alone.
 *
 * @example pipe(images, predictMonteCarlo(net, params, { backend: wasm, samples: 50, key: rootKey(1) })) // { mean,
 * deviation }
 * @returns Left for a number of samples that is not a positive whole number, and for every error of `predict`
 */
export const predictMonteCarlo = <M extends Model>(
  model: M,
  params: ParamsOf<M>,
  options: MonteCarloOptions
): ((x: Examples) => E.Either<SettingError | ShapeError | BackendError, MonteCarlo>) => {
  const { samples, key, ...others } = optionsOf(options) as MonteCarloOptions
  const run = runner(model, params, { ...others, sampling: true })
  const unfit = wrongArgument(shapeError, [keyArgument(key)])
  return x =>
    pipe(
      failIf(unfit),
      E.chainW(() =>
        isSize(samples)
          ? E.right(Array.from({ length: samples }, (_, i) => foldIn(key, i)))
          : E.left(settingError(['samples'], 'a positive whole number', String(samples), '', 'not-a-size'))
      ),
      E.chainW(E.traverseArray(k => run(x, k))),
      E.chainW(predictions =>
        pipe(
          E.Do,
          E.bind('mean', () => combine(predictions, meanOf)),
          E.bind('deviation', () => combine(predictions, deviationOf))
        )
      )
    )
}
