/** One update of all parameters, as expressions. */
import { constant, input, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import type { FloatType } from '../../value/tensor.js'
import { treeLeaves, rebuild, type Branch, type Tree } from '../../value/tree.js'
import { get, type ByPath, type UpdateArguments, type Interpreter, type Optimizer } from './optimizer.js'

/** what goes from step to step: the parameters by path, and the optimizer's slots by name */
export interface Carried {
  readonly params: ByPath
  readonly slots: Branch<Expr>
}

/** what an optimizer receives; scheduled settings are the inputs `setting/<name>` */
export const argumentsOf = (
  self: Interpreter,
  optimizer: Optimizer,
  { params, slots }: Carried,
  gradients: ByPath,
  dtype: FloatType
): UpdateArguments => {
  const settings = self.settings(optimizer, '')
  const byPath = new Map(Object.entries(slots).map(([name, tree]) => [name, new Map(treeLeaves<Expr>(tree))] as const))
  return {
    gradients,
    params,
    slots: name => byPath.get(name) as ByPath,
    scalar: name => slots[name] as Expr,
    setting: name => {
      const value = settings[name] ?? 0
      return typeof value === 'number' ? constant(value, { dtype }) : input(`setting/${name}`, dtype, [])
    }
  }
}

/**
 * w <- w - update for every parameter, and the slots after it.
 *
 * @param slots for each name a tree like that of the parameters, or one number
 */
export const updated = (
  self: Interpreter,
  optimizer: Optimizer,
  { params, slots }: Carried,
  gradients: ByPath,
  dtype: FloatType
): Carried => {
  const after = self.update(optimizer, '', argumentsOf(self, optimizer, { params, slots }, gradients, dtype))
  const next = (name: string, tree: Tree<Expr>): Tree<Expr> => {
    const slot = after.slots[name]
    return after.scalars[name] ?? (slot === undefined ? tree : rebuild<Expr, Expr>(tree, path => get(slot, path)))
  }
  return {
    params: new Map([...params].map(([path, w]) => [path, sub(w, get(after.updates, path))] as const)),
    slots: Object.fromEntries(Object.entries(slots).map(([name, tree]) => [name, next(name, tree)]))
  }
}
