/** The bookkeeping of a training between steps: stop rules, schedules and the sums over an epoch. */
import { addTotals } from '../infer/totals.js'
import { optimizerInterpreter } from './optimizer/index.js'
import type { Progress, Scores } from './progress.js'
import { scheduleInterpreter, type Setting } from './schedule/index.js'
import { noSums, type TrainState } from './state.js'
import type { StepReport } from './step-program.js'
import { stopInterpreter } from './stop/index.js'
import type { ValidTraining } from './training.js'

/** the settings of the optimizer, by the names under which a run reports them */
export const settingsOf = (c: ValidTraining): readonly (readonly [string, Setting])[] =>
  Object.entries(optimizerInterpreter(c.registry.optimizers).settings(c.training.optimizer, ''))

export const epochSumsAfter = ({ epochSums: e }: TrainState, r: StepReport): TrainState['epochSums'] => ({
  loss: e.loss + r.loss * r.weight,
  weight: e.weight + r.weight,
  metrics: r.sums === noSums.metrics ? e.metrics : addTotals(e.metrics, r.sums)
})

/** what happens to a state outside of the step's program: stop rules, schedules, sums over the epoch */
export interface Bookkeeping {
  /** why the run is over at this state, or would be at that progress; undefined to continue */
  readonly reason: (s: TrainState, at?: Progress) => string | undefined
  /** the values of the scheduled settings for the step about to be taken, or for the one at that progress */
  readonly settings: (s: TrainState, at?: Progress) => Readonly<Record<string, number>>
  /**
   * The state after a step, its tensors aside. `epochEnds` says whether its batch was the epoch's last; `validation` are the scores that
   * the parameters after this step get then.
   */
  readonly after: (s: TrainState, r: StepReport, epochEnds: boolean, validation?: Scores) => TrainState
}
const nothingScheduled: Readonly<Record<string, number>> = Object.freeze({})

export const bookkeeping = (c: ValidTraining): Bookkeeping => {
  const { reason, next: remember } = stopInterpreter(c.registry.stopRules)
  const { value, next } = scheduleInterpreter(c.registry.schedules)
  const { stop } = c.training
  const settings = settingsOf(c)
  const scheduled = settings.filter(([, set]) => typeof set !== 'number')
  return {
    reason: (s, at = s.progress) => reason(stop, at, s.stop),
    settings:
      scheduled.length === 0
        ? () => nothingScheduled
        : (s, at = s.progress) =>
            Object.fromEntries(scheduled.map(([name, set]) => [name, value(set, at, s.settings[name] ?? {})])),
    after: (s, r, epochEnds, validation) => {
      const sums = epochSumsAfter(s, r)
      const unscored: Progress = {
        step: s.progress.step + 1,
        epoch: s.progress.epoch + (epochEnds ? 1 : 0),
        epochEnded: epochEnds,
        loss: r.loss,
        epochLoss: sums.weight > 0 ? sums.loss / sums.weight : Infinity
      }
      // a spread takes as long as the rest of the bookkeeping, so not in every step
      const progress = validation === undefined ? unscored : { ...unscored, validation }
      return {
        params: s.params,
        layers: s.layers,
        optimizer: s.optimizer,
        progress,
        epochSums: epochEnds ? noSums : sums,
        position: epochEnds ? 0 : s.position + 1,
        stop: remember(stop, s.stop, progress),
        settings:
          scheduled.length === 0
            ? s.settings
            : Object.fromEntries(settings.map(([name, set]) => [name, next(set, s.settings[name] ?? {}, progress)]))
      }
    }
  }
}
