/** Recorded runs: `train --record`, `resume`, `verify`, `diff`, `at`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { horizon } from '../run/horizon.js'
import { diffRecords, type Difference } from '../run/record/diff.js'
import { readRecord } from '../run/record/folder.js'
import { resumeRun, type Outcome, type RecordOptions } from '../run/record/recorder.js'
import { stateAt, verifyRecord, type Verdict } from '../run/record/replay.js'
import type { RunFile } from '../run/run-file.js'
import { saveWeights } from '../run/weights.js'
import { message, settingError, type Problem } from '../value/error.js'
import { backendOf, type ComputeFlags } from './backend.js'
import type { Io } from './command.js'
import { errorLine, exitCodeOf, exitCodes, oneLine, type ExitCode } from './exit.js'
import { whole } from './format.js'
import { printed } from './print.js'
import { about, type Failure } from './read.js'
import { reporter } from './reporter.js'

export interface RecordFlags extends ComputeFlags {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly every?: number
  readonly again?: boolean
}
export interface AtFlags extends ComputeFlags {
  readonly step: number
  readonly out: string
}

const wholeNumber = (name: string, n: number, least: number): E.Either<Failure, number> =>
  Number.isSafeInteger(n) && n >= least
    ? E.right(n)
    : E.left({ problem: settingError([name], `a whole number, ${least} or more`, 'something else') })

/** a path as an argument of a shell */
const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

/** what a recording says at its end, beside what a training says */
const aside = (folder: string, o: Outcome): readonly string[] => [
  ...o.skipped.map(({ name, error }) => `passed over the damaged checkpoint ${name}: ${message(error)}`),
  ...(o.tag === 'stopped'
    ? [`stopped after epoch ${o.epoch}, step ${whole(o.step)}, and saved; to go on: gradfold resume ${quoted(folder)}`]
    : o.before
      ? [`run ${o.id.slice(0, 12)} had ended before: not repeated (--again would)`]
      : [`run ${o.id.slice(0, 12)} recorded in ${folder}, final state ${o.end.state.slice(0, 12)}`])
]

/** trains with a record, whatever says which run */
export const recorded = (
  io: Io,
  folder: string,
  flags: RecordFlags,
  file: string,
  work: (options: (run: RunFile) => RecordOptions) => TE.TaskEither<Failure, Outcome>
): Promise<ExitCode> => {
  const style = { json: flags.json ?? false, quiet: flags.quiet ?? false }
  const asked = IORef.newIORef(false)()
  const show = IORef.newIORef(reporter(io, { ...style, lastStep: () => undefined }))()
  const release = io.onInterrupt(asked.write(true))
  const say = (lines: readonly string[]): void => {
    if (!style.json) io.err.write(lines.map(l => `${oneLine(l)}\n`).join(''))
  }
  return pipe(
    TE.Do,
    TE.bind('backend', () => TE.fromEither(backendOf(io, flags))),
    TE.bind('every', () =>
      TE.fromEither(flags.every === undefined ? E.right(undefined) : wholeNumber('every', flags.every, 1))
    ),
    TE.chain(({ backend, every }) =>
      work(run => {
        show.write(reporter(io, { ...style, lastStep: n => horizon(run.stop, n) }))()
        return {
          backend,
          observe: e => {
            show.read().observe(e)
          },
          stop: asked.read,
          ...(every === undefined ? {} : { every }),
          ...(flags.again === undefined ? {} : { again: flags.again })
        }
      })
    ),
    TE.match(
      ({ problem, file: f }): ExitCode => {
        show.read().failed(problem, f)
        return exitCodeOf(problem)
      },
      (o): ExitCode => {
        if (o.tag === 'stopped') {
          say(aside(folder, o))
          return exitCodes.ok
        }
        const { end } = o
        if (end.tag === 'failed') {
          const problem: Problem<'Diverged'> = { _tag: 'Diverged', ...end.problem }
          show.read().failed(problem, file)
          say(aside(folder, o))
          return exitCodes.failed
        }
        show.read().finished({
          reason: end.reason,
          epoch: end.epoch,
          step: end.step,
          train: end.train,
          ...(end.test === undefined ? {} : { test: end.test })
        })
        say(aside(folder, o))
        return exitCodes.ok
      }
    )
  )().finally(release)
}

