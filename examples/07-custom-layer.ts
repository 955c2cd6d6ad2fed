/**
 * A custom layer: PReLU, a relu whose slope left of 0 is learnt (He et al. 2015). Two facts make it a layer like every other: the
 * compiler is told its shapes and parameters by declaration merging, the program by one record. Nobody writes its derivative.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import {
  builtIn,
  expr,
  extend,
  fromArrays,
  input,
  lossBelow,
  meanSquaredError,
  showError,
  model,
  scalarOf,
  sgd,
  train,
  wasm,
  type LayerDefinition,
  type Tensor
} from 'gradfold'
import { shapeError, tensorLayer, type Fail, type Show } from 'gradfold/extend'

export const claim = 'given |x| to learn, a PReLU of one number finds the slope -1.000'

// ---- the layer: data, and what the compiler knows of it

interface PRelu {
  readonly tag: 'prelu'
}
declare module 'gradfold' {
  interface Layers {
    readonly prelu: PRelu
  }
  interface ShapeRules<L, In> {
    readonly prelu: In extends readonly [number] ? In : Fail<'a flat input [n]', Show<In>>
  }
  interface ParamRules<L, In> {
    readonly prelu: In extends readonly [infer N extends number] ? { readonly slope: Tensor<[N]> } : never
  }
}
const prelu: PRelu = { tag: 'prelu' }

// ---- what the program knows of it

const preluKind: LayerDefinition<PRelu> = {
  tag: 'prelu',
  fields: () => ({}),
  show: () => 'prelu',
  place: (_, [n, ...rest], { dtype }) =>
    typeof n !== 'number' || rest.length > 0
      ? E.left(shapeError([], 'a flat input [n]', JSON.stringify([n, ...rest])))
      : E.right(
          tensorLayer({
            output: [n],
            params: {
              slope: { dtype, shape: [n], initializer: { tag: 'constant', value: 0.25 }, fan: { in: 1, out: 1 } }
            },
            formula: (x, param) => expr.select(expr.less(0, x), x, expr.mul(x, param('slope')))
          })
        ),
  samples: [{ layer: prelu, input: [3] }]
}

// ---- a training with it

const xs = Array.from({ length: 21 }, (_, i) => [(i - 10) / 10])
const learn = train(
  {
    model: model(input(1), prelu),
    loss: meanSquaredError,
    optimizer: sgd(0.5),
    batchSize: 21,
    stop: lossBelow(1e-9)
  },
  { backend: wasm, registry: extend(builtIn, { layers: { prelu: preluKind } }) }
)

export const run = T.fromIO(() =>
  pipe(
    fromArrays(
      xs,
      xs.map(x => x.map(Math.abs))
    ),
    E.chainW(learn),
    E.match(
      e => ({ holds: false, text: showError(e) }),
      ({ params, state }) => {
        const slope = scalarOf(params.prelu.slope).toFixed(3)
        return { holds: slope === '-1.000', text: `slope 0.25 at first, ${slope} after ${state.progress.step} steps` }
      }
    )
  )
)
