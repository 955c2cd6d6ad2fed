/** From the folder of a record to its report. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Backend } from '../backend/backend.js'
import { exampleCount } from '../data/dataset.js'
import { latestCheckpoint, type CheckpointError } from '../run/checkpoints.js'
import type { Folder } from '../run/folder.js'
import { folderAt } from '../run/folder.js'
import { calledWith, pathArgument } from '../run/arguments.js'
import { openRun } from '../run/open.js'
import { diffRecords, type Difference } from '../run/record/diff.js'
import { environmentOf } from '../run/record/environment.js'
import { watchedOfRecord } from '../run/record/watched.js'
import { checkpointsOf, recordIn, type Recorded } from '../run/record/folder.js'
import { builtInRun, type RunRegistry } from '../run/registry.js'
import { showRunFile, trainingOf } from '../run/run-file.js'
import { checkTraining, type ValidTraining } from '../train/training.js'
import { optionsOf, type Argument } from '../value/argument.js'
import {
  showError,
  type DecodeError,
  type FileError,
  type Problem,
  type SettingError,
  type ShapeError
} from '../value/error.js'
import type { ComparedRun } from './compare.js'
import { flowOf, type Flow } from './flow.js'
import { formulasOf } from './formulas.js'
import { predictedOf, mostExamples } from './predicted.js'
import { recordedHistory } from './recorded-history.js'
import { watchedSection } from './watched-section.js'
import type { PartPredictions, RunReport } from './run-report.js'

export interface ReportOptions {
  /** what predicts; without one the report has no predictions */
  readonly backend?: Backend
  readonly registry?: RunRegistry
  readonly classNames?: readonly string[]
}
export type ReportError = FileError | DecodeError | SettingError | ShapeError

/** the names of the classes, where the description of the data lists the categories of its target */
export const classNamesIn = (source: unknown): readonly string[] | undefined => {
  const field = (u: unknown, name: string): unknown =>
    typeof u === 'object' && u !== null && Object.hasOwn(u, name)
      ? (u as Readonly<Record<string, unknown>>)[name]
      : undefined
  const schema = field(source, 'schema')
  const target = field(schema, 'target')
  const names = typeof target === 'string' ? field(field(field(schema, 'columns'), target), 'categories') : undefined
  return Array.isArray(names) && names.every(n => typeof n === 'string') ? names : undefined
}

const absent = (reason: string): PartPredictions => ({ tag: 'absent', reason })

/** the predictions of the newest checkpoint over the test part, or what there is in its place */
const predictions = (
  r: Recorded,
  c: ValidTraining,
  { registry = builtInRun, backend, classNames = classNamesIn(r.run.data) }: ReportOptions
): TE.TaskEither<never, PartPredictions> => {
  if (backend === undefined) return TE.right(absent('they were not asked for.'))
  return pipe(
    latestCheckpoint(checkpointsOf(r.folder), c.training, { registry, run: r.id, upTo: r.steps?.count ?? 0 }),
    TE.mapLeft((e: CheckpointError): Problem<string> => e),
    TE.chain(({ found }) =>
      found === undefined
        ? TE.right(absent('the record has no checkpoint that verifies.'))
        : pipe(
            openRun(r.run, registry),
            TE.mapLeft((e): Problem<string> => e),
            TE.chainEitherKW(({ datasets }) => {
              const { test, validation, train } = datasets
              const [part, data] =
                test !== undefined
                  ? (['test', test] as const)
                  : validation !== undefined
                    ? (['validation', validation] as const)
                    : (['training', train] as const)
              const state = found.checkpoint.state
              return pipe(
                predictedOf(c, state, data, { backend, ...(classNames === undefined ? {} : { classNames }) }),
                E.map((p): PartPredictions => ({
                  tag: 'predicted',
                  part,
                  step: state.progress.step,
                  examples: exampleCount(data),
                  used: Math.min(mostExamples, exampleCount(data)),
                  predictions: p,
                  scaledTargets: r.run.normaliseTargets !== undefined
                }))
              )
            })
          )
    ),
    TE.orElse((e): TE.TaskEither<never, PartPredictions> => TE.right(absent(`${showError(e)}.`)))
  )
}

