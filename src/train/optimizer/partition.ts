/** An optimizer for each part of a model. */
import { nonEmpty, recordOf } from '../../value/codec.js'
import { settingError, type SettingError } from '../../value/error.js'
import { adam } from './adam.js'
import { get, type ByPath, type Interpreter, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { isSelected } from './selector.js'
import { momentum } from './momentum.js'

export interface Partition {
  readonly tag: 'partition'
  /** a pattern of labels -> the optimizer of the parameters there */
  readonly parts: Readonly<Record<string, Optimizer>>
}
type AnyPartition = Partition
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly partition: AnyPartition
  }
}

/**
 * An optimizer for each part of a model, by patterns of labels as in a {@link Selector}. `*` is the rest: parameters that no other
 * pattern matches. Each parameter must be matched by one pattern, and each pattern must match a parameter.
 *
 * @example partition({ encoder: sgd(0.001), head: adam(0.01) })
 * @example partition({ embedding: adagrad(0.1), '*': adamw(0.001) })
 */
export const partition = (parts: Readonly<Record<string, Optimizer>>): Partition =>
  Object.freeze({ tag: 'partition', parts: Object.freeze({ ...parts }) })

const rest = '*'
const matches = (pattern: string, path: string): boolean => isSelected({ include: [pattern] })(path)
/** the patterns that a parameter belongs to: one, in a partition that suits the model */
const patternsOf = ({ parts }: Partition, path: string): readonly string[] => {
  const named = Object.keys(parts).filter(p => p !== rest && matches(p, path))
  return named.length === 0 && rest in parts ? [rest] : named
}
const patternOf = (o: Partition, path: string): string => patternsOf(o, path)[0] ?? rest

/** a label for each part: its pattern, in characters that labels have */
const labelOf = ({ parts }: Partition, pattern: string): string => {
  const plain = (p: string): string => (p === rest ? 'rest' : p.replace(/[^A-Za-z0-9_-]/g, '_'))
  const same = Object.keys(parts)
    .sort((a, b) => (a < b ? -1 : 1))
    .filter(p => plain(p) === plain(pattern))
  return same.length === 1 ? plain(pattern) : `${plain(pattern)}${same.indexOf(pattern) + 1}`
}
const partsOf = (o: Partition): readonly (readonly [pattern: string, label: string, part: Optimizer])[] =>
  Object.entries(o.parts).map(([pattern, part]) => [pattern, labelOf(o, pattern), part] as const)
const merged = <A>(
  o: Partition,
  f: (part: Optimizer, label: string) => Readonly<Record<string, A>>
): Readonly<Record<string, A>> =>
  Object.fromEntries(partsOf(o).flatMap(([, label, part]) => Object.entries(f(part, label))))

const wrongParts = (o: Partition, paths: readonly string[], self: Interpreter): SettingError | undefined => {
  const patterns = Object.keys(o.parts)
  const lost = paths.find(path => patternsOf(o, path).length === 0)
  if (lost !== undefined)
    return settingError(
      ['partition', 'parts'],
      `a pattern for each parameter, ${lost} too`,
      patterns.join(', '),
      "'*' is the rest"
    )
  const twice = paths.find(path => patternsOf(o, path).length > 1)
  if (twice !== undefined)
    return settingError(
      ['partition', 'parts'],
      `one pattern for each parameter`,
      `${patternsOf(o, twice).join(' and ')} for ${twice}`
    )
  const empty = patterns.find(p => !paths.some(path => patternOf(o, path) === p))
  if (empty !== undefined)
    return settingError(
      ['partition', 'parts', empty],
      'a pattern that matches a parameter',
      empty,
      `the model has ${paths.join(', ')}`
    )
  return partsOf(o)
    .map(([pattern, , part]) =>
      self.check(
        part,
        paths.filter(path => patternOf(o, path) === pattern)
      )
    )
    .find(e => e !== undefined)
}

export const partitionKind: OptimizerDefinition<Partition> = {
  tag: 'partition',
  fields: ({ optimizer }) => ({ parts: nonEmpty(recordOf('optimizers by patterns of labels', optimizer)) }),
  slots: (o, self) => merged(o, (part, label) => self.slots(part, label)),
  settings: (o, self) => merged(o, (part, label) => self.settings(part, label)),
  update: (o, given, self) => {
    const results = partsOf(o).map(([pattern, label, part]) => {
      const only = (all: ByPath): ByPath => new Map([...all].filter(([path]) => patternOf(o, path) === pattern))
      return self.update(part, label, { ...given, gradients: only(given.gradients), params: only(given.params) })
    })
    const updates = new Map(results.flatMap(r => [...r.updates]))
    return {
      updates: new Map([...given.gradients.keys()].map(path => [path, get(updates, path)])),
      slots: Object.fromEntries(
        results.flatMap(r =>
          Object.entries(r.slots).map(([name, part]) => [
            name,
            new Map([...given.slots(name)].map(([path, x]) => [path, part.get(path) ?? x]))
          ])
        )
      ),
      scalars: Object.fromEntries(results.flatMap(r => Object.entries(r.scalars)))
    }
  },
  check: wrongParts,
  freezes: (o, path, self) => self.freezes(o.parts[patternOf(o, path)] as Optimizer, path),
  lookAt: (o, given, self) =>
    new Map(
      partsOf(o).flatMap(([pattern, label, part]) => {
        const only = (all: ByPath): ByPath => new Map([...all].filter(([path]) => patternOf(o, path) === pattern))
        return [...self.lookAt(part, label, { ...given, gradients: only(given.gradients), params: only(given.params) })]
      })
    ),
  average: (o, path, self) => {
    const pattern = patternOf(o, path)
    return self.average(o.parts[pattern] as Optimizer, labelOf(o, pattern), path)
  },
  tex: 'w_i \\leftarrow w_i - f_{p(i)}(g_i)',
  samples: [partition({ bias: momentum(0.05), '*': adam(0.01) })]
}
