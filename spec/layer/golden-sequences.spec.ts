/** Layers and losses of sequences against numbers of PyTorch, in f64: values, and gradients of inputs and parameters. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { constant, input, mul, oneHot, total } from '../../src/expr/build.js'
import { gradients } from '../../src/expr/gradient.js'
import type { Expr } from '../../src/expr/op.js'
import { build } from '../../src/model/build.js'
import { fromTorch } from '../../src/format/mapping/torch.js'
import { modelData, type ModelData } from '../../src/layer/model.js'
import { embedding } from '../../src/layer/sequence/embedding.js'
import { selfAttention } from '../../src/layer/sequence/self-attention.js'
import { batchLoss, knownLoss, losses } from '../../src/train/loss/index.js'
import { sequenceCrossEntropy } from '../../src/train/loss/sequence.js'
import { numbersOf, tensorView, type Tensor } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'
import { right } from '../support/either.js'
import { apply, fromGolden, type Golden } from './one-layer.js'

interface Case {
  readonly kind: string
  readonly settings: {
    readonly heads: number
    readonly causal: boolean
    readonly index: readonly (readonly number[])[]
    readonly targets: readonly (readonly number[])[]
    readonly ignore: number
    readonly smoothing: number
  }
  readonly in: { readonly x: Golden }
  readonly weights: Readonly<Record<string, Golden>>
  readonly cotangent: Golden
  readonly out: Golden
  readonly gradients: Readonly<Record<string, Golden>>
}
const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/sequences.json'), 'utf8')) as {
  readonly cases: readonly Case[]
}
const of = (kind: string): readonly Case[] => cases.filter(c => c.kind === kind)

/** the largest error, in parts of |expected| where that is above 1 */
const errorOf = (got: Tensor | undefined, wanted: Golden): number => {
  if (got === undefined || got.shape.join() !== wanted.shape.join()) return Infinity
  const numbers = numbersOf(got)
  return wanted.data.reduce(
    (worst, b, i) => Math.max(worst, Math.abs((numbers[i] as number) - b) / Math.max(1, Math.abs(b))),
    0
  )
}
const dictOf = (tensors: Readonly<Record<string, Golden>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, fromGolden(t)]))

test.each(of('selfAttention'))(
  'selfAttention with weights of a state dict is that of PyTorch to 1e-12: $settings',
  c => {
    const layer = selfAttention(c.settings.heads, { causal: c.settings.causal })
    const net: ModelData = { tag: 'model', input: c.in.x.shape.slice(1), layer }
    const read = fromTorch(net, { modules: { selfAttention: '' } })
    const result = apply(layer, {
      x: fromGolden(c.in.x),
      c: fromGolden(c.cotangent),
      training: true,
      params: Object.fromEntries(treeLeaves(right(read(dictOf(c.weights))).params))
    })
    const { x: dx, ...rest } = c.gradients
    expect(errorOf(result.y, c.out)).toBeLessThan(1e-12)
    expect(errorOf(result.dx, dx as Golden)).toBeLessThan(1e-12)
    const wanted = treeLeaves(right(read(dictOf(rest))).params)
    expect(Object.keys(result.params).sort()).toEqual(wanted.map(([path]) => path).sort())
    for (const [path, g] of wanted)
      expect(errorOf(result.params[path], { shape: g.shape, data: Array.from(numbersOf(g)) }), path).toBeLessThan(1e-12)
  }
)

const indexes = (rows: readonly (readonly number[])[]): Tensor =>
  tensorView('u32', [rows.length, rows[0]?.length ?? 0], Uint32Array.from(rows.flat()))

test.each(of('embedding'))('embedding and its gradient are those of PyTorch', c => {
  const [rows, size] = c.in.x.shape as readonly [number, number]
  const x = constant(indexes(c.settings.index))
  const placed = right(build(modelData(x.shape.slice(1), embedding(rows, size)), undefined, 'f64'))
  const table = input('table', 'f64', [rows, size])
  const key = constant(tensorView('u32', [2], Uint32Array.of(0, 0)))
  const context = { params: { embedding: { table } }, state: {}, shared: {}, training: true, key, path: '' }
  const y = placed.apply(context, x).value as Expr
  const [dx] = gradients(total(mul(y, constant(fromGolden(c.cotangent)))), [table])
  const got = right(evaluate(reference)({ y, dx: dx as Expr }, { table: fromGolden(c.in.x) }))
  expect(errorOf(got['y'], c.out)).toBe(0)
  expect(errorOf(got['dx'], c.gradients['x'] as Golden)).toBeLessThan(1e-15)
})

test.each(of('crossEntropy-per-position'))(
  'the loss per position is that of PyTorch, by the weights of counts: $settings',
  c => {
    const { targets, ignore, smoothing } = c.settings
    const classes = c.in.x.shape[2] as number
    // an index that u32 has, past the last class
    const t = indexes(targets.map(row => row.map(n => (n === ignore ? classes : n))))
    const loss = knownLoss(losses, sequenceCrossEntropy({ ignore: classes, smoothing }))
    const z = input('z', 'f64', c.in.x.shape)
    const weights = Float64Array.from(targets, row => row.filter(n => n !== ignore).length)
    const value = batchLoss(
      loss.formula(z, oneHot(constant(t), classes, 'f64')),
      constant(tensorView('f64', [targets.length], weights))
    )
    const [dz] = gradients(value, [z])
    const got = right(evaluate(reference)({ value, dz: dz as Expr }, { z: fromGolden(c.in.x) }))
    expect(errorOf(got['value'], c.out)).toBeLessThan(1e-12)
    expect(errorOf(got['dz'], c.gradients['x'] as Golden)).toBeLessThan(1e-12)
  }
)
test('there are cases of each', () =>
  expect(new Set(cases.map(c => c.kind))).toEqual(new Set(['selfAttention', 'embedding', 'crossEntropy-per-position'])))
