import { readIdx } from '../files.js'
import { loadTensorFiles, tensorFileFields, type TensorFiles } from './parts.js'
import type { Reader } from './reader.js'

/** tensors in files; see `decodeIdx` */
export interface IdxSource extends TensorFiles {
  readonly tag: 'idx'
}
declare module './reader.js' {
  interface BuiltInSources {
    idx: IdxSource
  }
}

/**
 * IDX files, plain or packed with gzip, as the source of a run or study; see `decodeIdx`.
 *
 * @example idx({ train: { x: 'images.gz', y: 'labels.gz' }, classes: 10, scale: 1 / 255 })
 */
export const idx = (files: TensorFiles): IdxSource => ({ tag: 'idx', ...files })

export const idxReader: Reader<IdxSource> = {
  tag: 'idx',
  fields: () => tensorFileFields,
  load: loadTensorFiles(path => readIdx(path)),
  samples: [
    idx({ train: { x: 'a.idx', y: 'b.idx.gz' }, test: { x: 'c.idx', y: 'd.idx' }, classes: 10, scale: 0.5, shift: -1 })
  ]
}