export const resumeCommand = (io: Io, folder: string, flags: RecordFlags): Promise<ExitCode> =>
  recorded(io, folder, flags, folder, options =>
    pipe(
      readRecord(folder),
      TE.chainW(({ run }) => resumeRun(folder, options(run))),
      TE.mapLeft((problem): Failure => ({ problem }))
    )
  )

// ---- verify, diff, at

const verdictText = (v: Verdict): string => {
  if (v.tag === 'identical')
    return `identical: ${whole(v.steps)} steps, ${v.epochs} epochs, ${v.checkpoints} checkpoints`
  const n = v.number
  return [
    `different at step ${whole(v.step)}: ${v.at}`,
    ...(v.tensor === undefined ? [] : [`${v.tensor.count} of ${v.tensor.of} numbers differ`]),
    ...(n === undefined ? [] : [`[${n.index.join(', ')}] recorded ${n.a}, right ${n.b}: ${n.ulps} ulp`])
  ].join('\n')
}

export const verifyCommand = (io: Io, folder: string, flags: ComputeFlags): Promise<ExitCode> =>
  pipe(
    TE.fromEither(backendOf(io, flags)),
    TE.chainW(backend =>
      pipe(
        verifyRecord(folder, { backend }),
        TE.mapLeft((problem): Failure => ({ problem }))
      )
    ),
    TE.match(
      ({ problem, file }): ExitCode => {
        io.err.write(`${errorLine(problem, file)}\n`)
        return exitCodeOf(problem)
      },
      verdict => {
        io.out.write(`${verdictText(verdict).split('\n').map(oneLine).join('\n')}\n`)
        return verdict.tag === 'identical' ? exitCodes.ok : exitCodes.failed
      }
    )
  )()

const json = (u: unknown): string => (u === undefined ? 'nothing' : JSON.stringify(u))
const differenceText = ({ changes, steps, first }: Difference): string =>
  [
    ...changes.map(c => `${c.path.join('/')}: ${json(c.a)}, ${json(c.b)}`),
    ...(steps.a === steps.b ? [] : [`steps recorded: ${whole(steps.a)}, ${whole(steps.b)}`]),
    first === undefined
      ? `the same ${whole(Math.min(steps.a, steps.b))} steps`
      : `first different step ${whole(first.step)}: ${first.at.join(', ')}`
  ].join('\n')

export const diffCommand = (io: Io, a: string, b: string): Promise<ExitCode> =>
  pipe(
    diffRecords(a, b),
    TE.match(
      (problem): ExitCode => {
        io.err.write(`${errorLine(problem)}\n`)
        return exitCodeOf(problem)
      },
      difference => {
        io.out.write(`${differenceText(difference).split('\n').map(oneLine).join('\n')}\n`)
        const { changes, steps, first } = difference
        return changes.length === 0 && steps.a === steps.b && first === undefined ? exitCodes.ok : exitCodes.failed
      }
    )
  )()

export const atCommand = (io: Io, folder: string, flags: AtFlags): Promise<ExitCode> =>
  pipe(
    TE.Do,
    TE.bind('backend', () => TE.fromEither(backendOf(io, flags))),
    TE.bind('step', () => TE.fromEither(wholeNumber('step', flags.step, 0))),
    TE.bindW('there', ({ backend, step }) =>
      pipe(
        stateAt(folder, step, { backend }),
        TE.mapLeft((problem): Failure => ({ problem }))
      )
    ),
    TE.chainFirstW(({ there: { state } }) => pipe(saveWeights(flags.out)(state), TE.mapLeft(about(flags.out)))),
    TE.map(({ step }) => `weights after step ${whole(step)} saved as ${flags.out}`),
    printed(io)
  )()
