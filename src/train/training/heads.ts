/** The outputs of a training: one, or several that each have a loss, a weight, metrics and a name. */
import type { BuiltLayer, OutputRange } from '../../layer/definition.js'
import type { KnownLoss, Loss } from '../loss/index.js'
import type { Metric } from '../metric/index.js'
import type { Dims } from '../../value/shape.js'
import type { TrainingRegistry } from '../registry.js'
import type { Training } from './value.js'

/** one output of a model as a training sees it */
export interface Head {
  /** of several outputs */
  readonly name?: string
  /** how much its loss counts in the sum */
  readonly weight: number
  /** the loss as data, and what it means */
  readonly member: Loss
  readonly loss: KnownLoss
  readonly metrics: readonly Metric[]
  /** the shape of one example's output */
  readonly output: Dims
  readonly gives: OutputRange | undefined
}

/** a training whose parts are checked, with its model placed */
export interface ValidTraining {
  readonly training: Training
  readonly registry: TrainingRegistry
  readonly placed: BuiltLayer
  /** the shape of one example's input, or those of several inputs */
  readonly input: Dims | readonly Dims[]
  /** the outputs, in the order of the model */
  readonly heads: readonly [Head, ...(readonly Head[])]
  /** see the option `singleExamples` of `train` */
  readonly allowSingle?: boolean
}

/** the names of several outputs; none where there is one */
export const headNames = ({ heads }: Pick<ValidTraining, 'heads'>): readonly string[] =>
  heads.flatMap(h => (h.name === undefined ? [] : [h.name]))

/** a metric by its name in reports, and the output that it is of; without a metric it is the loss of the output */
export interface NamedMetric {
  readonly name: string
  readonly head: Head
  readonly metric?: Metric
}

/** metrics by name, each name once: `accuracy`, `accuracy2` */
export const labelledMetrics = (
  registry: TrainingRegistry,
  metrics: readonly Metric[]
): readonly (readonly [name: string, metric: Metric])[] => {
  const names = metrics.map(m => registry.metrics[m.tag]?.label?.(m) ?? m.tag)
  return metrics.map((metric, i) => {
    const name = names[i] as string
    const before = names.slice(0, i).filter(other => other === name).length
    return [before === 0 ? name : `${name}${before + 1}`, metric]
  })
}

/** what reports hold besides the loss: metrics, and of several outputs the losses and metrics by `<output>/<name>` */
export const namedMetrics = ({ registry, heads }: Pick<ValidTraining, 'registry' | 'heads'>): readonly NamedMetric[] =>
  heads.flatMap(head => {
    const own = labelledMetrics(registry, head.metrics).map(([name, metric]) => ({ name, head, metric }))
    const { name: output } = head
    return output === undefined
      ? own
      : [{ name: `${output}/loss`, head }, ...own.map(m => ({ ...m, name: `${output}/${m.name}` }))]
  })

export const metricNames = (c: Pick<ValidTraining, 'registry' | 'heads'>): readonly string[] =>
  namedMetrics(c).map(({ name }) => name)
