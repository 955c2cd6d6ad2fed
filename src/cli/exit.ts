/** Exit codes, and the one line on stderr that says why. */
import { showError, type Problem } from '../value/error.js'

export const exitCodes = {
  ok: 0,
  /** the run started and failed */
  failed: 1,
  /** nothing ran: the command line, the run file or the data are invalid */
  refused: 2,
  /**
   * a recorded run or study was interrupted by a signal: it is saved and can be resumed; shells use these codes for
   * signals
   */
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** a problem and its file; without `file` if not even the file could be read */
export interface Failure {
  readonly problem: Problem<string>
  readonly file?: string
  /** set if something ran before, with the command that resumes it */
  readonly begun?: { readonly resume?: string }
}
export const failure = (problem: Problem<string>): Failure => ({ problem })

/** problems that occur during a run, or depend on the machine */
const duringRun: ReadonlySet<string> = new Set(['Diverged', 'BackendError', 'CallbackError'])

export const exitCodeOf = ({ problem, begun }: Failure): ExitCode =>
  begun !== undefined || duringRun.has(problem._tag) ? exitCodes.failed : exitCodes.refused

/** how to resume after a failure, if that is possible */
export const resumeLines = ({ begun }: Failure): readonly string[] =>
  begun?.resume === undefined ? [] : [`what was done before is kept; to resume: ${begun.resume}`]

/** control and formatting characters with which text from a file could forge lines or control a terminal */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** untrusted text as one harmless line */
export const oneLine = (text: string): string =>
  text.replace(unprintable, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** `gradfold: run.json: $/batchSize: expected a positive whole number, got 0` */
export const errorLine = (e: Problem<string>, file?: string): string =>
  oneLine(`gradfold: ${file === undefined ? '' : `${file}: `}${showError(e)}`)
