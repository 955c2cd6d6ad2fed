import { readNpy } from '../files.js'
import { loadTensorFiles, tensorFileFields, type TensorFiles } from './parts.js'
import type { Reader } from './reader.js'

/** tensors in files; see `decodeNpy` */
export interface NpySource extends TensorFiles {
  readonly tag: 'npy'
}
declare module './reader.js' {
  interface BuiltInSources {
    npy: NpySource
  }
}

/**
 * .npy files, plain or packed with gzip, as the source of a run or study; see `decodeNpy`.
 *
 * @example npy({ train: { x: 'x.npy', y: 'y.npy' }, classes: 3 })
 */
export const npy = (files: TensorFiles): NpySource => ({ tag: 'npy', ...files })

export const npyReader: Reader<NpySource> = {
  tag: 'npy',
  fields: () => tensorFileFields,
  load: loadTensorFiles(path => readNpy(path)),
  samples: [npy({ train: { x: 'x.npy', y: 'y.npy' } }), npy({ train: { x: 'x.npy', y: 'y.npy' }, classes: 3 })]
}
