/** A layer by itself, given numbers: its value, its next state, and gradients of a weighed sum of its value. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend } from '../../src/backend/backend.js'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { constant, input, mul, total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import type { Layer } from '../../src/layer/definition.js'
import { modelData } from '../../src/layer/model.js'
import { initFrom, initStateFrom } from '../../src/model/init.js'
import { build } from '../../src/model/build.js'
import { childKey, rootKey, type Key } from '../../src/random/index.js'
import { allocate, numbersOf, tensorView, type FloatType, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves, mapTree, type Branch, type Tree } from '../../src/value/tree.js'
import { right } from '../support/either.js'

export interface Given {
  readonly x: Tensor
  readonly training: boolean
  readonly sampling?: boolean
  readonly key?: Key
  /** by path, e.g. `batchNorm/gamma`; others begin as they do */
  readonly params?: Readonly<Record<string, Tensor>>
  readonly state?: Readonly<Record<string, Tensor>>
  /** weights of the sum whose gradients are asked for */
  readonly c?: Tensor
  readonly backend?: Backend
}
export interface Result {
  readonly y: Tensor
  readonly dx: Tensor
  readonly params: Readonly<Record<string, Tensor>>
  readonly state: Readonly<Record<string, Tensor>>
}

const merged = (tree: Branch<Tensor>, given: Readonly<Record<string, Tensor>> = {}): Branch<Tensor> =>
  mapTree<Tensor, Tensor>((t, path) => given[path] ?? t)(tree) as Branch<Tensor>
const asInputs = (prefix: string, tree: Branch<Tensor>): Branch<Expr> =>
  mapTree<Tensor, Expr>((t, path) => input(path, t.dtype, t.shape))(tree, prefix) as Branch<Expr>
const flat = (prefix: string, tree: Tree<Tensor>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(treeLeaves<Tensor>(tree, prefix))
const pick = (all: Readonly<Record<string, Tensor>>, prefix: string): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([k, t]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), t] as const] : []))
  )

export const apply = (layer: Layer, given: Given): Result => {
  const { x, training, sampling = false, key = rootKey(0), backend = reference } = given
  const dtype = x.dtype as FloatType
  const placed = right(build(modelData(x.shape.slice(1), layer), undefined, dtype))
  const params = merged(initFrom(placed, childKey(rootKey(1), 'init')), given.params)
  const state = merged(initStateFrom(placed), given.state)
  const [p, s] = [asInputs('params', params), asInputs('state', state)]
  const at = input('x', dtype, x.shape)
  const k = constant(tensorView('u32', [2], Uint32Array.from(key.words)))
  const applied = placed.apply({ params: p, state: s, shared: {}, training, sampling, key: k, path: '' }, at)
  const y = applied.value as Expr
  const weights = constant(
    given.c ??
      tensorView(
        dtype,
        y.shape,
        allocate(
          dtype,
          numbersOf(x).map(() => 1)
        )
      )
  )
  const all = treeLeaves<Expr>(p)
  const [dx, ...dp] = gradients(total(mul(y, weights)), [at, ...all.map(([, e]) => e)])
  const outputs = right(
    evaluate(backend)(
      {
        y,
        dx: dx as Expr,
        ...Object.fromEntries(all.map(([path], i) => [`gradient/${path}`, dp[i] as Expr])),
        ...Object.fromEntries(treeLeaves<Expr>(applied.state, 'next'))
      },
      { x, ...flat('params', params), ...flat('state', state) }
    )
  ) as Readonly<Record<string, Tensor>>
  return {
    y: outputs['y'] as Tensor,
    dx: outputs['dx'] as Tensor,
    params: pick(outputs, 'gradient/'),
    state: pick(outputs, 'next/')
  }
}

export interface Golden {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
/** a part of the numbers that were worked out elsewhere */
export const golden = (part: string): unknown =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../golden/golden.json'), 'utf8')) as Record<string, unknown>)[
    part
  ]
export const fromGolden = ({ shape, data }: Golden, dtype: FloatType = 'f64'): Tensor =>
  tensorView(dtype, shape, allocate(dtype, data))

/** the largest error, in parts of |expected| */
export const worst = (got: Tensor, expected: Golden): number => {
  const numbers = numbersOf(got)
  if (numbers.length !== expected.data.length) return Infinity
  return expected.data.reduce((w, y, i) => {
    const x = numbers[i] as number
    return x === y ? w : Math.max(w, Math.abs(x - y) / Math.abs(y))
  }, 0)
}
