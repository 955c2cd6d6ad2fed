/** Optimizers for some of the parameters. */
import { constant } from '../../expr/build.js'
import type { SettingError } from '../../value/error.js'
import { inside } from '../../value/error.js'
import { momentum } from './momentum.js'
import { mapByPath, type ByPath, type Interpreter, type Optimizer, type OptimizerKind } from './optimizer.js'
import { decoupledWeightDecay } from './scale.js'
import { checkSelector, exceptBiasAndNorm, isSelected, selectorCodec, type Selector } from './selector.js'

export interface Masked {
  readonly tag: 'masked'
  readonly selector: Selector
  readonly optimizer: Optimizer
}
export interface Freeze {
  readonly tag: 'freeze'
  readonly selector: Selector
}
type AnyMasked = Masked
declare module './optimizer.js' {
  interface BuiltInOptimizers {
    readonly masked: AnyMasked
    readonly freeze: Freeze
  }
}

const copy = ({ include, exclude }: Selector): Selector =>
  Object.freeze({
    ...(include === undefined ? {} : { include: Object.freeze([...include]) }),
    ...(exclude === undefined ? {} : { exclude: Object.freeze([...exclude]) })
  })

/**
 * An optimizer for the parameters that are selected; the gradients of all others pass through it unchanged.
 *
 * @example chain(masked(exceptBiasAndNorm, weightDecay(0.01)), sgd(0.1))
 * @example chain(masked({ include: ['encoder'] }, sgd(0.001)), masked({ exclude: ['encoder'] }, sgd(0.1)))
 */
export const masked = (selector: Selector, optimizer: Optimizer): Masked =>
  Object.freeze({ tag: 'masked', selector: copy(selector), optimizer })

/**
 * the parameters that are selected stay as they are: put it last in a chain, as in `chain(adam(), freeze({ include:
 * ['encoder'] }))`
 */
export const freeze = (selector: Selector): Freeze => Object.freeze({ tag: 'freeze', selector: copy(selector) })

const wrongSelector = (tag: string, s: Selector, paths: readonly string[]): SettingError | undefined => {
  const wrong = checkSelector(s, paths)
  return wrong === undefined ? undefined : inside(tag)(wrong)
}

const label = 'masked'
export const maskedKind: OptimizerKind<Masked> = {
  tag: 'masked',
  fields: ({ optimizer }) => ({ selector: selectorCodec, optimizer }),
  slots: ({ optimizer }, self) => self.slots(optimizer, ''),
  settings: ({ optimizer }, self) => self.settings(optimizer, ''),
  update: ({ selector, optimizer }, given, self: Interpreter) => {
    const selected = isSelected(selector)
    const only = (all: ByPath): ByPath => new Map([...all].filter(([path]) => selected(path)))
    const gradients = only(given.gradients)
    const inner = self.update(optimizer, '', { ...given, gradients, params: only(given.params) })
    const filled = (all: ByPath, part: ByPath): ByPath => mapByPath(all, (x, path) => part.get(path) ?? x)
    return {
      updates: filled(given.gradients, inner.updates),
      slots: Object.fromEntries(
        Object.entries(inner.slots).map(([name, part]) => [name, filled(given.slots(name), part)])
      ),
      scalars: inner.scalars
    }
  },
  check: ({ selector, optimizer }, paths, self) =>
    wrongSelector(label, selector, paths) ?? self.check(optimizer, paths.filter(isSelected(selector))),
  tex: 'g_i \\leftarrow f(g_i) \\text{ for the selected } i',
  samples: [masked(exceptBiasAndNorm, decoupledWeightDecay(0.1, 0.1)), masked({ include: ['weight'] }, momentum(0.1))]
}

export const freezeKind: OptimizerKind<Freeze> = {
  tag: 'freeze',
  fields: () => ({ selector: selectorCodec }),
  slots: () => ({}),
  settings: () => ({}),
  update: ({ selector }, given) => {
    const selected = isSelected(selector)
    const updates = mapByPath(given.gradients, (g, path) => (selected(path) ? constant(0, g) : g))
    return { updates, slots: {}, scalars: {} }
  },
  check: ({ selector }, paths) => wrongSelector('freeze', selector, paths),
  tex: 'g_i \\leftarrow 0 \\text{ for the selected } i',
  samples: [freeze({ include: ['bias'] })]
}
