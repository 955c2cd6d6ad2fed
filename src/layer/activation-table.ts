/** The open family of activations: a name, whose meaning is one definition. The table is the one place that lists those built in. */
import { tanh } from '../expr/build.js'
import * as f from '../expr/functions.js'
import type { Expr } from '../expr/op.js'
import type { Definition, Family } from '../registry/definition.js'
import type { Fields } from '../value/codec.js'
import type { OutputRange } from './terms.js'

export type Along = 'each' | 'lastAxis'

export interface ActivationDefinition extends Definition {
  /** whether it looks at each number alone or along the last axis */
  readonly along: Along
  readonly formula: (x: Expr) => Expr
  readonly tex: string
  /** where its slope jumps, so that a check of gradients can keep away */
  readonly kinks: readonly number[]
  /** whether its values are probabilities, for losses that ask; absent where that is not known */
  readonly gives?: OutputRange
}

type Row = Omit<ActivationDefinition, 'tag' | 'fields'>
const row =
  <const A extends Along, const G extends OutputRange>(along: A, gives: G) =>
  (formula: (x: Expr) => Expr, tex: string, ...kinks: readonly number[]) => ({ along, gives, formula, tex, kinks })
const each = row('each', 'numbers')
const eachProbability = row('each', 'probabilities')

/** name -> formula, TeX, where the slope jumps, and whether the values are probabilities */
const table = {
  identity: { along: 'each', formula: x => x, tex: 'x', kinks: [] },
  sigmoid: eachProbability(f.sigmoid, '\\frac{1}{1 + e^{-x}}'),
  relu: each(f.relu, '\\max(x, 0)', 0),
  tanh: each(tanh, '\\tanh x'),
  softmax: row('lastAxis', 'probabilities')(f.softmax, '\\frac{e^{x_i}}{\\sum_j e^{x_j}}'),
  logSoftmax: row('lastAxis', 'numbers')(f.logSoftmax, 'x_i - \\log \\sum_j e^{x_j}'),
  leakyRelu: each(f.leakyRelu, '\\max(x, 0.01 x)', 0),
  elu: each(f.elu, '\\max(x, 0) + \\min(e^x - 1, 0)'),
  selu: each(f.selu, '\\lambda (\\max(x, 0) + \\min(\\alpha (e^x - 1), 0))', 0),
  gelu: each(f.gelu, '\\frac{x}{2} (1 + \\operatorname{erf} \\frac{x}{\\sqrt 2})'),
  geluTanh: each(f.geluTanh, '\\frac{x}{2} (1 + \\tanh(\\sqrt{2 / \\pi} (x + 0.044715 x^3)))'),
  silu: each(f.silu, '\\frac{x}{1 + e^{-x}}'),
  softplus: each(f.softplus, '\\log(1 + e^x)'),
  softsign: each(f.softsign, '\\frac{x}{1 + |x|}'),
  mish: each(f.mish, 'x \\tanh(\\log(1 + e^x))'),
  hardSigmoid: eachProbability(f.hardSigmoid, '\\min(\\max(x / 6 + 1 / 2, 0), 1)', -3, 3),
  relu6: each(f.relu6, '\\min(\\max(x, 0), 6)', 0, 6)
} as const satisfies Readonly<Record<string, Row>>

type Table = typeof table
/** name -> whether it looks at each number alone or along the last axis; extended by declaration merging */
export interface Activations extends BuiltInActivations {}
type BuiltInActivations = { readonly [K in keyof Table]: Table[K]['along'] }
export type ActivationName = keyof Activations
/** name -> the range of its values, where the compiler knows it; extended by declaration merging */
export interface ActivationRange extends BuiltInGives {}
type BuiltInGives = { readonly [K in keyof Table as Table[K] extends Probabilities ? K : never]: 'probabilities' }
interface Probabilities {
  readonly gives: 'probabilities'
}

const noFields: Fields = {}
/** the same as a definition */
export const activationDefinition = (tag: string, given: Row): ActivationDefinition =>
  Object.freeze({ tag, fields: () => noFields, ...given })

/** The activations that gradfold comes with, by name. */
export const activations: Family<ActivationDefinition> = Object.freeze(
  Object.fromEntries(Object.entries<Row>(table).map(([tag, given]) => [tag, activationDefinition(tag, given)]))
)

declare module '../registry/families.js' {
  interface FamilyMembers {
    /** any name: the registry says which are known */
    readonly activation: string
  }
}
