/** The laws of members that read a run's progress and have a memory: schedules and stop rules. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { sameData } from '../value/equal.js'
import { notStarted, type Memory, type Progress } from '../train/progress.js'
import { every, everySample, holds, law, type Law, type Verdict } from './law.js'
import { uniform } from './uniform.js'

/** the progress of a run after each of its steps, the start included */
export type Course = readonly Progress[]

const loss = uniform(0, 4)
/** runs of any length, with or without a validation set */
export const course: fc.Arbitrary<Course> = fc
  .record({
    perEpoch: fc.integer({ min: 1, max: 4 }),
    losses: fc.array(fc.tuple(loss, loss), { minLength: 1, maxLength: 24 }),
    validated: fc.boolean()
  })
  .map(({ perEpoch, losses, validated }) => [
    notStarted,
    ...losses.map(([now, epochLoss], i): Progress => {
      const epochEnded = (i + 1) % perEpoch === 0
      return {
        step: i + 1,
        epoch: Math.floor((i + 1) / perEpoch),
        epochEnded,
        loss: now,
        epochLoss,
        ...(validated && epochEnded ? { validation: { loss: now, metrics: {} } } : {})
      }
    })
  ])

/** a member as a run calls it */
export interface Watcher {
  readonly start: Memory
  readonly next: (memory: Memory, after: Progress) => Memory
  readonly ask: (at: Progress, memory: Memory) => number | string | undefined
}
export interface Moment {
  readonly at: Progress
  readonly memory: Memory
  readonly answer: number | string | undefined
}
/** its memory and its answer at each moment of a run */
export const followed = ({ start, next, ask }: Watcher, progress: Course): readonly Moment[] =>
  progress.reduce<readonly Moment[]>((done, at, i) => {
    const memory = i === 0 ? start : next((done.at(-1) as Moment).memory, at)
    return [...done, { at, memory, answer: ask(at, memory) }]
  }, [])

const sameMoments = (a: readonly Moment[], b: readonly Moment[], how: string): Verdict =>
  every(a, (m, i) =>
    holds(
      sameData([m.memory, m.answer], [b[i]?.memory, b[i]?.answer]),
      () => `at step ${m.at.step} ${String(m.answer)}, ${how} ${String(b[i]?.answer)}`
    )
  )

const frozen = (memory: Memory): Memory => Object.freeze({ ...memory })

/**
 * - memory: numbers, none of them NaN
 * - purity: answers and memory depend on progress and memory alone: the same again, in reverse order, and from a copy
 *   of the memory at any step
 */
export const memoryLaws = <S>(samples: readonly S[], watcher: (sample: S) => Watcher): readonly Law[] => [
  law('memory', course, progress =>
    everySample(samples, s =>
      every(followed(watcher(s), progress), ({ at, memory }) =>
        every(Object.entries(memory), ([name, x]) =>
          holds(typeof x === 'number' && !Number.isNaN(x), () => `at step ${at.step} ${name} is ${x}`)
        )
      )
    )
  ),
  law('purity', fc.tuple(course, fc.nat({ max: 23 })), ([progress, broken]) =>
    everySample(samples, s => {
      const w = watcher(s)
      const once = followed({ ...w, start: frozen(w.start), next: (m, after) => frozen(w.next(m, after)) }, progress)
      const backwards = [...once].reverse().map(({ at, memory }) => ({ at, memory, answer: w.ask(at, memory) }))
      const k = broken % once.length
      const later = watcher(s)
      const rest = followed({ ...later, start: { ...(once[k] as Moment).memory } }, progress.slice(k))
      return pipe(
        sameMoments(once, [...backwards].reverse(), 'asked backwards'),
        E.chain(() => sameMoments(once.slice(k), rest, `after a break at step ${k}`)),
        E.chain(() => sameMoments(once, followed(watcher(s), progress), 'in another run'))
      )
    })
  )
]
