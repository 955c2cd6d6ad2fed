/** More epochs for a training that has ended. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { AnyModel } from '../model/model.js'
import { given, objectArgument, trainedArgument } from '../value/argument.js'
import { settingError } from '../value/error.js'
import type { DataFor } from './data-for.js'
import type { TrainError } from './divergence.js'
import type { AnyLoss } from './per-output.js'
import type { Metric } from './metric/metric.js'
import type { Best } from './state.js'
import { epochs } from './stop/index.js'
import { train, type Trained, type TrainOptions } from './train.js'
import type { FittingOptions } from './training.js'

/**
 * The training of a result continued for more whole epochs, in the place of its stop rule: the bits are those of one run that was
 * longer from the start. Its history goes before the new one, and its best state counts where it has one. Schedules count on from
 * where they were: one that has reached its end stays there.
 *
 * @param count how many epochs, after the last whole one
 * @example pipe(data, train(settings, { backend: wasm }), E.chain(first => moreEpochs(first, 5, { backend: wasm })(data)))
 * @returns Left as for `train`
 */
export const moreEpochs =
  <M extends AnyModel, Ms extends readonly Metric[]>(
    trained: Trained<M, boolean | Best, Ms>,
    count: number,
    options: Omit<TrainOptions, 'from'>
  ) =>
  (data: DataFor<M, AnyLoss>): E.Either<TrainError, Trained<M, boolean | Best, Ms>> =>
    given(settingError, [trainedArgument(trained), objectArgument('options', options)], () => {
      const { training, state, history } = trained
      const best = trained.best as Best | undefined
      const { keepBest = best } = options
      // that the loss suits the model was seen when it was trained first
      const settings = { ...training, stop: epochs(state.progress.epoch + count) } as unknown as FittingOptions<
        M,
        AnyLoss,
        readonly Metric[]
      >
      return pipe(
        data,
        train<M, AnyLoss, boolean | Best, readonly Metric[]>(settings, {
          ...options,
          ...(keepBest === undefined ? {} : { keepBest: keepBest === true && best !== undefined ? best : keepBest }),
          // what the old rule remembers means nothing to the new one
          from: { ...state, stop: {} }
        }),
        // the metrics are the same
        E.map(more => ({ ...more, training, history: [...history, ...more.history] }) as unknown as typeof trained)
      )
    })
