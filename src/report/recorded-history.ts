/** The history of a recorded run, from its rows and epochs: metrics of batches and settings are computed from what was recorded. */
import type { Recorded } from '../run/record/folder.js'
import { progressOf } from '../run/record/reuse.js'
import { decodeRows, type StepRow } from '../run/record/rows.js'
import { settingsOf } from '../train/bookkeeping.js'
import { notStarted, type Memory, type Progress } from '../train/progress.js'
import { scheduleInterpreter } from '../train/schedule/index.js'
import { metricValues } from '../train/score.js'
import type { ValidTraining } from '../train/training.js'
import { seriesOf, singles, type History, type Series } from './history.js'
import type { Point } from './line.js'

/** the values that scheduled settings had in each step: computed again, step by step, from what the schedules were shown */
const settingSeries = (c: ValidTraining, steps: Iterable<Progress>): readonly Series[] => {
  const { value, start, next } = scheduleInterpreter(c.registry.schedules)
  const scheduled = settingsOf(c).filter(([, s]) => typeof s !== 'number')
  if (scheduled.length === 0) return []
  const points = scheduled.map((): Point[] => [])
  let memories: readonly Memory[] = scheduled.map(([, s]) => start(s))
  let before = notStarted
  for (const after of steps) {
    scheduled.forEach(([, s], i) => points[i]?.push([after.step, value(s, before, memories[i] ?? {})]))
    memories = scheduled.map(([, s], i) => next(s, memories[i] ?? {}, after))
    before = after
  }
  return scheduled.map(([name], i) => ({ name, points: points[i] ?? [] }))
}

/** metrics of single batches: those that their sums say, and that are one number */
const metricSeries = (c: ValidTraining, rows: readonly StepRow[]): readonly Series[] => {
  const all = seriesOf(rows.map(r => [r.step, singles(metricValues(c, r.sums, r.examples))] as const))
  return all.filter(s => s.points.some(([, y]) => Number.isFinite(y)))
}

/** @param c the training that the run file of the record says */
export const recordedHistory = ({ steps, links }: Pick<Recorded, 'steps' | 'links'>, c: ValidTraining): History => {
  const rows = steps === undefined ? [] : [...decodeRows(steps.layout, steps.rows)]
  const epochSteps = links[0]?.step
  return {
    ...(epochSteps === undefined ? {} : { epochSteps }),
    loss: rows.map((r): Point => [r.step, r.loss]),
    metrics: metricSeries(c, rows),
    settings: settingSeries(c, progressOf(rows, links)),
    epochs: links
  }
}
