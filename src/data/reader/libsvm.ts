import * as t from 'io-ts'
import { finite, list, optional, refined, size, withDefault, type Codec } from '../../value/codec.js'
import { readLibsvm } from '../files.js'
import type { LibsvmOptions } from '../libsvm.js'
import { loadParts, path } from './parts.js'
import type { Reader } from './reader.js'

export interface LibsvmFiles extends LibsvmOptions {
  readonly train: string
  readonly test?: string | undefined
}
/** sparse rows in files; see `decodeLibsvm` */
export interface LibsvmSource extends LibsvmFiles {
  readonly tag: 'libsvm'
}
declare module './reader.js' {
  interface BuiltInSources {
    libsvm: LibsvmSource
  }
}

/**
 * Files in the format of LIBSVM, plain or packed with gzip, as the source of a run or study; see `decodeLibsvm`. With a test file, say how
 * many `features` there are: a part may not name the last ones.
 *
 * @example libsvm({ train: 'a9a.txt', test: 'a9a.t', features: 123, classes: [-1, 1] })
 */
export const libsvm = (files: LibsvmFiles): LibsvmSource => ({ tag: 'libsvm', ...files })

const indexes: Codec<0 | 1> = refined('0 or 1', (u): u is 0 | 1 => u === 0 || u === 1)

export const libsvmReader: Reader<LibsvmSource> = {
  tag: 'libsvm',
  fields: () => ({
    train: path,
    test: optional(path),
    features: optional(size),
    classes: optional(t.union([size, list(finite)])),
    firstIndex: withDefault(indexes, 1)
  }),
  load: ({ tag: _, train, test, ...options }) => loadParts((file: string) => readLibsvm(file, options))(train, test),
  samples: [
    libsvm({ train: 'a.txt', firstIndex: 1 }),
    libsvm({ train: 'a.txt', test: 'a.t', features: 123, classes: [-1, 1], firstIndex: 0 }),
    libsvm({ train: 'a.txt', classes: 3, firstIndex: 1 })
  ]
}
