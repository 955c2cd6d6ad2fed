/** Activations that are just a formula. */
import type { Expr } from '../expr/op.js'
import { activationDefinition, type ActivationDefinition } from './activation-table.js'
import type { CustomActivation } from './activation.js'

/** a definition for a registry, with the layer that applies it */
export interface CustomActivationDefinition<N extends string> extends ActivationDefinition {
  readonly layer: CustomActivation<N>
}

/**
 * An activation of single numbers from its formula.
 *
 * @param options where its slope jumps (default nowhere), the range of its values, TeX
 * @example
 * const cube = customActivation('cube', x => expr.mul(x, expr.mul(x, x)))
 * const net = model(input(3), dense(4), cube.layer)
 * init(net, key, { registry: extend(builtIn, { activations: [cube] }) })
 */
export const customActivation = <const N extends string>(
  name: N,
  formula: (x: Expr) => Expr,
  options: Partial<Pick<ActivationDefinition, 'kinks' | 'gives' | 'tex'>> = {}
): CustomActivationDefinition<N> =>
  Object.freeze({
    ...activationDefinition(name, {
      along: 'each',
      formula,
      tex: `\\mathrm{${name}}(x)`,
      kinks: [],
      ...options
    }),
    layer: Object.freeze({ tag: 'activation', fn: name }) as CustomActivation<N>
  })
