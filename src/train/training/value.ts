/** What a training is: a value that says everything that decides its result, the data apart. */
import type { AnyModel } from '../../model/model.js'
import { defined } from '../../value/defined.js'
import type { FloatType } from '../../value/tensor.js'
import type { FittingLoss } from '../fitting.js'
import type { Augmentation } from '../augment.js'
import type { AnyLoss, PerOutput, ReportedMetrics } from '../per-output.js'
import type { Metric } from '../metric/index.js'
import type { Optimizer } from '../optimizer/index.js'
import type { Shards } from '../shards.js'
import type { StopRule } from '../stop/index.js'

export interface Training<M extends AnyModel = AnyModel, Ms extends readonly Metric[] = readonly Metric[]> {
  readonly model: M
  /** of one output, or with `perOutput` of each of several */
  readonly loss: AnyLoss
  readonly optimizer: Optimizer
  /** examples per step; the last batch of an epoch may be shorter */
  readonly batchSize: number
  readonly stop: StopRule
  /** of a model with one output; those of several are in `perOutput` */
  readonly metrics: Ms
  /** decides initial parameters, shuffling and every random draw */
  readonly seed: number
  readonly precision: FloatType
  /** random changes of the examples of each step, in this order; none by default. Validation sees examples as they are. */
  readonly augment?: readonly Augmentation[]
  /** how many shards the gradients of a batch are computed in, one after the other or apart; default 1 */
  readonly shards?: Shards | undefined
}
type AllButLoss<M extends AnyModel, Ms extends readonly Metric[]> = Pick<Training<M>, 'model' | 'optimizer' | 'stop'> &
  Partial<Pick<Training<M, Ms>, 'batchSize' | 'metrics' | 'seed' | 'precision' | 'augment' | 'shards'>>
export type TrainingOptions<M extends AnyModel, Ms extends readonly Metric[] = readonly Metric[]> = AllButLoss<
  M,
  Ms
> & {
  readonly loss: AnyLoss
}
/** the same, where the compiler sees whether the loss suits the end of the model */
export type FittingOptions<
  M extends AnyModel,
  L extends AnyLoss,
  Ms extends readonly Metric[] = readonly Metric[]
> = AllButLoss<M, Ms> & { readonly loss: FittingLoss<L, M> } & OfOneOutput<L>
/** what a training of several outputs has none of */
type OfOneOutput<L> = L extends PerOutput ? { readonly metrics?: readonly []; readonly augment?: readonly [] } : unknown

/** what is left out filled in */
export const filledIn = <M extends AnyModel, Ms extends readonly Metric[]>(
  options: TrainingOptions<M, Ms>
): Training<M, Ms> =>
  Object.freeze({
    batchSize: 32,
    // nothing else is left out where the compiler has found no metrics
    metrics: [] as readonly Metric[] as Ms,
    seed: 0,
    precision: 'f32',
    ...defined(options)
  })

/** a training with what is left out filled in: batches of 32, no metrics, seed 0, f32 */
export const training = <M extends AnyModel, const L extends AnyLoss, const Ms extends readonly Metric[] = readonly []>(
  options: FittingOptions<M, L, Ms>
): Training<M, ReportedMetrics<L, Ms>> => filledIn(options as unknown as TrainingOptions<M, ReportedMetrics<L, Ms>>)
