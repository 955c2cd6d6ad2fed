import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { relu, softmax } from '../../src/layer/activation.js'
import { fanOut, parallel } from '../../src/layer/combinator/branches.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import type { LayerDefinition, Layer, ParamSpec } from '../../src/layer/definition.js'
import { mergeAdd, mergeConcat } from '../../src/layer/combinator/merge.js'
import { modelData, type Model, type ModelData } from '../../src/layer/model.js'
import { named } from '../../src/layer/combinator/named.js'
import { builtInLayers } from '../../src/layer/registry.js'
import { extend } from '../../src/registry/extend.js'
import { repeat } from '../../src/layer/combinator/repeat.js'
import { reshape } from '../../src/layer/reshape.js'
import { residual } from '../../src/layer/combinator/residual.js'
import { sequential } from '../../src/layer/combinator/sequential.js'
import { maxLayers } from '../../src/layer/compose.js'
import { shared } from '../../src/layer/combinator/shared.js'
import { networks } from '../../src/laws/networks.js'
import { decodeModel, encodeModel } from '../../src/model/codec.js'
import { checkModel, checkModelAs, outputOf } from '../../src/model/model.js'
import { toExpr } from '../../src/model/to-expr.js'
import { maxNesting, build } from '../../src/model/build.js'
import { fnv1a32 } from '../../src/random/index.js'
import { showUnknown } from '../../src/value/codec.js'
import { showError } from '../../src/value/error.js'
import type { Shape } from '../../src/value/shape.js'
import { isLeaf, treeLeaves, type Tree } from '../../src/value/tree.js'
import { left, right } from '../support/either.js'

const said = (input: Shape, ...layers: readonly Layer[]): string => {
  const r = checkModel(modelData(input, ...layers))
  return E.isLeft(r) ? showError(r.left) : 'fits'
}
const paths = (input: Shape, ...layers: readonly Layer[]): readonly string[] => {
  const r = build(modelData(input, ...layers))
  return E.isLeft(r) ? [showError(r.left)] : treeLeaves(r.right.params).map(([path]) => path)
}
const some = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
/** data of a closed model whose shapes nobody has checked */
const closed = (input: Shape, ...layers: readonly Layer[]): Model => modelData(input, ...layers) as unknown as Model

describe('random networks', () => {
  test('fit, and give what was computed', () =>
    fc.assert(
      fc.property(networks(), ({ model, output }) => {
        expect(outputOf(model)).toEqual(E.right(output))
      })
    ))
  test('lower to an expression of that shape, with the batch in front', () =>
    fc.assert(
      fc.property(networks(), fc.integer({ min: 1, max: 3 }), ({ model, output }, batch) => {
        const { value } = some(toExpr(model, { batch }))
        expect(value).not.toMatchObject({ op: 'invalid' })
        expect(value).toMatchObject({ dtype: 'f32', shape: [batch, ...output] })
      })
    ))
  test('tell of every layer that the table of the model has', () =>
    fc.assert(
      fc.property(networks(), ({ model }) => {
        const seen = some(toExpr(model, { batch: 1 })).seen.map(([path]) => path)
        const rows = some(build(model)).rows.map(r => r.path)
        expect(seen).toEqual(expect.arrayContaining(rows.filter(path => !path.startsWith('shared/'))))
      })
    ))
  test('have parameters without empty branches', () =>
    fc.assert(
      fc.property(networks(), ({ model }) => {
        const empty = (t: Tree<ParamSpec>): boolean =>
          !isLeaf(t) && Object.values(t).some(u => (!isLeaf(u) && Object.keys(u).length === 0) || empty(u))
        expect(empty(some(build(model)).params)).toBe(false)
      })
    ))
})

