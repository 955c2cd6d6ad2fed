/** One run many times as a study: with other seeds, or once for each fold of cross-validation. Every runner can run it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { runArgument } from '../run/arguments.js'
import { showRunFile, type RunFile } from '../run/run-file.js'
import { parseJson, refined } from '../value/codec.js'
import { registryArgument, wrongArgument } from '../value/argument.js'
import { failIf, settingError, type DecodeError, type SettingError } from '../value/error.js'
import { choice } from './dimension/index.js'
import { isJson, type Json } from './json.js'
import { studyMetric, type StudyMetric } from './metric.js'
import { zoom } from './narrow.js'
import { builtIn, type Registry } from './registry.js'
import { gridSearch } from './sampler/index.js'
import type { StudyFile } from './study-file.js'

type JsonRecord = { readonly [key: string]: Json }
/** more runs than this are a mistake in a number */
const maxRuns = 1000

const jsonOf = (run: RunFile, registry: Registry): E.Either<DecodeError, JsonRecord> =>
  parseJson(refined('a run file', (u): u is JsonRecord => isJson(u)))(showRunFile(run, registry))

/** the loss of the validation part, or of the training part where there is none; and every other number */
const metricOf = (run: JsonRecord): StudyMetric => ({
  ...studyMetric('loss', {
    part: run['validation'] === undefined ? 'train' : 'validation',
    epoch: run['keepBest'] === true ? 'best' : 'last'
  }),
  scores: 'all'
})

/** a study over all values of one dimension, in which the run says the seed of each trial */
const over = (name: string, values: readonly number[], run: JsonRecord): StudyFile => ({
  space: { [name]: choice(...values) },
  constraints: [],
  run,
  metric: metricOf(run),
  budget: values.length,
  seed: 0,
  sampler: gridSearch(values.length),
  zoom: zoom(1),
  trialSeed: 'run'
})
/** a split whose parts are the same for all seeds */
const fixed = (name: 'split' | 'validation', run: JsonRecord, seed: number): JsonRecord => {
  const settings = run[name]
  return settings === undefined ? {} : { [name]: { ...(settings as JsonRecord), seed: seedOf(settings) ?? seed } }
}
const seedOf = (settings: Json | undefined): number | undefined => {
  const seed = (settings as JsonRecord | undefined)?.['seed']
  return typeof seed === 'number' ? seed : undefined
}

const counted = (name: string, n: number, least: number): E.Either<SettingError, number> =>
  Number.isInteger(n) && n >= least && n <= maxRuns
    ? E.right(n)
    : E.left(settingError([name], `a whole number from ${least} to ${maxRuns}`, String(n)))

const lastSeed = 0xffffffff
const beyondLast = (seed: number, n: number): SettingError | undefined =>
  seed + n - 1 <= lastSeed
    ? undefined
    : settingError(
        ['seed'],
        `a seed of at most ${lastSeed - n + 1}, so that ${n} seeds follow one another up to ${lastSeed}`,
        String(seed),
        'give the run a smaller seed'
      )

/**
 * A study that trains a run with n seeds: its own, and those that follow it. The parts of the data stay as they are, so that the numbers
 * differ by initial weights, order of the examples and random draws alone. Each trial reports every score: see `summaries`.
 *
 * @param n from 2 to 1000
 * @example pipe(parseRunFile(text), E.chainW(run => seedsStudy(run, 20)), E.map(studyOf)) // a study for `search`
 * @returns Left for another number, and where the last seed would be above 4294967295
 */
export const seedsStudy = (
  run: RunFile,
  n: number,
  registry: Registry = builtIn
): E.Either<SettingError | DecodeError, StudyFile> =>
  pipe(
    failIf(wrongArgument(settingError, [runArgument(run), registryArgument(registry)])),
    E.chainW(() => counted('seeds', n, 2)),
    E.chainW(() => failIf(beyondLast(run.seed, n))),
    E.chainW(() => jsonOf(run, registry)),
    E.map(json => {
      const seeds = Array.from({ length: n }, (_, i) => run.seed + i)
      const parts = { ...fixed('split', json, run.seed), ...fixed('validation', json, run.seed) }
      return over('seed', seeds, { ...json, ...parts, seed: { $: 'seed' } })
    })
  )

/**
 * A study of k-fold cross-validation: trial i trains on all examples but those of fold i, and is scored on these as its validation part. A
 * run whose `validation` is stratified has folds with equal shares of the classes. All trials have the seed of the run.
 *
 * @param k the number of folds, from 2 to 1000
 * @returns Left for another number
 */
export const foldsStudy = (
  run: RunFile,
  k: number,
  registry: Registry = builtIn
): E.Either<SettingError | DecodeError, StudyFile> =>
  pipe(
    failIf(wrongArgument(settingError, [runArgument(run), registryArgument(registry)])),
    E.chainW(() => counted('folds', k, 2)),
    E.chainW(() => jsonOf(run, registry)),
    E.map(json => {
      const { validation } = run
      const stratified = validation?.tag === 'fold' ? validation.stratified : validation?.tag === 'stratified'
      const seed = validation?.seed ?? run.seed
      return over(
        'fold',
        Array.from({ length: k }, (_, i) => i),
        { ...json, validation: { tag: 'fold', folds: k, index: { $: 'fold' }, stratified, seed } }
      )
    })
  )
