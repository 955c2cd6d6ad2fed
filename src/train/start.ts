import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { SettingError, ShapeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { start, type TrainState } from './state.js'
import { checkTraining, type Training } from './training.js'

/**
 * The state before the first step: parameters drawn from the training's seed (or the ones given), empty slots.
 *
 * @example
 * // a training is a fold of step = stepOf(t, { backend })
 * pipe(
 *   startState(t),
 *   E.chainW(first =>
 *     batches.reduce<E.Either<TrainError, TrainState>>(
 *       (state, batch) => pipe(state, E.chain(s => step(s, batch)), E.map(stepped => stepped.state)),
 *       E.right(first)
 *     )
 *   )
 * )
 * @returns Left for settings out of range or a model whose shapes do not fit
 */
export const startState = (
  t: Training,
  {
    registry = builtInTraining,
    params
  }: { readonly registry?: TrainingRegistry; readonly params?: Branch<Tensor> } = {}
): E.Either<SettingError | ShapeError, TrainState> =>
  pipe(
    checkTraining(t, registry),
    E.map(c => (params === undefined ? start(c) : start(c, params)))
  )
