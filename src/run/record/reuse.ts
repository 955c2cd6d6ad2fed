/**
 * How many steps of a recorded run are also those of another run, if the two differ in their stop rules alone.
 * Parameters don't depend on the stop rule. The rule's memory is part of the state, so it is recomputed step by step
 * from the record.
 */
import { sameData } from '../../value/equal.js'
import { noSums } from '../../train/state.js'
import { notStarted, type Memory, type Progress, type Scores } from '../../train/progress.js'
import { stopInterpreter, type StopRule, type StopTable } from '../../train/stop/index.js'
import type { StepRow } from './rows.js'

/** the progress after each recorded step: the same numbers that the stop rule saw during training */
export const progressOf = function* (
  rows: Iterable<Pick<StepRow, 'step' | 'loss' | 'weight'>>,
  epochs: readonly { readonly step: number; readonly validation?: Scores }[]
): Generator<Progress, void> {
  const ends = new Map(epochs.map(e => [e.step, e]))
  let sums: { readonly loss: number; readonly weight: number } = noSums
  let epoch = 0
  for (const { step, loss, weight } of rows) {
    sums = { loss: sums.loss + loss * weight, weight: sums.weight + weight }
    const end = ends.get(step)
    if (end !== undefined) epoch++
    yield {
      step,
      epoch,
      epochEnded: end !== undefined,
      loss,
      epochLoss: sums.weight > 0 ? sums.loss / sums.weight : Infinity,
      ...(end?.validation === undefined ? {} : { validation: end.validation })
    }
    if (end !== undefined) sums = noSums
  }
}

/**
 * The last step whose state is the same to the bit under the other stop rule: both rules have the same memory up to it,
 * and the other rule has not ended the run before.
 *
 * @example sharedSteps(epochs(20), epochs(50), progressOf(rows, links)) // all recorded steps: these rules have no
 * memory
 */
export const sharedSteps = (a: StopRule, b: StopRule, steps: Iterable<Progress>, kinds: StopTable): number => {
  const rules = stopInterpreter(kinds)
  let [ofA, ofB]: readonly [Memory, Memory] = [rules.start(a), rules.start(b)]
  if (!sameData(ofA, ofB) || rules.reason(b, notStarted, ofB) !== undefined) return 0
  let shared = 0
  for (const p of steps) {
    ofA = rules.next(a, ofA, p)
    ofB = rules.next(b, ofB, p)
    if (!sameData(ofA, ofB)) return shared
    shared = p.step
    if (rules.reason(b, p, ofB) !== undefined) return shared
  }
  return shared
}
