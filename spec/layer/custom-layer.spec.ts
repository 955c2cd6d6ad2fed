/** A layer kind, an activation and an initializer of a user's own: written against the published names only. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  activation,
  checkModel,
  dense,
  evaluate,
  expr,
  builtIn,
  extend,
  init,
  input,
  treeLeaves,
  toExpr,
  showError,
  model,
  modelData,
  ofIndices,
  predict,
  embedding,
  numbersOf,
  rootKey,
  sequential,
  tensor,
  type Dims,
  type LayerDefinition,
  type Layer,
  type ParamsOf,
  type Tensor
} from 'gradfold'
import { shapeError, tensorLayer, type BodyOut, type BodyParams, type Fail, type Show } from 'gradfold/extend'
import { encodeModel, parseModel, positive } from 'gradfold/codec'
import { reference } from '../../src/backend/reference/reference.js'

interface Rows {
  readonly tag: 'rows'
}
interface Around<B extends Layer = Layer> {
  readonly tag: 'around'
  readonly layer: B
}
type AnyAround = Around

// ---- the data, and what the compiler knows of it

interface Scale {
  readonly tag: 'scale'
  /** every factor begins here */
  readonly from: number
}
interface Twice<B extends Layer = Layer> {
  readonly tag: 'twice'
  readonly layer: B
}
type AnyTwice = Twice
declare module 'gradfold' {
  interface Layers {
    readonly scale: Scale
    readonly twice: AnyTwice
    readonly rows: Rows
    readonly around: AnyAround
  }
  interface ShapeRules<L, In> {
    readonly scale: In extends readonly [...Dims, number] ? In : Fail<'a last axis', Show<In>>
    readonly twice: L extends Twice<infer B> ? BodyOut<B, In> : never
  }
  interface ParamRules<L, In> {
    readonly scale: In extends readonly [...Dims, infer N extends number] ? { readonly factor: Tensor<[N]> } : never
    readonly twice: L extends Twice<infer B> ? BodyParams<B, In> : never
  }
  interface Activations {
    readonly cube: 'each'
  }
  interface Initializers {
    readonly near: { readonly value: number }
  }
}

const scale = (from = 1): Scale => ({ tag: 'scale', from })
const twice = <const B extends Layer>(layer: B): Twice<B> => ({ tag: 'twice', layer })

// ---- what the program knows of it

const scaleKind: LayerDefinition<Scale> = {
  tag: 'scale',
  fields: () => ({ from: positive }),
  show: ({ from }) => `scale from ${from}`,
  place: ({ from }, shape, { dtype }) => {
    const n = shape.at(-1)
    return typeof n !== 'number'
      ? E.left(shapeError([], 'a last axis', JSON.stringify(shape)))
      : E.right(
          tensorLayer({
            output: shape as Dims,
            params: {
              factor: { dtype, shape: [n], initializer: { tag: 'near', value: from }, fan: { in: 1, out: 1 } }
            },
            formula: (x, param) => expr.mul(x, param('factor'))
          })
        )
  },
  samples: [{ layer: scale(), input: [3] }]
}
const twiceKind: LayerDefinition<Twice> = {
  tag: 'twice',
  fields: ({ layer }) => ({ layer }),
  show: () => 'twice',
  place: ({ layer }, shape, place) =>
    pipe(
      place.body(layer, shape),
      E.map(body => ({
        ...body,
        apply: (context, x) => {
          const once = body.apply(context, x)
          return body.apply(context, once.value)
        }
      }))
    ),
  samples: [{ layer: twice(dense(3)), input: [3] }]
}
const registry = extend(builtIn, {
  layers: { scaleKind, twiceKind },
  activations: {
    cube: {
      tag: 'cube',
      fields: () => ({}),
      along: 'each',
      formula: x => expr.mul(x, expr.mul(x, x)),
      tex: 'x^3',
      kinks: []
    }
  },
  initializers: {
    near: {
      tag: 'near',
      fields: () => ({ value: positive }),
      draw: ({ shape, settings }) =>
        new Float32Array(shape.reduce((a, b) => a * b, 1)).fill((settings as { value: number }).value)
    }
  }
})
const some = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}

const net = model(
  input(3),
  scale(2),
  twice(sequential(dense(3), activation('cube'))),
  dense(1, { initializer: { tag: 'near', value: 0.5 } })
)

