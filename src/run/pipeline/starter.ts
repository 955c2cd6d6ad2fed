/** A run file to begin with, for a table: a schema proposed from its text, and a small model that suits its target. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { fitTable } from '../../data/table/fit.js'
import { inferSchema, type InferOptions } from '../../data/table/infer.js'
import { columnOf, targetsOf } from '../../data/table/schema.js'
import { decodeTable } from '../../data/table/table.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import { parseRunFile, type RunFile } from '../run-file.js'

/**
 * A run file for a CSV text: 64 % of the rows for training, 16 % for validation, 20 % for a test; a model with one hidden layer, adam,
 * early stopping, and the best epoch kept. To be read, and changed, before it is used.
 *
 * @param path of the file with this text, as the run file names it
 * @example starterRun('houses.csv', text, { target: 'price' }) // Right(run)
 * @returns Left as `inferSchema`, and for a table of which nothing can be fitted
 */
export const starterRun = (path: string, text: string, options: InferOptions = {}): E.Either<DecodeError, RunFile> =>
  pipe(
    inferSchema(text, options),
    E.bindTo('schema'),
    E.bind('table', ({ schema }) => decodeTable(text, schema)),
    E.bind('fitted', ({ table }) => fitTable(table)),
    E.chain(({ schema, table, fitted }) => {
      const targets = targetsOf(schema)
      const kinds = targets.map(name => columnOf(schema, name).kind)
      const classes = kinds[0] === 'category' ? (fitted.columns[targets[0] ?? '']?.categories?.length ?? 2) : undefined
      if (classes !== undefined && classes < 2)
        return E.left(
          decodeError(
            ['schema', 'target', targets[0] ?? ''],
            'two categories or more to tell apart',
            'the same in all rows'
          )
        )
      const isTruth = kinds.every(kind => kind === 'boolean')
      const loss = classes !== undefined ? 'softmaxCrossEntropy' : isTruth ? 'sigmoidCrossEntropy' : 'meanSquaredError'
      const units = classes ?? targets.length
      const tag = classes === undefined ? 'random' : 'stratified'
      return parseRunFile(
        JSON.stringify({
          data: { tag: 'csv', train: path, schema },
          split: { tag, fraction: 0.8 },
          validation: { tag, fraction: 0.8 },
          model: { input: [fitted.width], layers: [{ tag: 'dense', units: 32 }, 'relu', { tag: 'dense', units }] },
          loss,
          optimizer: { tag: 'adam', rate: 0.01 },
          batchSize: Math.max(1, Math.min(32, Math.floor(table.rows * 0.5))),
          stop: {
            tag: 'anyOf',
            rules: [
              { tag: 'epochs', count: 200 },
              { tag: 'earlyStopping', patience: 20 }
            ]
          },
          metrics: classes !== undefined || isTruth ? ['accuracy'] : ['rmse', 'r2'],
          keepBest: true,
          seed: 1
        })
      )
    })
  )
