/** Gradients kept from being too large: number by number, tensor by tensor, or all together. */
import {
  cast,
  concat,
  div,
  lessEqual,
  max,
  min,
  mul,
  neg,
  reshape,
  select,
  sqrt,
  square,
  total
} from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { positiveSetting, type Setting } from '../schedule/schedule.js'
import { mapByPath, plain, type OptimizerDefinition } from './optimizer.js'

export interface ClipByValue {
  readonly tag: 'clipByValue'
  readonly limit: Setting
}
export interface ClipByNorm {
  readonly tag: 'clipByNorm'
  readonly limit: Setting
}
export interface ClipByGlobalNorm {
  readonly tag: 'clipByGlobalNorm'
  readonly limit: Setting
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly clipByValue: ClipByValue
    readonly clipByNorm: ClipByNorm
    readonly clipByGlobalNorm: ClipByGlobalNorm
  }
}

/** each number of a gradient kept within -limit and limit */
export const clipByValue = (limit: Setting = 1): ClipByValue => Object.freeze({ tag: 'clipByValue', limit })
/** g <- g limit / |g| for each tensor whose norm |g| is above the limit */
export const clipByNorm = (limit: Setting = 1): ClipByNorm => Object.freeze({ tag: 'clipByNorm', limit })
/**
 * g <- g limit / |g| for all gradients, where |g|, the norm of all numbers of all of them together, is above the limit:
 * the direction stays. Put it first in a chain: `chain(clipByGlobalNorm(1), adam())`.
 */
export const clipByGlobalNorm = (limit: Setting = 1): ClipByGlobalNorm =>
  Object.freeze({ tag: 'clipByGlobalNorm', limit })

// norms and factors in f64: the squares of large f32 gradients, which are what clipping is for, would not be finite
const sumOfSquares = (g: Expr): Expr => total(square(cast(g, 'f64')))
const factorFor = (squares: Expr, limit: Expr): Expr => {
  const norm = sqrt(squares)
  const wide = cast(limit, 'f64')
  return select(lessEqual(norm, wide), 1, div(wide, norm))
}
const scaled = (g: Expr, factor: Expr): Expr => cast(mul(cast(g, 'f64'), factor), g.dtype)

const clip = {
  fields: ({ schedule }) => ({ limit: positiveSetting(schedule, 1) }),
  slots: () => ({}),
  settings: ({ limit }) => ({ limit })
} satisfies Partial<OptimizerDefinition<ClipByValue | ClipByNorm | ClipByGlobalNorm>>

export const clipByValueKind: OptimizerDefinition<ClipByValue> = {
  ...clip,
  tag: 'clipByValue',
  update: (_, given) => {
    const limit = given.setting('limit')
    return plain(gradient => max(min(gradient, limit), neg(limit)))(given)
  },
  tex: 'g \\leftarrow \\max(\\min(g, c), -c)',
  samples: [clipByValue(0.5)]
}

export const clipByNormKind: OptimizerDefinition<ClipByNorm> = {
  ...clip,
  tag: 'clipByNorm',
  update: (_, given) => plain(g => scaled(g, factorFor(sumOfSquares(g), given.setting('limit'))))(given),
  tex: 'g \\leftarrow g \\min\\left(1, \\frac{c}{\\lVert g \\rVert}\\right)',
  samples: [clipByNorm(0.5)]
}

export const clipByGlobalNormKind: OptimizerDefinition<ClipByGlobalNorm> = {
  ...clip,
  tag: 'clipByGlobalNorm',
  update: (_, given) => {
    const squares = [...given.gradients.values()].map(g => reshape(sumOfSquares(g), [1]))
    if (squares.length === 0) return { updates: given.gradients, slots: {}, scalars: {} }
    const factor = factorFor(total(concat(squares, 0)), given.setting('limit'))
    const updates = mapByPath(given.gradients, g => scaled(g, factor))
    return { updates, slots: {}, scalars: {} }
  },
  tex: 'g_i \\leftarrow g_i \\min\\left(1, \\frac{c}{\\sqrt{\\sum_i \\lVert g_i \\rVert^2}}\\right)',
  samples: [clipByGlobalNorm(0.5)]
}
