import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorLine, exitCodeOf, oneLine, failure } from '../../src/cli/exit.js'
import { barLine, duration, number, scores, single, whole } from '../../src/cli/format.js'
import { backendError, dataError, decodeError, settingError, shapeError } from '../../src/value/error.js'

const anyNumber = fc.double()

describe('numbers', () => {
  test.each([
    [0.69314718, '0.6931'],
    [1.23456e-7, '1.235e-7'],
    [123_456, '123500'],
    [1, '1']
  ])('%d is shown as %s', (x, text) => expect(number(x)).toBe(text))
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567.8, '1,234,568']
  ])('%d is shown as %s', (x, text) => expect(whole(x)).toBe(text))
  test.each([
    [0, '0:00'],
    [6.2, '0:07'],
    [723, '12:03'],
    [3723, '1:02:03'],
    [-1, '0:00']
  ])('%d s are shown as %s', (x, text) => expect(duration(x)).toBe(text))
})

test('scores are names and values; lists and tables where there is room', () => {
  const s = { loss: 0.25, metrics: { accuracy: 1, f1: [0.5, 0.12345] } }
  expect(scores(s, 'test ')).toBe('test loss 0.25  test accuracy 1  test f1 [0.5, 0.1235]')
  expect(scores(single(s))).toBe('loss 0.25  accuracy 1')
})

describe('the bar', () => {
  const state = { epoch: 3, epochs: 10, done: 0.625, rate: 12_345.6, remaining: 80, loss: 0.24123 }
  test('shows epoch, share, rate, time left and loss', () => {
    expect(barLine(state, 100)).toBe(
      'epoch 3/10 [==================------------]  62%  12,346 examples/s  1:20 left  loss 0.2412'
    )
  })
  test('leaves out what is not known', () => {
    expect(barLine({ ...state, epochs: undefined, remaining: undefined, rate: NaN, loss: Infinity }, 60)).toBe(
      'epoch 3 [=============---------]  62%  - examples/s  loss -'
    )
  })
  test('never fills the line', () => {
    const any = fc.record({
      epoch: fc.nat(),
      epochs: fc.option(fc.nat(), { nil: undefined }),
      done: fc.double({ min: 0, max: 1, noNaN: true }),
      rate: anyNumber,
      remaining: fc.option(anyNumber, { nil: undefined }),
      loss: anyNumber
    })
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 200 }), (s, width) => {
        expect(barLine(s, width).length).toBeLessThanOrEqual(Math.max(0, width - 1))
      })
    )
  })
})

describe('errors', () => {
  test('are one line, whatever they quote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const shown = oneLine(text)
        expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        expect(shown.length).toBeGreaterThanOrEqual(text.length)
      })
    )
  })
  test('say where and what', () => {
    expect(errorLine(decodeError(['$', 'x\n\u001b[2J'], 'a number', 'nothing'), 'run.json')).toBe(
      'gradfold: run.json: $/x\\u000a\\u001b[2J: expected a number, got nothing'
    )
  })
  test('of the request are told from those of the run', () => {
    const codes = [decodeError, dataError, settingError, shapeError, backendError].map(e =>
      exitCodeOf(failure(e([], '', '')))
    )
    expect(codes).toEqual([2, 2, 2, 2, 1])
  })
})
