/** How well a pipeline predicts rows whose targets are known: in the units of the data, with the names of the classes. */
import { tableArgument } from '../../data/table/arguments.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { dateOf } from '../../data/table/cells.js'
import { classNames } from '../../data/table/fitted.js'
import { columnOf, targetsOf, type TableSchema } from '../../data/table/schema.js'
import { rowError, type ReadTable, type DataTable } from '../../data/table/table.js'
import { areaUnderRoc } from '../../train/metric/roc.js'
import { given } from '../../value/argument.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { tablePredictor, type AnyPrediction, type PredictError, type PredictRowsOptions } from './predict.js'
import { pipelineArgument, type Pipeline } from './value.js'

/** of a target of numbers, in its units; of dates in days */
export interface NumberScores {
  /** sqrt(mean (y - t)^2) */
  readonly rmse: number
  /** mean |y - t| */
  readonly mae: number
  /** 1 - sum (y - t)^2 / sum (t - mean t)^2; NaN where all targets are equal */
  readonly r2: number
}
/** of a target of classes */
export interface ClassScores {
  /** the names of the classes, in the order of the rows and columns of `confusion` */
  readonly classes: readonly string[]
  readonly accuracy: number
  /** counts: a row for each true class, a column for each predicted one */
  readonly confusion: readonly (readonly number[])[]
  /** of truth values, where both occur */
  readonly rocAuc?: number
}
/** scores of each target, by its name */
export interface PipelineScores {
  readonly rows: number
  readonly targets: Readonly<Record<string, NumberScores | ClassScores>>
}

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

const numberScores = (ys: readonly number[], ts: readonly number[]): NumberScores => {
  const errors = ys.map((y, i) => y - (ts[i] as number))
  const centre = mean(ts)
  const squares = errors.reduce((s, e) => s + e * e, 0)
  const spread = ts.reduce((s, t) => s + (t - centre) * (t - centre), 0)
  return {
    rmse: Math.sqrt(squares / ys.length),
    mae: mean(errors.map(Math.abs)),
    r2: spread === 0 ? NaN : 1 - squares / spread
  }
}

const classScores = (
  classes: readonly string[],
  predicted: readonly string[],
  actual: readonly string[],
  yes: readonly number[] | undefined
): ClassScores => {
  const places = new Map(classes.map((name, i) => [name, i]))
  const pairs = actual.map((t, i) => [places.get(t) ?? -1, places.get(predicted[i] ?? '') ?? -1] as const)
  // each row is looked at once: a column may have very many classes
  const rows = RNEA.groupBy<(typeof pairs)[number]>(([t]) => String(t))(pairs)
  const confusion = classes.map((_, t) => {
    const row = RNEA.groupBy<(typeof pairs)[number]>(([, y]) => String(y))(rows[t] ?? [])
    return classes.map((_, y) => row[y]?.length ?? 0)
  })
  const area =
    yes === undefined
      ? undefined
      : areaUnderRoc(
          yes,
          actual.map(t => (t === 'true' ? 1 : 0))
        )
  return {
    classes,
    accuracy: pairs.filter(([a, b]) => a === b).length / pairs.length,
    confusion,
    ...(area !== undefined && E.isRight(area) ? { rocAuc: area.right } : {})
  }
}

/** a target of the rows that are predicted, and what was predicted */
const targetScores = (
  p: Pipeline,
  table: DataTable,
  name: string,
  predictions: readonly AnyPrediction[]
): NumberScores | ClassScores => {
  const { kind } = columnOf(p.fitted.schema, name)
  const all = Array.from<number | string | undefined>(table.columns[name] as readonly (string | undefined)[])
  const values = predictions.map(row => row.values[name])
  const classes = classNames(p.fitted, name)
  if (classes === undefined)
    return numberScores(
      values.map(v => (kind === 'date' ? dateOf(v as string, 'iso') : (v as number))),
      all as readonly number[]
    )
  const actual = all.map(v => (kind === 'boolean' ? String(v === 1) : (v as string)))
  const yes = kind === 'boolean' ? predictions.map(row => row.probabilities[name]?.['true'] ?? NaN) : undefined
  return classScores(classes, values.map(String), actual, yes)
}

/** the first row whose target is missing, or is no class that the pipeline knows */
const wrongTarget = (p: Pipeline, { table }: ReadTable): DecodeError | undefined =>
  targetsOf(p.fitted.schema)
    .map(name => {
      const classes = columnOf(p.fitted.schema, name).kind === 'category' ? classNames(p.fitted, name) : undefined
      const all = Array.from<number | string | undefined>(table.columns[name] as readonly (string | undefined)[])
      const row = all.findIndex(
        v => v === undefined || Number.isNaN(v) || (classes !== undefined && !classes.includes(v as string))
      )
      return row < 0
        ? undefined
        : rowError(
            table,
            row,
            name,
            classes === undefined ? 'a value of the target' : `one of ${classes.join(', ')}`,
            all[row] === undefined || Number.isNaN(all[row]) ? 'a missing value' : JSON.stringify(all[row]),
            'leave such rows out'
          )
    })
    .find(e => e !== undefined)

/** scores over rows that have been read */
export const tableScores = (
  p: Pipeline,
  read: ReadTable,
  options: PredictRowsOptions = {}
): E.Either<PredictError, PipelineScores> => {
  const wrong = wrongTarget(p, read)
  return wrong !== undefined
    ? E.left(wrong)
    : pipe(
        tablePredictor(p, options)(read),
        E.chainW(E.sequenceArray),
        E.map(predictions => ({
          rows: read.table.rows,
          targets: Object.fromEntries(
            targetsOf(p.fitted.schema).map(name => [name, targetScores(p, read.table, name, predictions)])
          )
        }))
      )
}

/**
 * Scores of a pipeline over a table whose targets are known: rmse, mae and r2 in the units of the data; accuracy and confusion of classes
 * by name.
 *
 * @example evaluatePipeline(pipeline)(test) // Right({ rows: 40, targets: { price: { rmse: 18250, mae: 12100, r2: 0.91 } } })
 * @returns Left for a row that cannot be predicted, or whose target is missing or no known class
 */
export const evaluatePipeline =
  <S extends TableSchema>(pipeline: Pipeline<S>, options: PredictRowsOptions = {}) =>
  (table: DataTable<S>): E.Either<PredictError, PipelineScores> =>
    given(decodeError, [pipelineArgument(pipeline), tableArgument(table)], () =>
      tableScores(pipeline, { table, bad: new Map() }, options)
    )
