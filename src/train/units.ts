/** Metrics of scaled targets in the units of the data. */
import type { EpochReport, TrainEvent } from './events.js'
import type { Scores } from './progress.js'
import type { Metric } from './metric/metric.js'
import type { TrainingRegistry } from './registry.js'
import { labelledMetrics } from './training/heads.js'

/** scores where a unit of the targets that a model was trained on is `unit` of the data; the loss stays as it was minimised */
export const scoresInUnits = (
  { registry, metrics }: { readonly registry: TrainingRegistry; readonly metrics: readonly Metric[] },
  unit: number
): ((s: Scores) => Scores) => {
  const known = new Map(labelledMetrics(registry, metrics))
  return ({ loss, metrics: values }) => ({
    loss,
    metrics: Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const m = known.get(name)
        return [name, (m === undefined ? undefined : registry.metrics[m.tag]?.inUnits?.(m, value, unit)) ?? value]
      })
    )
  })
}

/** a report, with its scores over the validation set */
export const reportInUnits =
  (scores: (s: Scores) => Scores) =>
  <R extends EpochReport>(report: R): R => ({
    ...report,
    ...scores(report),
    ...(report.validation === undefined ? {} : { validation: scores(report.validation) })
  })

/** an event: the reports of epochs have metrics */
export const eventInUnits =
  (scores: (s: Scores) => Scores) =>
  (event: TrainEvent): TrainEvent =>
    event.tag === 'epoch' ? reportInUnits(scores)(event) : event
