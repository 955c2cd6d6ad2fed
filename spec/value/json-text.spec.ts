/** Texts that are not JSON: the place, and what to do, whatever the engine. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { notJson } from '../../src/value/json-text.js'
import { showError } from '../../src/value/error.js'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
const indented = fc.jsonValue({ maxDepth: 4 }).map(u => JSON.stringify(u, undefined, 2))
/** where the separators are that stand in no string */
const separators = (text: string): readonly number[] =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"|[,:]/g)].flatMap(m => (m[0].startsWith('"') ? [] : [m.index]))

describe('the place of an error', () => {
  test('is that of what stands behind a missing comma or colon', () => {
    const cases = fc
      .tuple(indented, fc.nat())
      .filter(([text]) => separators(text).length > 0)
      .map(([text, n]) => {
        const all = separators(text)
        return [text, all[n % all.length] as number] as const
      })
    fc.assert(
      fc.property(cases, ([text, at]) => {
        const behind = at + 1 + (/^\s*/.exec(text.slice(at + 1))?.[0].length ?? 0)
        const before = text.slice(0, behind).split('\n')
        const sameLine = before.length === text.slice(0, at).split('\n').length
        const column = (before.at(-1)?.length ?? 0) + (sameLine ? 0 : 1)
        const missing = text[at] === ',' ? 'comma' : 'colon'
        const e = notJson(text.slice(0, at) + text.slice(at + 1), 'not found')
        expect(e.got).toMatch(new RegExp(` at line ${before.length}, column ${column}$`))
        expect(e.got[0]).toBe(text[behind])
        expect(e.hint).toBe(`a ${missing} is missing before it`)
      })
    )
  })
  test('is found in whatever JSON.parse refuses, with a hint, and lies in the text', () => {
    const edited = fc
      .tuple(
        indented,
        fc.nat(),
        fc.nat(3),
        fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...'[]{},:"\\/-.e0\n'))
      )
      .map(([text, n, gone, put]) => {
        const at = n % (text.length + 1)
        return text.slice(0, at) + put + text.slice(at + gone)
      })
    fc.assert(
      fc.property(
        edited.filter(text => !isJson(text)),
        text => {
          const { got, hint } = notJson(text, 'not found')
          const [, line, column] = (/ at line (\d+), column (\d+)$/.exec(got) ?? []).map(Number)
          expect(line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length)
          expect(column).toBeLessThanOrEqual(text.length + 1)
          expect(hint).not.toBe('')
        }
      ),
      { numRuns: 1000 }
    )
  })
  test('is found in text of any depth', () => {
    expect(notJson('}' + '[},'.repeat(1_000_000), 'not found').got).toBe('} at line 1, column 1')
  })
})

test.each([
  [
    '{ "a": 1, }',
    '} at line 1, column 11; the name of a field, in double quotes, is missing before it, or there is an extra comma'
  ],
  ['[\n  1,\n]', '] at line 3, column 1; a value is missing before it, or there is an extra comma'],
  ["{ 'a': 1 }", "'a' at line 1, column 3; anything but a number, true, false or null must be in double quotes"],
  ['[NaN]', 'NaN at line 1, column 2; anything but a number, true, false or null must be in double quotes'],
  ['// mine\n{}', '// mine at line 1, column 1; there are no comments in JSON'],
  ['{ "a": 1', 'the end at line 1, column 9; a } is missing before it'],
  ['{}\n{}', '{ at line 2, column 1; there is one value in a text, and this is after its end']
])('%j', (text, said) => {
  expect(showError(notJson(text, 'not found'))).toBe(`$: expected JSON text, got ${said}`)
})
