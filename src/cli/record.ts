/** Recorded runs: `train --record`, `resume`, `diff`, `at`. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as IORef from 'fp-ts/lib/IORef.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { folderAt } from '../run/folder.js'
import { stepLimit } from '../run/step-limit.js'
import { diffRecords, type Difference } from '../run/record/diff.js'
import type { OpenRun } from '../run/open.js'
import { savePipeline } from '../run/pipeline/file.js'
import { pipelineOfRun } from '../run/pipeline/run.js'
import { executedInUnits, inTargetUnits, openedUnits } from '../run/pipeline/units.js'
import { bestStep, lastStep } from '../run/record/best.js'
import { readRecord, readRun, type Recorded } from '../run/record/folder.js'
import type { RunOutcome, RecordOptions } from '../run/record/options.js'
import { readPrepared, type PreparedFile } from '../run/record/prepared.js'
import { resumeRun } from '../run/record/recorder.js'
import { stateAt } from '../run/record/replay.js'
import { trainingOf, type RunFile } from '../run/run-file.js'
import { saveWeights } from '../run/weights.js'
import { builtInTraining } from '../train/registry.js'
import type { Scores } from '../train/progress.js'
import type { TrainState } from '../train/state.js'
import { eventInUnits } from '../train/units.js'
import { studyName } from '../search/folder.js'
import { counted, fileError, showError, settingError, type FileError, type Problem } from '../value/error.js'
import type { NumberDifference, TensorDifference } from '../run/record/values.js'
import type { Skipped } from '../run/checkpoints.js'
import { backendOf, type ComputeFlags } from './backend.js'
import { differenceJson, stoppedJson } from './events.js'
import { exitCodeOf, exitCodes, failure, oneLine, type ExitCode, type Failure } from './exit.js'
import { quoted, whole } from './format.js'
import type { EndSignal, Io } from './io.js'
import { printed } from './print.js'
import { about, checkPaths } from './read.js'
import { reporter, tellFailure, type Reporter, warnOfSingles } from './reporter.js'

export interface RecordFlags extends ComputeFlags {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly every?: number | string
  readonly watch?: number | string
  readonly again?: boolean
}
/** the output flag of commands that compare records */
export interface JsonFlag {
  readonly json?: boolean
}
export interface AtFlags extends ComputeFlags {
  readonly step: number | string
  readonly out: string
  /** the tag of a format */
  readonly format?: string
}

/** describes what is at a path that holds no recorded run, if it is known */
const somethingElse = (path: string): T.Task<FileError | undefined> => {
  const no = (got: string, hint: string): FileError => fileError([path], 'the folder of a recorded run', got, hint)
  return pipe(
    folderAt(path).names,
    TE.match(
      e =>
        e.got === 'ENOTDIR' ? no('a file', 'gradfold train takes a run file, and records it with --record') : undefined,
      names =>
        names.includes(studyName) && !names.includes('run.json')
          ? no(
              'that of a study',
              `to resume it: gradfold search ${quoted(`${path}/${studyName}`)} --record ${quoted(path)}`
            )
          : undefined
    )
  )
}
/**
 * runs an effect on the records in folders; if it fails, the error describes the first folder that holds something else
 */
export const fromRecords =
  (...folders: readonly string[]) =>
  <A>(task: TE.TaskEither<Problem<string>, A>): TE.TaskEither<Failure, A> =>
    pipe(
      task,
      TE.orElse(problem =>
        pipe(
          folders,
          T.traverseSeqArray(somethingElse),
          T.map(found => E.left(failure(found.find(e => e !== undefined) ?? problem)))
        )
      )
    )

const wholeNumber = (name: string, n: number | string, least: number): E.Either<Failure, number> =>
  typeof n === 'number' && Number.isSafeInteger(n) && n >= least
    ? E.right(n)
    : E.left({ problem: settingError([name], `a whole number, ${least} or more`, String(n)) })

type StepFlags = Pick<RecordOptions, 'every' | 'watch'>
/** the flags that are numbers of steps */
const stepsIn = (flags: RecordFlags): E.Either<Failure, StepFlags> => {
  const one = <K extends keyof StepFlags>(name: K): E.Either<Failure, { readonly [N in K]?: number }> => {
    const steps = flags[name]
    if (steps === undefined) return E.right({})
    return E.map((n: number) => ({ [name]: n }) as { readonly [N in K]?: number })(wholeNumber(name, steps, 1))
  }
  return pipe(
    one('every'),
    E.chain(every => E.map((watch: StepFlags) => ({ ...every, ...watch }))(one('watch')))
  )
}

export const damageText = (damaged: readonly (Problem<string> | undefined)[]): readonly string[] =>
  damaged.flatMap(problem => (problem === undefined ? [] : [`damaged: ${showError(problem)}`]))
export const skippedText = (skipped: readonly Skipped[]): readonly string[] =>
  damageText(skipped.map(({ error }) => error))

