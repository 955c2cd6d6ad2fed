/** A study is a value: the settings that vary, the run that they make, the metric, and the budget. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ModelData } from '../layer/model.js'
import { bits32, childKey, foldIn, leafKey, rootKey, type Key } from '../random/index.js'
import { checkMember } from '../registry/lookup.js'
import { checkRunFile, contract, trainingOf, type RunFile } from '../run/run-file.js'
import { anyOf, epochs } from '../train/stop/index.js'
import { checkTraining } from '../train/training.js'
import { given, optionsOf } from '../value/argument.js'
import { decodeError, inside, settingError, type DecodeError, type SettingError } from '../value/error.js'
import { defined } from '../value/defined.js'
import { isSize } from '../value/shape.js'
import { errorText } from '../value/text.js'
import { jobArgument, studyArgument } from './arguments.js'
import { checkMetric, validationLoss, type StudyMetric } from './metric.js'
import { zoom, type Zoom } from './narrow.js'
import { builtIn, type Registry } from './registry.js'
import { randomSearch, samplerInterpreter, type Sampler } from './sampler/index.js'
import {
  draw,
  checkSpace,
  meets,
  placed,
  settingsAt,
  type Settings,
  type SettingsOf,
  type Space,
  type SpaceRegistry
} from './space.js'
import type { Job } from './trial.js'

/** the run of a study; fields with a default may be left out, as in a run file */
export type RunOptions = Pick<RunFile<ModelData>, 'data' | 'model' | 'loss' | 'optimizer' | 'stop'> &
  Partial<RunFile<ModelData>>

export interface Study<S extends Space = Space> {
  readonly space: S
  /**
   * the run of a trial. Its seed decides the parts of its data alone; the trial's seed decides everything else that is
   * random.
   */
  readonly run: (settings: SettingsOf<S>) => E.Either<DecodeError, RunFile<ModelData>>
  readonly metric: StudyMetric
  /**
   * number of settings to try, in all rounds together; a sampler that trains some of them longer (halving) makes more
   * trials of these
   */
  readonly budget: number
  readonly seed: number
  readonly sampler: Sampler
  readonly zoom: Zoom
  /** seconds after which a trial is abandoned (default: no limit) */
  readonly timeout?: number | undefined
  /** `run`: a trial has the seed that its run says; default: one of its own, by the study's seed and the trial's number */
  readonly trialSeed?: 'run' | undefined
}
export interface StudyOptions<S extends Space>
  extends
    Pick<Study, 'budget'>,
    Partial<Pick<Study, 'metric' | 'seed' | 'sampler' | 'zoom' | 'timeout' | 'trialSeed'>> {
  readonly space: S
  readonly run: (settings: SettingsOf<S>) => RunOptions
}

const runFile = (run: RunOptions): RunFile<ModelData> =>
  Object.freeze({ gradfold: contract, batchSize: 32, metrics: [], seed: 0, precision: 'f32', ...run })

/**
 * A study with defaults: the validation loss, seed 0, random settings, one round. Checks nothing; `search` checks it.
 *
 * @example
 * study({
 *   space: space({ rate: logUniform(1e-4, 1), units: choice(8, 16, 32) }),
 *   run: ({ rate, units }) => ({
 *     data: iris(), validation: { tag: 'stratified', fraction: 0.8 }, loss: softmaxCrossEntropy, optimizer: adam(rate),
 *     stop: epochs(20),
 *     // `modelData`, because the compiler does not know these sizes
 *     model: modelData(input(4), dense(units), relu, dense(3))
 *   }),
 *   budget: 30
 * })
 */
export const study = <const S extends Space>(options: StudyOptions<S>): Study<S> =>
  Object.freeze({
    metric: validationLoss,
    seed: 0,
    sampler: randomSearch,
    zoom: zoom(1),
    ...defined(options),
    run: (settings: SettingsOf<S>) =>
      E.tryCatch(
        () => runFile(options.run(settings)),
        e => decodeError(['$'], 'a run for these settings', errorText(e))
      )
  })

// ---- keys and seeds: functions of the study's seed and an index

const searchKey = (seed: number): Key => childKey(rootKey(seed), 'search')
const trialKey = (seed: number, index: number): Key => foldIn(childKey(searchKey(seed), 'trial'), index)
export const settingsKey = (seed: number, index: number): Key => childKey(trialKey(seed, index), 'settings')
export const roundKey = (seed: number, round: number): Key => foldIn(childKey(searchKey(seed), 'round'), round)
/** the seed of the initial weights, the data order and every random draw of a trial */
export const trialSeed = (seed: number, index: number): number =>
  bits32(leafKey(trialKey(seed, index), 'seed'), 1)[0] as number

// ---- rounds and runs

/** number of settings that a round may try: an equal share of the budget */
export const roundBudget = ({ budget, zoom: { rounds } }: Study, round: number): number =>
  Math.floor(((round + 1) * budget) / rounds) - Math.floor((round * budget) / rounds)

/**
 * The run of a trial: trained alone, it gives the trial's numbers. Its data are split by the seed of the study's run,
 * so that all trials are compared on the same examples.
 */
