/** What training looks members up in. */
import type { LayerRegistry } from '../layer/definition.js'
import { builtInLayers } from '../layer/registry.js'
import { losses, type LossTable } from './loss/index.js'
import { metrics, type MetricTable } from './metric/index.js'
import { optimizers, type OptimizerTable } from './optimizer/index.js'
import { schedules, type ScheduleTable } from './schedule/index.js'
import { stopRules, type StopTable } from './stop/index.js'

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
