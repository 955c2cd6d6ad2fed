import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { relu } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { modelData } from '../../src/layer/model.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { anyLayer, networks } from '../../src/laws/networks.js'
import { decodeModel, encodeModel, layerCodec, parseModel } from '../../src/model/codec.js'
import { decode } from '../../src/value/codec.js'
import { showError } from '../../src/value/error.js'

const codec = layerCodec(builtInLayers)
const said = (u: unknown): string => {
  const r = decodeModel(u)
  return E.isLeft(r) ? showError(r.left) : 'a model'
}
const withLayer = (layer: unknown): string => said({ tag: 'model', input: [4], layer })

describe('JSON', () => {
  test('of any layer reads back as that layer', () =>
    fc.assert(
      fc.property(anyLayer(), layer => {
        expect(decode(codec)(JSON.parse(JSON.stringify(codec.encode(layer))))).toEqual(E.right(layer))
      })
    ))
  test('of any network reads back as that network', () =>
    fc.assert(
      fc.property(networks(), ({ model }) => {
        expect(parseModel(JSON.stringify(model))).toEqual(E.right(model))
        expect(decodeModel(encodeModel(model))).toEqual(E.right(model))
      })
    ))
  test('is the data itself, with every setting written out', () => {
    const m = modelData([4], dense(3), relu, dense(2, { bias: false, initializer: { tag: 'constant', value: 0.5 } }))
    expect(encodeModel(m)).toEqual(m)
    expect(JSON.parse(JSON.stringify(encodeModel(m)))).toEqual(JSON.parse(JSON.stringify(m)))
  })
  test('of data whose parts are in a million million places is written at once, as one part each', () => {
    const shared = Array.from({ length: 40 }).reduce<unknown>(
      inner => ({ tag: 'sequential', layers: [inner, inner] }),
      dense(3)
    )
    const written = encodeModel(modelData([3], shared as never)) as { readonly layer: { readonly layers: object[] } }
    const [a, b] = written.layer.layers
    // the test's own comparisons would walk through every place
    expect([a === b, written.layer === shared]).toEqual([true, false])
  })
  test('written by hand may leave out what has a default', () =>
    expect(parseModel('{ "tag": "model", "input": [4], "layer": { "tag": "dense", "units": 3 } }')).toEqual(
      E.right(modelData([4], dense(3)))
    ))
  test('gives frozen layers', () => {
    const r = parseModel(JSON.stringify(modelData([4], dense(3), relu)))
    expect(E.isRight(r) && Object.isFrozen(r.right) && Object.isFrozen(r.right.layer)).toBe(true)
  })
})

