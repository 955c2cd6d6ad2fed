/** The scores of a training's states over a dataset, in inference mode. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Values } from '../backend/backend.js'
import { exampleCount, type Dataset } from '../data/dataset.js'
import { inputsLike } from '../expr/inputs.js'
import { evaluator } from '../infer/evaluate.js'
import {
  backendArgument,
  datasetArgument,
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
import { plainTotals, type Metric, type RunningTotals } from './metric/metric.js'
import type { MetricValues } from './metric/values.js'
import type { AnyModel } from '../model/model.js'
import type { Dims } from '../value/shape.js'
import { forward, lossOutputs } from './pass.js'
import { metricNames, metricSums } from './program.js'
import type { Scores } from './progress.js'
import { tensorsOf, type TrainState } from './state.js'
import { checkTraining, type ValidTraining, type Training } from './training.js'

/** the metrics from the totals of their sums (`<metric>/<sum>`) over a number of examples */
export const metricValues = (c: ValidTraining, totals: RunningTotals, examples: number): Scores['metrics'] => {
  const plain = plainTotals(totals)
  const shape = (m: Metric): Dims =>
    c.registry.metrics[m.tag]?.reads === 'values' ? targetShapeOf(c.loss, c.output) : c.output
  return Object.fromEntries(
    metricNames(c).map((name, i) => {
      const mine = Object.entries(plain).flatMap(([k, v]) =>
        k.startsWith(`${name}/`) ? [[k.slice(`${name}/`.length), v] as const] : []
      )
      const m = c.training.metrics[i]
      return [
        name,
        m === undefined
          ? NaN
          : (c.registry.metrics[m.tag]?.value(m, Object.fromEntries(mine), examples, shape(m)) ?? NaN)
      ] as const
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
  data: Dataset,
  like: TrainState
): E.Either<TrainError, Scorer> => {
  const predicting = averaged(c)
  const [params, layers] = [inputsLike('params', like.params), inputsLike('layers', like.layers)]
  return pipe(
    checkDataset(c, data),
    E.chainW(() =>
      evaluator(data, {
        backend,
        dtype: c.training.precision,
        like: modelOf(like),
        outputs: batch => {
          const y = forward(c, params, layers, batch.x, false).value
          return { ...lossOutputs(c, y, batch), ...metricSums(c, y, batch.y) }
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

const scoresOf = (t: Training, s: TrainState, data: Dataset, options: ScoreOptions): E.Either<TrainError, Scores> => {
  const { backend, registry = builtInTraining } = optionsOf(options) as ScoreOptions
  const { params, layers, optimizer } = optionsOf(s)
  return bracket(
    pipe(
      failIf(
        wrongArgument(settingError, [
          backendArgument(backend),
          knownOptions(options, { backend: true, registry: true }),
          datasetArgument(data),
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
  ): (data: Dataset) => E.Either<TrainError, Scores<MetricValues<Ms>>>
  <const Ms extends readonly Metric[]>(
    t: Training<AnyModel, Ms>,
    s: TrainState,
    data: Dataset,
    options: ScoreOptions
  ): E.Either<TrainError, Scores<MetricValues<Ms>>>
} = ((t: Training, s: TrainState, ...rest: readonly [ScoreOptions] | readonly [Dataset, ScoreOptions]) =>
  rest.length === 1
    ? (data: Dataset) => scoresOf(t, s, data, rest[0])
    : scoresOf(t, s, rest[0], rest[1])) as typeof score
