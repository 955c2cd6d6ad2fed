/** What training looks members up in. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { LayerRegistry } from '../layer/kind.js'
import { builtInLayers } from '../layer/registry.js'
import { checkMember } from '../registry/lookup.js'
import { inside, type SettingError } from '../value/error.js'
import { losses, type Loss, type LossTable } from './loss/index.js'
import { metrics, type Metric, type MetricTable } from './metric/index.js'
import { optimizerInterpreter, optimizers, type Optimizer, type OptimizerTable } from './optimizer/index.js'
import { scheduleInterpreter, schedules, type ScheduleTable } from './schedule/index.js'
import { stopRules, type StopRule, type StopTable } from './stop/index.js'

export interface TrainingRegistry extends LayerRegistry {
  /** what is minimised, by tag */
  readonly losses: LossTable
  /** members are also what gradients pass through: clipping, weight decay, `chain` */
  readonly optimizers: OptimizerTable
  /** what may stand where an optimizer has a number */
  readonly schedules: ScheduleTable
  /** when a training ends */
  readonly stopRules: StopTable
  /** what is measured besides the loss */
  readonly metrics: MetricTable
}
/** the members of a training that gradfold comes with */
export const builtInTraining: TrainingRegistry = Object.freeze({
  ...builtInLayers,
  losses,
  optimizers,
  schedules,
  stopRules,
  metrics
})

interface Members {
  readonly loss: Loss
  readonly optimizer: Optimizer
  readonly stop: StopRule
  readonly metrics: readonly Metric[]
}
/** whether the schedules of an optimizer fit together */
const checkSchedules = (f: TrainingRegistry, o: Optimizer): E.Either<SettingError, Optimizer> => {
  const { check } = scheduleInterpreter(f.schedules)
  const settings = Object.entries(optimizerInterpreter(f.optimizers).settings(o, ''))
  const wrong = settings.flatMap(([name, s]) => {
    const e = check(s)
    return e === undefined ? [] : [inside('optimizer')(inside(name)(e))]
  })[0]
  return wrong === undefined ? E.right(o) : E.left(wrong)
}

/** The members, whether every one is known and in range, however it was made (constructors check nothing); what they lack is filled in. */
export const checkMembers = (f: TrainingRegistry, m: Members): E.Either<SettingError, Members> =>
  pipe(
    E.Do,
    E.bind('loss', () => checkMember(f, 'loss')(m.loss)),
    E.bind('optimizer', () => checkMember(f, 'optimizer')(m.optimizer)),
    E.chainFirst(({ optimizer }) => checkSchedules(f, optimizer)),
    E.bind('stop', () => checkMember(f, 'stopRule')(m.stop)),
    E.bind('metrics', () => E.traverseArray((metric: Metric) => checkMember(f, 'metric')(metric))(m.metrics))
  )
