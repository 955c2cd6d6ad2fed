/** What a command has to do with: streams, signals, standard input. */

/** a stream, as far as it is used here */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface Terminal {
  readonly out: Sink
  readonly err: Sink
  /** milliseconds; only shown, never part of a result */
  readonly now: () => number
  /** whether a line can be drawn over and over */
  readonly animated: boolean
}

/** Ctrl-C, what schedulers and service managers end processes with, and the end of a terminal */
export const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type EndSignal = (typeof endSignals)[number]

export interface Io extends Terminal {
  /**
   * Calls back when the command is asked to end, once, with the first signal; the same signal again ends it at once, but for SIGHUP, which
   * a closed terminal may send twice. Gives what takes that back.
   */
  readonly onEndSignal: (f: (signal: EndSignal) => void) => () => void
  /** standard input, piece by piece */
  readonly stdin: () => AsyncIterable<Uint8Array>
  readonly version: string
  /** variables of the environment */
  readonly env: Readonly<Record<string, string | undefined>>
}