/** lines about a recording that follow those about the training */
const notes = (o: RunOutcome): readonly string[] => [
  ...skippedText(o.skipped),
  ...(o.shared === undefined
    ? []
    : [
        `the first ${counted(o.from, 'step', whole)} ${o.from === 1 ? 'is that' : 'are those'} of the run ${o.shared.slice(0, 12)}: not repeated`
      ]),
  ...(o.tag === 'stopped'
    ? [
        `stopped after epoch ${o.epoch}, step ${whole(o.step)}, and saved; to resume: gradfold resume ${quoted(o.folder)}`
      ]
    : o.before
      ? [`run ${o.id.slice(0, 12)} had ended before: not repeated (train --again would)`]
      : [`run ${o.id.slice(0, 12)} recorded in ${o.folder}, final state ${o.end.state.slice(0, 12)}`])
]

/** Reports a recording and gives the exit code. */
const reportOutcome = (
  io: Io,
  json: boolean,
  file: string,
  show: Reporter,
  inUnits: (s: Scores) => Scores,
  o: RunOutcome,
  signal?: EndSignal
): ExitCode => {
  const say = (lines: readonly string[]): void => {
    if (!json) io.err.write(lines.map(l => `${oneLine(l)}\n`).join(''))
  }
  if (o.tag === 'stopped') {
    say(notes(o))
    if (json) io.out.write(stoppedJson(o))
    return exitCodes[signal ?? 'SIGINT']
  }
  const { end } = o
  if (end.tag === 'failed') {
    const problem: Problem<'Diverged'> = { _tag: 'Diverged', code: 'not-finite', ...end.problem }
    show.failed({ problem, file })
    say(notes(o))
    return exitCodes.failed
  }
  const { reason, epoch, step, train, test } = end
  show.finished(executedInUnits(inUnits, { reason, epoch, step, train, ...(test === undefined ? {} : { test }) }))
  say(notes(o))
  return exitCodes.ok
}

/** scores of a recorded run in the units of its data */
const recordedUnits = (run: RunFile | undefined, prepared: PreparedFile): ((s: Scores) => Scores) =>
  run === undefined ? s => s : inTargetUnits(trainingOf(run), builtInTraining, prepared)

/**
 * Trains with a record; `names` say which run.
 *
 * @param names of what says it, and the command line that resumes it
 */
export const recorded = (
  io: Io,
  flags: RecordFlags,
  { file, resume }: { readonly file: string; readonly resume: string },
  work: (options: (run: RunFile) => RecordOptions) => TE.TaskEither<Failure, RunOutcome>
): Promise<ExitCode> => {
  const style = { json: flags.json ?? false, quiet: flags.quiet ?? false }
  const asked = IORef.newIORef<EndSignal | undefined>(undefined)()
  const begun = IORef.newIORef(false)()
  const show = IORef.newIORef(reporter(io, { ...style, lastStep: () => undefined }))()
  const inUnits = IORef.newIORef<(s: Scores) => Scores>(s => s)()
  const run = IORef.newIORef<RunFile | undefined>(undefined)()
  const release = io.onEndSignal(signal => asked.write(signal)())
  const optionsOf =
    (backend: Backend, steps: StepFlags) =>
    (file: RunFile): RecordOptions => {
      run.write(file)()
      show.write(reporter(io, { ...style, lastStep: n => stepLimit(file.stop, n) }))()
      return {
        backend,
        observe: e => {
          begun.write(true)()
          show.read().observe(eventInUnits(inUnits.read())(e))
        },
        onOpen: opened => {
          inUnits.write(openedUnits(opened))()
        },
        ...(style.json ? {} : { onWarning: warnOfSingles(io) }),
        stop: () => asked.read() !== undefined,
        ...steps,
        ...(flags.again === undefined ? {} : { again: flags.again })
      }
    }
  return pipe(
    TE.fromEither(stepsIn(flags)),
    TE.bindTo('steps'),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.chain(({ steps, backend }) => work(optionsOf(backend, steps))),
    // of a run that had ended before, no data were opened
    TE.chainFirstTaskK(o =>
      pipe(
        readPrepared(folderAt(o.folder)),
        TE.match(
          () => (s: Scores) => s,
          prepared => recordedUnits(run.read(), prepared)
        ),
        T.map(f => {
          inUnits.write(f)()
        })
      )
    ),
    TE.match(
      (f): ExitCode => {
        // a disk that becomes full during a run
        const known = begun.read() && f.problem._tag !== 'Diverged' ? { ...f, begun: { resume } } : f
        show.read().failed(known)
        return exitCodeOf(known)
      },
      o => reportOutcome(io, style.json, file, show.read(), inUnits.read(), o, asked.read())
    )
  )().finally(release)
}

export const resumeCommand = (io: Io, folder: string, flags: RecordFlags): Promise<ExitCode> =>
  recorded(io, flags, { file: folder, resume: `gradfold resume ${quoted(folder)}` }, options =>
    pipe(
      readRun(folder),
      TE.chainW(({ run }) => resumeRun(folder, options(run))),
      fromRecords(folder)
    )
  )

// ---- diff, at

export const numberText = (n: NumberDifference | undefined, a: string, b: string): readonly string[] =>
  n === undefined ? [] : [`[${n.index.join(', ')}] ${a} ${n.a}, ${b} ${n.b}: ${whole(n.ulps)} ulp`]
