/** Models that are exported: every sample of every layer, every activation, and a few networks; each with weights and inputs. */
import * as E from 'fp-ts/lib/Either.js'
import {
  builtIn,
  customActivation,
  extend,
  tensorLayer,
  type LayerDefinition,
  type LayerRegistry
} from '../../../src/extend.js'
import { activation, ofIndices } from '../../../src/index.js'
import * as g from '../../../src/index.js'
import { builtInLayers, layers } from '../../../src/layer/registry.js'
import { modelData } from '../../../src/layer/model.js'
import type { ModelData } from '../../../src/layer/model.js'
import { build } from '../../../src/model/build.js'
import { isDims, showShape, sizeOf, type Dims, type Shape } from '../../../src/value/shape.js'
import { allocate, tensorView, type Tensor } from '../../../src/value/tensor.js'
import { mapTree, type Branch } from '../../../src/value/tree.js'
import type { ModelWeights } from '../../../src/format/tensors.js'
import { right } from '../../support/either.js'

export interface Case {
  readonly name: string
  readonly model: ModelData
  readonly weights: ModelWeights
  readonly registry: LayerRegistry
}

/** numbers from -1 to 1, the same on every machine */
const drawn = (shape: Dims, seed: number, low = -1, high = 1): Tensor => {
  let state = (seed * 2654435761) >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return low + ((high - low) * (state >>> 8)) / 0x100_0000
  }
  return tensorView('f32', shape, allocate('f32', Array.from({ length: sizeOf(shape) }, next)))
}
const seedOf = (text: string): number =>
  [...text].reduce((h, c) => (Math.imul(h, 31) + (c.codePointAt(0) ?? 0)) >>> 0, 7)

export const weightsOf = (model: ModelData, registry: LayerRegistry = builtInLayers): ModelWeights => {
  const placed = right(build(model, registry))
  const fill = (tree: Branch<{ readonly dtype: 'f32' | 'f64'; readonly shape: Dims }>): Branch<Tensor> =>
    mapTree<{ readonly dtype: 'f32' | 'f64'; readonly shape: Dims }, Tensor>(({ shape }, path) => {
      // about as large as those of trained networks, so that sums do not grow from layer to layer
      const reach = shape.length > 1 ? Math.sqrt(3 / sizeOf(shape.slice(0, -1))) : 1
      return path.endsWith('variance') ? drawn(shape, seedOf(path), 0.25, 2) : drawn(shape, seedOf(path), -reach, reach)
    })(tree) as Branch<Tensor>
  return { params: fill(placed.params), layers: fill(placed.state) }
}

/** inputs of a batch, in the form of the model's input */
export const examplesOf = ({ input, dtype }: ModelData, batch: number): g.Examples => {
  const index = (shape: Dims): Tensor =>
    tensorView(
      'u32',
      shape,
      Uint32Array.from({ length: sizeOf(shape) }, (_, i) => i % 3)
    )
  const of = (s: Shape, at: number): g.Examples =>
    isDims(s)
      ? dtype === 'u32'
        ? index([batch, ...s])
        : drawn([batch, ...s], 1 + at, -3, 3)
      : s.map((part, i) => of(part, at * 7 + i + 1))
  return of(input, 0)
}

const caseOf = (name: string, model: ModelData, registry: LayerRegistry = builtInLayers): Case => ({
  name,
  model,
  registry,
  weights: weightsOf(model, registry)
})

