import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exact, parseJson, positive } from '../../src/value/codec.js'
import {
  checkAll,
  counted,
  inside,
  showError,
  mistakesOf,
  problemEq,
  problemSemigroup,
  problemShow,
  settingError,
  shapeError,
  type Problem
} from '../../src/value/error.js'

test('one thing is not several', () => {
  expect([0, 1, 2].map(n => counted(n, 'epoch'))).toEqual(['0 epochs', '1 epoch', '2 epochs'])
  expect([1, 12].map(n => counted(n, 'batch', x => `about ${x}`))).toEqual(['about 1 batch', 'about 12 batches'])
})

const word = fc.constantFrom('a', 'b', 'c')
const one: fc.Arbitrary<Problem<string>> = fc
  .tuple(fc.array(word, { maxLength: 2 }), word, word, fc.constantFrom('', 'try d'), fc.boolean())
  .map(([path, expected, got, hint, isShape]) => (isShape ? shapeError : settingError)(path, expected, got, hint))
const { concat } = problemSemigroup<Problem<string>>()
const several = fc
  .array(one, { minLength: 1, maxLength: 4 })
  .map(es => es.slice(1).reduce(concat, es[0] as Problem<string>))

describe('errors', () => {
  test('are a semigroup: the mistakes of both, in order', () => {
    fc.assert(
      fc.property(several, several, several, (a, b, c) => {
        expect(problemEq.equals(concat(concat(a, b), c), concat(a, concat(b, c)))).toBe(true)
        expect(mistakesOf(concat(a, b))).toEqual([...mistakesOf(a), ...mistakesOf(b)])
        expect(showError(concat(a, b))).toBe(`${showError(a)}\n${showError(b)}`)
        expect(showError(inside('at')(concat(a, b)))).toBe(
          `${showError(inside('at')(a))}\n${showError(inside('at')(b))}`
        )
      })
    )
  })
  test('are equal where they report the same', () => {
    fc.assert(
      fc.property(several, several, (a, b) => {
        expect(problemEq.equals(a, a)).toBe(true)
        expect(problemEq.equals(a, b)).toBe(problemEq.equals(b, a))
        const tags = (e: Problem<string>): unknown => mistakesOf(e).map(m => [m._tag, problemShow.show(m), m.path])
        expect(problemEq.equals(a, b)).toBe(JSON.stringify(tags(a)) === JSON.stringify(tags(b)))
      })
    )
    const e = settingError(['rate'], 'a number above 0', '0')
    expect(problemEq.equals(e, { ...e, code: 'not-finite' })).toBe(false)
  })
  test('of independent checks come together', () => {
    fc.assert(
      fc.property(fc.array(fc.option(one)), found => {
        const all = checkAll(found.map(e => (e === null ? E.right(1) : E.left(e))))
        const wrong = found.filter(e => e !== null)
        expect(E.isLeft(all) ? mistakesOf(all.left) : []).toEqual(wrong)
      })
    )
  })
  test('have a code that says what is wrong with a field', () => {
    const code = (text: string): unknown => {
      const r = parseJson(exact('it', { rate: positive }))(text)
      return E.isLeft(r) ? r.left.code : undefined
    }
    expect(code('{"rate":1}')).toBe(undefined)
    expect(code('{"rate":-1}')).toBe('malformed')
    expect(code('{}')).toBe('missing-field')
    expect(code('{"rate":1,"size":null}')).toBe('unknown-field')
    expect(code('{')).toBe('malformed')
  })
})