export const runOf = <S extends Space>(s: Study<S>, job: Job): E.Either<DecodeError, RunFile<ModelData>> =>
  pipe(
    given(decodeError, [studyArgument(s), jobArgument(job)], () => s.run(job.settings as SettingsOf<S>)),
    E.map(run => ({
      ...run,
      ...(run.split === undefined ? {} : { split: { ...run.split, seed: run.split.seed ?? run.seed } }),
      ...(run.validation === undefined
        ? {}
        : { validation: { ...run.validation, seed: run.validation.seed ?? run.seed } }),
      seed: job.seed,
      stop: job.epochs === undefined ? run.stop : anyOf(run.stop, epochs(job.epochs))
    }))
  )

// ---- checks of a study

/** settings that show the variety of runs: the middle of the space, its ends, and each variant and category once */
const probes = <S extends Space>(s: S, registry: SpaceRegistry): readonly SettingsOf<S>[] => {
  const last = 1 - 2.3283064365386963e-10
  const categories = placed(s, registry).flatMap(({ path, kind, dimension, under }) =>
    kind.axis !== 'categories'
      ? []
      : kind.spread(dimension, 100).map(value => ({
          path,
          place: kind.place(dimension, value),
          under
        }))
  )
  const placeOf = (path: string, name: string): number => {
    const at = placed(s, registry).find(p => p.path === path)
    return at === undefined ? 0.5 : at.kind.place(at.dimension, name)
  }
  const points: readonly ((path: string) => number)[] = [
    () => 0.5,
    () => 0,
    () => last,
    ...categories.map(({ path, place, under }) => (at: string) => {
      const above = under.find(([p]) => p === at)
      return at === path ? place : above === undefined ? 0.5 : placeOf(above[0], above[1])
    })
  ]
  return points
    .map(point => settingsAt(s, point, registry))
    .filter(settings => meets(s, settings as Settings, registry))
}
/** the probes that meet the constraints, or random settings if none does */
const probed = <S extends Space>(
  s: Study<S>,
  registry: SpaceRegistry
): E.Either<SettingError, readonly SettingsOf<S>[]> => {
  const all = probes(s.space, registry)
  return all.length > 0
    ? E.right(all)
    : pipe(
        draw(s.space, settingsKey(s.seed, 0), registry),
        E.map(settings => [settings])
      )
}

const inRun = ({ path, expected, got, hint }: DecodeError): DecodeError =>
  decodeError(['run', ...path.slice(1)], expected, got, hint)

const positive = (name: string, value: number): SettingError | undefined =>
  isSize(value) ? undefined : settingError([name], 'a positive whole number', String(value))
const checkZoom = ({ rounds, keep, margin, minWidth }: Zoom): SettingError | undefined =>
  positive('rounds', rounds) ??
  positive('keep', keep) ??
  (margin >= 0 && margin <= 0.5 ? undefined : settingError(['margin'], 'a number from 0 to 0.5', String(margin))) ??
  (minWidth >= 0 && minWidth <= 1 ? undefined : settingError(['minWidth'], 'a number from 0 to 1', String(minWidth)))

const mostTrials = 1_000_000
const checkNumbers = (s: Study): SettingError | undefined => {
  const zooms = checkZoom(s.zoom)
  const minimum = roundBudget(s, 0)
  return (
    positive('budget', s.budget) ??
    (s.budget <= mostTrials ? undefined : settingError(['budget'], `at most ${mostTrials} trials`, String(s.budget))) ??
    (zooms === undefined ? undefined : inside('zoom')(zooms)) ??
    (minimum > 0
      ? undefined
      : settingError(['budget'], `at least ${s.zoom.rounds}, a trial for each round`, String(s.budget))) ??
    (Number.isInteger(s.seed) && s.seed >= 0 && s.seed <= 0xffffffff
      ? undefined
      : settingError(['seed'], 'a whole number from 0 to 4294967295', String(s.seed))) ??
    (s.timeout === undefined || s.timeout > 0
      ? undefined
      : settingError(['timeout'], 'a number of seconds above 0', String(s.timeout)))
  )
}

/**
 * Whether a study can be run, however it was made.
 *
 * @returns Left for an invalid space, an empty budget, a metric that the run does not have, or a run that is invalid in
 * the middle, at an end or in a variant of the space
 */
export const checkStudy = <S extends Space>(
  s: Study<S>,
  registry: Registry = builtIn
): E.Either<SettingError | DecodeError, Study<S>> => {
  const left = (e: SettingError | undefined): E.Either<SettingError, unknown> =>
    e === undefined ? E.right(undefined) : E.left(e)
  return pipe(
    checkSpace(optionsOf(s).space as S, registry),
    E.chain(() => left(checkNumbers(s as unknown as Study))),
    E.chain(() => checkMember(registry, 'sampler')(s.sampler)),
    E.chain(() => {
      const wrong = samplerInterpreter(registry.samplers).check(s.sampler, s.space, roundBudget(s, 0), registry)
      return left(wrong === undefined ? undefined : inside('sampler')(wrong))
    }),
    E.chainW(() => probed(s, registry)),
    E.chainW(
      E.traverseArray((settings: SettingsOf<S>) =>
        pipe(
          s.run(settings),
          E.mapLeft(inRun),
          E.chainW(run => pipe(checkRunFile(run, registry), E.mapLeft(inRun))),
          E.chainW(run =>
            pipe(
              checkTraining(trainingOf(run), registry),
              E.mapLeft(e => settingError(['run', ...e.path], e.expected, e.got, e.hint)),
              E.chain(checked => left(checkMetric(s.metric, checked, run.validation !== undefined)))
            )
          )
        )
      )
    ),
    E.map(() => s)
  )
}
