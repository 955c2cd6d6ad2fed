/** Linear algebra, on the last two axes; all others are equal. */
import * as E from 'fp-ts/lib/Either.js'
import { sameShape } from '../../value/shape.js'
import { isFloat } from '../../value/tensor.js'
import { Level, matrix } from './notation.js'
import { argument, type Group, type None } from './rules.js'
import { all, arg, at, castHint, no } from './shapes.js'

export interface LinearOps {
  readonly matmul: None
}

export const linear = {
  matmul: {
    arity: 2,
    attrs: {},
    shape: (_, args) => {
      const [a, b] = [arg(args, 0), arg(args, 1)]
      const r = a.shape.length
      if (!isFloat(a.dtype) || a.dtype !== b.dtype)
        return no('matmul', 'two matrices of one floating-point type', all(args), castHint)
      return r >= 2 &&
        r === b.shape.length &&
        sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) &&
        a.shape[r - 1] === b.shape[r - 2]
        ? E.right({ dtype: a.dtype, shape: [...a.shape.slice(0, -1), at(b.shape, r - 1)] })
        : no('matmul', 'matrices [..., m, k] and [..., k, n]', all(args))
    },
    gradient: (n, g, b) => [b.matmul(g, b.transposed(argument(n, 1))), b.matmul(b.transposed(argument(n, 0)), g)],
    notation: (n, [a, b]) => ({
      tex: `${matrix(a, n.args[0]?.shape, Level.matrix)} \\, ${matrix(b, n.args[1]?.shape, Level.applied)}`,
      level: Level.matrix
    }),
    facts: { role: 'heavy', placed: false, products: args => args[0]?.shape.at(-1) ?? 1 }
  }
} as const satisfies Group<LinearOps>
