import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { knownOptions, optionsOf, treeArgument, wrongArgument } from '../value/argument.js'
import { failIf, settingError, type SettingError, type ShapeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import type { Branch } from '../value/tree.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { start, type TrainState } from './state.js'
import { checkTraining, type Training } from './training.js'

export interface StartOptions {
  readonly registry?: TrainingRegistry
  readonly params?: Branch<Tensor>
}
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
  options: StartOptions = {}
): E.Either<SettingError | ShapeError, TrainState> => {
  const { registry = builtInTraining, params } = optionsOf(options)
  return pipe(
    failIf(
      wrongArgument(settingError, [
        treeArgument('params', params ?? {}),
        knownOptions(options, { registry: true, params: true })
      ])
    ),
    E.chainW(() => checkTraining(t, registry)),
    E.map(c => (params === undefined ? start(c) : start(c, params)))
  )
}
