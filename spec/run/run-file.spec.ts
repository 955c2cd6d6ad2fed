import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtInLayers } from '../../src/layer/registry.js'
import { dense, relu, residual, sequential } from '../../src/layer/index.js'
import { readers } from '../../src/data/readers.js'
import { builtInTraining } from '../../src/train/registry.js'
import { parseRunFile, runFileCodec, showRunFile, trainingCodec, trainingOf } from '../../src/run/run-file.js'
import { decode, parseJson } from '../../src/value/codec.js'
import { noMembers } from '../../src/registry/codecs.js'
import type { Definition, Family } from '../../src/registry/definition.js'
import { runFiles, xor } from './helpers.js'
import { left, right } from '../support/either.js'

const codec = runFileCodec()
const parse = (value: unknown) => parseRunFile(JSON.stringify(value))

describe('laws', () => {
  test('reading what was written gives the same run', () => {
    fc.assert(
      fc.property(runFiles, run => {
        expect(right(decode(codec)(codec.encode(run)))).toEqual(run)
        expect(right(parseJson(codec)(showRunFile(run)))).toEqual(run)
      })
    )
  })
  test('writing what was read twice gives the same text', () => {
    fc.assert(
      fc.property(runFiles, run => {
        const text = showRunFile(run)
        expect(showRunFile(right(parseJson(codec)(text)))).toBe(text)
      })
    )
  })
  test('a run is recognised, and so is its training', () => {
    fc.assert(
      fc.property(runFiles, run => {
        expect(codec.is(run)).toBe(true)
        const training = trainingOf(run)
        expect(right(decode(trainingCodec())(trainingCodec().encode(training)))).toEqual(training)
      })
    )
  })
  test('no text makes it throw', () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(anything, text => {
        expect(left(parseRunFile(text))).toMatch(/^\$/)
      })
    )
  })
  test('a run with anything at any place of it is read, or refused with a place', () => {
    const places = (u: unknown, at: readonly string[] = []): readonly (readonly string[])[] =>
      typeof u === 'object' && u !== null ? [at, ...Object.entries(u).flatMap(([k, v]) => places(v, [...at, k]))] : [at]
    const put = (u: unknown, [k, ...rest]: readonly string[], v: unknown): unknown =>
      k === undefined
        ? v
        : Array.isArray(u)
          ? u.map((x: unknown, i) => (String(i) === k ? put(x, rest, v) : x))
          : Object.fromEntries(Object.entries(u as object).map(([key, x]) => [key, key === k ? put(x, rest, v) : x]))
    fc.assert(
      fc.property(fc.constantFrom(...places(xor)), fc.oneof(fc.jsonValue(), fc.double()), (at, v) => {
        const r = parse(put(xor, at, v))
        if (E.isLeft(r)) expect(r.left.path[0]).toBe('$')
        else expect(parseRunFile(showRunFile(r.right))).toEqual(r)
      }),
      { numRuns: 500 }
    )
  })
})

describe('what is left out', () => {
  const run = right(parse(xor))
  test('has its usual value', () =>
    expect(run).toMatchObject({ gradfold: 1, seed: 0, metrics: [], precision: 'f32', optimizer: { beta1: 0.9 } }))
  test('stays away where it has none', () => expect(Object.keys(run)).not.toContain('split'))
  test('is written out', () => {
    const { data, model, ...rest } = codec.encode(run) as Readonly<Record<string, unknown>>
    expect(rest).toEqual({
      format: 1,
      gradfold: 1,
      loss: { tag: 'meanSquaredError' },
      optimizer: { tag: 'adam', rate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, form: 'corrected' },
      batchSize: 4,
      stop: { tag: 'epochs', count: 3 },
      metrics: [],
      seed: 0,
      precision: 'f32'
    })
  })
})

describe('short forms', () => {
  const withShort = (fields: object) => right(parse({ ...xor, ...fields }))
  // members that need no setting, found by asking
  const bare = (members: Family<Definition>): readonly string[] =>
    Object.values(members).flatMap(m =>
      Object.values(m.fields(noMembers)).every(f => E.isRight(f.decode(undefined))) ? [m.tag] : []
    )
  test.each([
    ...bare(builtInTraining.losses).map(tag => ['loss', tag] as const),
    ...bare(builtInTraining.optimizers).map(tag => ['optimizer', tag] as const),
    ...bare(readers).map(tag => ['data', tag] as const),
    ['split', 'stratified'] as const,
    ['normalise', 'standardise'] as const,
    ['normaliseTargets', 'unit'] as const
  ])('%s: "%s" is the member without settings', (field, tag) => {
    const model = { input: [2], layers: [] }
    expect(withShort({ model, [field]: tag })).toEqual(withShort({ model, [field]: { tag } }))
  })
  test('reach into lists', () => expect(withShort({ metrics: ['accuracy'] }).metrics).toEqual([{ tag: 'accuracy' }]))
  test.each(Object.keys(builtInLayers.activations))('among layers "%s" is the activation', fn => {
    const { model } = withShort({ model: { input: [2], layers: [fn] } })
    expect(model.layer).toEqual({ tag: 'activation', fn })
  })
  test('reach into layers', () => {
    const layers = [{ tag: 'residual', layer: { tag: 'sequential', layers: [{ tag: 'dense', units: 2 }, 'relu'] } }]
    expect(withShort({ model: { input: [2], layers } }).model.layer).toEqual(residual(sequential(dense(2), relu)))
  })
  test('that stand for nothing are shown as written', () =>
    expect(left(parse({ ...xor, optimizer: 'adamm' }))).toMatch(/^\$\/optimizer: .*adam.*, got "adamm"$/))
})

test('a list of layers is a row: sequences in it dissolve', () => {
  const [a, b, c] = [{ tag: 'dense', units: 2 }, 'relu', { tag: 'dense', units: 1 }]
  const nested = [{ tag: 'sequential', layers: [a, { tag: 'sequential', layers: [b] }] }, c]
  expect(parse({ ...xor, model: { input: [2], layers: nested } })).toEqual(
    parse({ ...xor, model: { input: [2], layers: [a, b, c] } })
  )
})

describe('examples', () => {
  const folder = join(import.meta.dirname, '../../examples')
  // studies are run files with holes (spec/search/study-file)
  test.each(readdirSync(folder).filter(f => f.endsWith('.json') && !f.endsWith('-search.json')))(
    '%s is a run file',
    file => {
      const run = right(parseRunFile(readFileSync(join(folder, file), 'utf8')))
      expect(parseRunFile(showRunFile(run))).toEqual(E.right(run))
    }
  )
})
