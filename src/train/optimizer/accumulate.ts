/** Gradients of several batches for one update. */
import { add, constant, div, equal, select } from '../../expr/build.js'
import { size } from '../../value/codec.js'
import { adam } from './adam.js'
import { get, mapByPath, zeros, type Interpreter, type Optimizer, type OptimizerDefinition } from './optimizer.js'

export interface Accumulate {
  readonly tag: 'accumulate'
  /** steps for one update */
  readonly steps: number
  readonly optimizer: Optimizer
}
type AnyAccumulate = Accumulate
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly accumulate: AnyAccumulate
  }
}

/**
 * An optimizer that acts in every n-th step only, on the mean of the gradients of the last n steps. Between updates
 * neither parameters nor slots change. With n batches of k examples each it computes what the optimizer alone computes
 * with one batch of n k, up to rounding: gradients are summed in order, each sum rounded to the run's precision
 * (numerics contract, section 4). Schedules still count batches as steps.
 *
 * @example accumulate(4, adam())
 */
export const accumulate = (steps: number, optimizer: Optimizer): Accumulate =>
  Object.freeze({ tag: 'accumulate', steps, optimizer })

const own = { sum: 'accumulated', count: 'accumulatedSteps' } as const

export const accumulateKind: OptimizerDefinition<Accumulate> = {
  tag: 'accumulate',
  fields: ({ optimizer }) => ({ steps: size, optimizer }),
  slots: ({ optimizer }, self) => ({
    [own.sum]: zeros,
    [own.count]: { per: 'run', value: 0 },
    ...self.slots(optimizer, 'every')
  }),
  settings: ({ optimizer }, self) => self.settings(optimizer, 'every'),
  update: ({ steps, optimizer }, given, self: Interpreter) => {
    const before = given.slots(own.sum)
    const sums = mapByPath(given.gradients, (g, path) => add(get(before, path), g))
    const count = add(given.scalar(own.count), 1)
    const due = equal(count, steps)
    const inner = self.update(optimizer, 'every', { ...given, gradients: mapByPath(sums, s => div(s, steps)) })
    return {
      updates: mapByPath(inner.updates, u => select(due, u, constant(0, u))),
      slots: {
        [own.sum]: mapByPath(sums, s => select(due, constant(0, s), s)),
        ...Object.fromEntries(
          Object.entries(inner.slots).map(([name, slot]) => [
            name,
            mapByPath(slot, (x, path) => select(due, x, get(given.slots(name), path)))
          ])
        )
      },
      scalars: {
        [own.count]: select(due, constant(0, count), count),
        ...Object.fromEntries(
          Object.entries(inner.scalars).map(([name, x]) => [name, select(due, x, given.scalar(name))])
        )
      }
    }
  },
  check: ({ optimizer }, paths, self) => self.check(optimizer, paths),
  freezes: ({ optimizer }, path, self) => self.freezes(optimizer, path),
  lookAt: ({ optimizer }, given, self) => self.lookAt(optimizer, 'every', given),
  average: ({ optimizer }, path, self) => self.average(optimizer, 'every', path),
  tex: 'g \\leftarrow \\frac{1}{n} \\sum_{i=1}^{n} g_i \\text{ in every } n\\text{-th step}',
  samples: [accumulate(3, adam(0.01))]
}
