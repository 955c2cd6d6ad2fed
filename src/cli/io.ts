/** The environment of a command: streams, signals, standard input. */

/** the parts of a stream that commands use */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface Terminal {
  readonly out: Sink
  readonly err: Sink
  /** milliseconds; shown to people, never part of a result */
  readonly now: () => number
  /** whether the terminal can redraw a line */
  readonly animated: boolean
}

/** Ctrl-C, the signal that schedulers and service managers send, and the closing of a terminal */
export const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
export type EndSignal = (typeof endSignals)[number]

export interface Io extends Terminal {
  /**
   * Calls back once, at the first signal to end. A second signal of the same kind ends the process at once. SIGHUP is
   * the exception, because a closed terminal may send it twice. Returns a function that removes the handlers.
   */
  readonly onEndSignal: (f: (signal: EndSignal) => void) => () => void
  /** standard input, in chunks */
  readonly stdin: () => AsyncIterable<Uint8Array>
  readonly version: string
  /** variables of the environment */
  readonly env: Readonly<Record<string, string | undefined>>
}