describe('a layer kind of a user', () => {
  test('is typed by the compiler', () => {
    expectTypeOf<(typeof net)['input']>().toEqualTypeOf<[3]>()
    type Params = ParamsOf<typeof net>
    expectTypeOf<Params['scale']['factor']>().toEqualTypeOf<Tensor<[3]>>()
    expectTypeOf<Params['twice']['dense']['weight']['shape']>().toEqualTypeOf<[3, 3]>()
  })
  test('is refused by the compiler and by the program in the same words', () => {
    const sentence = 'twice/scale: expected a last axis, got []'
    // @ts-expect-error the sentence is the type of the second parameter
    const wrong = model(input(), twice(scale()))
    expect(pipe(checkModel(wrong, registry), E.mapLeft(showError))).toEqual(E.left(sentence))
    const typed: Parameters<typeof model<[], [Twice<Scale>]>>[1] = sentence
    expect(typed).toBe(sentence)
  })
  test('goes to JSON and back', () => {
    expect(parseModel(JSON.stringify(encodeModel(net, registry)), registry)).toEqual(E.right(net))
    expect(pipe(parseModel(JSON.stringify(net)), E.mapLeft(showError))).toMatchObject({
      left: expect.stringMatching(/^\$\/layer\/layers\/0: expected a record whose tag is one of dense, /) as string
    })
    expect(pipe(parseModel(JSON.stringify(modelData([3], scale(-1))), registry), E.mapLeft(showError))).toEqual(
      E.left('$/layer/from: expected a number above 0, got -1')
    )
  })
  test('has parameters under its label', () => {
    const params = some(init(net, rootKey(1), { registry }))
    expect(treeLeaves<Tensor>(params).map(([path]) => path)).toEqual([
      'scale/factor',
      'twice/dense/weight',
      'twice/dense/bias',
      'dense/weight',
      'dense/bias'
    ])
    expect(Array.from(numbersOf(params.scale.factor))).toEqual([2, 2, 2])
  })
  test('computes', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 3 }), xs => {
        const { value } = some(
          toExpr(model(input(3), scale(2), activation('cube')), { batch: 1, dtype: 'f64', registry })
        )
        const given = { x: some(tensor('f64', [1, 3], xs)), 'params/scale/factor': some(tensor('f64', [3], [2, 2, 2])) }
        const { y } = some(evaluate(reference)({ y: value as expr.Expr }, given))
        expect(Array.from(numbersOf(y))).toEqual(xs.map(x => (2 * x) ** 3))
      })
    ))
  test('is not known where nobody hands it along', () =>
    expect(pipe(checkModel(net), E.mapLeft(showError))).toMatchObject({
      left: expect.stringMatching(
        /got scale; to use a custom one, add its definition to the registry you pass$/
      ) as string
    }))
})

describe('a layer of a user that looks up rows by its input', () => {
  const rowsKind = (indexes?: number): LayerDefinition<Rows> => ({
    tag: 'rows',
    fields: () => ({}),
    show: () => 'rows',
    place: (_, shape, { dtype }) =>
      E.right({
        ...tensorLayer({
          output: [...(shape as Dims), 2],
          params: { table: { dtype, shape: [3, 2], initializer: { tag: 'near', value: 1 }, fan: { in: 3, out: 2 } } },
          ...(indexes === undefined ? {} : { indexes }),
          // reshaped, since indexes may be moved before the look-up
          formula: (x, param) => expr.gather(param('table'), expr.reshape(x, x.shape))
        })
      }),
    samples: []
  })
  /** a combinator that forgets what the layer inside says of indexes */
  const aroundKind: LayerDefinition<Around> = {
    tag: 'around',
    fields: ({ layer }) => ({ layer }),
    show: () => 'around',
    place: ({ layer }, shape, place) =>
      pipe(
        place.body(layer, shape),
        E.map(({ indexes: _, indexesBefore: __, ...body }) => body)
      ),
    samples: []
  }
  const x = some(tensor('u32', [1, 2], [1, 7]))
  const predicted = (layer: Layer, indexes?: number) => {
    const known = extend(registry, { layers: [rowsKind(indexes), aroundKind] })
    const net = ofIndices(modelData([2], layer) as never)
    return pipe(
      init(net, rootKey(1), { registry: known }),
      E.chainW(params => predict(net, params, { backend: reference, registry: known })(x as never)),
      E.mapLeft(showError)
    )
  }
  test.each<readonly [string, Layer]>([
    ['rows', { tag: 'rows' }],
    ['around', { tag: 'around', layer: embedding(3, 2) }],
    ['around', { tag: 'around', layer: sequential(sequential({ tag: 'rows' })) }]
  ])('is refused where it does not say what its indexes are below: %s', (label, layer) =>
    expect(predicted(layer)).toEqual(
      E.left(
        label === 'rows' || JSON.stringify(layer).includes('rows')
          ? expect.stringMatching(
              /rows: expected indexes in what place gives: the number that all indexes .*, got none$/
            )
          : 'around: expected indexes in what place gives: the number that all indexes of the input are below, got none'
      )
    )
  )
  test('refuses an index that the table does not have where it says so', () =>
    expect(predicted({ tag: 'rows' }, 3)).toEqual(
      E.left('inputs/element 1: expected an index below 3, as the vocabulary of the model has, got 7')
    ))
})