const samples = Object.values(layers).flatMap(definition =>
  definition.samples.map(({ layer, input, indexes }) => {
    const model = modelData(input, layer)
    return caseOf(`${definition.show(layer)} of ${showShape(input)}`, indexes === undefined ? model : ofIndices(model))
  })
)
const names = Object.keys(builtInLayers.activations)
const activations = names.map(fn => caseOf(`activation ${fn}`, modelData([4, 6], activation(fn as 'relu'))))
const { conv2d, batchNorm, relu, maxPool, flatten, dense, softmax, residualBlock, globalAveragePool } = g
const networks = [
  caseOf('a classifier', modelData([20], dense(16), relu, g.dropout(0.3), dense(3), softmax)),
  caseOf(
    'a LeNet',
    modelData(
      [28, 28, 1],
      conv2d(6, 5, { padding: 'same' }),
      relu,
      maxPool(2),
      conv2d(16, 5),
      relu,
      maxPool(2),
      flatten,
      dense(120),
      relu,
      dense(10)
    )
  ),
  caseOf(
    'a small ResNet',
    modelData(
      [16, 16, 3],
      conv2d(8, 3, { padding: 'same', bias: false }),
      batchNorm(),
      relu,
      residualBlock(8),
      residualBlock(16, { stride: 2 }),
      globalAveragePool,
      dense(10)
    )
  ),
  caseOf('layer norm in a residual', modelData([12], g.residual(g.sequential(g.layerNorm(), dense(12), g.gelu))))
]

// ---- members of a program: what no named operator is known for

const {
  add,
  abs,
  cast,
  concat,
  constant,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gather,
  less,
  log,
  log1p,
  matmul,
  max,
  min,
  mul,
  neg
} = g.expr
const { iota, oneHot, pow, reduceMax, scatterAdd, select, sign, sin, sqrt, sum, tanh, transposed } = g.expr
const wide = customActivation('wide', x => {
  const y = cast(x, 'f64')
  return cast(add(mul(sin(y), expm1(mul(y, 1e-3))), mul(log1p(abs(mul(y, 1e-6))), 1e5)), 'f32')
})
const elementwise = customActivation('elementwise', x => {
  const y = add(abs(x), 0.5)
  const parts = [
    neg(x),
    sign(x),
    floor(x),
    sqrt(y),
    mul(exp(min(x, 1)), 0.1),
    log(y),
    log1p(y),
    expm1(mul(x, 0.1)),
    tanh(x),
    erf(x),
    mul(sin(x), cos(x)),
    max(x, constant(0.3, { dtype: 'f32' })),
    pow(y, 1.5),
    select(equal(floor(x), x), 7, select(less(x, 0), div(x, y), x))
  ]
  return parts.reduce((a, b) => add(a, b))
})
/** rows of a table by index, and how often each index comes, in a formula that no other layer has */
const lookup: LayerDefinition<{ readonly tag: 'lookup' }> = {
  tag: 'lookup',
  fields: () => ({}),
  show: () => 'lookup',
  place: (_, input) =>
    E.right(
      tensorLayer({
        output: [...(input as Dims), 3],
        indexes: 4,
        params: {
          weight: { dtype: 'f32', shape: [4, 3], initializer: 'ones', fan: { in: 4, out: 3 } },
          other: { dtype: 'f32', shape: [4, 3], initializer: 'ones', fan: { in: 4, out: 3 } }
        },
        formula: (x, param) => {
          const table = param('weight')
          const chosen = gather(table, x)
          const hits = matmul(reshapeTo(oneHot(x, 4), [-1, 4]), param('other'))
          const added = scatterAdd(mul(chosen, add(iota('f32', [3], 0), 1)), x, 3)
          const rows = concat([reduceMax(added, [0]), reshapeTo(sum(transposed(added), [1]), [1, 3])], 0)
          return add(add(chosen, reshapeTo(hits, chosen.shape)), sum(rows, [0]))
        }
      })
    ),
  samples: []
}
const reshapeTo = (x: g.Expr, shape: Dims): g.Expr =>
  g.expr.reshape(
    x,
    shape.map(n => (n === -1 ? sizeOf(x.shape) / sizeOf(shape.filter(k => k > 0)) : n))
  )
const more = extend(builtIn, { activations: [wide, elementwise], layers: [lookup as never] })
const members = [
  caseOf('a custom activation in f64', modelData([5], wide.layer), more),
  caseOf('a custom activation of every function', modelData([2, 5], elementwise.layer), more),
  caseOf('a custom layer of indices', ofIndices(modelData([2], { tag: 'lookup' } as never)), more)
]
export const cases: readonly Case[] = [...samples, ...activations, ...networks, ...members]
