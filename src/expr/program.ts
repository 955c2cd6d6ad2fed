/** A program: named expressions to compute, and the inputs they need. Backends compile programs. */
import * as E from 'fp-ts/lib/Either.js'
import { isObject, objectArgument, wrongArgument, type Argument } from '../value/argument.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { sameShape } from '../value/shape.js'
import { showAval } from '../value/text.js'
import { topological, type Expr, type Node } from './op.js'

export interface Program {
  readonly outputs: Readonly<Record<string, Expr>>
  /** every input that an output depends on, by name */
  readonly inputs: Readonly<Record<string, Node<'input'>>>
  /** every node, arguments before users */
  readonly order: readonly Expr[]
}

/** untyped callers may pass anything as expressions */
const expressions = (outputs: Readonly<Record<string, Expr>>): readonly Argument[] =>
  Object.entries((outputs as Readonly<Record<string, Expr>> | undefined) ?? {}).map(([name, value]) => ({
    path: ['output', name],
    value,
    expected: 'an expression',
    is: u => isObject(u) && typeof u['op'] === 'string' && Array.isArray(u['args'])
  }))

/**
 * The program that computes these expressions, for `compile` of a backend.
 *
 * @example program({ y: add(input('x', 'f32', [2]), 1) })
 * @returns Left with the first mistake made while building, or if two inputs of different shapes have one name
 */
export const program = (outputs: Readonly<Record<string, Expr>>): E.Either<ShapeError, Program> => {
  const unfit = wrongArgument(shapeError, [objectArgument('outputs', outputs), ...expressions(outputs)])
  if (unfit !== undefined) return E.left(unfit)
  const order = topological(Object.values(outputs))
  const inputs = new Map<string, Node<'input'>>()
  for (const n of order) {
    if (n.op === 'invalid') return E.left(n.attrs.error)
    if (n.op !== 'input') continue
    const before = inputs.get(n.attrs.name)
    if (before !== undefined && (before.dtype !== n.dtype || !sameShape(before.shape, n.shape)))
      return E.left(
        shapeError(
          ['input', n.attrs.name],
          `${showAval(before)} everywhere`,
          showAval(n),
          'give the other input another name'
        )
      )
    inputs.set(n.attrs.name, before ?? n)
  }
  return E.right({ outputs, inputs: Object.fromEntries(inputs), order })
}
