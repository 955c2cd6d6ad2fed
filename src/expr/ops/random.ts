/** Ops that draw numbers. A key is u32 [2]. */
import * as E from 'fp-ts/lib/Either.js'
import { oneOf, uint32 } from '../../value/codec.js'
import type { Dims } from '../../value/shape.js'
import * as a from './attributes.js'
import { call, operatorname, times } from './notation.js'
import { noGradient, type Group } from './rules.js'
import { arg, isKey, no, show, sizes } from './shapes.js'

export type Distribution = 'bits' | 'uniform' | 'normal'

export interface RandomOps {
  readonly foldIn: { readonly data: number }
  readonly random: { readonly distribution: Distribution; readonly shape: Dims }
}

export const random = {
  foldIn: {
    arity: 1,
    attrs: { data: uint32 },
    shape: ({ data }, args) =>
      isKey(arg(args, 0)) && data >>> 0 === data
        ? E.right({ dtype: 'u32', shape: [2] })
        : no('foldIn', 'a key (u32[2]) and a whole number below 2^32', `${show(arg(args, 0))}, ${data}`),
    gradient: noGradient,
    notation: (n, args) => call(operatorname('foldIn', n.attrs.data))(n, args),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  },
  random: {
    arity: 1,
    attrs: { distribution: oneOf('bits', 'uniform', 'normal'), shape: a.counts },
    shape: ({ distribution, shape }, args) =>
      isKey(arg(args, 0))
        ? sizes('random', shape, { dtype: distribution === 'bits' ? 'u32' : 'f32', shape })
        : no('random', 'a key (u32[2])', show(arg(args, 0))),
    gradient: noGradient,
    notation: (n, args) => call(operatorname(n.attrs.distribution, times(n.shape)))(n, args),
    facts: {
      role: 'map',
      cost: 30,
      exactFold: undefined,
      callsJs: ({ distribution }) => distribution === 'normal',
      placed: true,
      readsKey: true
    }
  }
} as const satisfies Group<RandomOps>
