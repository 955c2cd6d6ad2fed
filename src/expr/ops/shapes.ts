/** What shape rules are made of. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError, type ShapeError } from '../../value/error.js'
import { isSize, sameShape, showShape, type Dims } from '../../value/shape.js'
import { isFloat, type Aval, type DType } from '../../value/tensor.js'
import { showAval } from '../../value/text.js'
import type { ShapeRule } from './rules.js'

export const show = showAval
export const all = (as: readonly Aval[]): string => as.map(show).join(' and ')
export const no = (op: string, expected: string, got: string, hint = ''): E.Either<ShapeError, never> =>
  E.left(shapeError([op], expected, got, hint))
export const arg = (args: readonly Aval[], i: number): Aval => args[i] as Aval
export const at = (d: Dims, i: number): number => d[i] as number

export const castHint = 'cast it first'
export const float1 =
  (op: string): ShapeRule<unknown> =>
  (_, args) => {
    const x = arg(args, 0)
    return isFloat(x.dtype)
      ? E.right({ dtype: x.dtype, shape: x.shape })
      : no(op, 'floating-point numbers', show(x), castHint)
  }
export const equalPair = (op: string, a: Aval, b: Aval): E.Either<ShapeError, Aval> =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape)
    ? E.right(a)
    : no(op, 'two arguments of one element type and shape', all([a, b]), a.dtype === b.dtype ? '' : castHint)
export const float2 =
  (op: string): ShapeRule<unknown> =>
  (_, args) => {
    const [a, b] = [arg(args, 0), arg(args, 1)]
    return isFloat(a.dtype) ? equalPair(op, a, b) : no(op, 'floating-point numbers', all(args), castHint)
  }
export const compare =
  (op: string): ShapeRule<unknown> =>
  (_, args) =>
    E.map((a: Aval): Aval => ({ dtype: 'bool', shape: a.shape }))(equalPair(op, arg(args, 0), arg(args, 1)))

/** the given result, if all of its sizes are positive whole numbers */
export const sizes = (op: string, shape: Dims, aval: Aval): E.Either<ShapeError, Aval> =>
  shape.every(isSize) ? E.right(aval) : no(op, 'sizes that are positive whole numbers', showShape(shape))
/** whether an element type has this number: floats round, the others must have it exactly */
export const holds = (dtype: DType, x: number): boolean =>
  isFloat(dtype) || (Number.isInteger(x) && x >= 0 && x <= { u8: 0xff, u32: 0xffffffff, bool: 1 }[dtype])
export const isKey = (a: Aval): boolean => a.dtype === 'u32' && sameShape(a.shape, [2])
export const isIndex = (a: Aval): boolean => a.dtype === 'u32'
