/** What a training is: a value that says everything that decides its result, the data apart. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Placed } from '../layer/kind.js'
import { place } from '../model/place.js'
import type { AnyModel } from '../model/model.js'
import { isSize, isDims, showShape, type Dims } from '../value/shape.js'
import { inside, settingError, shapeError, type SettingError, type ShapeError } from '../value/error.js'
import { given } from '../value/given.js'
import { isFloat, type FloatType } from '../value/tensor.js'
import { leaves } from '../value/tree.js'
import { builtInTraining, checkMembers, type TrainingRegistry } from './registry.js'
import { knownLoss, lossRoundedOut, type KnownLoss, type Loss } from './loss/index.js'
import type { FittingLoss } from './loss/fitting.js'
import { checkLoss } from './loss/loss.js'
import type { Metric } from './metric/index.js'
import { checkOptimizer, type Optimizer } from './optimizer/index.js'
import type { StopRule } from './stop/index.js'

export interface Training<M extends AnyModel = AnyModel> {
  readonly model: M
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** examples per step; the last batch of an epoch may be shorter */
  readonly batchSize: number
  readonly stop: StopRule
  readonly metrics: readonly Metric[]
  /** decides initial parameters, shuffling and every random draw */
  readonly seed: number
  readonly precision: FloatType
}
type AllButLoss<M extends AnyModel> = Pick<Training<M>, 'model' | 'optimizer' | 'stop'> &
  Partial<Pick<Training<M>, 'batchSize' | 'metrics' | 'seed' | 'precision'>>
export type TrainingOptions<M extends AnyModel> = AllButLoss<M> & { readonly loss: Loss }
/** the same, where the compiler sees whether the loss suits the end of the model */
export type FittingOptions<M extends AnyModel, L extends Loss> = AllButLoss<M> & { readonly loss: FittingLoss<L, M> }

/** a training with what is left out filled in: batches of 32, no metrics, seed 0, f32 */
export const training = <M extends AnyModel, const L extends Loss>(options: FittingOptions<M, L>): Training<M> =>
  Object.freeze({ batchSize: 32, metrics: [], seed: 0, precision: 'f32', ...given(options as TrainingOptions<M>) })

/** a training whose parts are checked, with its model placed */
export interface Checked {
  readonly training: Training
  readonly registry: TrainingRegistry
  readonly placed: Placed
  readonly input: Dims
  readonly output: Dims
  readonly loss: KnownLoss
}

const single = (what: string, s: Placed['output']): E.Either<ShapeError, Dims> =>
  isDims(s)
    ? E.right(s)
    : E.left(
        shapeError(
          [what],
          `one tensor`,
          showShape(s),
          'merge the parts: training takes models with one input and one output'
        )
      )

const checkNumbers = ({ batchSize, seed, precision }: Training): SettingError | undefined => {
  if (!isSize(batchSize)) return settingError(['batchSize'], 'a positive whole number', String(batchSize))
  if (!(Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff))
    return settingError(['seed'], 'a whole number from 0 to 4294967295', String(seed))
  if (!isFloat(precision)) return settingError(['precision'], 'f32 or f64', String(precision))
  return undefined
}

const checkMetrics = (
  f: TrainingRegistry,
  metrics: readonly Metric[],
  { tag, expects }: KnownLoss,
  { gives }: Placed,
  output: Dims
): E.Either<SettingError, unknown> => {
  // a single output tells two classes apart
  const classes = Math.max(2, output.at(-1) ?? 1)
  return pipe(
    metrics,
    E.traverseArrayWithIndex((i, m) => {
      const kind = f.metrics[m.tag]
      const at = ['metrics', String(i), m.tag]
      if (kind?.reads === 'probabilities' && expects === 'values' && gives === 'numbers')
        return E.left(
          settingError(
            at,
            'a model that ends in probabilities, or a loss of logits',
            `one that ends in any real numbers, and the loss ${tag}`,
            'end it with softmax or sigmoid'
          )
        )
      if (kind?.reads === 'values' && expects === 'logits')
        return E.left(
          settingError(
            at,
            'a loss of values or probabilities, whose outputs can be compared with targets',
            `${tag}, which takes logits`,
            'use accuracy or perplexity, or end the model with softmax or sigmoid and take a loss of what these give'
          )
        )
      const fewest = kind?.fewestClasses?.(m) ?? 0
      return fewest > classes
        ? E.left(
            settingError(
              at,
              `a model of ${fewest} classes or more`,
              String(classes),
              'with fewer it says the same of all outputs'
            )
          )
        : E.right(undefined)
    })
  )
}

/** @returns Left for a setting out of range, an unknown member, or a model whose shapes do not fit */
export const checkTraining = (
  t: Training,
  f: TrainingRegistry = builtInTraining
): E.Either<SettingError | ShapeError, Checked> => {
  const wrong = checkNumbers(t)
  if (wrong !== undefined) return E.left(wrong)
  return pipe(
    E.Do,
    E.bindW('members', () => checkMembers(f, t)),
    E.bindW('placed', () => place(t.model, f, t.precision)),
    E.bindW('input', () => single('input', t.model.input)),
    E.bindW('output', ({ placed }) => single('output', placed.output)),
    E.let('loss', ({ members }) => knownLoss(f.losses, members.loss)),
    E.chainFirstW(({ output, loss, placed }) => checkLoss(loss, output, placed.gives, t.precision)),
    E.chainFirstW(({ members }) => {
      const unsuited = lossRoundedOut(f.losses, members.loss, t.precision)
      return unsuited === undefined ? E.right(undefined) : E.left(inside('loss')(unsuited))
    }),
    E.chainFirstW(({ members, loss, placed, output }) => checkMetrics(f, members.metrics, loss, placed, output)),
    E.chainFirstW(({ members, placed }) => {
      const unsuited = checkOptimizer(
        f.optimizers,
        f.schedules,
        members.optimizer,
        leaves(placed.params).map(([path]) => path),
        t.precision
      )
      return unsuited === undefined ? E.right(undefined) : E.left(unsuited)
    }),
    E.map(({ members, ...rest }) => ({ training: { ...t, ...members }, registry: f, ...rest }))
  )
}
