/** Optimizers of today against committed numbers of PyTorch, or of formulas in NumPy: spec/golden/optimizers.py. */
import { describe, expect, test } from 'vitest'
import golden from '../../golden/optimizers.json' with { type: 'json' }
import { evaluate, type Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { constant, input, mul } from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import {
  adabelief,
  adam,
  adamax,
  ema,
  lamb,
  lookahead,
  muon,
  radam,
  rprop,
  sam,
  scheduleFree,
  sgd,
  swa,
  type Optimizer
} from '../../../src/train/optimizer/index.js'
import { argumentsOf, updated } from '../../../src/train/optimizer/updated.js'
import { filledTensor, numbersOf, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import type { Branch } from '../../../src/value/tree.js'
import { right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'
import { self } from './helpers.js'

interface Problem {
  readonly shape: readonly number[]
  readonly start: readonly number[]
  readonly curvature: readonly number[]
}
const { start, curvature, matrixStart, matrixCurvature, steps, trajectories } = golden
const vector: Problem = { shape: [start.length], start, curvature }
const turned = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] ?? []).map((_, j) => rows.map(r => r[j] as number))
const wide: Problem = { shape: [2, 3], start: matrixStart.flat(), curvature: matrixCurvature.flat() }
const tall: Problem = { shape: [3, 2], start: turned(matrixStart).flat(), curvature: turned(matrixCurvature).flat() }

/** the values of parameter `w` and of all slots after each step on half of sum(curvature w^2) */
const statesOf = (o: Optimizer, p: Problem, dtype: FloatType): readonly Values[] => {
  const w0 = tensorOf(dtype, p.shape, p.start)
  const slots = Object.entries(self.slots(o, '')).map(([name, { per, value }]): readonly [string, Tensor] =>
    per === 'run'
      ? [name, filledTensor(dtype, [], Number(value))]
      : [`${name}/w`, value === 'parameter' ? w0 : filledTensor(dtype, p.shape, value)]
  )
  const first: Values = Object.fromEntries([['w', w0], ...slots])
  const inputs = Object.fromEntries(Object.entries(first).map(([name, t]) => [name, input(name, t.dtype, t.shape)]))
  const tree = Object.fromEntries(
    slots.map(([name]) => {
      const [slot = '', leaf] = name.split('/')
      return [slot, leaf === undefined ? inputs[name] : { w: inputs[name] }]
    })
  ) as Branch<Expr>
  const w = inputs['w'] as Expr
  const gradientAt = (at: Expr): Expr => mul(at, constant(tensorOf(dtype, p.shape, p.curvature)))
  const carried = { params: new Map([['w', w]]), slots: tree }
  const ahead = self.lookAt(o, '', argumentsOf(self, o, carried, new Map([['w', gradientAt(w)]]), dtype)).get('w')
  const after = updated(self, o, carried, new Map([['w', gradientAt(ahead ?? w)]]), dtype)
  const outputs: Record<string, Expr> = { w: after.params.get('w') as Expr }
  for (const [name] of slots) {
    const [slot = '', leaf] = name.split('/')
    outputs[name] = (leaf === undefined ? after.slots[slot] : (after.slots[slot] as Branch<Expr>)[leaf]) as Expr
  }
  const all: Values[] = [first]
  for (let i = 0; i < steps; i++) all.push(right(evaluate(reference)(outputs, all[i] as Values)))
  return all.slice(1)
}
const at = (v: Values | undefined, name: string): readonly number[] => Array.from(numbersOf((v ?? {})[name] as Tensor))
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))))

type Row = { readonly by: string; readonly rows?: readonly unknown[]; readonly average?: readonly number[] }
const meant: Readonly<Record<string, readonly [Optimizer, Problem?]>> = {
  radam: [radam(0.1)],
  'radam, beta2 0.9': [radam(0.1, { beta2: 0.9 })],
  adamax: [adamax(0.1, { epsilon: 1e-30 })],
  rprop: [rprop(0.1)],
  adabelief: [adabelief(0.1)],
  lamb: [lamb(0.05, { decay: 0.1 })],
  lookahead: [lookahead(adam(0.1), { steps: 5 })],
  scheduleFree: [scheduleFree(0.1, { decay: 0.01 })],
  sam: [sam(sgd(0.1))],
  ema: [ema(sgd(0.1), { momentum: 0.9 })],
  swa: [swa(sgd(0.1), { start: 5, every: 3 })],
  'muon, wide': [muon(0.02), wide],
  'muon, tall': [muon(0.02, { scaling: 'likeAdam' }), tall]
}

describe.each(Object.entries(trajectories as Readonly<Record<string, Row>>))('%s', (name, row) => {
  const [o, problem = vector] = meant[name] as readonly [Optimizer, Problem?]
  const exact = statesOf(o, problem, 'f64')
  // rounding can turn a sign, and so a whole step, where a gradient is near 0; Newton-Schulz amplifies small singular values
  const loose = name.startsWith('muon') ? 1e-3 : 1e-4
  test(`is as ${row.by === 'torch' ? `in PyTorch ${golden.torch}` : 'its formula says'}, to 1e-10 in f64`, () => {
    row.rows?.forEach((w, i) => {
      expect(apart(at(exact[i], 'w'), [w].flat(2) as readonly number[])).toBeLessThan(1e-10)
    })
    if (row.average !== undefined) {
      const slot = self.average(o, '', 'w') as string
      expect(apart(at(exact.at(-1), `${slot}/w`), row.average)).toBeLessThan(1e-10)
    }
  })
  test('in f32 it stays close', () => {
    expect(apart(at(statesOf(o, problem, 'f32').at(-1), 'w'), at(exact.at(-1), 'w'))).toBeLessThan(loose)
  })
})
test('every trajectory of optimizers.json is one of ours, and each of these is there', () => {
  expect(Object.keys(meant).sort()).toEqual(Object.keys(trajectories).sort())
})
test('rprop: a gradient of zero changes nothing, and muon brings singular values near 1', () => {
  const still = statesOf(rprop(0.1), { ...vector, curvature: [0, 1, 0, 1] }, 'f64').at(-1)
  expect([at(still, 'w')[0], at(still, 'w')[2]]).toEqual([start[0], start[2]])
  // one step from diagonal gradients: the update is diagonal, each entry within the iteration's band
  const p: Problem = { shape: [2, 2], start: [1, 0, 0, 1], curvature: [5, 0, 0, 0.5] }
  const after = at(statesOf(muon(1), p, 'f64')[0], 'w')
  for (const s of [1 - (after[0] as number), 1 - (after[3] as number)]) {
    expect(s).toBeGreaterThan(0.65)
    expect(s).toBeLessThan(1.25)
  }
})
