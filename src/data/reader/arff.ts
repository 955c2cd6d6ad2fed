import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { optional } from '../../value/codec.js'
import { decodeError } from '../../value/error.js'
import { sameData } from '../../value/equal.js'
import { readArff, type LoadError } from '../files.js'
import { columnsCodec, scalingWord, targetCodec, words } from '../table/codec.js'
import type { ArffOptions } from '../table/arff.js'
import { rowNumbers } from '../table/split.js'
import { loadParts, path } from './parts.js'
import type { Reader } from './reader.js'

export interface ArffFiles extends ArffOptions {
  readonly train: string
  readonly test?: string | undefined
}
/** tables in the format of Weka; see `decodeArff` */
export interface ArffSource extends ArffFiles {
  readonly tag: 'arff'
}
declare module './reader.js' {
  interface BuiltInSources {
    arff: ArffSource
  }
}

/**
 * ARFF files, plain or packed with gzip, as the source of a run or study; see `decodeArff`. What the columns leave to fit is fitted on the
 * training part.
 *
 * @example arff({ train: 'vote.arff', target: 'Class', columns: { 'handicapped-infants': { type: 'category', missing: 'mostFrequent' } } })
 */
export const arff = (files: ArffFiles): ArffSource => ({ tag: 'arff', ...files })

export const arffReader: Reader<ArffSource> = {
  tag: 'arff',
  fields: () => ({
    train: path,
    test: optional(path),
    target: targetCodec,
    columns: optional(columnsCodec),
    order: optional(words),
    scaling: optional(scalingWord)
  }),
  load: ({ tag: _, train, test, ...options }) =>
    pipe(
      loadParts((file: string) => readArff(file, options))(train, test),
      TE.filterOrElseW(
        parts => parts.test === undefined || sameData(parts.train.schema, parts.test.schema),
        (): LoadError => decodeError(['test'], 'the attributes of the training file', 'others')
      ),
      TE.map(tables => ({
        train: rowNumbers(tables.train),
        ...(tables.test === undefined ? {} : { test: rowNumbers(tables.test) }),
        named: { tag: 'tables', ...tables }
      }))
    ),
  samples: [
    arff({ train: 'vote.arff', target: 'Class' }),
    arff({
      train: 'a.arff.gz',
      test: 'b.arff',
      target: ['y', 'z'],
      columns: { age: { type: 'number', missing: 'median' }, id: 'ignore' },
      scaling: 'standardise'
    })
  ]
}