export const tensorText = (t: TensorDifference | undefined): readonly string[] =>
  t === undefined
    ? []
    : [`${whole(t.count)} of ${counted(t.of, 'number', whole)} ${t.count === 1 ? 'differs' : 'differ'}`]

const json = (u: unknown): string => (u === undefined ? 'nothing' : JSON.stringify(u))
const differenceText = ({ changes, steps, first }: Difference): readonly string[] => [
  ...changes.map(c => `${c.path.join('/')}: ${json(c.a)}, ${json(c.b)}`),
  ...(steps.a === steps.b ? [] : [`steps recorded: ${whole(steps.a)}, ${whole(steps.b)}`]),
  ...(first === undefined
    ? [`the same ${counted(Math.min(steps.a, steps.b), 'step', whole)}`]
    : [
        `first different step ${whole(first.step)}: ${first.at.join(', ')}`,
        ...tensorText(first.tensor),
        ...numberText(first.number, 'a', 'b')
      ])
]

/** prints a comparison as lines or as one JSON object; the exit code says whether anything differs */
export const compared = <A>(
  io: Io,
  flags: JsonFlag,
  task: TE.TaskEither<Failure, A>,
  say: {
    readonly lines: (a: A) => readonly string[]
    readonly json: (a: A) => string
    readonly same: (a: A) => boolean
    readonly aside?: (a: A) => readonly string[]
  }
): Promise<ExitCode> =>
  pipe(
    task,
    TE.match(
      (f): ExitCode => {
        tellFailure(io, flags.json ?? false, f)
        return exitCodeOf(f)
      },
      a => {
        const text = (lines: readonly string[]): string => lines.map(l => `${oneLine(l)}\n`).join('')
        io.out.write(flags.json === true ? say.json(a) : text(say.lines(a)))
        io.err.write(text(say.aside?.(a) ?? []))
        return say.same(a) ? exitCodes.ok : exitCodes.failed
      }
    )
  )()

export const diffCommand = (io: Io, a: string, b: string, flags: JsonFlag): Promise<ExitCode> =>
  compared(io, flags, pipe(diffRecords(a, b), fromRecords(a, b)), {
    lines: differenceText,
    json: differenceJson,
    same: ({ changes, steps, first }) => changes.length === 0 && steps.a === steps.b && first === undefined,
    aside: ({ damaged }) => damageText(damaged)
  })

/** a step by number, or the name of one */
const isStep = (step: number | string): boolean =>
  step === 'last' || step === 'best' || (typeof step === 'number' && Number.isSafeInteger(step) && step >= 0)
const checkStep = (step: number | string): E.Either<Failure, unknown> =>
  isStep(step)
    ? E.right(undefined)
    : E.left(failure(settingError(['step'], 'a whole number, 0 or more, best or last', String(step))))

/** the number of the step that is asked for */
const stepIn =
  (step: number | string) =>
  (recorded: Recorded): E.Either<Failure, number> =>
    E.fromNullable(
      failure(settingError(['step'], 'a run with an epoch that is over', 'one without', 'last is its newest step'))
    )(step === 'last' ? lastStep(recorded) : step === 'best' ? bestStep(recorded) : Number(step))

/** the state of a recorded run at a step, or at the one that a name means */
export const stateOfRecord = (io: Io, folder: string, flags: ComputeFlags & { readonly step: number | string }) =>
  pipe(
    TE.fromEither(checkStep(flags.step)),
    TE.chain(() => pipe(readRecord(folder), fromRecords(folder))),
    TE.chainEitherK(stepIn(flags.step)),
    TE.bindTo('step'),
    TE.bind('backend', () => backendOf(io, flags)),
    TE.bindW('there', ({ step, backend }) => pipe(stateAt(folder, step, { backend }), fromRecords(folder))),
    TE.map(({ step, there }) => {
      for (const text of damageText([there.recorded.damage])) io.err.write(`${text}\n`)
      return { step, there }
    })
  )

/** the file of a pipeline, by its name */
const isPipeline = (path: string): boolean => path.endsWith('.gradfold')

export const atCommand = (io: Io, folder: string, flags: AtFlags): Promise<ExitCode> => {
  const { out } = flags
  const save = ({ opened, state }: { readonly opened: OpenRun; readonly state: TrainState }) =>
    isPipeline(out)
      ? pipe(TE.fromEither(pipelineOfRun(opened, state)), TE.chainW(savePipeline(out)))
      : saveWeights(out, flags.format === undefined ? {} : { format: { tag: flags.format } })(state)
  const wrong = checkPaths('file', { out })
  return pipe(
    wrong === undefined ? stateOfRecord(io, folder, flags) : TE.left(failure(wrong)),
    TE.chainFirstW(({ there }) =>
      pipe(
        save(there),
        TE.mapLeft(e => ({ ...about(out)(e), begun: {} }))
      )
    ),
    TE.map(({ step }) => `${isPipeline(out) ? 'pipeline' : 'weights'} after step ${whole(step)} saved as ${out}`),
    printed(io)
  )()
}
