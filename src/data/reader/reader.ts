/**
 * Where data come from, as data: `{ tag: 'mnist', train: 10000 }` in a run file. A reader is the record that says which settings
 * such a source has and how it is loaded. The family is open: declare the source's type in `Sources` and put the record in a table.
 */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Member } from '../../value/family.js'
import type { Datasets, LoadError } from '../files.js'

/** tag -> the data type of that kind of source */
export interface Sources {}
export type Source = Sources[keyof Sources]

export interface Reader<S extends { readonly tag: string } = never> extends Member {
  readonly load: (source: S) => TE.TaskEither<LoadError, Datasets>
  /** sources for the laws that every reader obeys; their settings are right, their files need not be there */
  readonly samples: readonly { readonly tag: string }[]
}