describe('what is not a model is refused with its place', () => {
  const at = (path: string): string => `$/layer${path}: `
  test.each<[string, string]>([
    [withLayer({ tag: 'dense', units: 0 }), `${at('/units')}expected a positive whole number, got 0`],
    [withLayer({ tag: 'dense', units: -1 }), `${at('/units')}expected a positive whole number, got -1`],
    [withLayer({ tag: 'dense', units: 2.5 }), `${at('/units')}expected a positive whole number, got 2.5`],
    [withLayer({ tag: 'dense', units: NaN }), `${at('/units')}expected a positive whole number, got NaN`],
    [withLayer({ tag: 'dense', units: Infinity }), `${at('/units')}expected a positive whole number, got Infinity`],
    [withLayer({ tag: 'dense', units: 1e300 }), `${at('/units')}expected a positive whole number, got 1e+300`],
    [withLayer({ tag: 'dense', units: '3' }), `${at('/units')}expected a positive whole number, got "3"`],
    [withLayer({ tag: 'dense' }), `${at('/units')}expected a positive whole number, got nothing`],
    [
      withLayer({ tag: 'dense', units: 3, unit: 4 }),
      `${at('/unit')}expected no field of this name in dense (it has tag, units, bias, initializer, biasInitializer), got 4`
    ],
    [withLayer({ tag: 'dense', units: 3, bias: 1 }), `${at('/bias')}expected a boolean, got 1`],
    [
      withLayer({ tag: 'dense', units: 3, initializer: { tag: 'constant' } }),
      `${at('/initializer/value')}expected a finite number in f32, got nothing`
    ],
    [
      withLayer(Object.create({ tag: 'flatten' })),
      `${at('')}expected a record whose tag is one of ${Object.keys(builtInLayers.layers).join(', ')}, got {}`
    ],
    [
      withLayer({ tag: 'sequential', layers: [{ tag: 'residual', layer: { tag: 'reshape', shape: [2, -3] } }] }),
      `${at('/layers/0/layer/shape')}expected a list of positive whole numbers, got [2,-3]`
    ],
    [
      withLayer({ tag: 'shared', key: 'k', layer: { tag: 'flatten' } }),
      `${at('/layer')}expected a model (a record whose tag is model), got {"tag":"flatten"}`
    ],
    [
      withLayer({ tag: 'named', name: 'constructor', layer: { tag: 'flatten' } }),
      `${at('/name')}expected a label of letters, digits, _ . - (at most 64, not a name that every object has), got "constructor"`
    ],
    [
      said({ tag: 'model', input: [4, [3]], layer: { tag: 'flatten' } }),
      '$/input: expected a shape such as [28, 28, 1], or a list of shapes, got [4,[3]]'
    ],
    [said([]), '$: expected a record (model), got []'],
    [
      withLayer({
        tag: 'sequential',
        layers: [
          { tag: 'dense', units: 3 },
          { tag: 'residual', layer: { tag: 'dense', units: 4 } }
        ]
      }),
      'residual: expected a block that keeps the shape [3], got a block that gives [4]'
    ]
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('unknown names list the known ones', () => {
    expect(withLayer({ tag: 'activation', fn: 'rellu' })).toMatch(
      /^\$\/layer\/fn: expected an activation: one of identity, sigmoid, .*, got "rellu"$/
    )
    expect(withLayer({ tag: 'dense', units: 3, initializer: 'zero' })).toMatch(
      /^\$\/layer\/initializer: expected an initializer: one of zeros, .*, got "zero"$/
    )
    expect(withLayer({ tag: 'activation', fn: 'toString' })).toMatch(/got "toString"$/)
  })

  const deep = (n: number): string => `${'{"tag":"residual","layer":'.repeat(n)}{"tag":"flatten"}${'}'.repeat(n)}`
  test.each<[string, string, RegExp]>([
    ['text that is not JSON', '{"tag":', /^\$: expected JSON text, got /],
    ['__proto__', '{"tag":"model","input":[4],"layer":{"tag":"flatten","__proto__":{}}}', /__proto__/],
    [
      'a key twice',
      '{"tag":"model","input":[4],"input":[5],"layer":{"tag":"flatten"}}',
      /^\$\/input: expected every key once/
    ],
    [
      '10,000 levels',
      `{"tag":"model","input":[4],"layer":${deep(10_000)}}`,
      /^\$: expected at most 200 levels of nesting, got more$/
    ],
    [
      'an endless model',
      '{"tag":"model","input":[4],"layer":{"tag":"repeat","times":1000000000000000,"layer":{"tag":"dense","units":4}}}',
      /^repeat: expected at most \d+ layers/
    ],
    [
      'a huge model',
      '{"tag":"model","input":[4],"layer":{"tag":"dense","units":1000000000}}',
      /^dense\/weight: expected at most \d+ parameters/
    ]
  ])('%s', (_, text, wanted) => {
    const r = parseModel(text)
    expect(E.isLeft(r) ? showError(r.left) : 'a model').toMatch(wanted)
  })

  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), text => E.isLeft(parseModel(text))))
    const hostile = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true
    })
    fc.assert(fc.property(hostile, u => E.isLeft(decodeModel(u))))
    fc.assert(
      fc.property(hostile, u => E.isLeft(decodeModel({ tag: 'model', input: u, layer: { tag: 'dense', units: u } })))
    )
    expect(decodeModel(Symbol('model'))).toMatchObject({ _tag: 'Left' })
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(decodeModel({ tag: 'model', input: cycle, layer: { tag: 'flatten' } })).toMatchObject({ _tag: 'Left' })
  })
  test('a model with anything in one place is refused or still a model, never an exception', () =>
    fc.assert(
      fc.property(networks({ depth: 1 }), fc.anything(), fc.nat(), ({ model }, poison, at) => {
        const text = JSON.stringify(model)
        const places = [...text.matchAll(/:("[^"]*"|-?\d+|true|false)/g)]
        const place = places[at % places.length] as RegExpExecArray
        const value = JSON.stringify(poison) ?? 'null'
        const changed = `${text.slice(0, place.index + 1)}${value}${text.slice(place.index + place[0].length)}`
        expect(parseModel(changed)._tag).toMatch(/Left|Right/)
      })
    ))
})
