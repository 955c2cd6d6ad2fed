/** Losses that are just a formula. */
import type { Expr } from '../../expr/op.js'
import { exampleMean, type LossMember, type Takes } from './loss.js'

declare const custom: unique symbol
/** the data of a custom loss: its name */
export interface CustomLoss<N extends string = string> {
  readonly tag: N
  readonly [custom]: true
}
type AnyCustomLoss = CustomLoss
declare module './open.js' {
  interface Losses {
    readonly customLoss: AnyCustomLoss
  }
}
export interface CustomLossOptions extends Partial<Takes> {
  /** the loss of a batch as TeX */
  readonly tex?: string
}
/** a definition for a registry, with the loss that it defines */
export interface CustomLossDefinition<N extends string> extends LossMember<CustomLoss<N>>, Takes {
  readonly member: CustomLoss<N>
}

/**
 * A loss from its formula: of the output [K, ...] and targets of the same shape. Where the formula gives numbers of that shape, the loss
 * of an example is their mean; it may also give one number for each example, [K].
 *
 * @param options what it takes outputs for (default 'values'), whether targets may be class indexes (default false), TeX
 * @example
 * const pinball = customLoss('pinball', (y, t) => expr.max(expr.mul(expr.sub(t, y), 0.9), expr.mul(expr.sub(y, t), 0.1)))
 * train({ model: m, loss: pinball.member, ... }, { backend, registry: extend(builtIn, { losses: [pinball] }) })(data)
 */
export const customLoss = <const N extends string>(
  name: N,
  formula: (output: Expr, target: Expr) => Expr,
  { expects = 'values', classIndexes = false, target, tex = `\\mathrm{${name}}` }: CustomLossOptions = {}
): CustomLossDefinition<N> => {
  const member = Object.freeze({ tag: name }) as CustomLoss<N>
  return Object.freeze({
    tag: name,
    fields: () => ({}),
    expects,
    classIndexes,
    ...(target === undefined ? {} : { target }),
    formula: (_: CustomLoss<N>, y: Expr, t: Expr) => exampleMean(formula(y, t)),
    tex,
    samples: [member],
    member
  })
}
