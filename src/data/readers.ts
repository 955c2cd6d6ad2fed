/** All readers of data, by tag. */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { codecsOf } from '../registry/codecs.js'
import type { Family } from '../registry/definition.js'
import { checkMember, lookup } from '../registry/lookup.js'
import type { Codec } from '../value/codec.js'
import { objectArgument, wrongArgument } from '../value/argument.js'
import { failIf, settingError, type SettingError } from '../value/error.js'
import type { LoadError, NamedDatasets } from './files.js'
import { arraysReader } from './reader/arrays.js'
import { arffReader } from './reader/arff.js'
import { csvReader } from './reader/csv.js'
import { idxReader } from './reader/idx.js'
import { irisReader } from './reader/iris.js'
import { libsvmReader } from './reader/libsvm.js'
import { mnistReader } from './reader/mnist.js'
import { npyReader } from './reader/npy.js'
import { npzReader } from './reader/npz.js'
import type { BuiltInSources, Reader, Source } from './reader/reader.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './reader/reader.js' {
  interface Sources {}
}

const table = {
  mnist: mnistReader,
  iris: irisReader,
  arrays: arraysReader,
  csv: csvReader,
  idx: idxReader,
  npy: npyReader,
  npz: npzReader,
  arff: arffReader,
  libsvm: libsvmReader
} satisfies { readonly [K in keyof BuiltInSources]: Reader<BuiltInSources[K]> }

/** the readers of data that gradfold comes with, by tag */
export const readers: Family<Reader> = Object.freeze<Family<Reader>>(table)

/** what sources of data are looked up in */
export interface SourceRegistry {
  /** where data come from, by tag */
  readonly readers: Family<Reader>
}
const builtInSources: SourceRegistry = Object.freeze({ readers })

/** JSON of any source of data */
export const sourceCodec: Codec<Source> = codecsOf(builtInSources).source

/**
 * Loads what a source names.
 *
 * @example loadSource(mnist({ train: 1_000 }))() // a Promise of an Either
 * @param registry where its reader is looked up
 * @returns Left for an unknown tag, settings out of range, and whatever the reader refuses
 */
export const loadSource = (
  source: { readonly tag: string },
  registry: SourceRegistry = builtInSources
): TE.TaskEither<LoadError | SettingError, NamedDatasets> =>
  pipe(
    failIf(wrongArgument(settingError, [objectArgument('data source', source)])),
    E.chain(() => lookup(registry.readers, source.tag, settingError, ['data source'])),
    E.bindTo('reader'),
    E.chainFirst(() => checkMember(registry, 'source')(source as Source)),
    TE.fromEither,
    TE.chainW(({ reader }) =>
      // the codec under this tag has just accepted the source
      reader.load(source as never)
    )
  )
