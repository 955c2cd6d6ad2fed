/** The open families that training looks members up in: a value that is handed along. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { builtInKinds } from '../layer/registry.js'
import type { Kinds } from '../layer/kind.js'
import { checkMember } from '../value/family.js'
import { inside, type SettingError } from '../value/error.js'
import { losses, type Loss, type LossTable } from './loss/index.js'
import { metrics, type Metric, type MetricTable } from './metric/index.js'
import { optimizerInterpreter, optimizers, type Optimizer, type OptimizerTable } from './optimizer/index.js'
import { scheduleCodec, scheduleInterpreter, schedules, type ScheduleTable } from './schedule/index.js'
import { stopRules, type StopRule, type StopTable } from './stop/index.js'

export interface Families {
  /** layers, activations and initializers; see `extendKinds` */
  readonly kinds: Kinds
  /** by tag, as all that follow */
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
/** what gradfold comes with; spread it and add your own: `{ ...families, losses: { ...losses, mine } }` */
export const families: Families = Object.freeze({
  kinds: builtInKinds,
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
const checkSchedules = (f: Families, o: Optimizer): E.Either<SettingError, Optimizer> => {
  const { check } = scheduleInterpreter(f.schedules)
  const settings = Object.entries(optimizerInterpreter(f.optimizers).settings(o, ''))
  const wrong = settings.flatMap(([name, s]) => {
    const e = check(s)
    return e === undefined ? [] : [inside('optimizer')(inside(name)(e))]
  })[0]
  return wrong === undefined ? E.right(o) : E.left(wrong)
}

/** The members, whether every one is known and in range, however it was made (constructors check nothing); what they lack is filled in. */
export const checkMembers = (f: Families, m: Members): E.Either<SettingError, Members> =>
  pipe(
    E.Do,
    E.bind('loss', () => checkMember('loss', f.losses)(m.loss)),
    E.bind('optimizer', () => checkMember('optimizer', f.optimizers, scheduleCodec(f.schedules))(m.optimizer)),
    E.chainFirst(({ optimizer }) => checkSchedules(f, optimizer)),
    E.bind('stop', () => checkMember('stop rule', f.stopRules)(m.stop)),
    E.bind('metrics', () => E.traverseArray(checkMember('metric', f.metrics))(m.metrics))
  )
