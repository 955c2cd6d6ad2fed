/** Events of a run or a study as JSON lines, for programs: the same events that people see. */
import type { EpochReport } from '../train/events.js'
import type { Executed } from '../run/execute.js'
import { exactNumber } from '../run/numbers.js'
import type { Difference } from '../run/record/diff.js'
import type { RunOutcome } from '../run/record/options.js'
import type { Verdict } from '../run/record/verify.js'
import type { SearchResult } from '../search/result.js'
import { summaries } from '../search/summary.js'
import type { Trial } from '../search/trial.js'
import { showError } from '../value/error.js'
import type { Failure } from './exit.js'

/** numbers without a JSON numeral are written as in a record: "NaN", "Infinity", "-Infinity", "-0" */
const exact = (_: string, value: unknown): unknown => (typeof value === 'number' ? exactNumber.encode(value) : value)

/** JSON on one line; `exact` of every number */
export const jsonText = (u: unknown): string => JSON.stringify(u, exact)

/** One JSON object, on one line. Nothing in it depends on the machine or the clock: the same run gives the same lines. */
const line = (
  tag: 'epoch' | 'trial' | 'round' | 'done' | 'stopped' | 'error' | Verdict['tag'] | 'diff',
  fields: object
): string => `${jsonText({ tag, ...fields })}\n`

export const epochJson = ({ epoch, step, loss, metrics, settings, validation }: EpochReport): string =>
  line('epoch', { epoch, step, loss, metrics, settings, ...(validation === undefined ? {} : { validation }) })

export const doneJson = ({ reason, epoch, step, train, test, best }: Executed): string =>
  line('done', {
    ...{ reason, epoch, step, train },
    ...(test === undefined ? {} : { test }),
    ...(best === undefined ? {} : { best })
  })

/**
 * writes single fields, because an error may hold a whole training state; `resume` is the command that resumes an
 * interrupted run, `record` the folder where several are verified
 */
export const errorJson = ({ problem, begun }: Failure, record?: string): string => {
  const { _tag, path, expected, got, hint } = problem
  const resume = begun?.resume === undefined ? {} : { resume: begun.resume }
  const of = record === undefined ? {} : { record }
  return line('error', { ...of, error: _tag, path, expected, got, hint, message: showError(problem), ...resume })
}

/** the event of a recorded run that was interrupted; `record` is the folder to resume from */
export const stoppedJson = ({ folder, id, epoch, step }: RunOutcome): string =>
  line('stopped', { record: folder, run: id, epoch, step })

// ---- of a study

export const trialJson = (t: Trial): string => line('trial', t)

/** a round of a study that lacks trials: their numbers as batch systems take them */
export const roundJson = (round: number, trials: string): string => line('round', { round, trials })

export const foundJson = ({ study, trials, best }: SearchResult): string =>
  line('done', {
    trials: trials.length,
    ...(best === undefined ? {} : { best: best.trial }),
    ...(study.metric.scores === undefined ? {} : { summary: summaries(trials) })
  })

/** the event of a recorded study that was interrupted; `trials` is the number of saved trials */
export const stoppedStudyJson = (record: string, trials: number): string => line('stopped', { record, trials })

/** @param record its folder, where several are verified */
export const verdictJson = (v: Verdict, record?: string): string => {
  const of = record === undefined ? {} : { record }
  if (v.tag === 'different') {
    const { step, at, number, tensor, damage } = v
    return line(v.tag, {
      ...of,
      step,
      at,
      ...(number === undefined ? {} : { number }),
      ...(tensor === undefined ? {} : { tensor }),
      ...(damage === undefined ? {} : { damage: showError(damage) })
    })
  }
  const { steps, epochs, checkpoints, skipped } = v
  return line(v.tag, {
    ...of,
    steps,
    epochs,
    checkpoints,
    skipped: skipped.map(({ name, error }) => ({ name, message: showError(error) }))
  })
}

export const differenceJson = ({ changes, steps, first, damaged }: Difference): string =>
  line('diff', { changes, steps, ...(first === undefined ? {} : { first }), damaged: damaged.map(showError) })
