/** Files in which a byte has changed, or whose end is missing: refused in words, or seen by their digest. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { decodeCheckpoint, decodeCheckpointHead, encodeCheckpoint } from '../../src/run/checkpoint.js'
import { canonicalRun, completeRun, runId, type CompleteRun } from '../../src/run/identity.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { decodeState, encodeState, stateDigest } from '../../src/run/state.js'
import { decodeWeights } from '../../src/run/weights.js'
import { showError, type Problem } from '../../src/value/error.js'
import { xor } from './helpers.js'
import { checkpointAfter, data, net, run, small } from './small.js'
import { right } from '../support/either.js'

/** in how many ways each byte is changed, up to 255: one, which goes round with its place, or more (npm run sweep:damage) */
const ways = Math.min(255, Number(process.env['RUNS'] ?? 1))
const timeout = 60_000 * ways
const changesAt = (i: number): readonly number[] =>
  ways === 1 ? [1 << (i % 8)] : Array.from({ length: ways }, (_, j) => ((i + j) % 255) + 1)

const changed = function* (bytes: Uint8Array, from = 0): Generator<readonly [what: string, bytes: Uint8Array]> {
  const copy = bytes.slice()
  for (let i = from; i < bytes.length; i++)
    for (const change of changesAt(i)) {
      copy[i] = (bytes[i] as number) ^ change
      yield [`byte ${i} xor ${change}`, copy]
      copy[i] = bytes[i] as number
    }
}
const cut = function* (bytes: Uint8Array): Generator<readonly [what: string, bytes: Uint8Array]> {
  for (let n = 0; n < bytes.length; n++) yield [`the first ${n} bytes`, bytes.subarray(0, n)]
}

/** an error as all errors are */
const inWords = (e: Problem<string>): boolean =>
  /Error$/.test(e._tag) && e.expected !== '' && showError(e).length < 1000 && e.path.every(p => typeof p === 'string')

/** what is let through although it should not be; and no memory that the bytes do not account for */
const through = (
  cases: Iterable<readonly [string, Uint8Array]>,
  seen: (bytes: Uint8Array) => boolean
): readonly string[] => {
  const before = process.memoryUsage().arrayBuffers
  const missed: string[] = []
  let most = 0
  for (const [what, bytes] of cases) {
    if (!seen(bytes)) missed.push(what)
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  expect(most).toBeLessThan(0x1000_0000)
  return missed
}
/** with the length before it */
const headerLength = (bytes: Uint8Array): number => 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
const refused = (e: E.Either<Problem<string>, unknown>): boolean => E.isLeft(e) && inWords(e.left)

const checkpoint = checkpointAfter(7, { run, scores: { loss: 0.25, metrics: { mae: 0.5 } } })
const file = encodeCheckpoint(checkpoint)
const read = decodeCheckpoint(small)

describe('a checkpoint', () => {
  test('that is whole is read', () =>
    expect(read(file)).toEqual(E.right({ ...checkpoint, digest: stateDigest(checkpoint.state) })))
  test('with one byte changed is refused', { timeout }, () =>
    expect(through(changed(file), b => refused(read(b)))).toEqual([])
  )
  test('that is cut off is refused', () => expect(through(cut(file), b => refused(read(b)))).toEqual([]))
  test('with something after its end is refused', () => expect(refused(read(Uint8Array.of(...file, 0)))).toBe(true))
  test('whose header is damaged is refused by its header alone', { timeout }, () => {
    const header = file.subarray(0, headerLength(file))
    expect(right(decodeCheckpointHead(header))).toMatchObject({ run, scores: checkpoint.scores })
    expect(through(changed(header), b => refused(decodeCheckpointHead(b)))).toEqual([])
  })
})

describe('a state, which has no digest in it', () => {
  const bytes = encodeState(checkpoint.state)
  const digest = stateDigest(checkpoint.state)
  const start = headerLength(bytes)
  test('with one byte of its tensors changed is another state', { timeout }, () =>
    expect(
      through(changed(bytes, start), b => {
        const r = decodeState(small)(b)
        return E.isRight(r) && stateDigest(r.right) !== digest
      })
    ).toEqual([])
  )
  test('with one byte of its header changed is refused in words, or read', { timeout }, () =>
    expect(
      through(changed(bytes.subarray(0, start)), b => {
        const r = decodeState(small)(Uint8Array.of(...b, ...bytes.subarray(start)))
        return E.isRight(r) || inWords(r.left)
      })
    ).toEqual([])
  )
  test('that is cut off is refused', () => {
    expect(through(cut(bytes), b => refused(decodeState(small)(b)))).toEqual([])
    expect(through(cut(bytes), b => refused(decodeWeights(net)(b)))).toEqual([])
  })
})

describe('a run file', () => {
  const complete = right(completeRun(right(parseRunFile(JSON.stringify(xor))), { train: data }))
  const bytes = new TextEncoder().encode(canonicalRun(complete))
  const parse = (b: Uint8Array): E.Either<Problem<string>, CompleteRun> => {
    const text = E.tryCatch(
      () => new TextDecoder('utf-8', { fatal: true }).decode(b),
      (): Problem<string> => ({
        _tag: 'DecodeError',
        code: 'malformed',
        path: [],
        expected: 'UTF-8',
        got: 'other bytes',
        hint: ''
      })
    )
    return E.isLeft(text) ? text : (parseRunFile(text.right) as E.Either<Problem<string>, CompleteRun>)
  }
  test('that is whole keeps its name', () => expect(runId(right(parse(bytes)))).toBe(runId(complete)))
  test('with one byte changed is refused, or has another name, or says the same', { timeout }, () =>
    expect(
      through(changed(bytes), b => {
        const r = parse(b)
        if (E.isLeft(r)) return inWords(r.left)
        const same = JSON.stringify(r.right) === JSON.stringify(complete)
        return same === (runId(r.right) === runId(complete))
      })
    ).toEqual([])
  )
  test('that is cut off is refused', () => expect(through(cut(bytes), b => refused(parse(b)))).toEqual([]))
})