describe('what does not fit is said with its labels', () => {
  test.each<[string, string]>([
    [said([28, 28, 1], dense(10)), 'dense: expected a flat input [n], got [28, 28, 1]; put flatten before it'],
    [said([4], dense(3), relu, dense(0)), 'dense2: expected a positive whole number, got 0'],
    [
      said([4], named('head')(sequential(relu, residual(dense(3))))),
      'head/residual: expected a block that keeps the shape [4], got a block that gives [3]'
    ],
    [said([6], reshape(2, 4)), 'reshape: expected 6 numbers, as in [6], got 8, as in [2, 4]'],
    [
      said([6], fanOut(dense(2), sequential(dense(3), residual(dense(2)))), mergeConcat),
      'fanOut/sequential/residual: expected a block that keeps the shape [3], got a block that gives [2]'
    ],
    [said([6], fanOut(dense(2), dense(3)), mergeAdd), 'add: expected branches of one shape, got [2] and [3]'],
    [
      said(
        [
          [2, 3],
          [4, 2]
        ],
        mergeConcat
      ),
      'concat: expected branches that are equal before the last axis, got [2, 3] and [4, 2]'
    ],
    [said([6], mergeConcat), 'concat: expected several tensors, got [6]; put fanOut or parallel before it'],
    [
      said([6], parallel(relu, relu)),
      'parallel: expected several inputs, one for each branch, got [6]; use fanOut to give every branch the same input'
    ],
    [said([[3], [4]], parallel(relu)), 'parallel: expected 1 inputs, one for each branch, got [[3], [4]]'],
    [said([[3], [4]], flatten), 'flatten: expected one tensor, got [[3], [4]]; merge the branches before it'],
    [said([6], fanOut()), 'fanOut: expected at least one branch, got none'],
    [said([], softmax), 'softmax: expected one tensor with a last axis, got []'],
    [said([6], closed([5], dense(2))), 'model: expected the input [5], got [6]'],
    [said([6], shared('encoder')(closed([5], dense(2)))), 'encoder: expected the input [5], got [6]'],
    [
      said([6], repeat(3)(sequential(fanOut(relu, relu), residual(dense(2))))),
      'repeat/0/residual/dense: expected a flat input [n], got [[6], [6]]; put flatten before it'
    ],
    [said([0], dense(3)), 'input: expected a positive whole number, got 0'],
    [said([[2], [2.5]], mergeAdd), 'input: expected a positive whole number, got 2.5']
  ])('%s', (got, wanted) => expect(got).toBe(wanted))

  test('settings that no shape depends on are checked too', () => {
    const bad = dense(3, { initializer: { tag: 'constant', value: NaN } })
    expect(said([4], relu, bad)).toBe('dense/initializer/value: expected a finite number in f32, got NaN')
    const unknown: unknown = { tag: 'dense', units: 3, bias: true, initializer: 'magic' }
    expect(said([4], unknown as Layer)).toMatch(
      /^dense\/initializer: expected an initializer: one of zeros, .*, got "magic"$/
    )
  })
  test('what is no layer', () => {
    const uncalled: unknown = dense
    expect(said([4], relu, uncalled as Layer)).toBe(
      'layers/1: expected a layer, got a function (a constructor, not called?)'
    )
  })
  test('a kind that nobody has handed along', () => {
    const unknown: unknown = { tag: 'constructor' }
    expect(said([4], unknown as Layer)).toMatch(
      /^expected one of the layers dense, .*, got constructor; to use a custom one, add its definition to the registry you pass$/
    )
  })
})

describe('labels', () => {
  const weights = (label: string): readonly string[] => [`${label}/weight`, `${label}/bias`]
  test('count from the second layer of a kind on', () =>
    expect(paths([4], dense(3), relu, dense(2), dense(1, { bias: false }))).toEqual([
      ...weights('dense'),
      ...weights('dense2'),
      'dense3/weight'
    ]))
  test('are levels where layers have layers inside', () =>
    expect(
      paths([4], named('hidden')(dense(4)), residual(sequential(dense(2), relu, dense(4))), repeat(2)(dense(4)))
    ).toEqual([
      ...weights('hidden/dense'),
      ...weights('residual/dense'),
      ...weights('residual/dense2'),
      ...weights('repeat/0/dense'),
      ...weights('repeat/1/dense')
    ]))
  test('stay when layers move into a sequence', () =>
    expect(paths([4], dense(3), sequential(relu, dense(2), dense(3)))).toEqual(
      paths([4], sequential(dense(3), relu), dense(2), dense(3))
    ))
  test('of shared parameters stand once, at the root', () => {
    const encoder = shared('encoder')(closed([3], dense(2), relu))
    expect(
      paths(
        [[3], [3]],
        parallel(encoder, residual(sequential(encoder, dense(3)))),
        parallel(dense(3), dense(3)),
        mergeAdd,
        named('top')(encoder)
      )
    ).toEqual([
      ...weights('parallel/residual/dense'),
      ...weights('parallel2/dense'),
      ...weights('parallel2/dense2'),
      ...weights('shared/encoder/dense')
    ])
  })
  test.each<[string, string]>([
    [
      said([4], named('a')(dense(3)), named('a')(dense(2))),
      'expected labels that differ, got a twice; rename one with named'
    ],
    [
      said([4], dense(3), dense(3), named('dense2')(dense(2))),
      'expected labels that differ, got dense2 twice; rename one with named'
    ],
    [
      said([4], residual(sequential(named('x')(relu), named('x')(relu)))),
      'residual: expected labels that differ, got x twice; rename one with named'
    ],
    [said([4], named('__proto__')(dense(3))), 'expected a label of letters, digits, _ . -, at most 64, got __proto__'],
    [said([4], named('a/b')(dense(3))), 'expected a label of letters, digits, _ . -, at most 64, got a/b'],
    [
      said([4], named('shared')(dense(4)), shared('k')(closed([4], dense(4)))),
      'expected labels that differ, got shared twice; rename one with named'
    ],
    [
      said(
        [4],
        shared('k')(closed([4], dense(4))),
        residual(sequential(relu, shared('k')(closed([4], dense(4), relu))))
      ),
      'residual: expected the model that has the key k elsewhere, got another one; give it another key'
    ]
  ])('%s', (got, wanted) => expect(got).toBe(wanted))
  test('with one hash collide', () => {
    // two words known to have the same FNV-1a hash
    expect(fnv1a32('costarring')).toBe(fnv1a32('liquid'))
    expect(said([4], named('costarring')(dense(4)), named('liquid')(dense(4)))).toBe(
      'expected labels with different hashes, got costarring and liquid; rename one with named'
    )
  })
})

