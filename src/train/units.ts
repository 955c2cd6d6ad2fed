/** Metrics of scaled targets in the units of the data. */
import type { EpochReport, TrainEvent } from './events.js'
import { metricNames } from './program.js'
import type { Scores } from './progress.js'
import type { ValidTraining } from './training.js'

/** scores where a unit of the targets that a model was trained on is `unit` of the data; the loss stays as it was minimised */
export const scoresInUnits = (
  c: Pick<ValidTraining, 'registry' | 'training'>,
  unit: number
): ((s: Scores) => Scores) => {
  const known = new Map(metricNames(c).map((name, i) => [name, c.training.metrics[i]]))
  return ({ loss, metrics }) => ({
    loss,
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => {
        const m = known.get(name)
        return [name, (m === undefined ? undefined : c.registry.metrics[m.tag]?.inUnits?.(m, value, unit)) ?? value]
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
