/** The errors that end a training. */
import type { BackendError, DataError, Problem, SettingError, ShapeError } from '../value/error.js'
import { numbersOf, type Tensor } from '../value/tensor.js'
import { treeLeaves } from '../value/tree.js'
import type { ValidTraining } from './training/heads.js'
import type { ObserverThrew } from './observe.js'
import type { Best, TrainState } from './state.js'

/** a number that is not finite came up: training ends there, with the state before that step */
export interface Diverged extends Problem<'Diverged'> {
  readonly step: number
  /** the last good state */
  readonly state: TrainState
  /** the best state up to there, where it was kept */
  readonly best?: Best
}
export type TrainError = SettingError | ShapeError | BackendError | DataError | Diverged | ObserverThrew

type Trained = Pick<ValidTraining, 'heads'>
/** the error of a step that gave numbers which are not finite: its loss, or those at a label */
const diverged = (state: TrainState, label: string, loss: number, { heads }: Trained): Diverged => ({
  _tag: 'Diverged',
  code: 'not-finite',
  path: [`step ${state.progress.step + 1}`, ...label.split('/')],
  expected: 'finite numbers',
  got: label === 'loss' ? String(loss) : 'NaN or infinite values after the update',
  hint:
    heads.find(h => h.loss.ifNotFinite !== undefined)?.loss.ifNotFinite ??
    'try a smaller learning rate, or look for outliers in the data',
  step: state.progress.step + 1,
  state
})

type Carried = Pick<TrainState, 'params' | 'layers' | 'optimizer'>

/** the label of the first tensor of a state with a number that is not finite: a parameter, a running statistic, an optimizer's slot */
const notFiniteIn = ({ params, layers, optimizer }: Carried): string =>
  [
    ...treeLeaves<Tensor>(params),
    ...treeLeaves<Tensor>(layers, 'layers'),
    ...treeLeaves<Tensor>(optimizer, 'optimizer')
  ].find(([, t]) => !Array.from(numbersOf(t)).every(Number.isFinite))?.[0] ?? 'params'

/**
 * The error of the step after a good state, by its loss or, where that is finite, by the state after it: `after` computes that only
 * then.
 */
export const divergedAfter = (good: TrainState, loss: number, c: Trained, after: () => Carried): Diverged =>
  diverged(good, Number.isFinite(loss) ? notFiniteIn(after()) : 'loss', loss, c)
