/** Texts as indexes: a tokenizer is a value, and both directions are functions of it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { showUnknown } from '../value/codec.js'
import { dataError, type DataError } from '../value/error.js'
import { isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { utf8 } from '../value/text.js'

/** each character (code point) of a list is an index */
export interface CharacterTokenizer {
  readonly tag: 'characters'
  /** the character of each index */
  readonly characters: readonly string[]
}
/** each byte of the UTF-8 form is an index: 256 of them, for any text */
export interface ByteTokenizer {
  readonly tag: 'bytes'
}
export type Tokenizer = CharacterTokenizer | ByteTokenizer

const isList = (u: unknown): u is readonly string[] => Array.isArray(u) && u.every(x => typeof x === 'string')
const checked = (t: Tokenizer): E.Either<DataError, Tokenizer> => {
  const { tag, characters } = (t ?? {}) as
    Partial<CharacterTokenizer> | { readonly tag: 'bytes'; readonly characters?: undefined }
  return tag === 'bytes' || (tag === 'characters' && isList(characters))
    ? E.right(t)
    : E.left(dataError(['tokenizer'], 'a tokenizer', showUnknown(t), 'byteTokenizer, or characterTokenizer(text)'))
}
const textOf = (u: unknown): E.Either<DataError, string> =>
  typeof u === 'string' ? E.right(u) : E.left(dataError(['text'], 'a text', showUnknown(u)))

/**
 * The tokenizer of the characters of a text: each code point that occurs, once, in the order of code points. So its indexes do not
 * depend on where a character comes first.
 *
 * @example characterTokenizer('abba') // { tag: 'characters', characters: ['a', 'b'] }
 * @returns Left for a text without characters
 */
export const characterTokenizer = (text: string): E.Either<DataError, CharacterTokenizer> =>
  pipe(
    textOf(text),
    E.filterOrElse(
      t => t.length > 0,
      () => dataError(['text'], 'at least one character', 'none')
    ),
    E.map(t => {
      const points = [...new Set(Array.from(t, c => c.codePointAt(0) as number))].sort((a, b) => a - b)
      return Object.freeze({
        tag: 'characters' as const,
        characters: Object.freeze(points.map(p => String.fromCodePoint(p)))
      })
    })
  )

/** The tokenizer of UTF-8 bytes: any text, 256 indexes. */
export const byteTokenizer: ByteTokenizer = Object.freeze({ tag: 'bytes' })

/** How many indexes a tokenizer has, which is the vocabulary of the embedding. @returns Left for anything but a tokenizer */
export const vocabularyOf = (tokenizer: Tokenizer): E.Either<DataError, number> =>
  pipe(
    checked(tokenizer),
    E.map(t => (t.tag === 'bytes' ? 256 : t.characters.length))
  )

const characterIndexes = (characters: readonly string[], text: string): E.Either<DataError, readonly number[]> => {
  const index = new Map(characters.map((c, i) => [c, i]))
  const all = Array.from(text)
  const unknown = all.findIndex(c => !index.has(c))
  return unknown < 0
    ? E.right(all.map(c => index.get(c) as number))
    : E.left(
        dataError(
          [`character ${unknown}`],
          `one of the ${characters.length} characters of the tokenizer`,
          showUnknown(all[unknown])
        )
      )
}

/**
 * A text as indexes, u32 [n].
 *
 * @example pipe('abba', encodeText(byteTokenizer)) // u32 [4]: 97, 98, 98, 97
 * @returns Left for a character that the tokenizer lacks, with its place counted from 0
 */
export const encodeText =
  (tokenizer: Tokenizer) =>
  (text: string): E.Either<DataError, Tensor<readonly number[], 'u32'>> =>
    pipe(
      E.Do,
      E.bind('t', () => checked(tokenizer)),
      E.bind('given', () => textOf(text)),
      E.chain(({ t, given }) =>
        t.tag === 'bytes'
          ? E.right<DataError, readonly number[]>([...utf8(given)])
          : characterIndexes(t.characters, given)
      ),
      E.map(indexes => tensorView('u32', [indexes.length], Uint32Array.from(indexes)))
    )

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/**
 * The text of indexes, which are a list or a tensor in row-major order. Bytes that are no UTF-8 become U+FFFD, as in browsers.
 *
 * @example pipe([97, 98], decodeText(byteTokenizer)) // right('ab')
 * @returns Left for an index that the tokenizer lacks, with its place counted from 0
 */
export const decodeText =
  (tokenizer: Tokenizer) =>
  (indexes: Tensor | readonly number[]): E.Either<DataError, string> =>
    pipe(
      checked(tokenizer),
      E.chain(t => {
        if (!isTensor(indexes) && !Array.isArray(indexes))
          return E.left(dataError(['indexes'], 'a list or a tensor of indexes', showUnknown(indexes)))
        const all: readonly number[] = Array.from(isTensor(indexes) ? numbersOf(indexes) : indexes)
        const limit = t.tag === 'bytes' ? 256 : t.characters.length
        const wrong = all.findIndex(i => !(Number.isInteger(i) && i >= 0 && i < limit))
        if (wrong >= 0)
          return E.left(dataError([`index ${wrong}`], `a whole number below ${limit}`, showUnknown(all[wrong])))
        return E.right(
          t.tag === 'bytes' ? decoder.decode(Uint8Array.from(all)) : all.map(i => t.characters[i]).join('')
        )
      })
    )
