import { codecsOf } from '../../../src/registry/codecs.js'
import { notStarted, type Memory, type Progress } from '../../../src/train/progress.js'
import { scheduleInterpreter, schedules, type Schedule, type Setting } from '../../../src/train/schedule/index.js'
import type { Codec } from '../../../src/value/codec.js'

export const self = scheduleInterpreter(schedules)
export const codec: Codec<Schedule> = codecsOf({ schedules }).schedule
export const allSamples: readonly Schedule[] = Object.values(schedules).flatMap((k): readonly Schedule[] => k.samples)

/** after so many steps, with three steps to an epoch */
export const after = (step: number, loss = 1, epochSteps = 3): Progress => ({
  ...notStarted,
  step,
  epoch: Math.floor(step / epochSteps),
  epochEnded: step > 0 && step % epochSteps === 0,
  loss,
  epochLoss: loss
})
/** the value after so many steps or epochs, for schedules that remember nothing */
export const valueAt = (s: Setting, t: number): number =>
  self.value(s, { ...notStarted, step: t, epoch: t }, self.start(s))

export interface Moment {
  readonly value: number
  readonly memory: Memory
}
/** the values of a setting over a run of which only the losses are known */
export const course = (s: Setting, losses: readonly number[], epochSteps = 3): readonly Moment[] =>
  losses.reduce<readonly Moment[]>(
    (all, loss, i) => {
      const progress = after(i + 1, loss, epochSteps)
      const memory = self.next(s, (all.at(-1) as Moment).memory, progress)
      return [...all, { memory, value: self.value(s, progress, memory) }]
    },
    [{ memory: self.start(s), value: self.value(s, after(0, Infinity, epochSteps), self.start(s)) }]
  )
