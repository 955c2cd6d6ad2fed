/** Pipelines in files. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readText, type LoadError } from '../../data/files.js'
import type { TableSchema } from '../../data/table/schema.js'
import { decodeTable, type DataTable } from '../../data/table/table.js'
import { safetensorsLimits } from '../../format/safetensors.js'
import { optionsOf } from '../../value/argument.js'
import { sameData } from '../../value/equal.js'
import {
  decodeError,
  inside,
  type DecodeError,
  type FileError,
  type SettingError,
  type ShapeError
} from '../../value/error.js'
import { placeOf } from '../folder.js'
import { readWhole, replaceFile } from '../replace.js'
import { decodePipeline, encodePipeline, type PipelineOptions } from './codec.js'
import type { Pipeline } from './value.js'

/**
 * Saves a pipeline to a file, in place of one that may be there: it holds the old content or the new, never half of it.
 *
 * @example pipe(trained, E.map(({ pipeline }) => pipeline), TE.fromEither, TE.chainW(savePipeline('houses.gradfold')))
 */
export const savePipeline =
  (path: string, options: PipelineOptions = {}) =>
  (pipeline: Pipeline): TE.TaskEither<FileError | ShapeError, void> =>
    pipe(
      TE.fromEither(encodePipeline(pipeline, options)),
      TE.bindTo('bytes'),
      TE.bindW('place', () => placeOf(path)),
      TE.chainFirstW(({ place: [folder] }) => folder.make),
      TE.chainW(({ bytes, place: [folder, name] }) => replaceFile(folder)(name, [bytes]))
    )

/** the schema that a program declares, for types: that of the file must be the same */
export interface WithSchema<S extends TableSchema> extends PipelineOptions {
  readonly schema?: S
}

/**
 * Loads a pipeline from a file; see `decodePipeline`. The compiler does not know the schema in the file: with the schema that the program
 * declares, rows and predictions are typed by it.
 *
 * @example pipe(loadPipeline('houses.gradfold', { schema }), TE.chainEitherKW(p => predictRows(p)([{ area: 71.5, town: 'Bonn' }])))
 * @returns Left for a file that cannot be read or holds no pipeline, and for one with another schema
 */
export const loadPipeline = <S extends TableSchema = TableSchema>(
  path: string,
  given: WithSchema<S> = {}
): TE.TaskEither<FileError | DecodeError | SettingError | ShapeError, Pipeline<S>> => {
  const { schema, ...options } = optionsOf(given)
  return pipe(
    placeOf(path),
    TE.chain(([folder, name]) => readWhole(folder, name, (options.limits ?? safetensorsLimits).bytes)),
    TE.chainEitherKW(bytes => pipe(decodePipeline(options)(bytes), E.mapLeft(inside(path)))),
    TE.filterOrElseW(
      (p): p is Pipeline<S> => schema === undefined || sameData(p.fitted.schema, schema),
      () => decodeError([path, 'schema'], 'the schema of the program', 'another', 'train the pipeline again')
    )
  )
}

/**
 * A table from a CSV file in UTF-8, plain or packed with gzip; see `decodeTable`.
 *
 * @example readTable('houses.csv', schema)
 */
export const readTable = <const S extends TableSchema>(
  path: string,
  schema: S
): TE.TaskEither<LoadError, DataTable<S>> =>
  pipe(
    readText(path),
    TE.chainEitherKW(text => pipe(decodeTable(text, schema), E.mapLeft(inside(path))))
  )
