/** What every stop rule must obey. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { codecsOf } from '../registry/codecs.js'
import { extend } from '../registry/extend.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import {
  allOf,
  anyOf,
  lossBelow,
  steps,
  stopInterpreter,
  type StopDefinition,
  type StopRule
} from '../train/stop/index.js'
import { jsonLaw } from './json.js'
import { every, everySample, holds, law, lawsOf, type Law, type Verdict } from './law.js'
import { course, followed, memoryLaws, type Course, type Watcher } from './memory.js'
import { resumeLaw } from './resume.js'

const said = (answer: unknown): string => (answer === undefined ? 'continues' : `stops (${JSON.stringify(answer)})`)

/**
 * The laws of a stop rule, for each of its samples and any course of a run:
 * - json: it goes to JSON and back; unknown fields are refused
 * - reason: it continues, or gives a reason that is not empty
 * - memory: what it remembers are numbers
 * - purity: whether it stops depends on progress and memory alone
 * - combination: with any other rule, `anyOf` stops exactly where one of them would and `allOf` where both would, in either order;
 *   `anyOf` and `allOf` of the rule alone are the rule
 * - resume: a training with it, interrupted, written to bytes, read and resumed, ends at the same step for the same reason, with the same bits
 *
 * @param registry what else its samples are made of; the definition itself is added
 * @example for (const { name, property } of stopLaws(plateauKind)) test(name, () => fc.assert(property))
 */
export const stopLaws = (
  kind: StopDefinition<StopRule>,
  registry: TrainingRegistry = builtInTraining
): readonly Law[] => {
  const all = extend(registry, { stopRules: [kind] })
  const { samples } = kind
  const self = stopInterpreter(all.stopRules)
  const watcher = (rule: StopRule): Watcher => ({
    start: self.start(rule),
    next: (memory, after) => self.next(rule, memory, after),
    ask: (at, memory) => self.reason(rule, at, memory)
  })
  const stops = (rule: StopRule, progress: Course): readonly boolean[] =>
    followed(watcher(rule), progress).map(m => m.answer !== undefined)
  const combined = (rule: StopRule, other: StopRule, progress: Course): Verdict => {
    const [a, b] = [stops(rule, progress), stops(other, progress)]
    const either = a.map((x, i) => x || b[i] === true)
    const both = a.map((x, i) => x && b[i] === true)
    const cases: readonly (readonly [StopRule, readonly boolean[]])[] = [
      [anyOf(rule), a],
      [allOf(rule), a],
      [anyOf(rule, other), either],
      [anyOf(other, rule), either],
      [allOf(rule, other), both],
      [allOf(other, rule), both]
    ]
    return every(cases, ([made, wanted]) => {
      const got = stops(made, progress)
      const i = wanted.findIndex((w, k) => w !== got[k])
      return holds(i < 0, () => `${JSON.stringify(made)} at step ${i}: ${got[i] === true ? 'stops' : 'continues'}`)
    })
  }
  const others = fc.constantFrom(steps(3), lossBelow(1), ...Object.values(all.stopRules).flatMap(k => k.samples))
  return lawsOf(`stop rule ${kind.tag}`, [
    jsonLaw(codecsOf(all).stopRule, samples),
    law('reason', course, progress =>
      everySample(samples, s =>
        every(followed(watcher(s), progress), ({ at, answer }) =>
          holds(
            answer === undefined || (typeof answer === 'string' && answer.trim() !== ''),
            () => `at step ${at.step} it ${said(answer)}`
          )
        )
      )
    ),
    ...memoryLaws(samples, watcher),
    law('combination', fc.tuple(course, others), ([progress, other]) =>
      everySample(samples, s =>
        pipe(
          combined(s, other, progress),
          E.mapLeft(wrong => `with ${JSON.stringify(other)}: ${wrong}`)
        )
      )
    ),
    resumeLaw(samples, all, stop => ({ stop, validation: true }))
  ])
}
