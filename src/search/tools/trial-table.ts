/** The trials of a study as a table, for other programs. */
import * as E from 'fp-ts/lib/Either.js'
import type { Cell, ColumnTable } from '../../format/columns/columns.js'
import { columnsOf } from '../../report/tools/run-tables.js'
import { canonicalText } from '../../run/digest.js'
import { given, isObject, optionsOf, type Argument } from '../../value/argument.js'
import { settingError, type SettingError } from '../../value/error.js'
import type { SearchResult } from '../result.js'
import { builtInSpace, settingValues, type SpaceRegistry } from '../space.js'
import type { TrialOutcome } from '../trial.js'

/** a study with its trials, of an untyped caller */
export const resultArgument = (value: unknown): Argument => ({
  path: ['result'],
  value,
  expected: 'a study with its trials',
  is: u =>
    isObject(u) &&
    isObject(u['study']) &&
    isObject(u['study']['space']) &&
    isObject(u['study']['space']['dimensions']) &&
    isObject(u['study']['metric']) &&
    Array.isArray(u['rounds']) &&
    Array.isArray(u['trials']) &&
    u['trials'].every(t => isObject(t) && isObject(t['settings']) && isObject(t['outcome'])),
  hint: 'readStudyAt(path) reads one, and search makes one'
})

/** a value of a dimension where only plain values fit: other JSON as its text */
export const plainValue = (value: unknown): Cell =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : canonicalText(value)

/** the outcome without its tag: each number and text by its name */
const outcomeCells = (outcome: TrialOutcome): Readonly<Record<string, Cell>> => {
  if (outcome.tag !== 'scored') {
    const { tag: _, ...rest } = outcome
    return rest
  }
  const { value, epoch, step, reason, scores = {} } = outcome
  return {
    ...{ value, epoch, step, reason },
    ...Object.fromEntries(Object.entries(scores).map(([name, x]) => [`scores/${name}`, x]))
  }
}

/**
 * The trials of a study as a table with a row for each: its number, round, seed and outcome, and each setting in the column
 * `settings/` and its path. `origin` is the trial whose settings a trial continues, `epochs` the length of a short one.
 *
 * @example pipe(readStudyAt('studies/rate'), TE.chainEitherKW(trialTable), TE.chainEitherKW(encodeCsv))
 * @returns Left for anything but a study with its trials
 */
export const trialTable = (
  result: SearchResult,
  options: { readonly registry?: SpaceRegistry } = {}
): E.Either<SettingError, ColumnTable> =>
  given(settingError, [resultArgument(result)], () => {
    const { registry = builtInSpace } = optionsOf(options)
    const { study, trials } = result
    const settings = trials.map(t =>
      Object.fromEntries(
        Object.entries(settingValues(study.space, t.settings, registry)).map(([path, x]) => [
          `settings/${path}`,
          plainValue(x)
        ])
      )
    )
    const table: ColumnTable = {
      name: 'trials',
      columns: [
        { name: 'trial', kind: 'whole', values: trials.map(t => t.index) },
        { name: 'round', kind: 'whole', values: trials.map(t => t.round) },
        { name: 'origin', kind: 'whole', values: trials.map(t => t.origin) },
        { name: 'epochs', kind: 'whole', values: trials.map(t => t.epochs ?? null) },
        { name: 'seed', kind: 'whole', values: trials.map(t => t.seed) },
        ...columnsOf(settings),
        { name: 'outcome', kind: 'text', values: trials.map(t => t.outcome.tag) },
        ...columnsOf(trials.map(t => outcomeCells(t.outcome)))
      ]
    }
    return E.right(table)
  })
