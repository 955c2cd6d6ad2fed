import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRunFile, type RunFile } from '../../src/run/run-file.js'
import { version } from '../../src/run/version.js'
import { validationLoss } from '../../src/search/metric.js'
import { queueAddress } from '../../src/search/runner/queue/connection.js'
import {
  answerText,
  messageOf,
  outcomeOf,
  problemOf,
  problemText,
  receive
} from '../../src/search/runner/queue/message.js'
import type { TrialOutcome } from '../../src/search/trial.js'
import { fileError, showError } from '../../src/value/error.js'
import { right } from '../support/either.js'
import { irisStudy } from './helpers.js'

const run = (seed: number): RunFile =>
  right(
    parseRunFile(
      JSON.stringify({
        ...irisStudy.run,
        seed,
        model: { input: [4], layers: [{ tag: 'dense', units: 3 }] },
        optimizer: { tag: 'adam', rate: 0.1 }
      })
    )
  )
const outcome: fc.Arbitrary<TrialOutcome> = fc.oneof(
  fc.record({
    tag: fc.constant('scored' as const),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter(x => !Object.is(x, -0)),
    epoch: fc.integer({ min: 1, max: 99 }),
    step: fc.integer({ min: 1, max: 999 }),
    reason: fc.string()
  }),
  fc.record({ tag: fc.constant('diverged' as const), step: fc.nat(), message: fc.string() }),
  fc.record({ tag: fc.constant('failed' as const), message: fc.string() })
)
const id = 'a'.repeat(64)

describe('a trial in a queue', () => {
  test('arrives as it was sent, and is named by its content', () => {
    const sent = messageOf(run(1), { metric: validationLoss, timeout: 5 })
    const { run: got, study } = right(receive(sent.text))
    expect(messageOf(got, study)).toEqual(sent)
    expect(study).toEqual({ metric: validationLoss, timeout: 5 })
    expect(sent.id).toMatch(/^[0-9a-f]{64}$/)
    expect(messageOf(run(2), { metric: validationLoss }).id).not.toBe(messageOf(run(1), { metric: validationLoss }).id)
    expect(messageOf(run(1), { metric: validationLoss }).id).not.toBe(sent.id)
  })
  test.each([
    [
      'another version',
      { version: '9.9.9' },
      `expected trials of gradfold ${version}, contract 1, got one of gradfold 9.9.9`
    ],
    ['another contract', { contract: 7 }, `got one of gradfold ${version}, contract 7; run the same release everywhere`]
  ])('%s is refused with both named', (_, change, words) => {
    const text = JSON.stringify({
      ...(JSON.parse(messageOf(run(1), { metric: validationLoss }).text) as object),
      ...change
    })
    const received = receive(text)
    expect(E.isLeft(received) && showError(received.left)).toContain(words)
  })
  test('any other text is no trial, and nothing throws', () => {
    fc.assert(fc.property(fc.anything(), u => E.isLeft(receive(u)) && E.isLeft(receive(JSON.stringify(u) ?? ''))))
  })
})

describe('an outcome in a queue', () => {
  test('arrives with every bit of its numbers', () => {
    fc.assert(
      fc.property(outcome, o => {
        expect(outcomeOf(id, answerText(id, o))).toEqual(o)
      })
    )
  })
  test('of another trial, or changed on the way, is none', () => {
    fc.assert(
      fc.property(outcome, fc.nat(), fc.integer({ min: 32, max: 126 }), (o, place, code) => {
        const text = answerText(id, o)
        const i = place % text.length
        const changed = text.slice(0, i) + String.fromCharCode(code) + text.slice(i + 1)
        const got = outcomeOf(id, changed)
        if (changed !== text && got !== undefined) expect(got).toEqual(o)
        expect(outcomeOf('b'.repeat(64), text)).toBeUndefined()
      })
    )
  })
  test('a problem of a worker keeps its place and its words', () => {
    const problem = fileError(['data.csv'], 'a file that can be read', 'ENOENT', 'copy it to every machine')
    expect(showError(problemOf(problemText(problem)))).toBe(
      'queue/data.csv: expected a file that can be read, got ENOENT; copy it to every machine'
    )
    expect(showError(problemOf('job stalled more than allowable limit'))).toContain('job stalled')
  })
})

describe('the address of a queue', () => {
  test.each([
    ['redis://127.0.0.1', 'redis', 'redis://127.0.0.1'],
    ['rediss://user:secret@host:6380/2', 'redis', 'rediss://host:6380/2'],
    ['postgres://me:secret@host/studies', 'postgres', 'postgres://host/studies'],
    ['postgresql://host/studies', 'postgres', 'postgresql://host/studies']
  ])('%s', (text, kind, shown) => expect(right(queueAddress(text))).toEqual({ url: text, kind, shown }))
  test.each(['', '127.0.0.1', 'http://host', 'constructor://host', 'mysql://me:secret@host'])('%s is refused', text => {
    const e = queueAddress(text)
    expect(E.isLeft(e) && showError(e.left)).toContain('queue: expected an address such as redis://127.0.0.1')
    expect(E.isLeft(e) && showError(e.left)).not.toContain('secret')
  })
})
