/** The open family of activations: a name, whose meaning is one record in a table. */
import { tanh } from '../expr/build.js'
import * as f from '../expr/functions.js'
import type { Expr } from '../expr/op.js'
import type { Gives } from './kind.js'

/** name -> whether it looks at each number alone or along the last axis */
export interface Activations {
  readonly identity: 'each'
  readonly sigmoid: 'each'
  readonly relu: 'each'
  readonly tanh: 'each'
  readonly softmax: 'lastAxis'
  readonly logSoftmax: 'lastAxis'
  readonly leakyRelu: 'each'
  readonly elu: 'each'
  readonly selu: 'each'
  readonly gelu: 'each'
  readonly geluTanh: 'each'
  readonly silu: 'each'
  readonly softplus: 'each'
  readonly softsign: 'each'
  readonly mish: 'each'
  readonly hardSigmoid: 'each'
  readonly relu6: 'each'
}
export type ActivationName = keyof Activations
/** name -> what the compiler knows of its values; those of which it should know nothing need no entry */
export interface ActivationGives {
  readonly sigmoid: 'probabilities'
  readonly softmax: 'probabilities'
  readonly hardSigmoid: 'probabilities'
}

export interface ActivationKind {
  readonly along: 'each' | 'lastAxis'
  readonly formula: (x: Expr) => Expr
  readonly tex: string
  /** where its slope jumps, so that a check of gradients can keep away */
  readonly kinks: readonly number[]
  /** whether its values are probabilities, for losses that ask; absent where that is not known */
  readonly gives?: Gives
}

const each = (formula: (x: Expr) => Expr, tex: string, ...kinks: readonly number[]): ActivationKind => ({
  along: 'each',
  formula,
  tex,
  kinks,
  gives: 'numbers'
})
const lastAxis = (formula: (x: Expr) => Expr, tex: string): ActivationKind => ({
  along: 'lastAxis',
  formula,
  tex,
  kinks: [],
  gives: 'numbers'
})
const probabilities = (kind: ActivationKind): ActivationKind => ({ ...kind, gives: 'probabilities' })

/** The activations that gradfold comes with, by name: formula, TeX, where the slope jumps, and whether the values are probabilities. */
export const builtInActivations: Readonly<Record<string, ActivationKind>> = Object.freeze({
  identity: { along: 'each', formula: x => x, tex: 'x', kinks: [] },
  sigmoid: probabilities(each(f.sigmoid, '\\frac{1}{1 + e^{-x}}')),
  relu: each(f.relu, '\\max(x, 0)', 0),
  tanh: each(tanh, '\\tanh x'),
  softmax: probabilities(lastAxis(f.softmax, '\\frac{e^{x_i}}{\\sum_j e^{x_j}}')),
  logSoftmax: lastAxis(f.logSoftmax, 'x_i - \\log \\sum_j e^{x_j}'),
  leakyRelu: each(f.leakyRelu, '\\max(x, 0.01 x)', 0),
  elu: each(f.elu, '\\max(x, 0) + \\min(e^x - 1, 0)'),
  selu: each(f.selu, '\\lambda (\\max(x, 0) + \\min(\\alpha (e^x - 1), 0))', 0),
  gelu: each(f.gelu, '\\frac{x}{2} (1 + \\operatorname{erf} \\frac{x}{\\sqrt 2})'),
  geluTanh: each(f.geluTanh, '\\frac{x}{2} (1 + \\tanh(\\sqrt{2 / \\pi} (x + 0.044715 x^3)))'),
  silu: each(f.silu, '\\frac{x}{1 + e^{-x}}'),
  softplus: each(f.softplus, '\\log(1 + e^x)'),
  softsign: each(f.softsign, '\\frac{x}{1 + |x|}'),
  mish: each(f.mish, 'x \\tanh(\\log(1 + e^x))'),
  hardSigmoid: probabilities(each(f.hardSigmoid, '\\min(\\max(x / 6 + 1 / 2, 0), 1)', -3, 3)),
  relu6: each(f.relu6, '\\min(\\max(x, 0), 6)', 0, 6)
})
