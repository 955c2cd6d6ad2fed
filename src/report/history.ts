/** What is known of a training over time: the loss of every step, the scores of every epoch. */
import type { EpochReport, TrainEvent } from '../train/events.js'
import type { MetricValue } from '../train/metric/metric.js'
import type { Point } from './line.js'

/** numbers by step: one for each step that was taken */
export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}
export interface History {
  /** the steps of an epoch */
  readonly epochSteps?: number
  readonly loss: readonly Point[]
  /** metrics of single batches, where they are numbers */
  readonly metrics: readonly Series[]
  /** scheduled settings by step, as the learning rate */
  readonly settings: readonly Series[]
  readonly epochs: readonly EpochReport[]
}

/** from rows of named numbers to a series for each name */
export const seriesOf = (
  rows: readonly (readonly [step: number, numbers: Readonly<Record<string, number>>])[]
): readonly Series[] =>
  [...new Set(rows.flatMap(([, numbers]) => Object.keys(numbers)))].map(name => ({
    name,
    points: rows.flatMap(([step, numbers]): readonly Point[] => {
      const value = numbers[name]
      return value === undefined ? [] : [[step, value]]
    })
  }))

/**
 * The history of a training from the events that its observer received.
 *
 * @example historyOf(events) // const events: TrainEvent[] = []; train(t, { backend, observe: e => events.push(e) })(data)
 */
export const historyOf = (events: Iterable<TrainEvent>): History => {
  const all = Array.from(events)
  const steps = all.flatMap(e => (e.tag === 'step' ? [e] : []))
  const first = steps[0]
  return {
    ...(first === undefined ? {} : { epochSteps: first.epochSteps }),
    loss: steps.map((e): Point => [e.step, e.loss]),
    metrics: [],
    settings: seriesOf(steps.map(e => [e.step, e.settings] as const)),
    epochs: all.flatMap(e => (e.tag === 'epoch' ? [e] : []))
  }
}

/** the scores of an epoch that are single numbers, by name */
export const singles = (metrics: Readonly<Record<string, MetricValue>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics).flatMap(([k, v]) => (typeof v === 'number' ? [[k, v] as const] : [])))

/**
 * An exponential mean: s <- s + a (x - s) with a = 2 / (span + 1), divided by the sum of its weights, so that it does not start at 0.
 * Numbers that are not finite are left out.
 */
export const smoothed = (points: readonly Point[], span: number): readonly Point[] => {
  const a = 2 / (span + 1)
  let [sum, weight] = [0, 0]
  return points.map(([x, y]): Point => {
    if (Number.isFinite(y)) {
      sum += a * (y - sum)
      weight += a * (1 - weight)
    }
    return [x, weight === 0 ? NaN : sum / weight]
  })
}
/** how many steps a smoothed curve looks back over: a fiftieth of the run */
export const spanFor = (steps: number): number => Math.max(1, Math.floor(steps / 50))

/** the epoch with the best loss: of the validation part where there is one */
export const bestEpoch = (epochs: readonly EpochReport[]): EpochReport | undefined =>
  epochs.reduce<EpochReport | undefined>((best, e) => {
    const value = (r: EpochReport): number => (r.validation ?? r).loss
    return Number.isFinite(value(e)) && (best === undefined || value(e) < value(best)) ? e : best
  }, undefined)
