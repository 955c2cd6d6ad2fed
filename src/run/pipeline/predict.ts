/** Predictions of a pipeline for new rows: each row by itself, so that a bad one does not spoil the others. */
import { objectArgument, wrongArgument } from '../../value/argument.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend } from '../../backend/backend.js'
import { wasm } from '../../backend/wasm/wasm.js'
import { dataset } from '../../data/dataset.js'
import { applyScaling } from '../../data/normalise.js'
import { encodeRows } from '../../data/table/encode.js'
import { idsOf, type TableSchema } from '../../data/table/schema.js'
import type { AnyRow, InputRow, Probabilities, TargetValues } from '../../data/table/rows.js'
import { readTableRecords, type ReadTable } from '../../data/table/table.js'
import { predict, type Predictor } from '../../infer/predict.js'
import { builtInTraining, type TrainingRegistry } from '../../train/registry.js'
import { decodeError, type BackendError, type DataError, type DecodeError, type ShapeError } from '../../value/error.js'
import { numbersOf, tensorView, type Tensor } from '../../value/tensor.js'
import { outputReader, type Meaning } from './outputs.js'
import { pipelineArgument, type Pipeline } from './value.js'

export interface PredictRowsOptions {
  /** what computes; default wasm */
  readonly backend?: Backend
  /** where the members of the model and the loss are looked up */
  readonly registry?: TrainingRegistry
}
/** what a pipeline says of a row */
export interface Prediction<S extends TableSchema = TableSchema> {
  /** the targets, in the units of the data; classes by name, dates as text */
  readonly values: TargetValues<S>
  /** of targets that are categories or truth values: how probable each class is, by name */
  readonly probabilities: Probabilities<S>
  /** the ids of the row, where its schema has some and the row too */
  readonly ids: Readonly<Record<string, string>>
}
export type PredictError = ShapeError | BackendError | DecodeError | DataError

/** for a schema that the compiler does not know */
export interface AnyPrediction extends Meaning {
  readonly ids: Readonly<Record<string, string>>
}

/** rows that are computed together: a program is compiled for this number, and one for the rest */
const together = 1024

const inChunks = (x: Tensor, n: number, width: number): readonly Tensor[] => {
  const all = numbersOf(x)
  return Array.from({ length: Math.ceil(n / together) }, (_, i) => {
    const rows = Math.min(together, n - i * together)
    const from = i * together * width
    return tensorView('f32', [rows, width], all.subarray(from, from + rows * width) as Float32Array)
  })
}

/** inputs scaled as the run's dataset was */
const scaledInputs = ({ scalings: { inputs } }: Pipeline, x: Tensor, n: number): E.Either<DataError, Tensor> =>
  inputs === undefined
    ? E.right(x)
    : pipe(
        dataset({ x, y: tensorView('f32', [n, 1], new Float32Array(n)) }),
        E.chain(applyScaling(inputs)),
        E.map(d => d.x.tensor)
      )

/** what a pipeline says of rows that have been read; compiled once for all calls */
export const tablePredictor = (
  p: Pipeline,
  { backend = wasm, registry = builtInTraining }: PredictRowsOptions = {}
): ((read: ReadTable) => E.Either<PredictError, readonly E.Either<DecodeError, AnyPrediction>[]>) => {
  const outputs: Predictor = predict(p.model, p.params, { backend, registry, layers: p.layers })
  const { width } = p.fitted
  return read => {
    const meaning = outputReader(p, registry)
    const ids = idsOf(p.fitted.schema)
    return pipe(
      encodeRows(p.fitted, read),
      E.bindTo('encoded'),
      E.bindW('y', ({ encoded: { x, rows } }) =>
        rows.length === 0
          ? E.right([])
          : pipe(
              scaledInputs(p, x, rows.length),
              E.chainW(scaled =>
                E.traverseArray((chunk: Tensor) => outputs(chunk))(inChunks(scaled, rows.length, width))
              ),
              E.map(chunks => chunks.flatMap(chunk => Array.from(numbersOf(chunk as Tensor))))
            )
      ),
      E.map(({ encoded: { rows, bad }, y }) => {
        const each = rows.length === 0 ? 0 : y.length / rows.length
        const places = new Map(rows.map((row, i) => [row, i]))
        return Array.from({ length: read.table.rows }, (_, row): E.Either<DecodeError, AnyPrediction> => {
          const wrong = bad.get(row)
          if (wrong !== undefined) return E.left(wrong)
          const at = (places.get(row) ?? 0) * each
          const known = ids.flatMap(name => {
            const id = read.table.columns[name]?.[row]
            return typeof id === 'string' ? [[name, id] as const] : []
          })
          return E.right({ ...meaning(y.slice(at, at + each)), ids: Object.fromEntries(known) })
        })
      })
    )
  }
}

/**
 * What a pipeline predicts for new rows: an Either for each, in the order of the rows. The rows are typed by the schema, without its
 * targets. A row is Left, naming row, column and what to do, for an unknown category, a missing value where gaps are refused, or a field
 * that is not what its column says.
 *
 * @example
 * pipe(predictRows(pipeline)([{ area: 71.5, town: 'Bonn' }]), E.map(rows => rows.map(E.map(row => row.values.price))))
 * // Right([Right(309480.2)]), in the units of the data
 * @returns Left for no rows, and for a backend that cannot run here
 */
export const predictRows = <S extends TableSchema>(
  pipeline: Pipeline<S>,
  options: PredictRowsOptions = {}
): ((rows: readonly InputRow<S>[]) => E.Either<PredictError, readonly E.Either<DecodeError, Prediction<S>>[]>) => {
  const wrong = wrongArgument(decodeError, [pipelineArgument(pipeline), objectArgument('options', options)])
  if (wrong !== undefined) return () => E.left(wrong)
  const predictTable = tablePredictor(pipeline, options)
  return rows =>
    pipe(
      readTableRecords(rows as readonly AnyRow[], pipeline.fitted.schema, { targets: false, keepBad: true }),
      E.chainW(predictTable),
      // the schema says the same of the values at run time
      E.map(all => all as unknown as readonly E.Either<DecodeError, Prediction<S>>[])
    )
}
