/** What travels through a queue: a trial to run, and its outcome. Each is one text, since a queue's JSON reorders fields and loses -0. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { ModelData } from '../../../layer/model.js'
import { canonicalText, digest } from '../../../run/digest.js'
import { sha256Of } from '../../../run/sha256.js'
import { builtInRun } from '../../../run/registry.js'
import { contract, runFileCodec, type RunFile } from '../../../run/run-file.js'
import { version } from '../../../run/version.js'
import { count, decode, exact, optional, parseJson, positive, type Codec } from '../../../value/codec.js'
import { backendError, decodeError, type BackendError, type DecodeError, type Problem } from '../../../value/error.js'
import { utf8 } from '../../../value/text.js'
import { studyMetricCodec } from '../../metric.js'
import type { Study } from '../../study.js'
import { outcomeCodec, type TrialOutcome } from '../../trial.js'

/** a trial to run: its run file, what is measured, and the release that is to compute it */
export interface Message {
  readonly version: string
  readonly contract: number
  /** a run file as JSON */
  readonly run: unknown
  readonly metric: Study['metric']
  readonly timeout?: number | undefined
}
const messageCodec: Codec<Message> = exact('a trial', {
  version: t.string,
  contract: count,
  run: t.unknown,
  metric: studyMetricCodec,
  timeout: optional(positive)
}) as Codec<Message>

/** the text of a trial, and its name in the queue: a SHA-256, so that one trial is never queued twice */
export const messageOf = (
  run: RunFile<ModelData>,
  { metric, timeout }: Pick<Study, 'metric' | 'timeout'>
): { readonly id: string; readonly text: string } => {
  const message: Message = { version, contract, run: runFileCodec(builtInRun).encode(run), metric, timeout }
  const text = canonicalText(messageCodec.encode(message))
  return { id: sha256Of(utf8(text)), text }
}

export interface Received {
  readonly run: RunFile<ModelData>
  readonly study: Pick<Study, 'metric' | 'timeout'>
}

/** what a worker says of a trial that another release queued */
const otherRelease = (got: Message): DecodeError =>
  decodeError(
    ['queue'],
    `trials of gradfold ${version}, contract ${contract}`,
    `one of gradfold ${got.version}, contract ${got.contract}`,
    'run the same release everywhere'
  )

/** The trial of a text. @returns Left for a trial of another release, and for a text that is no trial */
export const receive = (text: unknown): E.Either<DecodeError, Received> =>
  pipe(
    typeof text === 'string' ? parseJson(messageCodec)(text) : E.left(decodeError(['$'], 'a text', typeof text)),
    E.filterOrElse(got => got.version === version && got.contract === contract, otherRelease),
    E.chain(({ run, metric, timeout }) =>
      pipe(
        decode(runFileCodec(builtInRun))(run),
        E.map(read => ({ run: read, study: { metric, ...(timeout === undefined ? {} : { timeout }) } }))
      )
    )
  )

// ---- outcomes

interface Answer {
  readonly outcome: TrialOutcome
  /** of the trial's text and the outcome's */
  readonly sha256: string
}
const answerCodec: Codec<Answer> = exact('an outcome', { outcome: outcomeCodec, sha256: digest })
const sealOf = (id: string, outcome: TrialOutcome): string =>
  sha256Of(utf8(`${id}\n${canonicalText(outcomeCodec.encode(outcome))}`))

/** the text of an outcome; the digest ties it to its trial */
export const answerText = (id: string, outcome: TrialOutcome): string =>
  canonicalText(answerCodec.encode({ outcome, sha256: sealOf(id, outcome) }))

/** The outcome of a text, if it is whole and that of this trial. */
export const outcomeOf = (id: string, text: unknown): TrialOutcome | undefined => {
  const read = typeof text === 'string' ? parseJson(answerCodec)(text) : undefined
  return read !== undefined && E.isRight(read) && read.right.sha256 === sealOf(id, read.right.outcome)
    ? read.right.outcome
    : undefined
}

/** why a worker could not run a trial, as text */
const problemCodec = exact('a problem', { path: t.array(t.string), expected: t.string, got: t.string, hint: t.string })
export const problemText = ({ path, expected, got, hint }: Problem<string>): string =>
  JSON.stringify({ path, expected, got, hint })
/** the problem of a text, under the name of the worker's side; any other text is the queue's own reason */
export const problemOf = (text: string): BackendError =>
  pipe(
    parseJson(problemCodec)(text),
    E.match(
      () => backendError(['queue'], 'a worker that runs the trial', text),
      ({ path, expected, got, hint }) => backendError(['queue', ...path], expected, got, hint)
    )
  )
