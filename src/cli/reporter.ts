/** Shows a run while it runs: a bar on a terminal, plain lines elsewhere, JSON lines for programs. */
import { SingleBar } from 'cli-progress'
import * as IORef from 'fp-ts/lib/IORef.js'
import { courseAfter, courseOf } from '../report/sparkline.js'
import type { Executed } from '../run/execute.js'
import type { EpochReport, TrainEvent } from '../train/events.js'
import { showError, type Problem } from '../value/error.js'
import { doneJson, epochJson, errorJson } from './events.js'
import { errorLine, oneLine, resumeLines, type Failure } from './exit.js'
import { barLine, pairs, scores, single, whole, type BarState } from './format.js'
import type { Sink, Terminal } from './io.js'

/**
 * warns that a layer learns nothing from a batch of one example; the run continues nevertheless, so that stored runs
 * keep their bits
 */
export const warnOfSingles =
  (io: Pick<Terminal, 'err'>) =>
  (problem: Problem<string> | undefined): void => {
    if (problem !== undefined) io.err.write(`${oneLine(`gradfold: warning: ${showError(problem)}`)}\n`)
  }

export interface ReporterOptions {
  readonly json: boolean
  readonly quiet: boolean
  /** the last step, if it is known in advance (`stepLimit`), given the steps of an epoch */
  readonly lastStep: (epochSteps: number) => number | undefined
}
export interface Reporter {
  readonly observe: (event: TrainEvent) => void
  readonly finished: (result: Executed) => void
  readonly failed: (failure: Failure) => void
}

type StepEvent = Extract<TrainEvent, { readonly tag: 'step' }>

/** measurements: the start of the current epoch, and the examples since then */
export interface Meter {
  readonly start: number
  readonly epochStart: number
  readonly examples: number
  readonly rate: number
}
export const meterAt = (now: number): Meter => ({ start: now, epochStart: now, examples: 0, rate: NaN })
export const afterStep = (m: Meter, examples: number, now: number): Meter => {
  const seen = m.examples + examples
  return { ...m, examples: seen, rate: (1000 * seen) / (now - m.epochStart) }
}
export const afterEpoch = (m: Meter, now: number): Meter => ({ ...m, epochStart: now, examples: 0 })

/** the state of the bar after a step */
export const barAfter = (m: Meter, e: StepEvent, last: number | undefined, now: number): BarState => ({
  epoch: Math.ceil(e.step / e.epochSteps),
  epochs: last === undefined ? undefined : Math.ceil(last / e.epochSteps),
  done: (((e.step - 1) % e.epochSteps) + 1) / e.epochSteps,
  rate: m.rate,
  remaining: last === undefined ? undefined : ((now - m.start) / 1000 / e.step) * (last - e.step),
  loss: e.loss
})

/** milliseconds: shorter epochs get no bar, which would only flicker */
const patience = 200

/**
 * A bar that is drawn inside `update`: training is synchronous, so timers don't run. It handles no signals (a handler
 * in JavaScript would delay Ctrl-C until the run ends) and does not change the cursor or the terminal's modes.
 */
const drawBar = (stream: Sink): SingleBar =>
  new SingleBar({
    stream,
    format: (_, { maxWidth }, payload: { readonly state?: BarState }) =>
      payload.state === undefined ? '' : barLine(payload.state, maxWidth),
    fps: 20,
    synchronousUpdate: true,
    clearOnComplete: true,
    linewrap: true,
    hideCursor: false,
    gracefulExit: false
  })

const epochLine = (e: EpochReport, rate: number): string =>
  [
    `epoch ${e.epoch}`,
    scores(single(e)),
    ...(e.validation === undefined ? [] : [scores(single(e.validation), 'validation ')]),
    ...(Object.keys(e.settings).length === 0
      ? []
      : [pairs(Object.fromEntries(Object.entries(e.settings).map(([k, v]) => [k, String(v)])))]),
    ...(Number.isFinite(rate) ? [`${whole(rate)} examples/s`] : [])
  ].join('  ')

const finalLines = (r: Executed): readonly string[] => [
  `stopped at epoch ${r.epoch}, step ${whole(r.step)}: ${r.reason}`,
  `train  ${scores(r.train)}`,
  ...(r.test === undefined ? [] : [`test   ${scores(r.test)}`]),
  ...(r.best === undefined
    ? []
    : [
        `best epoch ${r.best.epoch}`,
        `train  ${scores(r.best.train)}`,
        ...(r.best.test === undefined ? [] : [`test   ${scores(r.best.test)}`])
      ])
]

/** one line on stderr, and another one if the run can be resumed; with --json an object on stdout */
export const tellFailure = ({ out, err }: Pick<Terminal, 'out' | 'err'>, json: boolean, f: Failure): void => {
  if (json) out.write(errorJson(f))
  err.write([errorLine(f.problem, f.file), ...resumeLines(f).map(oneLine)].map(l => `${l}\n`).join(''))
}

export const reporter = (
  { out, err, now, animated }: Terminal,
  { json, quiet, lastStep }: ReporterOptions
): Reporter => {
  const print = (...lines: readonly string[]): void => {
    out.write(lines.map(l => `${l}\n`).join(''))
  }
  const meter = IORef.newIORef(meterAt(now()))()
  const last = IORef.newIORef<number | undefined>(undefined)()
  // with open columns: between 12 and 24 of them
  const course = IORef.newIORef(courseOf(24))()
  const bar = animated && !json && !quiet ? drawBar(err) : undefined
  const onStep = (e: StepEvent): void => {
    const time = now()
    const m = afterStep(meter.read(), e.examples, time)
    meter.write(m)()
    if (bar !== undefined) course.write(courseAfter(course.read(), e.loss))()
    if (bar === undefined || time - m.epochStart < patience) return
    if (!bar.isActive) last.write(lastStep(e.epochSteps))()
    const state = { ...barAfter(m, e, last.read(), time), course: course.read().means }
    if (bar.isActive) bar.update(e.step, { state })
    else bar.start(e.epochSteps, 0, { state })
  }
  const onEpoch = (e: EpochReport): void => {
    bar?.stop()
    const m = meter.read()
    meter.write(afterEpoch(m, now()))()
    if (quiet) return
    if (json) out.write(epochJson(e))
    else print(epochLine(e, m.rate))
  }
  return {
    observe: e => {
      if (e.tag === 'step') onStep(e)
      else if (e.tag === 'epoch') onEpoch(e)
    },
    finished: r => {
      bar?.stop()
      if (json) out.write(doneJson(r))
      else print(...finalLines(r))
    },
    failed: f => {
      bar?.stop()
      tellFailure({ out, err }, json, f)
    }
  }
}
