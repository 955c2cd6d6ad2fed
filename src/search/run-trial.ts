/** One trial, from what is decided about it to its outcome. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { functionArgument, wrongArgument } from '../value/argument.js'
import { inside, settingError } from '../value/error.js'
import { jobArgument, studyArgument } from './arguments.js'
import type { Runner, SearchError } from './runner/runner.js'
import type { SettingsOf, Space } from './space.js'
import { runOf, type Study } from './study.js'
import type { Job, Trial, TrialOutcome } from './trial.js'

/**
 * Runs a trial. What it gives is a function of the study and the job alone.
 *
 * @returns Left only for what keeps trials from being run at all; settings that make no run are a failed trial
 */
export const runTrial =
  <S extends Space>(study: Study<S>, runner: Runner) =>
  (job: Job<SettingsOf<S>>): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> => {
    const wrong = wrongArgument(settingError, [
      studyArgument(study),
      functionArgument('runner', runner),
      jobArgument(job)
    ])
    return wrong === undefined ? ran(study, runner, job) : TE.left(wrong)
  }
const ran = <S extends Space>(
  study: Study<S>,
  runner: Runner,
  job: Job<SettingsOf<S>>
): TE.TaskEither<SearchError, Trial<SettingsOf<S>>> =>
  pipe(
    runOf(study, job as Job),
    E.match(
      (e): TE.TaskEither<SearchError, TrialOutcome> =>
        TE.right({ tag: 'failed', message: `${e.path.join('/')}: expected ${e.expected}, got ${e.got}` }),
      run =>
        pipe(
          runner(run, study),
          TE.mapLeft(e => (e._tag === 'BackendError' ? inside(`trial ${job.index}`)(e) : e))
        )
    ),
    TE.map((outcome): Trial<SettingsOf<S>> => ({ ...job, outcome }))
  )
