/** A loop of a known number of steps: its body is a graph of its own. */
import * as E from 'fp-ts/lib/Either.js'
import { count, refined } from '../../value/codec.js'
import type { ShapeError } from '../../value/error.js'
import { isSize, sameShape, showShape } from '../../value/shape.js'
import type { Aval } from '../../value/tensor.js'
import * as t from 'io-ts'
import * as a from './attributes.js'
import { call, operatorname } from './notation.js'
import { noGradient, type Group } from './rules.js'
import { all, no, show } from './shapes.js'

/** what rules know of a node of a body */
export interface BodyNode extends Aval {
  readonly op: string
  readonly args: readonly BodyNode[]
  readonly attrs: unknown
}
/**
 * What one step computes: a program whose inputs are `carried/i`, `stacked/i` and `shared/i`, and whose outputs are `next/i`, the carried values
 * after the step, and possibly `output`.
 */
export interface Body {
  readonly outputs: Readonly<Record<string, BodyNode>>
  readonly inputs: Readonly<Record<string, BodyNode>>
  readonly order: readonly BodyNode[]
}

export interface Scan {
  readonly steps: number
  /** from the last step to the first */
  readonly reverse: boolean
  /** whether the gradient computes again what the body computed, and stores only the carried values of each step */
  readonly recompute: boolean
  /** the first arguments: carried values before the first step */
  readonly carried: number
  /** the next arguments, whose first axis is the steps; each step receives its part. All further arguments are the same in each step. */
  readonly stacked: number
  readonly body: Body
  /** `next/i`: that carried value after the last step; `output`: the outputs of all steps, stacked along a first axis */
  readonly result: string
}
export interface ScanOps {
  /** (...carried, ...stacked, ...shared) -> one result of the loop. Nodes of one loop have equal arguments and equal `next`. */
  readonly scan: Scan
}

const isBody = (u: unknown): u is Body => typeof u === 'object' && u !== null && 'outputs' in u && 'order' in u

/** the name and type of what a step receives from each argument */
const received = ({ carried, stacked }: Scan, args: readonly Aval[]): readonly (readonly [string, Aval])[] =>
  args.map((x, i) =>
    i < carried
      ? [`carried/${i}`, x]
      : i < carried + stacked
        ? [`stacked/${i - carried}`, { dtype: x.dtype, shape: x.shape.slice(1) }]
        : [`shared/${i - carried - stacked}`, x]
  )
const alike = (x: Aval | undefined, y: Aval | undefined): boolean =>
  x !== undefined && y !== undefined && x.dtype === y.dtype && sameShape(x.shape, y.shape)

/** the first input of the body that is no part of the arguments, or carried value that changes its type */
const unfit = (s: Scan, args: readonly Aval[]): E.Either<ShapeError, void> => {
  const given = new Map(received(s, args))
  for (const [name, x] of Object.entries(s.body.inputs)) {
    const wanted = given.get(name)
    if (wanted === undefined) return no('scan', 'a body that uses its arguments only', `the input ${name}`)
    if (!alike(wanted, x)) return no('scan', `${name} as ${show(wanted)}`, show(x))
  }
  const next = args.slice(0, s.carried).map((_, i) => s.body.outputs[`next/${i}`])
  const changed = next.findIndex((after, i) => !alike(args[i], after))
  if (changed >= 0) {
    const after = next[changed]
    const got = after === undefined ? 'none' : show(after)
    return no(
      'scan',
      `a carried value that stays ${show(args[changed] as Aval)}`,
      got,
      'cast or reshape what the body returns'
    )
  }
  return E.right(undefined)
}

export const scan = {
  scan: {
    arity: 'some',
    attrs: {
      steps: count,
      reverse: t.boolean,
      recompute: t.boolean,
      carried: count,
      stacked: count,
      // codec.ts reads and writes the program
      body: refined('a body', isBody),
      result: a.name
    },
    shape: (s, args) => {
      const { steps, carried, stacked, body, result } = s
      if (!isSize(steps)) return no('scan', 'a number of steps that is a positive whole number', String(steps))
      if (args.length < carried + stacked)
        return no('scan', `${carried} carried and ${stacked} stacked values`, `${args.length} arguments`)
      const parts = args.slice(carried, carried + stacked)
      const other = parts.find(x => x.shape[0] !== steps)
      if (other !== undefined) return no('scan', `stacked values with ${steps} as their first size`, all(parts))
      const wrong = unfit(s, args)
      if (E.isLeft(wrong)) return wrong
      const made = Object.hasOwn(body.outputs, result) ? body.outputs[result] : undefined
      if (made === undefined || (result !== 'output' && !result.startsWith('next/')))
        return no('scan', 'the name of an output of the body', result)
      const { dtype, shape } = made
      return result === 'output'
        ? shape.every(isSize)
          ? E.right({ dtype, shape: [steps, ...shape] })
          : no('scan', 'sizes that are positive whole numbers', showShape(shape))
        : E.right({ dtype, shape })
    },
    // the gradient of all results of a loop is one loop: expr/scan-gradient.ts
    gradient: noGradient,
    notation: (n, args) => call(operatorname('scan', n.attrs.steps))(n, args),
    facts: { role: 'heavy', placed: false, products: () => 0 }
  }
} as const satisfies Group<ScanOps>