/** a record with what is computed from it alone */
export interface OpenRecord {
  readonly recorded: Recorded
  readonly valid: ValidTraining
  readonly flow: Flow
  readonly report: RunReport
}

/** The report of a record without predictions. */
export const openRecord = (
  folder: Folder,
  { registry = builtInRun }: ReportOptions = {}
): TE.TaskEither<ReportError, OpenRecord> =>
  pipe(
    recordIn(folder, registry),
    TE.bindTo('recorded'),
    TE.bindW('valid', ({ recorded }) => TE.fromEither(checkTraining(trainingOf(recorded.run), registry))),
    TE.bindW('flow', ({ recorded }) => TE.fromEither(flowOf(recorded.run.model, { registry, training: true }))),
    TE.bindW('plain', ({ recorded }) => TE.fromEither(flowOf(recorded.run.model, { registry }))),
    TE.bindW('environment', () => environmentOf(folder)),
    TE.bindW('watched', () => watchedOfRecord(folder)),
    TE.map(({ recorded, valid, flow, plain, environment, watched }) => ({
      recorded,
      valid,
      flow,
      report: {
        title: `Run ${recorded.id.slice(0, 12)}`,
        id: recorded.id,
        file: showRunFile(recorded.run, registry),
        history: recordedHistory(recorded, valid),
        ...(recorded.end === undefined ? {} : { end: recorded.end }),
        ...(recorded.damage === undefined ? {} : { damage: showError(recorded.damage) }),
        environment,
        ...(watched.length === 0 ? {} : { more: [watchedSection(watched)] }),
        flow,
        formulas: formulasOf(plain, valid.training, registry)
      }
    }))
  )

/**
 * The report of a recorded run, with the predictions of its newest checkpoint where its data are still there; `runHtml` makes the page.
 *
 * @example pipe(reportOf('runs/mnist', { backend: wasm }), TE.map(runHtml))
 * @returns Left for a folder that holds no record, or one whose files cannot be read
 */
export const reportOf = (path: string, options: ReportOptions = {}): TE.TaskEither<ReportError, RunReport> => {
  const given = optionsOf(options)
  return calledWith([pathArgument('path', path)], () =>
    pipe(
      openRecord(folderAt(path), given),
      TE.chainW(({ recorded, valid, report }) =>
        pipe(
          predictions(recorded, valid, given),
          TE.map((p): RunReport => ({ ...report, predictions: p }))
        )
      )
    )
  )
}

/**
 * The reports of several runs with how each differs from the first; `compareHtml` makes the page.
 *
 * @example pipe(comparisonOf(['runs/a', 'runs/b']), TE.map(compareHtml))
 * @returns Left for a folder that holds no record, or one whose files cannot be read
 */
export const comparisonOf = (
  paths: readonly string[],
  options: Pick<ReportOptions, 'registry'> = {}
): TE.TaskEither<ReportError, readonly ComparedRun[]> => {
  const { registry = builtInRun } = optionsOf(options)
  return calledWith([pathsArgument(paths)], () => compared(paths, registry))
}
const pathsArgument = (value: unknown): Argument => ({
  path: ['paths'],
  value,
  expected: 'a list of paths',
  is: u => Array.isArray(u) && u.every(path => pathArgument('path', path).is(path))
})
const compared = (
  paths: readonly string[],
  registry: RunRegistry
): TE.TaskEither<ReportError, readonly ComparedRun[]> =>
  pipe(
    paths.map((path, i) => [path, i] as const),
    TE.traverseSeqArray(([name, i]) =>
      pipe(
        openRecord(folderAt(name), { registry }),
        TE.bindW('difference', () =>
          i === 0
            ? TE.right<ReportError, Difference | undefined>(undefined)
            : diffRecords(paths[0] ?? name, name, registry)
        ),
        TE.map(({ report, difference }): ComparedRun => ({
          name,
          report,
          ...(difference === undefined ? {} : { difference })
        }))
      )
    )
  )
