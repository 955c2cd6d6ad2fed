/** What a step sees: parameters, gradients and activations of the batch that a training takes next. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { epochOrder } from '../data/batch.js'
import { exampleCount, featureValues, pickExamples, type Dataset } from '../data/dataset.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { foldIn } from '../random/index.js'
import { backprop, type Backprop } from './backprop.js'
import type { Backend } from '../backend/backend.js'
import { backendArgument, given, datasetArgument, objectArgument, optionsOf, stateArgument } from '../value/argument.js'
import { settingError } from '../value/error.js'
import type { TrainError } from './divergence.js'
import type { AnyLoss } from './per-output.js'
import type { ObjectiveOptions } from './objective.js'
import { purposeKey, type TrainState } from './state.js'
import type { Training } from './training.js'

export interface StepSeen<M extends AnyModel = AnyModel> extends Backprop<M> {
  /** the number of the step, from 1 */
  readonly step: number
  /** before the step */
  readonly params: ParamsOf<M>
}

/**
 * What the next step of a state sees of its batch, which is the one that `train` takes: the loss, all parameters, gradients, activations
 * and their deltas. Nothing is changed. The batch is seen as a whole: not augmented, and not cut into `shards`, of which each draws for
 * itself and may have its own statistics. With `trainIterator` and `pauseAt` it observes a training while it runs.
 *
 * @example
 * const chunks = trainIterator(settings, { backend, pauseAt: step => step % 100 === 0 })(data)
 * if (E.isRight(chunks)) for (const { state } of chunks.right) console.log(nextStep(settings, state(), data, { backend }))
 * @returns Left for what `backprop` refuses
 */
export const nextStep = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  data: Dataset,
  options: Omit<ObjectiveOptions, 'training'>
): E.Either<TrainError, StepSeen<M>> => {
  const { backend, registry } = optionsOf(options)
  return given(
    settingError,
    [objectArgument('training', t), stateArgument(state), datasetArgument(data), backendArgument(backend)],
    () => seenOf(t, state, data, { backend: backend as Backend, ...(registry === undefined ? {} : { registry }) })
  )
}

const seenOf = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  data: Dataset,
  { backend, registry }: Omit<ObjectiveOptions, 'training'>
): E.Either<TrainError, StepSeen<M>> => {
  const order = epochOrder(purposeKey(t.seed, 'shuffle'), state.progress.epoch, exampleCount(data))
  const at = state.position * t.batchSize
  const { x, y, weights } = pickExamples(data, order.subarray(at, at + t.batchSize))
  const isClasses = y.tensor.dtype === 'u8' && y.tensor.shape.length === 1
  const batch = {
    x: featureValues(x),
    y: isClasses ? y.tensor : featureValues(y),
    ...(weights === undefined ? {} : { weights: featureValues(weights) })
  }
  const params = state.params as unknown as ParamsOf<M>
  return pipe(
    backprop<M, AnyLoss>(t.model, params, batch, {
      loss: t.loss,
      backend,
      ...(registry === undefined ? {} : { registry }),
      layers: state.layers,
      key: foldIn(purposeKey(t.seed, 'step'), state.progress.step)
    }),
    E.map(seen => ({ ...seen, step: state.progress.step + 1, params }))
  )
}
