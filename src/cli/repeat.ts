/** `gradfold train run.json --seeds 20`, `--folds 5`: one run many times, as a study. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunFile } from '../run/run-file.js'
import { foldsStudy, seedsStudy } from '../search/repeat.js'
import { checkStudyFile, type StudyFile } from '../search/study-file.js'
import { settingError, type DecodeError, type SettingError } from '../value/error.js'
import { defaultThreads, type ComputeFlags } from './backend.js'
import type { ExitCode } from './exit.js'
import type { Io } from './io.js'
import { about, readRun } from './read.js'
import { searchStudy } from './search.js'

export interface RepeatFlags extends Pick<ComputeFlags, 'backend' | 'fallback'> {
  readonly seeds?: number | string
  readonly folds?: number | string
  readonly workers?: number | string
  readonly queue?: string
  readonly record?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** whether a run is to be trained many times */
export const repeats = ({ seeds, folds }: RepeatFlags): boolean => seeds !== undefined || folds !== undefined

/** options that go with many trainings alone, or with a single one */
export const wrongRepeat = (
  flags: RepeatFlags & {
    readonly store?: string
    readonly every?: unknown
    readonly watch?: unknown
    readonly serve?: boolean
    readonly again?: boolean
    readonly out?: string
  }
): SettingError | undefined => {
  const many = repeats(flags)
  const lone = (['workers', 'queue'] as const).find(name => !many && flags[name] !== undefined)
  const single = (['store', 'every', 'watch', 'serve', 'again', 'out'] as const).find(
    name => many && flags[name] !== undefined
  )
  return lone !== undefined
    ? settingError([lone], 'a run that is trained many times', 'one', 'it goes with --seeds or --folds')
    : single !== undefined
      ? settingError(
          [single],
          'a run that is trained once',
          'one with --seeds or --folds',
          '--record keeps their trials'
        )
      : undefined
}

const studyOf = (run: RunFile, { seeds, folds }: RepeatFlags): E.Either<SettingError | DecodeError, StudyFile> =>
  pipe(
    seeds === undefined ? foldsStudy(run, Number(folds)) : seedsStudy(run, Number(seeds)),
    E.chainFirstW(file => checkStudyFile(file))
  )

export const repeatCommand = (io: Io, path: string, flags: RepeatFlags): Promise<ExitCode> =>
  searchStudy(
    io,
    path,
    { ...flags, workers: flags.workers ?? defaultThreads, made: true },
    pipe(
      readRun(path, io.stdin),
      TE.chainEitherK(run => pipe(studyOf(run, flags), E.mapLeft(about(path))))
    )
  )
