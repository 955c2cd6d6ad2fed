/** The unit of scaled targets. */
import type { Scaling } from '../../data/normalise.js'
import { fittedOf, type FittedTable } from '../../data/table/fitted.js'
import { columnOf, targetsOf } from '../../data/table/schema.js'
import { builtInTraining, type TrainingRegistry } from '../../train/registry.js'
import type { Scores } from '../../train/progress.js'
import type { Training } from '../../train/training.js'
import { scoresInUnits } from '../../train/units.js'
import type { Executed, PartScores } from '../execute.js'
import type { OpenRun } from '../open.js'

/** how targets were scaled: by columns of a table, and as a whole dataset */
export interface ScaledTargets {
  readonly fitted?: FittedTable | undefined
  readonly scalings?: { readonly targets?: Scaling | undefined } | undefined
}

const columnScales = (fitted: FittedTable): readonly number[] =>
  targetsOf(fitted.schema).map(name => (fittedOf(fitted, name).scale?.[0] ?? 1) * columnOf(fitted.schema, name).scale)

/**
 * How many units of the data a unit of the targets is that a model was trained on; undefined where targets differ in it, so that a mean
 * over them has no unit. Dates are in days.
 */
export const targetUnit = ({ fitted, scalings }: ScaledTargets): number | undefined => {
  const whole = scalings?.targets?.scale ?? [1]
  const columns = fitted === undefined ? [1] : columnScales(fitted)
  const scales = Array.from(
    { length: Math.max(whole.length, columns.length) },
    (_, i) => (whole[i % whole.length] ?? 1) * (columns[i % columns.length] ?? 1)
  )
  const [first = 1] = scales
  return first !== 0 && scales.every(scale => scale === first) ? Math.abs(1 / first) : undefined
}

/** scores of a training in the units of the data; they stay as they are where targets have no unit in common */
export const inTargetUnits = (
  training: Training,
  registry: TrainingRegistry,
  scaled: ScaledTargets
): ((s: Scores) => Scores) => {
  const unit = targetUnit(scaled)
  return unit === undefined || unit === 1 ? s => s : scoresInUnits({ registry, metrics: training.metrics }, unit)
}

/** those of a run that was opened */
export const openedUnits = (
  { training, datasets: { named, scalings } }: Pick<OpenRun, 'training' | 'datasets'>,
  registry: TrainingRegistry = builtInTraining
): ((s: Scores) => Scores) =>
  inTargetUnits(training, registry, { ...(named?.tag === 'fitted' ? { fitted: named.fitted } : {}), scalings })

const partsInUnits = (inUnits: (s: Scores) => Scores, { train, test }: PartScores): PartScores => ({
  train: inUnits(train),
  ...(test === undefined ? {} : { test: inUnits(test) })
})
/** the outcome of a run, in the units of the data */
export const executedInUnits = (inUnits: (s: Scores) => Scores, executed: Executed): Executed => ({
  ...executed,
  ...partsInUnits(inUnits, executed),
  ...(executed.best === undefined ? {} : { best: { ...executed.best, ...partsInUnits(inUnits, executed.best) } })
})
