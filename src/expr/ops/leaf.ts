/** Ops without arguments: values that are given, or known from the start. */
import * as E from 'fp-ts/lib/Either.js'
import { refined } from '../../value/codec.js'
import { showError, type Problem } from '../../value/error.js'
import { isSize, showShape, type Dims } from '../../value/shape.js'
import { isSound, type DType, type Tensor } from '../../value/tensor.js'
import * as a from './attributes.js'
import { atom, axis, constant, Level, operatorname, symbol, text } from './notation.js'
import { never, noGradient, type Group } from './rules.js'
import { at, holds, no, show, sizes } from './shapes.js'

export interface LeafOps {
  /** a value that is given when the program runs */
  readonly input: { readonly name: string; readonly dtype: DType; readonly shape: Dims }
  /** a value that is known now */
  readonly constant: { readonly value: Tensor }
  /** 0, 1, 2, ... along an axis */
  readonly iota: { readonly dtype: DType; readonly shape: Dims; readonly axis: number }
  /** an expression that cannot be: it passes through every op, so that the first mistake is what is reported */
  readonly invalid: { readonly error: Problem<'ShapeError'> }
}

export const leaf = {
  input: {
    arity: 0,
    attrs: { name: a.name, dtype: a.dtype, shape: a.counts },
    shape: ({ dtype, shape }) => sizes('input', shape, { dtype, shape }),
    gradient: noGradient,
    notation: n => atom(symbol(n.attrs.name)),
    facts: { role: 'leaf' }
  },
  constant: {
    arity: 0,
    attrs: { value: a.tensor },
    shape: ({ value }) => {
      const { dtype, shape } = value
      if (isSound(value) || !shape.every(isSize)) return sizes('constant', shape, { dtype, shape })
      return no(
        'constant',
        `${dtype} storage that shape, stride and offset stay inside`,
        show(value),
        'make it with tensor'
      )
    },
    gradient: noGradient,
    notation: n => constant(n.attrs.value),
    facts: { role: 'leaf' }
  },
  iota: {
    arity: 0,
    attrs: { dtype: a.dtype, shape: a.counts, axis: a.anyNumber },
    shape: ({ dtype, shape, axis }) => {
      if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length)
        return no('iota', `an axis of ${showShape(shape)}`, String(axis))
      const last = Math.max(0, at(shape, axis) - 1)
      return dtype !== 'bool' && holds(dtype, last)
        ? sizes('iota', shape, { dtype, shape })
        : no('iota', `an element type that counts to ${last}`, dtype, 'use u32')
    },
    gradient: noGradient,
    notation: n => ({ tex: operatorname('iota', axis(n.attrs.axis)), level: Level.applied }),
    facts: { role: 'map', cost: 1, exactFold: undefined, callsJs: never, placed: true, readsKey: false }
  },
  invalid: {
    arity: 0,
    attrs: { error: refined('no mistake', (_): _ is Problem<'ShapeError'> => false) },
    shape: ({ error }) => E.left(error),
    gradient: noGradient,
    notation: n => atom(text(showError(n.attrs.error))),
    facts: { role: 'none' }
  }
} as const satisfies Group<LeafOps>
