/** Callers without a compiler at the other entries: what can fail gives Left for anything at all, and never throws. */
import { describe, expect, test } from 'vitest'
import * as extend from '../src/extend.js'
import * as formats from '../src/formats.js'
import * as gradfold from '../src/index.js'
import * as laws from '../src/laws/index.js'
import * as ndarray from '../src/ndarray.js'
import * as search from '../src/search.js'
import { silentAmong, thrownBy, type Untyped } from './support/untyped.js'

/**
 * Functions whose types leave no way to fail: they give bytes, texts, codecs, expressions, laws, or a value of other values. And pieces for
 * authors of members and runners (`checkMember`, `checkSizes`, `compose...`, `decode`, `inProcess`, `lookup`, `mapValue`, `paramOf`,
 * `stateOf`), some of which give an Either: they expect the codecs, contexts and runs that the library passes to them.
 */
const mayThrow: Readonly<Record<string, readonly string[]>> = {
  ndarray: ['toNdarray'],
  extend: [
    'family',
    'codecsOf',
    'checkMember',
    'lookup',
    'checkSizes',
    'batchShape',
    'childContext',
    'composeSequential',
    'mapValue',
    'paramOf',
    'composeParallel',
    'stateOf',
    'tensorLayer',
    'shapeError',
    'withinPath',
    'average',
    'complement',
    'plain',
    'list',
    'optional',
    'withDefault'
  ],
  laws: [
    'activationLaws',
    'dimensionLaws',
    'formatLaws',
    'initializerLaws',
    'layerLaws',
    'lossLaws',
    'metricLaws',
    'optimizerLaws',
    'scheduleLaws',
    'stopLaws',
    'anyLayer',
    'networks'
  ]
}
/** spec/run/untyped.spec.ts has the others */
const entries = { extend, formats, laws, ndarray }
const functionsOf = (entry: object): readonly (readonly [string, Untyped])[] =>
  Object.entries(entry as Readonly<Record<string, unknown>>).flatMap(([name, f]) =>
    typeof f === 'function' && !(name in gradfold) ? [[name, f as Untyped] as const] : []
  )

describe('untyped callers of other entries', () => {
  test.each(Object.entries(entries))('what can fail in gradfold/%s never throws', async (name, entry) => {
    const listed = new Set(mayThrow[name] ?? [])
    for (const [f, value] of functionsOf(entry)) if (!listed.has(f)) expect([f, await thrownBy(value)]).toEqual([f, []])
  })
  test.each(Object.entries(mayThrow))(
    'the list for gradfold/%s holds only functions that may throw',
    async (name, listed) => {
      const all = functionsOf(entries[name as keyof typeof entries]).filter(([f]) => listed.includes(f))
      expect(await silentAmong(all)).toEqual([])
      expect(all).toHaveLength(listed.length)
    }
  )
  test('threads without options, or without a number of threads, are a Left of each trial', async () => {
    const open = search.inThreads as unknown as Untyped
    for (const args of [[], [0, null], ['x', 3]]) {
      const pool = open(...args) as search.WorkerPool
      expect(await pool.verify('x')()).toMatchObject({ _tag: 'Left', left: { path: ['workers'] } })
      await pool.close()
    }
  })
})
