/** All readers of data, by tag. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Codec } from '../value/codec.js'
import type { SettingError } from '../value/error.js'
import { checkMember, familyCodec, find, table, type Table } from '../value/family.js'
import type { Datasets, LoadError } from './files.js'
import { arraysReader } from './reader/arrays.js'
import { csvReader } from './reader/csv.js'
import { idxReader } from './reader/idx.js'
import { irisReader } from './reader/iris.js'
import { mnistReader } from './reader/mnist.js'
import { npyReader } from './reader/npy.js'
import type { Reader, Source } from './reader/reader.js'

/** the readers of data that gradfold comes with, by tag; add your own with `{ ...readers, mine }` */
export const readers: Table<Reader> = table<Reader>(
  mnistReader,
  irisReader,
  arraysReader,
  csvReader,
  idxReader,
  npyReader
)

/** JSON of any source of data */
export const sourceCodec: Codec<Source> = familyCodec<Source>('data source', readers)

/**
 * Loads what a source names.
 *
 * @example loadSource(mnist({ train: 1_000 }))() // a Promise of an Either
 * @param members a table with readers of your own
 * @returns Left for an unknown tag, settings out of range, and whatever the reader refuses
 */
export const loadSource = (
  source: { readonly tag: string },
  members: Table<Reader> = readers
): TE.TaskEither<LoadError | SettingError, Datasets> =>
  pipe(
    find('data source', members, source.tag),
    E.bindTo('reader'),
    E.chainFirst(() => checkMember('data source', members)(source)),
    TE.fromEither,
    TE.chainW(({ reader }) =>
      // the codec under this tag has just accepted the source
      reader.load(source as never)
    )
  )
