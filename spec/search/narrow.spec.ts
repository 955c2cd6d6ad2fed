import { describe, expect, test } from 'vitest'
import { boolean, choice, integer, logUniform, uniform, variants } from '../../src/search/dimension/index.js'
import { narrow } from '../../src/search/narrow.js'
import { space } from '../../src/search/space.js'
import { trials } from './helpers.js'

const options = { keep: 2, margin: 0.1, minWidth: 0.05 }

describe('narrowing', () => {
  const line = space({ x: uniform(0, 10) })
  test('puts a range around the best', () => {
    const done = trials([{ x: 4 }, 0.1], [{ x: 9 }, 3], [{ x: 6 }, 0.2], [{ x: 1 }, 5])
    expect(narrow(line, done, options)).toEqual({
      space: space({ x: uniform(3, 7) }),
      rationale: [
        {
          path: 'x',
          before: uniform(0, 10),
          after: uniform(3, 7),
          kept: [
            { trial: 0, value: 4 },
            { trial: 2, value: 6 }
          ]
        }
      ]
    })
  })
  test('takes the greatest where those are the best', () => {
    const done = trials([{ x: 4 }, 0.1], [{ x: 9 }, 3], [{ x: 6 }, 0.2], [{ x: 8 }, 5])
    expect(narrow(line, done, { ...options, goal: 'max' }).space.dimensions.x).toEqual(uniform(7, 10))
  })
  test('works along the logarithm', () => {
    const done = trials([{ rate: 0.01 }, 0.1], [{ rate: 0.1 }, 0.2], [{ rate: 1e-6 }, 9])
    const { rate } = narrow(space({ rate: logUniform(1e-6, 10) }), done, options).space.dimensions
    expect(rate.lower).toBeCloseTo(0.01 / 10 ** 0.7, 12)
    expect(rate.upper).toBeCloseTo(0.1 * 10 ** 0.7, 12)
  })
  test('extends a range at whose end the best value is', () => {
    const done = trials([{ x: 9.9 }, 0.1], [{ x: 8 }, 0.2])
    const { space: after, rationale } = narrow(line, done, options)
    expect(after.dimensions.x).toEqual(uniform(7, 11))
    expect(rationale[0]?.extended).toBe('upper')
  })
  test('never extends beyond what a dimension allows', () => {
    const at = (x: number) => trials([{ x }, 0.1])
    expect(narrow(line, at(0), options).space.dimensions.x).toEqual(uniform(0, 1))
    const capped = space({ x: uniform(0.5, 0.99, { most: 0.995 }) })
    expect(narrow(capped, at(0.985), options).space.dimensions.x.upper).toBe(0.995)
  })
  test('stops at the least width', () => {
    const done = trials([{ x: 5 }, 0.1])
    const once = narrow(line, done, { keep: 1, margin: 0, minWidth: 0.2 }).space
    expect(once.dimensions.x).toEqual(uniform(4, 6))
    const again = narrow(once, done, { keep: 1, margin: 0, minWidth: 0.2, whole: line }).space
    expect(again).toBe(once)
  })
  test('leaves out what gave no value or was broken off', () => {
    const done = trials([{ x: 1 }, Infinity], [{ x: 4 }, 2], [{ x: 6 }, 1])
    const cut = done.map((t, i) => (i === 2 ? { ...t, epochs: 1 } : t))
    expect(narrow(line, cut, { ...options, margin: 0 }).space.dimensions.x).toEqual(uniform(3.75, 4.25))
    const nothing = trials([{ x: 1 }, Infinity])
    expect(narrow(line, nothing, options).space).toBe(line)
  })
  test('keeps the choices of the best, and the parts of their variants', () => {
    const s = space({
      fn: choice('relu', 'tanh', 'gelu'),
      on: boolean(),
      n: integer(1, 100),
      opt: variants({ sgd: { m: uniform(0, 1) }, adam: {}, lion: {} })
    })
    const done = trials(
      [{ fn: 'relu', on: true, n: 40, opt: { tag: 'sgd', m: 0.5 } }, 1],
      [{ fn: 'gelu', on: true, n: 50, opt: { tag: 'adam' } }, 2],
      [{ fn: 'tanh', on: false, n: 1, opt: { tag: 'lion' } }, 3]
    )
    expect(narrow(s, done, { ...options, margin: 0 }).space.dimensions).toEqual({
      fn: choice('relu', 'gelu'),
      on: { tag: 'boolean', of: [true] },
      n: integer(40, 50),
      opt: variants({ sgd: { m: uniform(0.475, 0.525) }, adam: {} })
    })
  })
})
