/** Optimizers one after the other: what the one gives is what the next takes for gradients. */
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import { list } from '../../value/codec.js'
import { adam } from './adam.js'
import { clipByGlobalNorm, clipByNorm } from './clip.js'
import type { Interpreter, Optimizer, OptimizerDefinition, Updated } from './optimizer.js'
import { weightDecay } from './scale.js'
import { sgd } from './sgd.js'

export interface Chain {
  readonly tag: 'chain'
  readonly optimizers: readonly Optimizer[]
}
type AnyChain = Chain
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly chain: AnyChain
  }
}

const partsOf = (o: Optimizer): readonly Optimizer[] =>
  (o as Optimizer | null | undefined)?.tag === 'chain' ? (o as Chain).optimizers : [o]

/**
 * Optimizers from left to right. Chains inside chains dissolve and a chain of one is that one, so `chain` is
 * associative, with `chain()`, plain w <- w - g, as its identity, as equality of data.
 *
 * @example chain(clipByGlobalNorm(1), weightDecay(0.01), momentum(0.1))
 */
export const chain = (...optimizers: readonly Optimizer[]): Optimizer => {
  const parts = optimizers.flatMap(partsOf)
  const [first] = parts
  return parts.length === 1 && first !== undefined
    ? first
    : Object.freeze({ tag: 'chain', optimizers: Object.freeze(parts) })
}

/** optimizers under `chain` */
export const OptimizerMonoid: Monoid<Optimizer> = { concat: (x, y) => chain(x, y), empty: chain() }

/** a label for each part: its tag, from the second of one tag on with a number */
const labelsOf = (parts: readonly Optimizer[]): readonly string[] => {
  const free = (tag: string, taken: readonly string[], n: number): string => {
    const label = n === 1 ? tag : `${tag}${n}`
    return taken.includes(label) ? free(tag, taken, n + 1) : label
  }
  return parts.reduce<readonly string[]>((labels, { tag }) => [...labels, free(tag, labels, 1)], [])
}
const labelled = ({ optimizers }: Chain): readonly (readonly [string, Optimizer])[] => {
  const labels = labelsOf(optimizers)
  return optimizers.map((part, i) => [labels[i] as string, part] as const)
}
const merged = <A>(
  chain: Chain,
  f: (part: Optimizer, label: string) => Readonly<Record<string, A>>
): Readonly<Record<string, A>> =>
  labelled(chain).reduce<Readonly<Record<string, A>>>((all, [label, part]) => ({ ...all, ...f(part, label) }), {})

export const chainKind: OptimizerDefinition<Chain> = {
  tag: 'chain',
  fields: ({ optimizer }) => ({ optimizers: list(optimizer) }),
  slots: (o, self) => merged(o, (part, label) => self.slots(part, label)),
  settings: (o, self) => merged(o, (part, label) => self.settings(part, label)),
  update: (o, given, self: Interpreter) =>
    labelled(o).reduce<Updated>(
      (before, [label, part]) => {
        const after = self.update(part, label, { ...given, gradients: before.updates })
        return {
          updates: after.updates,
          slots: { ...before.slots, ...after.slots },
          scalars: { ...before.scalars, ...after.scalars }
        }
      },
      { updates: given.gradients, slots: {}, scalars: {} }
    ),
  check: ({ optimizers }, paths, self) => optimizers.map(part => self.check(part, paths)).find(e => e !== undefined),
  freezes: ({ optimizers }, path, self) => optimizers.some(part => self.freezes(part, path)),
  lookAt: (o, given, self) => new Map(labelled(o).flatMap(([label, part]) => [...self.lookAt(part, label, given)])),
  average: (o, path, self) =>
    labelled(o)
      .map(([label, part]) => self.average(part, label, path))
      .find(name => name !== undefined),
  tex: 'g \\leftarrow (f_n \\circ \\cdots \\circ f_1)(g)',
  samples: [
    { tag: 'chain', optimizers: [] },
    { tag: 'chain', optimizers: [clipByGlobalNorm(1), weightDecay(0.01), sgd(0.1)] },
    { tag: 'chain', optimizers: [clipByNorm(1), adam(0.1), clipByNorm(0.5)] }
  ]
}