describe('limits', () => {
  test('a billion parameters', () =>
    expect(said([32], dense(32), dense(40_000_000))).toMatch(
      /^dense2\/weight: expected at most 268435456 parameters in all, got \d+ up to here$/
    ))
  test('endless repetition', () => {
    expect(said([4], repeat(1e15)(relu))).toBe(`repeat: expected at most ${maxLayers} layers, got 1000000000000000`)
    const nested = repeat(1000)(repeat(1000)(relu))
    expect(said([4], nested)).toMatch(new RegExp(`^repeat: expected at most ${maxLayers} layers, got`))
  })
  test('layers inside layers', () => {
    const deep = (n: number): Layer => Array.from({ length: n }).reduce<Layer>(l => residual(l), dense(4))
    expect(said([4], deep(maxNesting - 1))).toBe('fits')
    expect(said([4], deep(maxNesting))).toMatch(/expected at most 64 layers inside one another, got more$/)
    expect(said([4], deep(5000))).toMatch(/expected at most 64 layers inside one another, got more$/)
  })
  test('a block that contains itself twice, again and again', () => {
    const explode = Array.from({ length: 40 }).reduce<Layer>(l => residual(sequential(l, l)), relu)
    expect(said([4], explode)).toContain(`expected at most ${maxLayers} layers`)
  })
  describe('thirty layers, each with the next one in two places', () => {
    const inTwoPlaces: Readonly<Record<string, (l: Layer) => Layer>> = {
      sequential: l => residual(sequential(l, l)),
      fanOut: l => sequential(fanOut(l, l), mergeAdd),
      parallel: l => sequential(fanOut(relu, relu), parallel(l, l), mergeAdd),
      named: l => sequential(named('a')(l), named('b')(l)),
      repeat: l => repeat(2)(residual(l)),
      model: l => sequential(residual(modelData([4], l) as unknown as Layer), residual(l)),
      shared: l => {
        const twice = shared('k')(modelData([4], l) as unknown as Model)
        return sequential(twice, twice)
      }
    }
    const thirty = (f: (l: Layer) => Layer, last: Layer): ModelData =>
      modelData(
        [4],
        Array.from({ length: 30 }).reduce<Layer>(l => f(l), last)
      )
    const wrong = { tag: 'dense' } as unknown as Layer
    test.each(Object.entries(inTwoPlaces))('are too many in %s, and a mistake in the last one is found', (_, f) => {
      const [large, mistaken] = [thirty(f, dense(4)), thirty(f, wrong)]
      expect(left(checkModel(large))).toMatch(/expected at most 8192 layers, got|the model that has the key/)
      expect(left(checkModel(mistaken))).toMatch(/units: expected a positive whole number, got nothing/)
      expect(left(decodeModel(large))).toMatch(/at most \d+ (layers|parts)|the model that has the key/)
      expect(left(decodeModel(mistaken))).toMatch(/at most \d+ parts|units: expected a positive/)
      // what is shown of it is cut while it is read
      expect(showUnknown(large)).toHaveLength(60)
    })
    test('are read as JSON where their places are few', () => {
      const f = inTwoPlaces['named'] as (l: Layer) => Layer
      const small = modelData([4], f(f(f(dense(4)))))
      expect(right(decodeModel(encodeModel(small)))).toEqual(small)
    })
  })
  test('sizes beyond whole numbers', () => {
    const doubling = sequential(fanOut(relu, relu), mergeConcat)
    expect(said([4], repeat(60)(doubling))).toMatch(/expected a positive whole number, got 9007199254740992$/)
  })
})

describe('checkModelAs', () => {
  const data = modelData([4], dense(3))
  test('gives the model itself', () => expect(checkModelAs([4], [3])(data)).toEqual(E.right(data)))
  test.each<[Shape, Shape, string]>([
    [[5], [3], 'input: expected [5], got [4]'],
    [[4], [2], 'output: expected [2], got [3]']
  ])('%j -> %j', (input, output, wanted) =>
    expect(E.mapLeft(showError)(checkModelAs(input, output)(data))).toEqual(E.left(wanted))
  )
})

test('a kind that gives sizes that are none is caught', () => {
  const half: LayerDefinition<Layer> = {
    tag: 'flatten',
    fields: () => ({}),
    show: () => 'half',
    place: () =>
      E.right({
        output: [1.5],
        params: {},
        state: {},
        shared: {},
        rows: [],
        apply: (_, value) => ({ value, state: {}, seen: [] })
      }),
    samples: []
  }
  expect(checkModel(modelData([3], flatten), extend(builtInLayers, { layers: [half] }))).toMatchObject({
    left: { path: ['flatten'], got: '1.5' }
  })
})

test.each([{ tag: 'sequential' }, { tag: 'fanOut' }, { tag: 'dense' }, { tag: 'shared' }])(
  '%j made by hand lacks settings, and the error says which',
  layer => expect(checkModel(modelData([2], layer as Layer))).toMatchObject({ left: { _tag: 'ShapeError' } })
)
