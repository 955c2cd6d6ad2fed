/** The scores of a training's states over a dataset, in inference mode. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Values } from '../backend/backend.js'
import { exampleCount } from '../data/dataset.js'
import type { DatasetOf } from '../data/features.js'
import { inputsLike } from '../expr/inputs.js'
import { evaluator } from '../infer/evaluate.js'
import {
  backendArgument,
  examplesDataArgument,
  knownOptions,
  optionsOf,
  treeArgument,
  wrongArgument
} from '../value/argument.js'
import { bracket } from '../value/bracket.js'
import { failIf, settingError } from '../value/error.js'
import type { TrainError } from './divergence.js'
import { averaged } from './averaged.js'
import { checkDataset } from './examples.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { targetShapeOf } from './loss/loss.js'
import {
  plainTotals,
  share,
  single,
  type Metric,
  type MetricValue,
  type RunningTotals,
  type Totals
} from './metric/metric.js'
import type { MetricValues } from './metric/values.js'
import type { AnyModel } from '../model/model.js'
import { forward, lossOutputs, passBatch } from './pass.js'
import { metricSums } from './program.js'
import type { Scores } from './progress.js'
import { tensorsOf, type TrainState } from './state.js'
import { namedMetrics, type NamedMetric } from './training/heads.js'
import { checkTraining, type ValidTraining, type Training } from './training.js'

/** of several outputs the loss of one, over examples that each weigh 1 unless they have weights */
const headLoss = ({ sum, weight }: Totals, examples: number): number =>
  share(single(sum), weight === undefined ? examples : single(weight))

/** the metrics from the totals of their sums (`<metric>/<sum>`) over a number of examples */
export const metricValues = (c: ValidTraining, totals: RunningTotals, examples: number): Scores['metrics'] => {
  const plain = plainTotals(totals)
  const valueOf = ({ head, metric }: NamedMetric, mine: Totals): MetricValue => {
    if (metric === undefined) return headLoss(mine, examples)
    const kind = c.registry.metrics[metric.tag]
    const shape = kind?.reads === 'values' ? targetShapeOf(head.loss, head.output) : head.output
    return kind?.value(metric, mine, examples, shape) ?? NaN
  }
  return Object.fromEntries(
    namedMetrics(c).map(m => {
      const mine = Object.entries(plain).flatMap(([k, v]) =>
        k.startsWith(`${m.name}/`) ? [[k.slice(m.name.length + 1), v] as const] : []
      )
      return [m.name, valueOf(m, Object.fromEntries(mine))] as const
    })
  )
}

/** scores several states over one dataset, which stays in memory */
export interface Scorer {
  readonly scores: (s: TrainState) => E.Either<TrainError, Scores>
  readonly close: () => void
}
const modelOf = ({ params, layers }: TrainState): Values => tensorsOf({ params, layers, optimizer: {} })

/** compiled for the shapes of this state's tensors */
export const scorer = (
  c: ValidTraining,
  backend: Backend,
  data: DatasetOf,
  like: TrainState
): E.Either<TrainError, Scorer> => {
  const predicting = averaged(c)
  const [params, layers] = [inputsLike('params', like.params), inputsLike('layers', like.layers)]
  return pipe(
    checkDataset(c, data),
    E.chainW(arranged =>
      evaluator(arranged, {
        backend,
        dtype: c.training.precision,
        like: modelOf(like),
        outputs: batch => {
          const y = forward(c, params, layers, batch.x, false).value
          const { target, weights } = passBatch(c, batch)
          return { ...lossOutputs(c, y, target, weights), ...metricSums(c, y, batch) }
        }
      })
    ),
    E.map(({ evaluate, close }) => ({
      scores: s =>
        pipe(
          evaluate(modelOf(predicting(s))),
          E.map(({ loss, totals }) => ({ loss, metrics: metricValues(c, totals, exampleCount(data)) }))
        ),
      close
    }))
  )
}

export interface ScoreOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
}

const scoresOf = (t: Training, s: TrainState, data: DatasetOf, options: ScoreOptions): E.Either<TrainError, Scores> => {
  const { backend, registry = builtInTraining } = optionsOf(options) as ScoreOptions
  const { params, layers, optimizer } = optionsOf(s)
  return bracket(
    pipe(
      failIf(
        wrongArgument(settingError, [
          backendArgument(backend),
          knownOptions(options, { backend: true, registry: true }),
          examplesDataArgument(data),
          treeArgument('params', params),
          treeArgument('layers', layers),
          treeArgument('optimizer', optimizer)
        ])
      ),
      E.chainW(() => checkTraining(t, registry)),
      E.chainW(c => scorer(c, backend, data, s))
    ),
    ({ scores }) => scores(s),
    ({ close }) => {
      close()
    }
  )
}

/**
 * The loss and metrics of a training's model over a dataset, in inference mode, with the parameters of a state, or with the
 * averages that its optimizer keeps. In a pipe the data come last; in a direct call they come before the options.
 *
 * @example pipe(test, score(trained.training, trained.state, { backend: wasm })) // Either<..., { loss, metrics: {
 * accuracy } }>
 */
export const score: {
  <const Ms extends readonly Metric[]>(
    t: Training<AnyModel, Ms>,
    s: TrainState,
    options: ScoreOptions
  ): (data: DatasetOf) => E.Either<TrainError, Scores<MetricValues<Ms>>>
  <const Ms extends readonly Metric[]>(
    t: Training<AnyModel, Ms>,
    s: TrainState,
    data: DatasetOf,
    options: ScoreOptions
  ): E.Either<TrainError, Scores<MetricValues<Ms>>>
} = ((t: Training, s: TrainState, ...rest: readonly [ScoreOptions] | readonly [DatasetOf, ScoreOptions]) =>
  rest.length === 1
    ? (data: DatasetOf) => scoresOf(t, s, data, rest[0])
    : scoresOf(t, s, rest[0], rest[1])) as typeof score
