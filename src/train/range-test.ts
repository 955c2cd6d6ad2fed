/** The learning-rate range test (Smith 2017): the loss while the rate rises from step to step. */
import * as E from 'fp-ts/lib/Either.js'
import type { AnyModel } from '../model/model.js'
import { given, functionArgument, objectArgument } from '../value/argument.js'
import { settingError } from '../value/error.js'
import type { DataFor } from './data-for.js'
import type { TrainError } from './divergence.js'
import type { AnyLoss } from './per-output.js'
import type { Optimizer } from './optimizer/index.js'
import { geometric, geometricBetween } from './schedule/geometric.js'
import type { Setting } from './schedule/index.js'
import { steps as afterSteps } from './stop/index.js'
import { trainIterator, type TrainOptions } from './train.js'
import type { FittingOptions } from './training.js'

export type RangeTestSettings<M extends AnyModel, L extends AnyLoss> = Omit<
  FittingOptions<M, L>,
  'optimizer' | 'stop'
> & {
  /** the optimizer at a rate. @example optimizer: rate => momentum(rate, 0.9) */
  readonly optimizer: (rate: Setting) => Optimizer
}
export interface RangeTestOptions extends Pick<TrainOptions, 'backend' | 'registry' | 'from'> {
  /** the first rate; default 1e-7 */
  readonly lowest?: number
  /** the last rate; default 10 */
  readonly highest?: number
  /** default 100 */
  readonly steps?: number
}
export interface RangeTestPoint {
  readonly rate: number
  readonly loss: number
  /** the average of the losses so far, new ones weighing 0.1, without bias */
  readonly smoothed: number
}
export interface RangeTest {
  /** a point for each step, until the smoothed loss is 4 times the smallest one or numbers are not finite */
  readonly curve: readonly RangeTestPoint[]
  /** the rate at which the smoothed loss falls fastest per factor of the rate: a rate to begin with; undefined for fewer than 3 points */
  readonly steepest: number | undefined
  /** a tenth of the rate at which the smoothed loss is smallest */
  readonly tenthOfLowest: number | undefined
}

/** of the points inside the curve, the one with the steepest way down */
const steepestOf = (curve: readonly RangeTestPoint[]): number | undefined => {
  const falls = curve.slice(1, -1).map(({ rate }, i) => ({
    rate,
    // points are equally far apart on the scale of factors
    fall: (curve[i] as RangeTestPoint).smoothed - (curve[i + 2] as RangeTestPoint).smoothed
  }))
  const [first, ...rest] = falls
  return first === undefined ? undefined : rest.reduce((a, b) => (b.fall > a.fall ? b : a), first).rate
}
const lowestOf = (curve: readonly RangeTestPoint[]): RangeTestPoint | undefined =>
  curve.reduce<RangeTestPoint | undefined>((a, b) => (a === undefined || b.smoothed < a.smoothed ? b : a), undefined)

const smoothing = 0.9
/**
 * Trains for a few steps while the rate rises geometrically, and gives the losses: a picture of which rates learn, and which are too
 * large. The training it makes is thrown away.
 *
 * @example rangeTest({ model: net, loss: softmaxCrossEntropy, optimizer: rate => adam(rate) }, { backend: wasm })(data)
 * @returns Left for settings that `train` refuses; numbers that are not finite end the curve
 */
export const rangeTest =
  <M extends AnyModel, const L extends AnyLoss>(settings: RangeTestSettings<M, L>, options: RangeTestOptions) =>
  (data: DataFor<M, L>): E.Either<TrainError, RangeTest> =>
    given(
      settingError,
      [
        objectArgument('settings', settings),
        functionArgument('optimizer', (settings as Partial<RangeTestSettings<M, L>> | undefined)?.optimizer),
        objectArgument('options', options)
      ],
      () => tested(settings, options, data)
    )

const tested = <M extends AnyModel, const L extends AnyLoss>(
  { optimizer, ...settings }: RangeTestSettings<M, L>,
  { lowest = 1e-7, highest = 10, steps = 100, ...options }: RangeTestOptions,
  data: DataFor<M, L>
): E.Either<TrainError, RangeTest> => {
  const rate = geometric(lowest, highest, afterSteps(Math.max(1, steps - 1)))
  const full = { ...settings, optimizer: optimizer(rate), stop: afterSteps(steps) } as unknown as FittingOptions<M, L>
  const chunks = trainIterator(full, options)(data)
  if (E.isLeft(chunks)) return chunks
  const curve: RangeTestPoint[] = []
  let [average, share, best] = [0, 0, Infinity]
  let failed: E.Either<TrainError, unknown> = E.right(undefined)
  const seen = (loss: number): void => {
    average = smoothing * average + (1 - smoothing) * loss
    share = smoothing * share + (1 - smoothing)
    const smoothed = average / share
    best = Math.min(best, smoothed)
    const at = curve.length / Math.max(1, steps - 1)
    curve.push({ rate: geometricBetween(lowest, highest, at), loss, smoothed })
  }
  const isOver = (): boolean => (curve.at(-1)?.smoothed ?? 0) > 4 * best
  while (!isOver()) {
    const pulled = chunks.right.next()
    if (pulled.done === true) {
      failed = pulled.value
      break
    }
    for (const e of pulled.value.events) if (e.tag === 'step' && !isOver()) seen(e.loss)
  }
  chunks.right.return(undefined as never)
  if (E.isLeft(failed) && failed.left._tag !== 'Diverged') return failed
  const low = lowestOf(curve)
  return E.right({ curve, steepest: steepestOf(curve), tenthOfLowest: low === undefined ? undefined : low.rate / 10 })
}
