/** A study as the journal of Optuna, which Optuna itself and optuna-dashboard open. */
import * as E from 'fp-ts/lib/Either.js'
import { given, optionsOf, type Argument } from '../../value/argument.js'
import { sameData } from '../../value/equal.js'
import { settingError, type SettingError } from '../../value/error.js'
import type { Dimension } from '../dimension/dimension.js'
import type { SearchResult } from '../result.js'
import { builtInSpace, placed, settingValues, type BuiltLayer, type SpaceRegistry } from '../space.js'
import { isWhole, type Trial } from '../trial.js'
import { plainValue, resultArgument } from './trial-table.js'

/** what a line of the journal does, and the states of a trial: numbers of Optuna's source */
const operations = { createStudy: 0, userAttribute: 2, systemAttribute: 3, createTrial: 4 } as const
const states = { complete: 1, pruned: 2, fail: 3 } as const
const directions = { min: 1, max: 2 } as const
/** all times are this one, so that equal studies give equal bytes */
const time = '1970-01-01T00:00:00.000000+00:00'

/** a distribution, and the number that Optuna keeps for a value of it */
interface Distribution {
  readonly json: { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }
  readonly inner: (value: unknown) => number
}
type AnyRange = Dimension & { readonly lower: number; readonly upper: number }
const isRange = (d: Dimension): d is AnyRange => 'lower' in d && 'upper' in d

/** more choices than a study can have tried */
const mostChoices = 1_000_000
/** numbers are ranges, which may differ between trials; everything else is one list of choices for the whole study */
const distributionOf = (
  first: BuiltLayer,
  now: BuiltLayer | undefined,
  value: unknown,
  seen: () => readonly unknown[]
): Distribution => {
  const { kind } = first
  const d = now?.dimension ?? first.dimension
  if (kind.axis !== 'categories' && isRange(d) && typeof value === 'number') {
    const log = kind.axis === 'log'
    const whole = d.tag === 'integer' || d.tag === 'logInteger'
    const ends = { low: Math.min(d.lower, value), high: Math.max(d.upper, value) }
    return {
      json: whole
        ? { name: 'IntDistribution', attributes: { log, step: 1, ...ends } }
        : { name: 'FloatDistribution', attributes: { step: null, ...ends, log } },
      inner: Number
    }
  }
  const all = kind.axis === 'categories' ? kind.spread(first.dimension, mostChoices) : seen()
  return {
    json: { name: 'CategoricalDistribution', attributes: { choices: all.map(plainValue) } },
    inner: x => all.findIndex(c => sameData(c, x))
  }
}

/** short trials of a sampler that trains the better ones longer are what Optuna calls pruned: they are not compared with whole ones */
const outcomeFields = (t: Trial): Readonly<Record<string, unknown>> => {
  const { outcome: o } = t
  if (o.tag !== 'scored') return { state: states.fail, value: null, intermediate_values: {} }
  return {
    state: isWhole(t) ? states.complete : states.pruned,
    value: o.value,
    intermediate_values: { [String(o.epoch)]: o.value }
  }
}
/** what Optuna has no place for */
const attributes = (t: Trial): Readonly<Record<string, unknown>> => {
  const { index, round, origin, epochs, seed, outcome } = t
  const { tag, ...rest } = outcome
  return { index, round, origin, ...(epochs === undefined ? {} : { epochs }), seed, outcome: tag, ...rest }
}

const trialLine = ({ study, rounds, trials }: SearchResult, registry: SpaceRegistry) => {
  const values = trials.map(t => settingValues(study.space, t.settings, registry))
  const seen = (path: string): readonly unknown[] =>
    values.reduce<readonly unknown[]>(
      (all, v) => (!Object.hasOwn(v, path) || all.some(x => sameData(x, v[path])) ? all : [...all, v[path]]),
      []
    )
  const first = new Map(placed(study.space, registry).map(p => [p.path, p]))
  const inRound = rounds.map(r => new Map(placed(r.space, registry).map(p => [p.path, p])))
  return (t: Trial): Readonly<Record<string, unknown>> => {
    const rows = Object.entries(settingValues(study.space, t.settings, registry)).flatMap(([path, value]) => {
      const there = first.get(path)
      return there === undefined
        ? []
        : [{ path, value, distribution: distributionOf(there, inRound[t.round]?.get(path), value, () => seen(path)) }]
    })
    return {
      study_id: 0,
      datetime_start: time,
      ...outcomeFields(t),
      values: null,
      datetime_complete: time,
      distributions: Object.fromEntries(rows.map(r => [r.path, JSON.stringify(r.distribution.json)])),
      params: Object.fromEntries(rows.map(r => [r.path, r.distribution.inner(r.value)])),
      user_attrs: attributes(t),
      system_attrs: {}
    }
  }
}

export interface JournalOptions {
  /** the name of the study in Optuna */
  readonly name?: string
  readonly registry?: SpaceRegistry
}
const nameArgument = (value: unknown): Argument => ({
  path: ['name'],
  value,
  expected: 'a name that is not empty',
  is: u => typeof u === 'string' && u !== ''
})

/**
 * A study as the text of an Optuna journal, a line of JSON for each trial: `optuna-dashboard` opens the file, and
 * `optuna.load_study` with `JournalStorage(JournalFileBackend(path))`. Ranges become distributions of numbers, all other dimensions
 * choices. Short trials are pruned ones there, trials without a value failed ones. Seeds, rounds and scores are user attributes. All
 * times are 1970, so that equal studies give equal bytes.
 *
 * @example pipe(readStudyAt('studies/rate'), TE.chainEitherKW(result => optunaJournal(result, { name: 'rate' })))
 * @returns Left for anything but a study with its trials
 */
export const optunaJournal = (result: SearchResult, options: JournalOptions = {}): E.Either<SettingError, string> => {
  const { name = 'gradfold', registry = builtInSpace } = optionsOf(options)
  return given(settingError, [resultArgument(result), nameArgument(name)], () => {
    const { metric } = result.study
    const worker = { worker_id: 'gradfold' }
    const lines = [
      { op_code: operations.createStudy, ...worker, study_name: name, directions: [directions[metric.goal]] },
      // one attribute a line
      ...Object.entries({ metric: metric.name, seed: result.study.seed, budget: result.study.budget }).map(
        ([key, value]) => ({ op_code: operations.userAttribute, ...worker, user_attr: { [key]: value }, study_id: 0 })
      ),
      {
        op_code: operations.systemAttribute,
        ...worker,
        study_id: 0,
        system_attr: { 'study:metric_names': [metric.name] }
      },
      ...result.trials.map(trialLine(result, registry)).map(fields => ({
        op_code: operations.createTrial,
        ...worker,
        ...fields
      }))
    ]
    return E.right(lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  })
}
