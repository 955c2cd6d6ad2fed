/** Tokenizers, and windows of sequences as datasets. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import {
  byteTokenizer,
  characterTokenizer,
  decodeText,
  encodeText,
  numbersOf,
  padSequences,
  seriesWindows,
  showError,
  tensor,
  tokenWindows,
  vocabularyOf,
  type Dataset
} from 'gradfold'
import { expect, test } from 'vitest'
import { right } from '../support/either.js'

const text = fc.string({ unit: 'grapheme', minLength: 1 })
const said = (r: E.Either<Parameters<typeof showError>[0], unknown>): string => (E.isLeft(r) ? showError(r.left) : '')

test('a text is read back from its indexes', () =>
  fc.assert(
    fc.property(text, t => {
      for (const tokenizer of [byteTokenizer, right(characterTokenizer(t))])
        expect(right(pipe(t, encodeText(tokenizer), E.chain(decodeText(tokenizer))))).toBe(t)
    })
  ))
test('a tokenizer of characters depends on which characters there are, and not on their order', () =>
  fc.assert(
    fc.property(text, t => {
      const reversed = [...t].reverse().join('')
      expect(right(characterTokenizer(t + t))).toEqual(right(characterTokenizer(reversed)))
    })
  ))
test('characters are code points in their order; a tokenizer is plain data', () => {
  const tokenizer = right(characterTokenizer('ba😀a'))
  expect(tokenizer).toEqual({ tag: 'characters', characters: ['a', 'b', '😀'] })
  expect(JSON.parse(JSON.stringify(tokenizer))).toEqual(tokenizer)
  expect([right(vocabularyOf(tokenizer)), right(vocabularyOf(byteTokenizer))]).toEqual([3, 256])
  expect(Array.from(numbersOf(right(encodeText(byteTokenizer)('é'))))).toEqual([0xc3, 0xa9])
  expect(right(decodeText(byteTokenizer)([0xff, 0x61]))).toBe('\ufffda')
  expect(right(decodeText(byteTokenizer)([0xef, 0xbb, 0xbf]))).toBe('\ufeff')
})
test('what a tokenizer lacks is said with its place', () => {
  const tokenizer = right(characterTokenizer('ab'))
  expect(said(encodeText(tokenizer)('abc'))).toBe(
    'character 2: expected one of the 2 characters of the tokenizer, got "c"'
  )
  expect(said(decodeText(tokenizer)([0, 2]))).toBe('index 1: expected a whole number below 2, got 2')
  expect(said(characterTokenizer(''))).toBe('text: expected at least one character, got none')
})

test('sequences are filled up to the longest one, or to a length', () => {
  const all = [[3, 1, 4], [2], []]
  const numbers = (r: ReturnType<typeof padSequences>) => [right(r).shape, Array.from(numbersOf(right(r)))]
  expect(numbers(padSequences(all, { padding: 0 }))).toEqual([
    [3, 3],
    [3, 1, 4, 2, 0, 0, 0, 0, 0]
  ])
  expect(numbers(padSequences([[1]], { padding: 9, length: 2 }))).toEqual([
    [1, 2],
    [1, 9]
  ])
  expect(said(padSequences(all, { padding: 0, length: 2 }))).toBe('sequence 0: expected at most 2 positions, got 3')
  expect(said(padSequences([[0.5]], { padding: 0 }))).toContain('at least one list of indexes')
})

const indexes = (...all: readonly number[]) => right(tensor('u32', [all.length], all))
const rows = ({ x, y }: Dataset): readonly unknown[] =>
  [x, y].map(f => [f.tensor.dtype, f.tensor.shape, Array.from(numbersOf(f.tensor))])

test('windows of indexes have the next index of each position as targets', () => {
  const tokens = indexes(5, 6, 7, 8, 9, 10)
  expect(rows(right(tokenWindows({ length: 2 })(tokens)))).toEqual([
    ['u32', [2, 2], [5, 6, 7, 8]],
    ['u32', [2, 2], [6, 7, 8, 9]]
  ])
  expect(rows(right(tokenWindows({ length: 4, stride: 1 })(tokens)))).toEqual([
    ['u32', [2, 4], [5, 6, 7, 8, 6, 7, 8, 9]],
    ['u32', [2, 4], [6, 7, 8, 9, 7, 8, 9, 10]]
  ])
  expect(said(tokenWindows({ length: 6 })(tokens))).toContain('expected at least 7 positions, got 6')
  expect(said(tokenWindows({ length: 0 })(tokens))).toContain('length: expected a positive whole number')
  expect(said(tokenWindows({ length: 1 })(right(tensor('f32', [2], [0, 1]))))).toContain('indexes u32 [n]')
})
test('windows of a series have what follows them as targets', () => {
  const series = right(tensor('f32', [5], [1, 2, 3, 4, 5]))
  expect(rows(right(seriesWindows({ length: 2, ahead: 2 })(series)))).toEqual([
    ['f32', [2, 2, 1], [1, 2, 2, 3]],
    ['f32', [2, 2], [3, 4, 4, 5]]
  ])
  const vectors = right(tensor('f32', [4, 2], [1, -1, 2, -2, 3, -3, 4, -4]))
  expect(rows(right(seriesWindows({ length: 2, stride: 2 })(vectors)))).toEqual([
    ['f32', [1, 2, 2], [1, -1, 2, -2]],
    ['f32', [1, 1, 2], [3, -3]]
  ])
})

test('windows and sequences that would fill the memory are refused, and so are lists with holes', () => {
  const series = right(
    tensor(
      'f32',
      [100_000],
      Array.from({ length: 100_000 }, () => 0)
    )
  )
  const said = (e: E.Either<Parameters<typeof showError>[0], unknown>): string => (E.isLeft(e) ? showError(e.left) : '')
  expect(said(seriesWindows({ length: 50_000 })(series))).toContain(
    'windows of at most 536870912 numbers in all, got 50000 windows of 50001 positions; take a larger stride'
  )
  const tokens = right(
    tensor(
      'u32',
      [100_000],
      Array.from({ length: 100_000 }, () => 0)
    )
  )
  expect(said(tokenWindows({ length: 50_000, stride: 1 })(tokens))).toContain('got 50000 windows of 50001 positions')
  expect(said(padSequences([[1], [2]], { padding: 0, length: Number.MAX_SAFE_INTEGER }))).toContain(
    'length: expected at most 536870912 numbers in all, got 2 sequences of 9007199254740991'
  )
  expect(said(padSequences(new Array<number[]>(2), { padding: 0 }))).toContain('sequences: expected at least one list')
  expect(said(padSequences([new Array<number>(2)], { padding: 0 }))).toContain('sequences: expected at least one list')
})
