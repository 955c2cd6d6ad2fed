/**
 * The family of file formats: what weights, and networks where a format has them, are saved as and loaded from. A format is the record
 * that says what it can hold, and how that becomes bytes and is read back. The family is open: declare the type of the format's data in
 * `Formats`, and pass its definition in a registry.
 */
import type * as E from 'fp-ts/lib/Either.js'
import { defaultLimits, type Limits } from '../data/limits.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { ModelData } from '../layer/model.js'
import type { Definition } from '../registry/definition.js'
import type { DecodeError, SettingError, ShapeError } from '../value/error.js'
import type { DType, Tensor } from '../value/tensor.js'

/** tag -> the data type of that format, of those that gradfold comes with; the table of formats.ts has exactly these */
export interface BuiltInFormats {}
/** tag -> the data type of that format; extended by declaration merging */
export interface Formats extends BuiltInFormats {}
export type Format = Formats[keyof Formats]
declare module '../registry/families.js' {
  interface FamilyMembers {
    readonly format: Format
  }
}

/** The content of a file: tensors by name, texts about them, and the network that they belong to. */
export interface FormatContent {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly metadata: Readonly<Record<string, string>>
  readonly model?: ModelData
}
/** What files of a format can hold. Any other content is refused before the format writes. */
export interface FormatHolds {
  /** element types that are read back as they were written */
  readonly dtypes: readonly DType[]
  /** texts by name */
  readonly metadata: boolean
  /** the network; `always` if a file needs one */
  readonly model: 'never' | 'optional' | 'always'
}
/** The bytes of a file in pieces, and of files beside it by their names, where a format needs several. */
export interface FormatFiles {
  readonly parts: readonly Uint8Array[]
  readonly beside?: Readonly<Record<string, readonly Uint8Array[]>>
}

export interface FormatLimits extends Limits {
  /** bytes of a header */
  readonly header: number
}
/** 100,000,000 bytes for a header, else the limits of all files */
export const formatLimits: FormatLimits = Object.freeze({ ...defaultLimits, header: 100_000_000 })

export interface WriteContext {
  /** what the layers of a network mean */
  readonly registry: LayerRegistry
  /** the file's name without its extension, with which the names of the files beside it begin */
  readonly name: string
}
export interface ReadContext {
  /** what the layers of a network mean */
  readonly registry: LayerRegistry
  readonly limits: FormatLimits
  /** the files that `besides` names, by their names */
  readonly beside: Readonly<Record<string, Uint8Array>>
}

export interface FormatDefinition<F extends { readonly tag: string } = never> extends Definition {
  /** the endings of its files, each with its dot; the first is the default for writing */
  readonly extensions: readonly [string, ...(readonly string[])]
  readonly holds: FormatHolds
  /** Left for names and networks that the format cannot express */
  readonly write: (
    format: F,
    content: FormatContent,
    context: WriteContext
  ) => E.Either<ShapeError | SettingError, FormatFiles>
  /** the names of the files that a file needs beside it; none if the rule is missing. They are data: names that are paths are refused. */
  readonly besides?: (bytes: Uint8Array, limits: FormatLimits) => E.Either<DecodeError, readonly string[]>
  /** Left for anything that is not such a file, whatever it holds; never throws */
  readonly read: (bytes: Uint8Array, context: ReadContext) => E.Either<DecodeError, FormatContent>
  /** formats for the laws that every format obeys, with different settings */
  readonly samples: readonly { readonly tag: string }[]
}
