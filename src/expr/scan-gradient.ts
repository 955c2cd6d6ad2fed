/**
 * The gradient of a loop: a loop in the other direction. It carries the cotangents of the carried values, and a running sum for each value that
 * the steps share, so each of these sums is added up step by step, as in the program without a loop. What the steps computed is stored
 * (`isKept`) or computed again.
 */
import { isFloat } from '../value/tensor.js'
import { add, constant, input } from './build.js'
import { loopResults, nextOf, partOf, resultOf, scanNode, substitute, type ScanNode } from './loop.js'
import { topological, type Expr } from './op.js'
import { factsOf } from './ops/table.js'

/** from the cotangents of roots, in lists, to those of other expressions */
export type PullBack = (
  roots: readonly Expr[],
  given: ReadonlyMap<Expr, readonly Expr[]>,
  wanted: readonly Expr[]
) => readonly (Expr | undefined)[]

/** a cotangent of an argument; if it is a sum, it includes those that the argument already had */
export interface Flow {
  readonly to: Expr
  readonly cotangent: Expr
  readonly isSum: boolean
}

/** -0 changes no number that is added to it, not even -0 */
const nothing = (x: Expr): Expr => constant(-0, x)
/** elementwise ops at least this expensive are stored */
const expensive = 10
const isKept = (n: Expr): boolean => {
  const facts = factsOf(n)
  return facts.role === 'heavy' || facts.role === 'reduce' || (facts.role === 'map' && facts.cost >= expensive)
}

/** the inputs of a loop's bodies by name; a name that several nodes have becomes one of them */
const inputsOf = (roots: readonly Expr[]): ReadonlyMap<string, readonly Expr[]> => {
  const found = new Map<string, Expr[]>()
  for (const n of topological(roots))
    if (n.op === 'input') found.set(n.attrs.name, [...(found.get(n.attrs.name) ?? []), n])
  return found
}
const withOneInputEach = (roots: readonly Expr[]): readonly Expr[] => {
  const inputs = inputsOf(roots)
  const doubles = [...inputs.values()].flatMap(([first, ...others]) => others.map(e => [e, first as Expr] as const))
  return doubles.length === 0 ? roots : substitute(roots, new Map(doubles))
}

/** a value of each step of the loop that its gradient needs: what it is in the body, and the input that replaces it */
interface Kept {
  readonly value: Expr
  readonly at: Expr
}
/** which values of the body the gradient needs from the loop: carried ones, and expensive ones unless they are computed again */
const keptFor = (
  made: readonly Expr[],
  isBackward: ReadonlySet<Expr>,
  inputs: ReadonlySet<Expr>,
  isCarried: ReadonlySet<Expr>,
  recompute: boolean
): readonly Kept[] => {
  const order = topological(made)
  const backward = new Set<Expr>()
  const forward = new Set<Expr>()
  for (const n of order)
    if (isBackward.has(n) || n.args.some(a => backward.has(a))) backward.add(n)
    else if (inputs.has(n) || n.args.some(a => forward.has(a))) forward.add(n)
  const kept: Kept[] = []
  const needed = new Set(made)
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i] as Expr
    if (!needed.has(n)) continue
    if (forward.has(n) && (isCarried.has(n) || (!recompute && !inputs.has(n) && isKept(n))))
      kept.push({ value: n, at: input('kept', n.dtype, n.shape) })
    else for (const a of n.args) needed.add(a)
  }
  return kept
}

/** the body of a loop, its inputs, and the cotangents of its results */
interface Forward {
  readonly first: ScanNode
  readonly next: readonly Expr[]
  readonly results: readonly (readonly [ScanNode, Expr])[]
  readonly values: readonly Expr[]
  /** the input for an argument, if the body uses it */
  readonly inputFor: (kind: 'carried' | 'stacked' | 'shared', i: number) => Expr | undefined
  readonly argument: (kind: 'carried' | 'stacked' | 'shared', i: number) => Expr
}
const forwardOf = (results: readonly (readonly [ScanNode, Expr])[], first: ScanNode): Forward => {
  const { carried, stacked } = first.attrs
  const roots = withOneInputEach([...nextOf(first), ...results.map(([n]) => resultOf(n))])
  const inputs = inputsOf(roots)
  const from = { carried: 0, stacked: carried, shared: carried + stacked }
  return {
    first,
    next: roots.slice(0, carried),
    results,
    values: roots.slice(carried),
    inputFor: (kind, i) => inputs.get(`${kind}/${i}`)?.[0],
    argument: (kind, i) => first.args[from[kind] + i] as Expr
  }
}

/** what the loop in the other direction carries or receives for something: its input, and which one it is */
interface Slot {
  readonly which: number
  readonly at: Expr
}
const slots = (count: number, at: (which: number) => Expr | undefined): readonly Slot[] =>
  Array.from({ length: count }, (_, which) => ({ which, at: at(which) })).filter((x): x is Slot => x.at !== undefined)

/**
 * The cotangents of the arguments of a loop, from those of its results.
 *
 * @param sumBefore the sum of the cotangents that an argument already has
 */
