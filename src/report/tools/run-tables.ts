/** The steps and epochs of a recorded run as tables, for other programs. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { columnOf, type Cell, type ColumnTable } from '../../format/columns/columns.js'
import type { EpochLink } from '../../run/record/epochs.js'
import type { Recorded } from '../../run/record/folder.js'
import { decodeRows } from '../../run/record/rows.js'
import { builtInRun, type RunRegistry } from '../../run/registry.js'
import { trainingOf } from '../../run/run-file.js'
import type { MetricValue } from '../../train/metric/metric.js'
import type { Scores } from '../../train/progress.js'
import { checkTraining, type ValidTraining } from '../../train/training.js'
import { isObject, optionsOf, wrongArgument, type Argument } from '../../value/argument.js'
import { settingError, type SettingError, type ShapeError } from '../../value/error.js'
import type { History, Series } from '../history.js'
import { recordedHistory } from '../recorded-history.js'

/** a record, of an untyped caller */
export const recordedArgument = (value: unknown): Argument => ({
  path: ['recorded'],
  value,
  expected: 'a record',
  is: u => isObject(u) && isObject(u['run']) && Array.isArray(u['links']) && typeof u['id'] === 'string',
  hint: 'readRecord(path) reads one'
})

/** a recorded run with its training and history */
export interface ReadRun {
  readonly valid: ValidTraining
  readonly history: History
}
export const readRun = (
  recorded: Recorded,
  registry: RunRegistry = builtInRun
): E.Either<SettingError | ShapeError, ReadRun> => {
  const wrong = wrongArgument(settingError, [recordedArgument(recorded)])
  return wrong === undefined
    ? pipe(
        checkTraining(trainingOf(recorded.run), registry),
        E.map(valid => ({ valid, history: recordedHistory(recorded, valid) }))
      )
    : E.left(wrong)
}

/** each number of a metric by its name; those of lists by their places, `recall/0` */
const numbersIn = (name: string, value: MetricValue): readonly (readonly [string, number])[] =>
  typeof value === 'number' ? [[name, value]] : value.flatMap((v, i) => numbersIn(`${name}/${i}`, v))
/** all numbers of some scores, by name */
export const scoreNumbers = ({ loss, metrics }: Scores): Readonly<Record<string, number>> =>
  Object.fromEntries([
    ['loss', loss],
    ...Object.entries(metrics).flatMap(([name, value]) => numbersIn(`metrics/${name}`, value))
  ])

const named = (prefix: string, numbers: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(numbers).map(([name, x]) => [`${prefix}${name}`, x]))
/** all numbers of an epoch, by name */
export const epochNumbers = (e: Pick<EpochLink, 'loss' | 'metrics' | 'settings' | 'validation'>) => ({
  ...scoreNumbers(e),
  ...(e.validation === undefined ? {} : named('validation/', scoreNumbers(e.validation))),
  ...named('settings/', e.settings)
})

/** a column for each name that occurs in the rows */
export const columnsOf = (rows: readonly Readonly<Record<string, Cell | undefined>>[]) =>
  [...new Set(rows.flatMap(row => Object.keys(row)))].map(name =>
    columnOf(
      name,
      rows.map(row => (Object.hasOwn(row, name) ? row[name] : undefined))
    )
  )

/** a series as a column of the steps' table */
const seriesColumn =
  (prefix: string, steps: readonly number[]) =>
  ({ name, points }: Series) => {
    const at = new Map(points)
    return columnOf(
      `${prefix}${name}`,
      steps.map(step => at.get(step))
    )
  }

/**
 * The steps and the epochs of a recorded run as two tables. The loss and the metrics of a step are those of its batch before the update;
 * those of an epoch are means over its examples. Settings of the steps are those that a schedule changes.
 *
 * @example pipe(readRecord('runs/iris'), TE.chainEitherKW(runTables)) // Right([steps, epochs])
 * @returns Left for anything but a record, and for one whose training is invalid
 */
export const runTables = (
  recorded: Recorded,
  options: { readonly registry?: RunRegistry } = {}
): E.Either<SettingError | ShapeError, readonly [steps: ColumnTable, epochs: ColumnTable]> =>
  pipe(
    readRun(recorded, optionsOf(options).registry),
    E.map(({ history }) => {
      const { steps, links } = recorded
      const rows = steps === undefined ? [] : [...decodeRows(steps.layout, steps.rows)]
      const numbers = rows.map(r => r.step)
      const epochs = links.map(epochNumbers)
      return [
        {
          name: 'steps',
          columns: [
            { name: 'step', kind: 'whole', values: numbers },
            { name: 'examples', kind: 'whole', values: rows.map(r => r.examples) },
            { name: 'weight', kind: 'number', values: rows.map(r => r.weight) },
            { name: 'loss', kind: 'number', values: rows.map(r => r.loss) },
            ...history.metrics.map(seriesColumn('metrics/', numbers)),
            ...history.settings.map(seriesColumn('settings/', numbers))
          ]
        },
        {
          name: 'epochs',
          columns: [
            { name: 'epoch', kind: 'whole', values: links.map(l => l.epoch) },
            { name: 'step', kind: 'whole', values: links.map(l => l.step) },
            ...columnsOf(epochs),
            { name: 'state', kind: 'text', values: links.map(l => l.state) }
          ]
        }
      ]
    })
  )
