/** All file formats, by tag, and the steps that all formats share when they write and read. */
import * as E from 'fp-ts/lib/Either.js'
import { given, isObject, objectArgument, optionsOf, wrongArgument, type Argument } from '../value/argument.js'
import { isTensor } from '../value/tensor.js'
import { pipe } from 'fp-ts/lib/function.js'
import { builtInLayers } from '../layer/registry.js'
import type { LayerRegistry } from '../layer/definition.js'
import type { Family } from '../registry/definition.js'
import { checkMember, lookup } from '../registry/lookup.js'
import { decodeError, settingError, type DecodeError, type SettingError, type ShapeError } from '../value/error.js'
import {
  formatLimits,
  type BuiltInFormats,
  type Format,
  type FormatContent,
  type FormatDefinition,
  type FormatFiles,
  type ReadContext,
  type WriteContext
} from './format.js'
import { safetensorsDefinition } from './safetensors.js'

// TypeScript copies an interface when it is first extended: here, so that rows from all entry points meet in one copy
declare module './format.js' {
  interface Formats {}
}

const table = {
  safetensors: safetensorsDefinition
} satisfies { readonly [K in keyof BuiltInFormats]: FormatDefinition<BuiltInFormats[K]> }

/** the formats that gradfold comes with, by tag */
export const formats: Family<FormatDefinition> = Object.freeze<Family<FormatDefinition>>(table)

/** the registry in which formats are found */
export interface FormatRegistry {
  /** what files are written as and read from, by tag */
  readonly formats: Family<FormatDefinition>
}
/** the formats that gradfold comes with, alone */
export const builtInFormats: FormatRegistry = Object.freeze({ formats })
/** formats, and the layers that the networks in files are made of */
export type FileRegistry = LayerRegistry & Partial<FormatRegistry>

const formatsOf = (registry: Partial<FormatRegistry>): FormatRegistry => ({ formats: registry.formats ?? formats })

/** the format whose ending this path has; the longest ending, if several fit */
export const formatOfPath = (
  path: string,
  registry: Partial<FormatRegistry> = {}
): { readonly tag: string } | undefined => {
  const name = path.toLowerCase()
  const fitting = Object.values(formatsOf(registry).formats).flatMap(({ tag, extensions }) =>
    extensions.filter(ending => name.endsWith(ending)).map(ending => ({ tag, length: ending.length }))
  )
  const [first] = [...fitting].sort((a, b) => b.length - a.length)
  return first === undefined ? undefined : { tag: first.tag }
}

/** the parts of a content that a format cannot hold */
const refused = (
  { tag, holds }: FormatDefinition,
  { tensors, metadata, model }: FormatContent
): SettingError | undefined => {
  const fail = (what: readonly string[], expected: string, got: string, hint = ''): SettingError =>
    settingError([tag, ...what], expected, got, hint, 'unusable-data')
  const strange = Object.entries(tensors).find(([, { dtype }]) => !holds.dtypes.includes(dtype))
  return strange !== undefined
    ? fail(
        [strange[0]],
        `one of ${holds.dtypes.join(', ')}`,
        strange[1].dtype,
        'convert it before, or save as safetensors'
      )
    : !holds.metadata && Object.keys(metadata).length > 0
      ? fail(['metadata'], 'no metadata, which the format cannot hold', Object.keys(metadata).join(', '))
      : holds.model === 'never' && model !== undefined
        ? fail(['model'], 'no model, which the format cannot hold', 'a model')
        : holds.model === 'always' && model === undefined
          ? fail(['model'], 'the model that the tensors are of', 'nothing', 'pass it as the option model')
          : undefined
}

const contentArgument = (content: FormatContent): Argument => ({
  path: ['content'],
  value: content,
  expected: 'tensors by name, and metadata',
  is: u =>
    isObject(u) && isObject(u['tensors']) && Object.values(u['tensors']).every(isTensor) && isObject(u['metadata'])
})
export interface WriteOptions extends Partial<Omit<WriteContext, 'registry'>> {
  readonly registry?: FileRegistry
}
/**
 * Writes a content as a file of a format, in memory.
 *
 * @example writeAs(safetensors)({ tensors: { 'dense/weight': weight }, metadata: {} }) // Right({ parts: [header, numbers] })
 * @returns Left for a format that the registry does not have, settings out of range, and what the format cannot hold
 */
export const writeAs =
  (format: { readonly tag: string }, options: WriteOptions = {}) =>
  (content: FormatContent): E.Either<ShapeError | SettingError, FormatFiles> => {
    const { registry = builtInLayers, name = 'weights' }: WriteOptions = optionsOf(options)
    const unfit = wrongArgument(settingError, [objectArgument('format', format), contentArgument(content)])
    if (unfit !== undefined) return E.left(unfit)
    const known = formatsOf(registry)
    return pipe(
      lookup(known.formats, format.tag, settingError, ['format'], 'one of'),
      E.bindTo('definition'),
      E.bind('complete', () => checkMember(known, 'format')(format as Format)),
      E.chainFirst(({ definition }) => {
        const wrong = refused(definition, content)
        return wrong === undefined ? E.right(undefined) : E.left(wrong)
      }),
      E.chainW(({ definition, complete }) =>
        // the codec under this tag has just accepted the format
        definition.write(complete as never, content, { registry, name })
      )
    )
  }

export interface ReadOptions extends Partial<Omit<ReadContext, 'registry'>> {
  readonly registry?: FileRegistry
}
const definitionToRead = (
  { tag }: { readonly tag: string },
  registry: FileRegistry
): E.Either<DecodeError, FormatDefinition> =>
  lookup(formatsOf(registry).formats, tag, decodeError, ['format'], 'one of')

/**
 * Reads a file of a format, from memory.
 *
 * @example readAs(safetensors)(bytes) // Right({ tensors, metadata })
 * @returns Left for a format that the registry does not have, and for anything that is not such a file; never throws
 */
export const readAs =
  (format: { readonly tag: string }, options: ReadOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError, FormatContent> => {
    const { registry = builtInLayers, limits = formatLimits, beside = {} }: ReadOptions = optionsOf(options)
    return pipe(
      given(decodeError, [objectArgument('format', format)], () => definitionToRead(format, registry)),
      E.chain(({ read }) => read(bytes, { registry, limits, beside }))
    )
  }

/** the names of the files that a file of a format needs beside it */
export const besidesOf =
  (format: { readonly tag: string }, { registry = builtInLayers, limits = formatLimits }: ReadOptions = {}) =>
  (bytes: Uint8Array): E.Either<DecodeError, readonly string[]> =>
    pipe(
      definitionToRead(format, registry),
      E.chain(({ besides }) => besides?.(bytes, limits) ?? E.right([]))
    )
