/** Sharpness-aware minimisation (Foret et al. 2021): the gradient from uphill. */
import { add, cast, concat, div, less, mul, reshape, select, sqrt, square, total } from '../../expr/build.js'
import { positive, withDefault } from '../../value/codec.js'
import { mapByPath, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { momentum } from './momentum.js'
import { around, label } from './wrapper.js'

export interface Sam {
  readonly tag: 'sam'
  readonly optimizer: Optimizer
  readonly radius: number
}
type AnySam = Sam
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly sam: AnySam
  }
}
export interface SamOptions {
  /** rho, how far uphill the gradient is taken; default 0.05 */
  readonly radius?: number
}

/**
 * The optimizer inside receives the gradients at w + rho g / |g|, where g are the gradients at w and |g| is the norm of all of them
 * together; it moves w. A step has two forward and two backward passes over the same batch, so it takes about twice as long. Its loss,
 * metrics and running statistics are those of the first pass; random layers draw the same in both.
 *
 * @example sam(momentum(0.1), { radius: 0.05 })
 */
export const sam = (optimizer: Optimizer, { radius = 0.05 }: SamOptions = {}): Sam =>
  Object.freeze({ tag: 'sam', optimizer, radius })

export const samKind: OptimizerDefinition<Sam> = {
  ...around,
  tag: 'sam',
  fields: ({ optimizer }) => ({ optimizer, radius: withDefault(positive, 0.05) }),
  slots: ({ optimizer }, self) => self.slots(optimizer, label),
  update: ({ optimizer }, given, self) => self.update(optimizer, label, given),
  lookAt: ({ radius }, { gradients, params }) => {
    const squares = [...gradients.values()].map(g => reshape(total(square(cast(g, 'f64'))), [1]))
    if (squares.length === 0) return new Map()
    const norm = sqrt(total(concat(squares, 0)))
    const factor = select(less(0, norm), div(radius, select(less(0, norm), norm, 1)), 0)
    return mapByPath(params, (w, path) => {
      const g = gradients.get(path)
      return g === undefined ? w : add(w, cast(mul(cast(g, 'f64'), factor), w.dtype))
    })
  },
  average: ({ optimizer }, path, self) => self.average(optimizer, label, path),
  tex: 'g \\leftarrow \\nabla E\\left(w + \\rho \\frac{g}{\\lVert g \\rVert}\\right)',
  samples: [sam(momentum(0.05))]
}
