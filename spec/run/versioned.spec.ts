/** JSON that says its format, and older formats brought up to date. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { versioned, type Migration } from '../../src/run/versioned.js'
import { decode, exact, finite, parseJson } from '../../src/value/codec.js'
import { left } from '../support/either.js'

/** once `left` was called so, then x; y came later, and was 0 before */
const migrations: readonly Migration[] = [({ left, ...rest }) => ({ ...rest, x: left }), rest => ({ ...rest, y: 0 })]
const point = versioned(exact('point', { x: finite, y: finite }), migrations)
const read = decode(point)

describe('a format', () => {
  test('older ones are brought up to date, one after the other', () => {
    expect(read({ format: 1, left: 3 })).toEqual(E.right({ x: 3, y: 0 }))
    expect(read({ format: 2, x: 3 })).toEqual(E.right({ x: 3, y: 0 }))
    expect(read({ format: 3, x: 3, y: 4 })).toEqual(E.right({ x: 3, y: 4 }))
  })
  test('left out it is the newest', () => expect(read({ x: 3, y: 4 })).toEqual(E.right({ x: 3, y: 4 })))
  test('is written, and reads back', () => {
    fc.assert(
      fc.property(fc.record({ x: fc.integer(), y: fc.integer() }), p => {
        const json = point.encode(p)
        expect(json).toEqual({ format: 3, ...p })
        expect(parseJson(point)(JSON.stringify(json))).toEqual(E.right(p))
      })
    )
  })
  test('newer ones are refused', () =>
    expect(left(read({ format: 4, x: 3, y: 4 }))).toBe(
      '$/format: expected a format from 1 to 3, the newest this gradfold knows, got 4'
    ))
  test.each([0, -1, 1.5, '2', null, {}])('%j is none', format =>
    expect(left(read({ format, x: 3, y: 4 }))).toMatch(/^\$\/format: /)
  )
  test('what an older one must have is asked for', () => {
    expect(left(read({ format: 1, x: 3 }))).toBe('$/x: expected a finite number, got nothing')
    expect(left(read({ format: 2, left: 3 }))).toMatch(/^\$\/left: expected no field of this name in point/)
  })
  test('a migration that cannot go on is a refusal', () => {
    const strict = versioned(exact('point', { x: finite }), [({ at }) => ({ x: (at as readonly number[])[0] })])
    expect(decode(strict)({ format: 1, at: [2] })).toEqual(E.right({ x: 2 }))
    expect(left(decode(strict)({ format: 1 }))).toMatch(/^\$: expected point of format 1/)
  })
  test.each([null, [], 'x', 3])('%j is no record', u => expect(left(read(u))).toMatch(/^\$: expected a record/))
})
