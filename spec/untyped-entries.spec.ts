/** Callers without a compiler at the other entries: what can fail gives Left for anything at all, and never throws. */
import { describe, expect, test } from 'vitest'
import * as codec from '../src/codec.js'
import * as extend from '../src/extend.js'
import * as files from '../src/files.js'
import * as formats from '../src/formats.js'
import * as gradfold from '../src/index.js'
import * as laws from '../src/laws/index.js'
import * as ndarray from '../src/ndarray.js'
import * as report from '../src/report.js'
import * as search from '../src/search.js'
import { thrownBy, type Untyped } from './support/untyped.js'

/**
 * Functions whose types leave no way to fail: they give bytes, texts, codecs, expressions, laws, or a value of other values. And pieces for
 * authors of members and runners (`checkMember`, `checkSizes`, `compose...`, `decode`, `inProcess`, `lookup`, `mapValue`, `paramOf`,
 * `stateOf`), some of which give an Either: they expect the codecs, contexts and runs that the library passes to them.
 */
const mayThrow: Readonly<Record<string, readonly string[]>> = {
  codec: [
    'runFileCodec',
    'showRunFile',
    'trainingCodec',
    'trainingOf',
    'canonicalRun',
    'dataDigest',
    'runId',
    'versioned',
    'encodeState',
    'stateDigest',
    'encodeCheckpoint',
    'formatOfPath',
    'stepLimit',
    'shorthand',
    'shortCodecsOf',
    'encodeModel',
    'layerCodec',
    'modelCodec',
    'decode',
    'exact',
    'list',
    'optional',
    'withDefault',
    'codecsOf'
  ],
  files: ['decodeRow'],
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
  search: [
    'contains',
    'settingValues',
    'narrow',
    'showStudyFile',
    'studyFileCodec',
    'studyOf',
    'arrayText',
    'inProcess',
    'summaries',
    'summaryText',
    'importances',
    'studyHtml',
    'studyPlots',
    'studyTablesText',
    'bestOf',
    'ranked',
    'halving'
  ],
  report: [
    'barChart',
    'countTable',
    'histogram',
    'compareHtml',
    'historyHtml',
    'historyOf',
    'decisionRegions',
    'filters',
    'imageGrid',
    'lineChart',
    'pictureText',
    'runHtml'
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
/** starts a thread for a number that is right, so it is called apart */
const apart = 'inThreads'

const entries = { codec, extend, files, formats, laws, ndarray, report, search }
const functionsOf = (entry: object): readonly (readonly [string, Untyped])[] =>
  Object.entries(entry as Readonly<Record<string, unknown>>).flatMap(([name, f]) =>
    typeof f === 'function' && !(name in gradfold) && name !== apart ? [[name, f as Untyped] as const] : []
  )

describe('untyped callers of other entries', () => {
  test.each(Object.entries(entries))('what can fail in gradfold/%s never throws', (name, entry) => {
    const listed = new Set(mayThrow[name] ?? [])
    const thrown = functionsOf(entry).flatMap(([f, value]) => (listed.has(f) ? [] : thrownBy(value).map(e => [f, e])))
    expect(thrown).toEqual([])
  })
  test.each(Object.entries(mayThrow))(
    'the list for gradfold/%s holds only functions that may throw',
    (name, listed) => {
      const functions = new Map(functionsOf(entries[name as keyof typeof entries]))
      const wrong = listed.filter(f => {
        const value = functions.get(f)
        return value === undefined || thrownBy(value).length === 0
      })
      expect(wrong).toEqual([])
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
