/** The parameters that a training predicts with: an average that its optimizer keeps, or the trained ones. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { withinPath, type SettingError, type ShapeError } from '../value/error.js'
import type { Tensor } from '../value/tensor.js'
import { mapTree, treeLeaves, type Branch } from '../value/tree.js'
import { optimizerInterpreter, rolesOf } from './optimizer/index.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { checkState, type TrainState } from './state.js'
import { checkTraining, type Training, type ValidTraining } from './training.js'

/** the name of the slot that holds the parameter to predict with, by its path */
const slotOf = (c: ValidTraining): ((path: string) => string | undefined) => {
  const self = optimizerInterpreter(c.registry.optimizers, rolesOf(c.placed.params))
  return path => self.average(c.training.optimizer, '', path)
}

/** the state as it predicts: averaged parameters in the place of those that are trained */
export const averaged = (c: ValidTraining): ((s: TrainState) => TrainState) => {
  const slot = slotOf(c)
  const found = new Map(treeLeaves(c.placed.params).map(([path]) => [path, slot(path)] as const))
  if ([...found.values()].every(name => name === undefined)) return s => s
  return s => {
    const slots = new Map(treeLeaves<Tensor>(s.optimizer))
    const params = mapTree<Tensor, Tensor>((w, path) => {
      const name = found.get(path)
      return name === undefined ? w : (slots.get(`${name}/${path}`) ?? w)
    })(s.params) as Branch<Tensor>
    return { ...s, params }
  }
}

/**
 * The parameters to predict with: with `ema`, `swa`, `lookahead` or `scheduleFree` those that these average; else `state.params`.
 * `trained.params` and `trained.best.params` are these already; call it for states from elsewhere, as from `trainIterator` or a
 * checkpoint.
 *
 * @example pipe(averagedParams(settings, state), E.chainW(params => predict(settings.model, params, { backend })(x)))
 * @returns Left for settings out of range, or a state of another training
 */
export const averagedParams = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  registry: TrainingRegistry = builtInTraining
): E.Either<SettingError | ShapeError, ParamsOf<M>> =>
  pipe(
    checkTraining(t, registry),
    E.chainW(c =>
      pipe(
        withinPath('state')(checkState(c)(state)),
        E.map(s => averaged(c)(s).params as unknown as ParamsOf<M>)
      )
    )
  )