export const scanGradient = (
  results: readonly (readonly [ScanNode, Expr])[],
  isActive: (e: Expr) => boolean,
  sumBefore: (e: Expr) => Expr | undefined,
  pullBack: PullBack
): readonly Flow[] => {
  const first = results[0]?.[0]
  if (first === undefined) return []
  const { carried, stacked } = first.attrs
  const f = forwardOf(results, first)
  const isWanted = (kind: 'stacked' | 'shared', i: number): boolean =>
    isFloat(f.argument(kind, i).dtype) && isActive(f.argument(kind, i))
  const floats = slots(carried, i =>
    isFloat((f.next[i] as Expr).dtype)
      ? input('cotangent', f.next[i]?.dtype ?? 'f32', f.next[i]?.shape ?? [])
      : undefined
  )
  const parts = slots(stacked, i => (isWanted('stacked', i) ? f.inputFor('stacked', i) : undefined))
  const shared = slots(first.args.length - carried - stacked, i =>
    isWanted('shared', i) ? f.inputFor('shared', i) : undefined
  )
  const sums = shared.map(({ at }) => input('sum', at.dtype, at.shape))
  const outputs = results.flatMap(([n, from], i) =>
    n.attrs.result === 'output' ? [{ value: f.values[i] as Expr, from, at: partOf(from) }] : []
  )
  // the cotangents of the body, in the order of the program without a loop: those of later steps come first
  const given = new Map<Expr, Expr[]>()
  const give = (to: Expr, c: Expr): void => void given.set(to, [...(given.get(to) ?? []), c])
  shared.forEach(({ at }, k) => {
    give(at, sums[k] as Expr)
  })
  for (const { which, at } of floats) give(f.next[which] as Expr, at)
  for (const { value, at } of outputs) give(value, at)
  const before = floats.map(({ which }) => f.inputFor('carried', which))
  const wanted = [...before.filter(e => e !== undefined), ...parts.map(p => p.at), ...shared.map(s => s.at)]
  const pulled = new Map(pullBack([...f.next, ...f.values], given, wanted).map((c, i) => [wanted[i] as Expr, c]))
  return loopBack(f, { floats, parts, shared, sums, outputs, before, pulled }, sumBefore, isActive)
}

/** the inputs of the loop in the other direction, and the cotangents in its body */
interface Backward {
  readonly floats: readonly Slot[]
  readonly parts: readonly Slot[]
  readonly shared: readonly Slot[]
  readonly sums: readonly Expr[]
  readonly outputs: readonly { readonly from: Expr; readonly at: Expr }[]
  readonly before: readonly (Expr | undefined)[]
  readonly pulled: ReadonlyMap<Expr, Expr | undefined>
}
/** what the body of the loop in the other direction makes, over its inputs, and what it needs from the first loop */
interface BackBody {
  readonly made: readonly Expr[]
  readonly kept: readonly Kept[]
  readonly again: readonly { readonly at: Expr; readonly from: Expr }[]
}
const backBody = (f: Forward, b: Backward, made: readonly Expr[]): BackBody => {
  const { carried, stacked, recompute } = f.first.attrs
  const all = (kind: 'carried' | 'stacked' | 'shared', count: number): readonly Slot[] =>
    slots(count, i => f.inputFor(kind, i))
  const carriedInputs = all('carried', carried)
  const stackedInputs = all('stacked', stacked)
  const kept = keptFor(
    made,
    new Set([...b.floats.map(s => s.at), ...b.sums, ...b.outputs.map(o => o.at)]),
    new Set([...carriedInputs, ...stackedInputs].map(s => s.at)),
    new Set(carriedInputs.map(s => s.at)),
    recompute
  )
  const sharedInputs = all('shared', f.first.args.length - carried - stacked)
  const outside = sharedInputs.map(({ which, at }) => [at, f.argument('shared', which)] as const)
  return {
    made: substitute(made, new Map([...kept.map(({ value, at }) => [value, at] as const), ...outside])),
    kept,
    again: stackedInputs.map(({ which, at }) => ({ at, from: f.argument('stacked', which) }))
  }
}

const loopBack = (
  f: Forward,
  b: Backward,
  sumBefore: (e: Expr) => Expr | undefined,
  isActive: (e: Expr) => boolean
): readonly Flow[] => {
  const { first } = f
  const { floats, shared, sums } = b
  const { body: _body, result: _result, ...attrs } = first.attrs
  const pulledTo = (e: Expr | undefined): Expr | undefined => (e === undefined ? undefined : b.pulled.get(e))
  const flowing = b.parts.filter(p => pulledTo(p.at) !== undefined)
  const { made, kept, again } = backBody(f, b, [
    ...floats.map(({ at }, i) => pulledTo(b.before[i]) ?? nothing(at)),
    ...shared.map(s => pulledTo(s.at) as Expr),
    // as where the parts of one gradient are joined: -0 becomes 0
    ...flowing.map(p => (attrs.steps > 1 ? add(pulledTo(p.at) as Expr, 0) : (pulledTo(p.at) as Expr)))
  ])
  const last = (which: number): Expr | undefined => f.results.find(([n]) => n.attrs.result === `next/${which}`)?.[1]
  const carriedBack = [
    ...floats.map(({ which, at }) => ({ at, init: last(which) ?? nothing(at) })),
    ...shared.map(({ which, at }, k) => ({
      at: sums[k] as Expr,
      init: sumBefore(f.argument('shared', which)) ?? nothing(at)
    }))
  ]
  const back = loopResults({
    ...attrs,
    reverse: !attrs.reverse,
    carried: carriedBack.map((c, i) => ({ ...c, next: made[i] as Expr })),
    stacked: [
      ...b.outputs,
      ...again,
      ...kept.map(({ value, at }) => ({ at, from: scanNode(first.args, attrs, f.next, value) }))
    ],
    outputs: made.slice(carriedBack.length),
    outer: new Set(first.args)
  })
  const flow =
    (kind: 'carried' | 'stacked' | 'shared', cotangents: readonly Expr[]) =>
    ({ which }: Slot, i: number): Flow => ({
      to: f.argument(kind, which),
      cotangent: cotangents[i] as Expr,
      isSum: kind === 'shared'
    })
  return [
    ...floats.map(flow('carried', back.carried)).filter(({ to }) => isActive(to)),
    ...flowing.map(flow('stacked', back.stacked)),
    ...shared.map(flow('shared', back.carried.slice(floats.length)))
  ]
}
