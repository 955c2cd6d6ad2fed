/** Exit codes, and the one line on stderr that says why. */
import { showError, type Problem } from '../value/error.js'

export const exitCodes = {
  ok: 0,
  /** the run began and failed */
  failed: 1,
  /** nothing was run: the command line, the run file or the data are not what they should be */
  refused: 2,
  /** a recorded run or study was asked to stop: it is saved, and can be resumed; what shells say of a command that the signal ended */
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** a problem, and the file it is about; none where that file could not even be read */
export interface Failure {
  readonly problem: Problem<string>
  readonly file?: string
  /** whether something was run before, and how to resume it */
  readonly begun?: { readonly resume?: string }
}
export const failure = (problem: Problem<string>): Failure => ({ problem })

/** problems that come up while a run is on, or that another machine might not have */
const duringRun: ReadonlySet<string> = new Set(['Diverged', 'BackendError', 'CallbackError'])

export const exitCodeOf = ({ problem, begun }: Failure): ExitCode =>
  begun !== undefined || duringRun.has(problem._tag) ? exitCodes.failed : exitCodes.refused

/** how to resume what was interrupted by a failure, where it can be */
export const resumeLines = ({ begun }: Failure): readonly string[] =>
  begun?.resume === undefined ? [] : [`what was done before is kept; to resume: ${begun.resume}`]

/** control and formatting characters that text from a file could use to forge lines or steer a terminal */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** text of any origin as one harmless line */
export const oneLine = (text: string): string =>
  text.replace(unprintable, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** `gradfold: run.json: $/batchSize: expected a positive whole number, got 0` */
export const errorLine = (e: Problem<string>, file?: string): string =>
  oneLine(`gradfold: ${file === undefined ? '' : `${file}: `}${showError(e)}`)
