/** Ops that address rows by their numbers: an index is u32. */
import * as E from 'fp-ts/lib/Either.js'
import { isSize, sameShape } from '../../value/shape.js'
import { isFloat, type FloatType } from '../../value/tensor.js'
import * as a from './attributes.js'
import { call, operatorname } from './notation.js'
import { argument, noGradient, type Group, type None } from './rules.js'
import { all, arg, at, isIndex, no, show } from './shapes.js'

export interface IndexingOps {
  /** (table [n, ...r], index u32 [...i]) -> [...i, ...r] */
  readonly gather: None
  /** (values [...i, ...r], index u32 [...i]) -> [rows, ...r]: adds up the values that go to the same row */
  readonly scatterAdd: { readonly rows: number }
  /** index u32 [...i] -> [...i, depth] */
  readonly oneHot: { readonly depth: number; readonly dtype: FloatType }
}

export const indexing = {
  gather: {
    arity: 2,
    attrs: {},
    shape: (_, args) => {
      const [table, index] = [arg(args, 0), arg(args, 1)]
      return table.shape.length >= 1 && isIndex(index)
        ? E.right({ dtype: table.dtype, shape: [...index.shape, ...table.shape.slice(1)] })
        : no('gather', 'a table [n, ...] and indexes (u32)', all(args))
    },
    gradient: (n, g, b) => {
      const table = argument(n, 0)
      return isFloat(table.dtype) ? [b.scatterAdd(g, argument(n, 1), at(table.shape, 0))] : []
    },
    notation: call(operatorname('gather')),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  },
  scatterAdd: {
    arity: 2,
    attrs: { rows: a.anyNumber },
    shape: ({ rows }, args) => {
      const [values, index] = [arg(args, 0), arg(args, 1)]
      return isFloat(values.dtype) &&
        isIndex(index) &&
        sameShape(values.shape.slice(0, index.shape.length), index.shape) &&
        isSize(rows)
        ? E.right({ dtype: values.dtype, shape: [rows, ...values.shape.slice(index.shape.length)] })
        : no(
            'scatterAdd',
            'floating-point values [...i, ...r], indexes (u32) [...i] and a positive count of rows',
            `${all(args)}, ${rows}`
          )
    },
    gradient: (n, g, b) => [b.gather(g, argument(n, 1))],
    notation: (n, args) => call(operatorname('scatter', n.attrs.rows))(n, args),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  },
  oneHot: {
    arity: 1,
    attrs: { depth: a.anyNumber, dtype: a.floatType },
    shape: ({ depth, dtype }, args) => {
      const x = arg(args, 0)
      return isIndex(x) && isSize(depth)
        ? E.right({ dtype, shape: [...x.shape, depth] })
        : no('oneHot', 'indexes (u32) and a positive depth', `${show(x)}, ${depth}`)
    },
    gradient: noGradient,
    notation: (n, args) => call(operatorname('onehot', n.attrs.depth))(n, args),
    facts: { role: 'heavy', placed: true, products: () => 0 }
  }
} as const satisfies Group<IndexingOps>
