/** Layers as data: composition is a monoid, values are frozen and JSON-ready, and every kind keeps its own promises. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layerCodec } from '../../src/layer/codecs.js'
import { dense } from '../../src/layer/dense.js'
import { relu } from '../../src/layer/activation.js'
import type { LayerDefinition, Layer, Sample } from '../../src/layer/definition.js'
import { modelData } from '../../src/layer/model.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { extend } from '../../src/registry/extend.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { anyLayer } from '../../src/laws/networks.js'
import { build } from '../../src/model/build.js'

const frozen = (u: unknown): boolean =>
  typeof u !== 'object' || u === null || (Object.isFrozen(u) && Object.values(u).every(frozen))

describe('sequential', () => {
  const layer = anyLayer()
  test('is associative', () =>
    fc.assert(
      fc.property(layer, layer, layer, (a, b, c) => {
        const left = sequential(sequential(a, b), c)
        expect(left).toEqual(sequential(a, sequential(b, c)))
        expect(left).toEqual(sequential(a, b, c))
      })
    ))
  test('has sequential() as its identity', () =>
    fc.assert(
      fc.property(layer, a => {
        expect(sequential(sequential(), a)).toEqual(sequential(a))
        expect(sequential(a, sequential())).toEqual(sequential(a))
      })
    ))
  test('of one layer is that layer', () => {
    const one = dense(3)
    expect(sequential(one)).toBe(one)
    expect(sequential(sequential(one))).toBe(one)
  })
})

test('layers are frozen data that JSON keeps', () =>
  fc.assert(
    fc.property(anyLayer(), layer => {
      expect(frozen(layer)).toBe(true)
      expect(JSON.parse(JSON.stringify(layer))).toEqual(layer)
    })
  ))

const kinds: readonly LayerDefinition<Layer>[] = Object.values(builtInLayers.layers)
const cases = kinds.flatMap(kind =>
  kind.samples.map((sample): readonly [string, LayerDefinition<Layer>, Sample<Layer>] => [kind.tag, kind, sample])
)

describe('the registry', () => {
  test('has every kind that a file of src/layer declares', () => {
    const folder = join(import.meta.dirname, '../../src/layer')
    const declared = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(join(folder, file), 'utf8'))
      .flatMap(text => [...text.matchAll(/: LayerDefinition<\w+> = \{\s*tag: '(\w+)'/g)].map(m => m[1]))
    expect(declared.length).toBeGreaterThan(12)
    expect(new Set(Object.keys(builtInLayers.layers))).toEqual(new Set(declared))
  })
  test('is extended without changing', () => {
    const more = extend(builtInLayers, {
      activations: [{ tag: 'half', fields: () => ({}), along: 'each', formula: x => x, tex: 'x', kinks: [] }]
    })
    expect(Object.keys(more.activations)).toContain('half')
    expect(Object.keys(builtInLayers.activations)).not.toContain('half')
    expect(more.layers).toEqual(builtInLayers.layers)
  })
})

describe.each(cases)('a %s', (tag, kind, { layer, input }) => {
  test('has its tag and a line of text', () => {
    expect(layer.tag).toBe(tag)
    expect(kind.show(layer)).toMatch(/^\S.*$/)
  })
  test('fits the input of its sample', () => expect(build(modelData(input, layer))).toMatchObject({ _tag: 'Right' }))
  test('has all settings in its codec', () => {
    expect(layerCodec(builtInLayers).encode(layer)).toEqual(layer)
  })
})

test('every kind has a sample', () =>
  expect(kinds.filter(kind => kind.samples.length === 0).map(kind => kind.tag)).toEqual([]))

test('a model as data is its input and its layers', () => {
  expect(modelData([4], dense(3), relu)).toEqual({
    tag: 'model',
    input: [4],
    layer: { tag: 'sequential', layers: [dense(3), relu] }
  })
  expect(E.isRight(build(modelData([4], dense(3), relu)))).toBe(true)
})
