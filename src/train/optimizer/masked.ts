/** Optimizers for some of the parameters. */
import { constant } from '../../expr/build.js'
import type { SettingError } from '../../value/error.js'
import { inside } from '../../value/error.js'
import { momentum } from './momentum.js'
import { mapByPath, type ByPath, type Interpreter, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { decoupledWeightDecay } from './scale.js'
import { checkSelector, isSelected, selectorCodec, type Selector } from './selector.js'

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
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly masked: AnyMasked
    readonly freeze: Freeze
  }
}

const copy = ({ include, exclude, excludeRoles }: Selector): Selector =>
  Object.freeze({
    ...(excludeRoles === undefined ? {} : { excludeRoles: Object.freeze([...excludeRoles]) }),
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
 * The parameters that are selected stay as they are: put it last in a chain, as in `chain(adam(), freeze({ include:
 * ['encoder'] }))`. A layer all of whose parameters are frozen keeps its running statistics too, so what a frozen part gives in
 * inference does not change.
 */
export const freeze = (selector: Selector): Freeze => Object.freeze({ tag: 'freeze', selector: copy(selector) })

const wrongSelector = (
  tag: string,
  s: Selector,
  paths: readonly string[],
  { role }: Interpreter
): SettingError | undefined => {
  const wrong = checkSelector(s, paths, role)
  return wrong === undefined ? undefined : inside(tag)(wrong)
}

const label = 'masked'
export const maskedKind: OptimizerDefinition<Masked> = {
  tag: 'masked',
  fields: ({ optimizer }) => ({ selector: selectorCodec, optimizer }),
  slots: ({ optimizer }, self) => self.slots(optimizer, ''),
  settings: ({ optimizer }, self) => self.settings(optimizer, ''),
  update: ({ selector, optimizer }, given, self: Interpreter) => {
    const selected = isSelected(selector, self.role)
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
    wrongSelector(label, selector, paths, self) ?? self.check(optimizer, paths.filter(isSelected(selector, self.role))),
  freezes: ({ selector, optimizer }, path, self) =>
    isSelected(selector, self.role)(path) && self.freezes(optimizer, path),
  lookAt: ({ selector, optimizer }, given, self) => {
    const selected = isSelected(selector, self.role)
    const only = (all: ByPath): ByPath => new Map([...all].filter(([path]) => selected(path)))
    return self.lookAt(optimizer, '', { ...given, gradients: only(given.gradients), params: only(given.params) })
  },
  average: ({ selector, optimizer }, path, self) =>
    isSelected(selector, self.role)(path) ? self.average(optimizer, '', path) : undefined,
  tex: 'g_i \\leftarrow f(g_i) \\text{ for the selected } i',
  samples: [
    masked({ exclude: ['bias', 'gamma', 'beta'] }, decoupledWeightDecay(0.1, 0.1)),
    masked({ include: ['weight'] }, momentum(0.1))
  ]
}

export const freezeKind: OptimizerDefinition<Freeze> = {
  tag: 'freeze',
  fields: () => ({ selector: selectorCodec }),
  slots: () => ({}),
  settings: () => ({}),
  update: ({ selector }, given, self) => {
    const selected = isSelected(selector, self.role)
    const updates = mapByPath(given.gradients, (g, path) => (selected(path) ? constant(0, g) : g))
    return { updates, slots: {}, scalars: {} }
  },
  check: ({ selector }, paths, self) => wrongSelector('freeze', selector, paths, self),
  freezes: ({ selector }, path, self) => isSelected(selector, self.role)(path),
  tex: 'g_i \\leftarrow 0 \\text{ for the selected } i',
  samples: [freeze({ include: ['bias'] })]
}
