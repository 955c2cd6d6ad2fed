/** Pipelines of runs: from a run that was opened and a state of it, or from its record alone, without its data. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Loss } from '../../train/loss/index.js'
import type { TrainState } from '../../train/state.js'
import {
  fileError,
  settingError,
  type DecodeError,
  type FileError,
  type SettingError,
  type ShapeError
} from '../../value/error.js'
import { latestCheckpoint, type CheckpointError } from '../checkpoints.js'
import type { OpenRun } from '../open.js'
import { bestStep } from '../record/best.js'
import { checkpointsOf, readRecord } from '../record/folder.js'
import { readPrepared, type PreparedFile } from '../record/prepared.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { trainingOf } from '../run-file.js'
import { pipelineOf, type Pipeline } from './value.js'

const fromParts = (
  { fitted, scalings }: PreparedFile,
  { model, loss, precision }: OpenRun['training'],
  { params, layers }: Pick<TrainState, 'params' | 'layers'>,
  registry: RunRegistry
): E.Either<SettingError | ShapeError, Pipeline> =>
  fitted === undefined
    ? E.left(
        settingError(
          ['data'],
          'data with named columns, as csv and iris have',
          'data without',
          'gradfold at saves the weights of a recorded run',
          'unsuitable'
        )
      )
    : pipelineOf({ fitted, scalings, model, loss: loss as Loss, precision, params, layers }, registry)

/**
 * The pipeline of a run and one of its states.
 *
 * @example pipelineOfRun(opened, state) // Right(pipeline)
 * @returns Left for data without named columns
 */
export const pipelineOfRun = (
  { training, datasets }: OpenRun,
  state: Pick<TrainState, 'params' | 'layers'>,
  registry: RunRegistry = builtInRun
): E.Either<SettingError | ShapeError, Pipeline> =>
  fromParts(
    {
      ...(datasets.named?.tag === 'fitted' ? { fitted: datasets.named.fitted } : {}),
      scalings: datasets.scalings ?? {}
    },
    training,
    state,
    registry
  )

/** whether a run has named columns, so that a pipeline can be made of it: to be asked before it is trained */
export const checkNamed = ({ datasets }: OpenRun): E.Either<SettingError, unknown> =>
  datasets.named?.tag === 'fitted'
    ? E.right(undefined)
    : E.left(
        settingError(
          ['out'],
          'data with named columns, as csv and iris have',
          'data without',
          'record the run instead',
          'unsuitable'
        )
      )

/**
 * The pipeline of a recorded run, without its data: of its best checkpoint where the run says `keepBest`, else of its newest.
 *
 * @example recordPipeline('runs/houses')
 * @returns Left for a folder without a record, and a record without a checkpoint, or of data without named columns
 */
export const recordPipeline = (
  folder: string,
  registry: RunRegistry = builtInRun
): TE.TaskEither<FileError | DecodeError | SettingError | ShapeError | CheckpointError, Pipeline> =>
  pipe(
    readRecord(folder, registry),
    TE.bindTo('record'),
    TE.bindW('prepared', ({ record }) => readPrepared(record.folder)),
    TE.bindW('latest', ({ record }) => {
      const best = record.run.keepBest === true ? bestStep(record) : undefined
      return latestCheckpoint(checkpointsOf(record.folder), trainingOf(record.run), {
        registry,
        run: record.id,
        ...(best === undefined ? {} : { upTo: best })
      })
    }),
    TE.chainEitherKW(({ record, prepared, latest }): E.Either<FileError | SettingError | ShapeError, Pipeline> =>
      latest.found === undefined
        ? E.left(fileError([folder], 'a checkpoint', 'none', 'is the first epoch over?'))
        : fromParts(prepared, trainingOf(record.run), latest.found.checkpoint.state, registry)
    )
  )
