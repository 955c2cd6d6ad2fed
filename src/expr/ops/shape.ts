/** Ops that move numbers to other places. */
import * as E from 'fp-ts/lib/Either.js'
import { isSize, showShape, sizeOf, type Dims } from '../../value/shape.js'
import type { Aval } from '../../value/tensor.js'
import * as a from './attributes.js'
import { atom, axes, axis, call, Level, number, operatorname, raised, times, at as inside } from './notation.js'
import { argument, type Group } from './rules.js'
import { all, arg, at, holds, no, show, sizes } from './shapes.js'

export interface ShapeOps {
  readonly reshape: { readonly shape: Dims }
  readonly transpose: { readonly permutation: Dims }
  /** sizes of 1 become the sizes asked for */
  readonly broadcast: { readonly shape: Dims }
  readonly slice: { readonly start: Dims; readonly shape: Dims }
  readonly concat: { readonly axis: number }
  readonly pad: { readonly low: Dims; readonly high: Dims; readonly value: number }
}

const inverse = (permutation: Dims): Dims => permutation.map((_, i) => permutation.indexOf(i))
const view = { role: 'view', exactFold: (x: number) => x } as const
const moved = { role: 'heavy', placed: false, products: () => 0 } as const

export const shape = {
  reshape: {
    arity: 1,
    attrs: { shape: a.counts },
    shape: ({ shape }, args) => {
      const x = arg(args, 0)
      return sizeOf(shape) === sizeOf(x.shape)
        ? sizes('reshape', shape, { dtype: x.dtype, shape })
        : no('reshape', `a shape that holds ${sizeOf(x.shape)} numbers`, showShape(shape))
    },
    gradient: (n, g, b) => [b.reshape(g, argument(n, 0).shape)],
    notation: (n, args) => call(operatorname('reshape', times(n.shape)))(n, args),
    facts: view
  },
  transpose: {
    arity: 1,
    attrs: { permutation: a.counts },
    shape: ({ permutation }, args) => {
      const x = arg(args, 0)
      const rank = x.shape.length
      return permutation.length === rank && x.shape.every((_, i) => permutation.includes(i))
        ? E.right({ dtype: x.dtype, shape: permutation.map(i => at(x.shape, i)) })
        : no('transpose', `each axis of ${show(x)} once`, showShape(permutation))
    },
    gradient: (n, g, b) => [b.transpose(g, inverse(n.attrs.permutation))],
    notation: (n, args) => {
      const { permutation } = n.attrs
      const rank = permutation.length
      const isMatrix = rank > 1 && permutation.every((p, i) => p === (i < rank - 2 ? i : 2 * rank - 3 - i))
      return isMatrix ? raised(args[0], '\\top') : call(operatorname('transpose', axes(permutation)))(n, args)
    },
    facts: view
  },
  broadcast: {
    arity: 1,
    attrs: { shape: a.counts },
    shape: ({ shape }, args) => {
      const x = arg(args, 0)
      return x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i] || n === 1)
        ? sizes('broadcast', shape, { dtype: x.dtype, shape })
        : no('broadcast', `a shape that differs from ${show(x)} only where that is 1`, showShape(shape))
    },
    gradient: (n, g, b) => {
      const from = argument(n, 0).shape
      return [
        b.sum(
          g,
          [...n.shape.keys()].filter(i => at(from, i) !== at(n.shape, i))
        )
      ]
    },
    notation: (_, [x]) => x ?? atom(''),
    facts: view
  },
  slice: {
    arity: 1,
    attrs: { start: a.counts, shape: a.counts },
    shape: ({ start, shape }, args) => {
      const x = arg(args, 0)
      const ok = (s: number, i: number): boolean =>
        Number.isInteger(s) && s >= 0 && isSize(shape[i]) && s + at(shape, i) <= at(x.shape, i)
      return start.length === x.shape.length && shape.length === x.shape.length && start.every(ok)
        ? E.right({ dtype: x.dtype, shape })
        : no('slice', `a part of ${show(x)}`, `${showShape(shape)} from ${showShape(start)}`)
    },
    gradient: (n, g, b) => {
      const { start, shape } = n.attrs
      const from = argument(n, 0).shape
      return [
        b.pad(
          g,
          start,
          start.map((s, i) => at(from, i) - s - at(shape, i))
        )
      ]
    },
    notation: (n, [x]) => {
      const range = (s: number, i: number): string => `${s}{:}${s + at(n.shape, i)}`
      const ranges = n.attrs.start.map(range).join(', ')
      return { tex: `${inside(x, Level.atom)}_{\\left[${ranges}\\right]}`, level: Level.power }
    },
    facts: view
  },
  concat: {
    arity: 'some',
    attrs: { axis: a.anyNumber },
    shape: ({ axis }, args) => {
      const x = arg(args, 0)
      const fits = (y: Aval): boolean =>
        y.dtype === x.dtype &&
        y.shape.length === x.shape.length &&
        y.shape.every((n, i) => i === axis || n === x.shape[i])
      const along = (): number => args.reduce((s, y) => s + at(y.shape, axis), 0)
      return Number.isInteger(axis) && axis >= 0 && axis < x.shape.length && args.every(fits)
        ? E.right({ dtype: x.dtype, shape: x.shape.map((n, i) => (i === axis ? along() : n)) })
        : no('concat', `tensors that differ only along axis ${axis}`, all(args))
    },
    gradient: (n, g, b) => {
      const { axis } = n.attrs
      const starts = n.args.map((_, i) => n.args.slice(0, i).reduce((s, x) => s + at(x.shape, axis), 0))
      return n.args.map((x, i) =>
        b.slice(
          g,
          x.shape.map((_, d) => (d === axis ? at(starts, i) : 0)),
          x.shape
        )
      )
    },
    notation: (n, args) => call(operatorname('concat', axis(n.attrs.axis)))(n, args),
    facts: moved
  },
  pad: {
    arity: 1,
    attrs: { low: a.counts, high: a.counts, value: a.anyNumber },
    shape: ({ low, high, value }, args) => {
      const x = arg(args, 0)
      const ok = (d: Dims): boolean => d.length === x.shape.length && d.every(n => Number.isSafeInteger(n) && n >= 0)
      if (!holds(x.dtype, value)) return no('pad', `a number that ${x.dtype} has`, String(value))
      return ok(low) && ok(high)
        ? E.right({ dtype: x.dtype, shape: x.shape.map((n, i) => at(low, i) + n + at(high, i)) })
        : no(
            'pad',
            `a width of 0 or more before and after each axis of ${show(x)}`,
            `${showShape(low)} and ${showShape(high)}`
          )
    },
    gradient: (n, g, b) => [b.slice(g, n.attrs.low, argument(n, 0).shape)],
    notation: (n, args) => {
      const { low, high, value } = n.attrs
      const sides = low.map((l, i) => `(${l}, ${high[i]})`).join(', ')
      return call(operatorname('pad', sides))(n, value === 0 ? args : [...args, number(value, n.dtype)])
    },
    facts: moved
  }
} as const satisfies Group<ShapeOps>
