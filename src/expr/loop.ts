/** Loops as nodes: which nodes belong to one loop, what its body is, and how a loop is made of expressions over what its steps receive. */
import * as E from 'fp-ts/lib/Either.js'
import { shapeError } from '../value/error.js'
import { input, node } from './build.js'
import { topological, type Expr, type Node } from './op.js'
import { program } from './program.js'

export type ScanNode = Node<'scan'>

/** the carried values after a step */
export const nextOf = ({ attrs }: ScanNode): readonly Expr[] =>
  Array.from({ length: attrs.carried }, (_, i) => attrs.body.outputs[`next/${i}`] as Expr)
/** what a step computes for the result of a node */
export const resultOf = ({ attrs }: ScanNode): Expr => attrs.body.outputs[attrs.result] as Expr

/** all nodes that a step of a loop computes, arguments before users */
export const bodyOrder = (all: readonly ScanNode[]): readonly Expr[] =>
  topological(all.flatMap((n, i) => [...(i === 0 ? nextOf(n) : []), resultOf(n)]))

/** The nodes of each loop, in order: those with the same arguments and carried values. Each is found by any of its nodes. */
export const loopsIn = (order: readonly Expr[]): ReadonlyMap<Expr, readonly ScanNode[]> => {
  const ids = new Map<Expr, number>()
  const id = (e: Expr): number => {
    const i = ids.get(e) ?? ids.size
    ids.set(e, i)
    return i
  }
  const found = new Map<string, ScanNode[]>()
  const by = new Map<Expr, readonly ScanNode[]>()
  for (const n of order) {
    if (n.op !== 'scan') continue
    const { steps, reverse, carried, stacked } = n.attrs
    const name = [steps, reverse, carried, stacked, ...[...n.args, ...nextOf(n)].map(id)].join()
    const mine = found.get(name) ?? []
    mine.push(n)
    found.set(name, mine)
    by.set(n, mine)
  }
  return by
}

/** the same expressions with some nodes replaced */
export const substitute = (roots: readonly Expr[], by: ReadonlyMap<Expr, Expr>): readonly Expr[] => {
  const now = new Map<Expr, Expr>()
  const at = (e: Expr): Expr => now.get(e) as Expr
  for (const n of topological(roots)) {
    const given = by.get(n)
    const args = given === undefined ? n.args.map(at) : []
    now.set(n, given ?? (args.every((a, i) => a === n.args[i]) ? n : node(n.op, args, n.attrs as never)))
  }
  return roots.map(at)
}

/** a loop over expressions: `at` is what a step receives, `next` and `outputs` are what it makes of all that is received */
export interface Loop {
  readonly steps: number
  readonly reverse: boolean
  readonly recompute: boolean
  readonly carried: readonly { readonly at: Expr; readonly init: Expr; readonly next: Expr }[]
  readonly stacked: readonly { readonly at: Expr; readonly from: Expr }[]
  readonly outputs: readonly Expr[]
  /** values that are computed before the loop; each step shares those that it uses, and inputs */
  readonly outer: ReadonlySet<Expr>
}
export interface LoopResults {
  /** the carried values after the last step */
  readonly carried: readonly Expr[]
  /** each output of all steps, stacked along a first axis */
  readonly stacked: readonly Expr[]
}

/** The values that a body uses and does not compute. Constants belong to the body. */
const sharedBy = (roots: readonly Expr[], received: ReadonlySet<Expr>, outer: ReadonlySet<Expr>): readonly Expr[] => {
  const found = new Set<Expr>()
  const seen = new Set<Expr>(received)
  const stack = [...roots]
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    if (seen.has(n)) continue
    seen.add(n)
    if ((outer.has(n) || n.op === 'input') && n.op !== 'constant') found.add(n)
    else for (const a of n.args) stack.push(a)
  }
  return topological(roots).filter(n => found.has(n))
}

/** a node of a loop over its arguments */
export const scanNode = (
  args: readonly Expr[],
  attrs: Omit<ScanNode['attrs'], 'body' | 'result'>,
  next: readonly Expr[],
  result: number | Expr
): Expr => {
  const carried = Object.fromEntries(next.map((e, i) => [`next/${i}`, e]))
  const body = program(typeof result === 'number' ? carried : { ...carried, output: result })
  return E.isLeft(body)
    ? node('invalid', [], { error: body.left })
    : node('scan', args, {
        ...attrs,
        body: body.right,
        result: typeof result === 'number' ? `next/${result}` : 'output'
      })
}

/** The results of a loop. */
export const loopResults = ({ steps, reverse, recompute, carried, stacked, outputs, outer }: Loop): LoopResults => {
  const roots = [...carried.map(c => c.next), ...outputs]
  const received = [...carried, ...stacked].map(r => r.at)
  const wrong = [...roots, ...carried.map(c => c.init), ...stacked.map(x => x.from)].find(e => e.op === 'invalid')
  if (wrong !== undefined) return { carried: carried.map(() => wrong), stacked: outputs.map(() => wrong) }
  const shared = sharedBy(roots, new Set(received), outer)
  const named =
    (kind: string) =>
    (e: Expr, i: number): readonly [Expr, Expr] => [e, input(`${kind}/${i}`, e.dtype, e.shape)]
  const inner = substitute(
    roots,
    new Map([
      ...shared.map(named('shared')),
      ...carried.map(c => c.at).map(named('carried')),
      ...stacked.map(x => x.at).map(named('stacked'))
    ])
  )
  const args = [...carried.map(c => c.init), ...stacked.map(x => x.from), ...shared]
  const attrs = { steps, reverse, recompute, carried: carried.length, stacked: stacked.length }
  const next = inner.slice(0, carried.length)
  return {
    carried: carried.map((_, i) => scanNode(args, attrs, next, i)),
    stacked: inner.slice(carried.length).map(e => scanNode(args, attrs, next, e))
  }
}

/** what a step receives of a stacked value */
export const partOf = (x: Expr): Expr => input('part', x.dtype, x.shape.slice(1))
export const noLoop = (expected: string, got: string): Expr =>
  node('invalid', [], { error: shapeError(['scan'], expected, got) })
