/** Names: equal exactly where what they name is equal. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dataset, type Dataset, type Feature } from '../../src/data/dataset.js'
import { encodeSafetensors } from '../../src/format/safetensors.js'
import { canonicalJson } from '../../src/run/digest.js'
import { canonicalRun, completeRun, dataDigest, runId } from '../../src/run/identity.js'
import { openRun } from '../../src/run/open.js'
import { parseRunFile, runFileCodec, type RunFile } from '../../src/run/run-file.js'
import { version } from '../../src/run/version.js'
import { tensorView, type Tensor } from '../../src/value/tensor.js'
import { runFiles, xor } from './helpers.js'
import { left, right } from '../support/either.js'

const f32 = (shape: readonly number[], numbers: readonly number[]): Tensor<readonly number[], 'f32'> =>
  tensorView('f32', shape, Float32Array.from(numbers))
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const parse = (value: unknown): RunFile => right(parseRunFile(JSON.stringify(value)))
const xorData = { train: right(await openRun(parse(xor))()).source.train }
const idOf = (value: unknown): string => runId(right(completeRun(parse(value), xorData)))

describe('the name of a run', () => {
  const complete = right(completeRun(parse(xor), xorData))
  const text = canonicalRun(complete)

  test('is the SHA-256 of its canonical text, which is a run file', () => {
    expect(runId(complete)).toBe(sha256(text))
    expect(parseRunFile(text)).toEqual(E.right(complete))
    expect(text).toMatchInlineSnapshot(
      `"{"batchSize":4,"data":{"tag":"arrays","train":{"x":[[0,0],[0,1],[1,0],[1,1]],"y":[[0],[1],[1],[0]]}},"dataDigest":"0e4f90c95a321db62f1a984f01b64bce1367c576fea851c6406500240faad4b8","format":1,"gradfold":1,"loss":{"tag":"meanSquaredError"},"metrics":[],"model":{"input":[2],"layers":[{"bias":true,"initializer":"glorotUniform","tag":"dense","units":4},{"fn":"tanh","tag":"activation"},{"bias":true,"initializer":"glorotUniform","tag":"dense","units":1},{"fn":"sigmoid","tag":"activation"}]},"optimizer":{"beta1":0.9,"beta2":0.999,"epsilon":1e-8,"form":"corrected","rate":0.05,"tag":"adam"},"precision":"f32","seed":0,"stop":{"count":3,"tag":"epochs"},"version":"0.1.0"}"`
    )
  })
  test('names the contract, the library and the data', () =>
    expect(complete).toMatchObject({ gradfold: 1, version, dataDigest: dataDigest(xorData) }))
  test('is that of the package', () => {
    const { version: released } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      readonly version: string
    }
    expect(version).toBe(released)
  })
  test('does not depend on the order of fields, nor on what is left out', () => {
    const reversed = Object.fromEntries(Object.entries(xor).reverse())
    const written = runFileCodec().encode(parse(xor))
    expect([reversed, written, JSON.parse(text) as unknown].map(idOf)).toEqual(Array(3).fill(idOf(xor)))
  })
  test('is completed once and for all', () => expect(completeRun(complete, xorData)).toEqual(E.right(complete)))
  test.each<[string, object]>([
    ['seed', { seed: 1 }],
    ['batch size', { batchSize: 2 }],
    ['precision', { precision: 'f64' }],
    ['loss', { loss: 'halfSquaredError' }],
    ['optimizer', { optimizer: 'sgd' }],
    ['setting of the optimizer', { optimizer: { ...xor.optimizer, beta1: 0.8 } }],
    [
      'schedule',
      { optimizer: { tag: 'adam', rate: { tag: 'exponentialDecay', initial: 0.05, factor: 0.9, per: 'step' } } }
    ],
    ['stop rule', { stop: { tag: 'epochs', count: 4 } }],
    ['metrics', { metrics: ['mae'] }],
    ['scaling', { normalise: 'minMax' }],
    ['scaling of targets', { normaliseTargets: 'minMax' }],
    ['split', { split: 'random' }],
    ['model', { model: { input: [2], layers: [...xor.model.layers, 'relu'] } }]
  ])('depends on the %s', (_, change) => expect(idOf({ ...xor, ...change })).not.toBe(idOf(xor)))
  test('depends on the data, not on what the file says of them', () => {
    const other = { train: right(dataset({ x: xorData.train.x, y: xorData.train.x.tensor })) }
    expect(runId(right(completeRun(parse(xor), other)))).not.toBe(idOf(xor))
  })
  test('is the same exactly for the same run', () => {
    fc.assert(
      fc.property(runFiles, runFiles, (a, b) => {
        const [x, y] = [a, b].map(run => right(completeRun(run, xorData)))
        if (x === undefined || y === undefined) throw new Error('two')
        expect(runId(x) === runId(y)).toBe(canonicalRun(x) === canonicalRun(y))
        expect(runId(right(completeRun({ ...a }, xorData)))).toBe(runId(x))
      })
    )
  })
  test('stands for what its text says, -0 for 0', () => {
    const scaled = (factor: number) =>
      right(completeRun({ ...parse(xor), optimizer: { tag: 'scale', factor } }, xorData))
    expect(scaled(-0)).toEqual(scaled(0))
  })
  test('of another version, or other data, is refused', async () => {
    expect(left(completeRun({ ...complete, version: '9.9.9' }, xorData))).toBe(
      `version: expected ${version}, the version of this gradfold, got 9.9.9; leave version out to run it with this one`
    )
    const wrong = { ...xor, dataDigest: '0'.repeat(64) }
    const said = `dataDigest: expected data with the SHA-256 ${'0'.repeat(64)}, got ${complete.dataDigest}; leave dataDigest out to run it with other data`
    expect(left(completeRun(parse(wrong), xorData))).toBe(said)
    expect(left(await openRun(parse(wrong))())).toBe(said)
    expect(E.isRight(await openRun(parse({ ...xor, dataDigest: complete.dataDigest }))())).toBe(true)
  })
  test('needs text that is whole', () =>
    expect(left(canonicalJson({ a: '\ud800' }))).toMatch(/^\$: expected data that canonical JSON can hold/))
})

describe('canonical JSON', () => {
  test('is that of RFC 8785', () =>
    expect(canonicalJson({ b: [1e21, 1e-7, -0, 0.1, '\u20ac\n"'], a: { '\r': null, '1': true } })).toEqual(
      E.right('{"a":{"\\r":null,"1":true},"b":[1e+21,1e-7,0,0.1,"€\\n\\""]}')
    ))
  test.each([NaN, Infinity, undefined])('has no %j', u => expect(E.isLeft(canonicalJson(u))).toBe(true))
})

describe('the digest of data', () => {
  const x = f32([3, 2], [1, 2, 3, 4, 5, 6])
  const y = f32([3, 1], [0, 1, 0])
  const d: Dataset = right(dataset({ x, y }))
  const feature = (change: Partial<Feature>): Dataset => ({ ...d, x: { ...d.x, ...change } })
  const digest = (train: Dataset, test?: Dataset): string =>
    dataDigest(test === undefined ? { train } : { train, test })

  test('is that of a safetensors file', () => {
    const file = encodeSafetensors(
      { 'train/x': x, 'train/y': y },
      { scale: '{"train/x":1,"train/y":1}', shift: '{"train/x":0,"train/y":0}' }
    )
    expect(digest(d)).toBe(sha256(right(file)))
  })
  test('looks at numbers, not at how they lie in memory', () => {
    const turned = { ...f32([3, 2], [1, 3, 5, 2, 4, 6]), stride: [1, 3] }
    expect(digest(feature({ tensor: turned }))).toBe(digest(d))
  })
  test.each<[string, Dataset]>([
    ['a number', feature({ tensor: f32([3, 2], [1, 2, 3, 4, 5, 7]) })],
    ['the sign of 0', { ...d, y: { ...d.y, tensor: f32([3, 1], [-0, 1, 0]) } }],
    ['a shape', feature({ tensor: f32([3, 1, 2], [1, 2, 3, 4, 5, 6]) })],
    ['a scale', feature({ scale: 2 })],
    ['a shift', feature({ shift: 1 })],
    ['weights', right(dataset({ x, y, weights: f32([3], [1, 1, 1]) }))]
  ])('sees %s', (_, other) => expect(digest(other)).not.toBe(digest(d)))
  test('sees the parts', () =>
    expect(
      new Set([digest(d), digest(d, d), digest(feature({ shift: 1 }), d), digest(d, feature({ shift: 1 }))]).size
    ).toBe(4))
})
