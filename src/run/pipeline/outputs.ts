/** What a model's outputs mean: values of the targets in their units, probabilities of classes by name. */
import type { FloatType } from '../../value/tensor.js'
import { dateText } from '../../data/table/cells.js'
import { classNames, fittedOf, type FittedTable } from '../../data/table/fitted.js'
import { columnOf, targetsOf } from '../../data/table/schema.js'
import { sigmoidOf, softmaxOf } from '../../train/decision/classes.js'
import { knownLoss } from '../../train/loss/index.js'
import type { TrainingRegistry } from '../../train/registry.js'
import type { Pipeline } from './value.js'

export type PredictedValue = number | string | boolean
/** what is predicted of one row, by the names of its targets */
export interface Meaning {
  readonly values: Readonly<Record<string, PredictedValue>>
  /** of targets that are categories or truth values, by the names of the classes */
  readonly probabilities: Readonly<Record<string, Readonly<Record<string, number>>>>
}
/** the outputs of one row, to their meaning */
export type Reader = (outputs: readonly number[]) => Meaning

/** a scaled target in the units of the data: scalings of run files, those of its column, `scale` and `shift` of its schema, undone */
const numberReader = (
  { fitted, scalings }: Pick<Pipeline, 'fitted' | 'scalings'>,
  name: string,
  place: number
): ((y: number) => number) => {
  const c = columnOf(fitted.schema, name)
  const f = fittedOf(fitted, name)
  const whole = scalings.targets
  const group = whole === undefined ? 0 : place % whole.scale.length
  const undo = (y: number, scale: number | undefined, shift: number | undefined): number =>
    scale === undefined || shift === undefined ? y : (y - shift) / scale
  return y => {
    const column = undo(undo(y, whole?.scale[group], whole?.shift[group]), f.scale?.[0], f.shift?.[0])
    return c.scale === 1 && c.shift === 0 ? column : undo(column, c.scale, c.shift)
  }
}

/** a target that is a category: the most probable class, and the probabilities of all */
const classReader = (names: readonly string[], target: string, isLogits: boolean): Reader => {
  return outputs => {
    const p = isLogits ? softmaxOf(outputs) : outputs
    const best = p.reduce((a, x, i) => (x > (p[a] as number) ? i : a), 0)
    return {
      values: { [target]: names[best] ?? '' },
      probabilities: { [target]: Object.fromEntries(names.map((name, i) => [name, p[i] ?? NaN])) }
    }
  }
}

/** how the outputs of a pipeline's model are read */
export const outputReader = (
  p: Pick<Pipeline, 'fitted' | 'scalings' | 'loss' | 'threshold'> & { readonly precision?: FloatType },
  registry: TrainingRegistry
): Reader => {
  const { schema } = p.fitted
  const targets = targetsOf(schema)
  const isLogits = knownLoss(registry.losses, p.loss).expects === 'logits'
  const [first = ''] = targets
  const names = classesOf(p.fitted, first)
  if (names !== undefined) return classReader(names, first, isLogits)
  const readers = targets.map((name, place) => numberReader(p, name, place))
  const threshold = p.threshold ?? 0.5
  return outputs => {
    const each = targets.map((name, i): readonly [string, PredictedValue, number | undefined] => {
      const y = outputs[i] ?? NaN
      const { kind } = columnOf(schema, name)
      if (kind === 'boolean') {
        const probability = isLogits ? sigmoidOf(y) : y
        return [name, probability >= threshold, probability]
      }
      const value = (readers[i] as (y: number) => number)(y)
      return [name, kind === 'date' ? dateText(value) : value, undefined]
    })
    return {
      values: Object.fromEntries(each.map(([name, value]) => [name, value])),
      probabilities: Object.fromEntries(
        each.flatMap(([name, , yes]) => (yes === undefined ? [] : [[name, { false: 1 - yes, true: yes }] as const]))
      )
    }
  }
}

const classesOf = (fitted: FittedTable, name: string): readonly string[] | undefined =>
  columnOf(fitted.schema, name).kind === 'category' ? classNames(fitted, name) : undefined
