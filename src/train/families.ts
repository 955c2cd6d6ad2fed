/** The open families that training looks members up in: a value that is handed along. */
import { builtInKinds } from '../layer/registry.js'
import type { Kinds } from '../layer/kind.js'
import { losses, type LossTable } from './loss/index.js'
import { metrics, type MetricTable } from './metric/index.js'
import { optimizers, type OptimizerTable } from './optimizer/index.js'
import { schedules, type ScheduleTable } from './schedule/index.js'
import { stopRules, type StopTable } from './stop/index.js'

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
