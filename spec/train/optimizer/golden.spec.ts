/** Optimizers against numbers from elsewhere: golden.json to 1e-10 in f64, and formulas written out anew for those it lacks. */
import { describe, expect, test } from 'vitest'
import golden from '../../golden/golden.json' with { type: 'json' }
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  amsgrad,
  chain,
  decoupledWeightDecay,
  lion,
  momentum,
  nadam,
  nesterov,
  rmsprop,
  sgd,
  weightDecay,
  type Optimizer
} from '../../../src/train/optimizer/index.js'
import { apart, bowl, trajectory, type Params } from './helpers.js'

const { curvature, start, trajectories, steps } = golden.optimizers
const all = trajectories as Readonly<Record<string, readonly (readonly number[])[]>>

/** how a name of golden.json begins -> the optimizer it means */
const meaning: readonly (readonly [string, Optimizer])[] = [
  ['sgd lr=0.1 with L2', chain(weightDecay(0.01), sgd(0.1))],
  ['sgd lr=0.1', sgd(0.1)],
  ['momentum', momentum(0.05, 0.9)],
  ['nesterov', nesterov(0.05, 0.9)],
  ['adagrad', adagrad(0.5)],
  ['rmsprop', rmsprop(0.05)],
  ['adam lr', adam(0.1)],
  ['adam, efficient', adam(0.1, { form: 'efficient' })],
  ['adamw', adamw(0.1, { decay: 0.01 })]
]
const meant = (name: string): Optimizer => meaning.find(([begin]) => name.startsWith(begin))?.[1] as Optimizer

const w0: Params = { w: start.data }
const run = (o: Optimizer, dtype: 'f32' | 'f64'): readonly Params[] =>
  trajectory(o, w0, bowl({ w: curvature.data }, dtype), { dtype, steps })
const asParams = (rows: readonly (readonly number[])[]): readonly Params[] => rows.map(w => ({ w }))

describe.each(Object.entries(all))('%s', (name, rows) => {
  test('in f64, to 1e-10', () => expect(apart(run(meant(name), 'f64'), asParams(rows))).toBeLessThan(1e-10))
  test('in f32, to 5e-6', () => expect(apart(run(meant(name), 'f32'), asParams(rows))).toBeLessThan(5e-6))
})
test('every trajectory of golden.json is one of ours', () =>
  expect(new Set(Object.keys(all).map(meant)).size).toBe(meaning.length))
test('adamw is adam and a decoupled decay', () =>
  expect(apart(run(adamw(0.1), 'f64'), run(chain(adam(0.1), decoupledWeightDecay(0.01, 0.1)), 'f64'))).toBeLessThan(
    1e-15
  ))

/** one number's way, by a formula with whatever it remembers */
type Rule = (g: number, t: number, memory: Record<string, number>) => number
const written = (rule: Rule): readonly Params[] => {
  const memories = start.data.map((): Record<string, number> => ({}))
  const rows: number[][] = [[...start.data]]
  for (let t = 1; t <= steps; t++) {
    const before = rows[t - 1] as number[]
    rows.push(
      before.map((w, j) => w - rule(w * (curvature.data[j] as number), t, memories[j] as Record<string, number>))
    )
  }
  return asParams(rows.slice(1))
}
const average = (memory: Record<string, number>, name: string, b: number, x: number): number =>
  (memory[name] = b * (memory[name] ?? 0) + (1 - b) * x)

describe('formulas written out anew, to 1e-10 in f64 and 5e-6 in f32', () => {
  test.each<readonly [Optimizer, Rule]>([
    [
      amsgrad(0.1, { beta2: 0.9 }),
      (g, t, s) => {
        const m = average(s, 'm', 0.9, g) / (1 - 0.9 ** t)
        s['u'] = Math.max(s['u'] ?? 0, average(s, 'v', 0.9, g * g))
        return (0.1 * m) / (Math.sqrt(s['u'] / (1 - 0.9 ** t)) + 1e-8)
      }
    ],
    [
      nadam(0.1),
      (g, t, s) => {
        const m = average(s, 'm', 0.9, g)
        const v = average(s, 'v', 0.999, g * g) / (1 - 0.999 ** t)
        return (0.1 * ((0.9 * m) / (1 - 0.9 ** (t + 1)) + (0.1 * g) / (1 - 0.9 ** t))) / (Math.sqrt(v) + 1e-8)
      }
    ],
    [
      lion(0.1),
      (g, _, s) => {
        const step = 0.1 * Math.sign(0.9 * (s['m'] ?? 0) + 0.1 * g)
        average(s, 'm', 0.99, g)
        return step
      }
    ],
    [
      adadelta(),
      (g, _, s) => {
        const h = average(s, 'h', 0.95, g * g)
        const d = (Math.sqrt((s['s'] ?? 0) + 1e-6) / Math.sqrt(h + 1e-6)) * g
        average(s, 's', 0.95, d * d)
        return d
      }
    ]
  ])('$0.tag', (o, rule) => {
    expect(apart(run(o, 'f64'), written(rule))).toBeLessThan(1e-10)
    expect(apart(run(o, 'f32'), written(rule))).toBeLessThan(5e-6)
  })
})
