/** Exit codes, and the one line on stderr that says why. */
import { message, type Problem } from '../value/error.js'

export const exitCodes = {
  ok: 0,
  /** the run began and failed */
  failed: 1,
  /** nothing was run: the command line, the run file or the data are not what they should be */
  refused: 2,
  /** a recorded run was asked to stop (Ctrl-C): it is saved, and can be gone on with; what shells say of a command that this signal ended */
  interrupted: 130
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** problems that come up while a run is on, or that another machine might not have */
const duringRun: ReadonlySet<string> = new Set(['Diverged', 'BackendError'])

export const exitCodeOf = (e: Problem<string>): ExitCode =>
  duringRun.has(e._tag) ? exitCodes.failed : exitCodes.refused

/** control and formatting characters that text from a file could use to forge lines or steer a terminal */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** text of any origin as one harmless line */
export const oneLine = (text: string): string =>
  text.replace(unprintable, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** `gradfold: run.json: $/batchSize: expected a positive whole number, got 0` */
export const errorLine = (e: Problem<string>, file?: string): string =>
  oneLine(`gradfold: ${file === undefined ? '' : `${file}: `}${message(e)}`)
