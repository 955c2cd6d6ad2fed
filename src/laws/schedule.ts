/** The laws of schedules. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { sgd } from '../train/optimizer/index.js'
import { notStarted, type Progress } from '../train/progress.js'
import { scheduleInterpreter, type Schedule, type ScheduleDefinition } from '../train/schedule/index.js'
import { showError } from '../value/error.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, type Law } from './law.js'
import { course, followed, memoryLaws, type Course, type Watcher } from './memory.js'
import { resumeLaw } from './resume.js'

interface Valued {
  readonly at: Progress
  readonly value: number
}

/**
 * The laws of a schedule, for each of its samples and any course of a run:
 * - json: it goes to JSON and back; unknown fields are refused
 * - fits: what its record checks besides ranges holds of its samples
 * - finite: its values are finite, at any step, also far beyond the end of what it was made for
 * - highest: and none is above the one that its record says
 * - memory: what it remembers are numbers
 * - purity: values depend on progress and memory alone
 * - resume: a training with it, interrupted, written to bytes, read and resumed, gives the bits of an uninterrupted one
 *
 * @param registry what else its samples are made of; the definition itself is added
 * @example for (const { name, property } of scheduleLaws(sawtoothKind)) test(name, () => fc.assert(property))
 */
export const scheduleLaws = (
  kind: ScheduleDefinition<Schedule>,
  registry: TrainingRegistry = builtInTraining
): readonly Law[] => {
  const all = extend(registry, { schedules: [kind] })
  const { samples } = kind
  const self = scheduleInterpreter(all.schedules)
  const watcher = (s: Schedule): Watcher => ({
    start: self.start(s),
    next: (memory, after) => self.next(s, memory, after),
    ask: (at, memory) => self.value(s, at, memory)
  })
  const far = fc.record({ step: fc.nat({ max: 1_000_000_000 }), epoch: fc.nat({ max: 1_000_000 }) })
  const times = fc.tuple(course, far)
  /** its values over a course, and at a time far beyond it */
  const valuesOf = (s: Schedule, progress: Course, later: Pick<Progress, 'step' | 'epoch'>): readonly Valued[] => {
    const moments = followed(watcher(s), progress)
    const memory = moments.at(-1)?.memory ?? {}
    return [...moments, { at: { ...notStarted, ...later }, memory }].map(m => ({
      at: m.at,
      value: self.value(s, m.at, m.memory)
    }))
  }
  return lawsOf(`schedule ${kind.tag}`, [
    jsonLaw(codecsOf(all).schedule, samples),
    law('fits', fc.constant(samples), () =>
      everySample(samples, s => {
        const wrong = self.check(s)
        return wrong === undefined ? E.right(s) : E.left(showError(wrong))
      })
    ),
    law('finite', times, ([progress, later]) =>
      everySample(samples, s =>
        every(valuesOf(s, progress, later), ({ at, value }) =>
          holds(Number.isFinite(value), () => `at step ${at.step} of epoch ${at.epoch} ${value}`)
        )
      )
    ),
    law('highest', times, ([progress, later]) =>
      everySample(samples, s => {
        const most = self.highest(s)
        // a value near the highest may be rounded up
        const within = (v: number): boolean => v <= most * (1 + 4 * Number.EPSILON)
        return every(valuesOf(s, progress, later), ({ at, value }) =>
          holds(within(value), () => `at step ${at.step} of epoch ${at.epoch} ${value}, which is above ${most}`)
        )
      })
    ),
    ...memoryLaws(samples, watcher),
    resumeLaw(samples, all, schedule => ({ optimizer: sgd(schedule), validation: true }))
  ])
}
