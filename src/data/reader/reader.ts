/**
 * Where data come from, as data: `{ tag: 'mnist', train: 10000 }` in a run file. A reader is the record that says which settings
 * such a source has and how it is loaded. The family is open: declare the source's type in `Sources` and put the record in a table.
 */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Definition } from '../../registry/definition.js'
import type { LoadError, NamedDatasets } from '../files.js'

/** tag -> the data type of that source, of those that gradfold comes with; the table of readers.ts has exactly these */
export interface BuiltInSources {}
/** tag -> the data type of that source; extended by declaration merging */
export interface Sources extends BuiltInSources {}
export type Source = Sources[keyof Sources]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly source: Source
  }
}

export interface Reader<S extends { readonly tag: string } = never> extends Definition {
  readonly load: (source: S) => TE.TaskEither<LoadError, NamedDatasets>
  /** sources for the laws that every reader obeys; their settings are right, their files need not be there */
  readonly samples: readonly { readonly tag: string }[]
}
