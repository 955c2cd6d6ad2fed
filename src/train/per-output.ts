/** The loss of a model with several outputs: a loss of each, with a weight, metrics and a name. */
import type { Metric } from './metric/metric.js'
import type { Loss } from './loss/loss.js'
import { isObject } from '../value/argument.js'

/** the loss and metrics of one of several outputs */
export interface OutputLoss<
  N extends string = string,
  L extends Loss = Loss,
  Ms extends readonly Metric[] = readonly Metric[]
> {
  readonly name: N
  readonly loss: L
  /** how much the loss counts in the sum that is minimised */
  readonly weight: number
  readonly metrics: Ms
}
export interface PerOutput<Os extends readonly OutputLoss[] = readonly OutputLoss[]> {
  readonly tag: 'perOutput'
  readonly outputs: Os
}
/** the loss of a training: of one output, or of each of several */
export type AnyLoss = Loss | PerOutput

export interface OutputLossOptions<Ms extends readonly Metric[] = readonly Metric[]> {
  /** default 1 */
  readonly weight?: number
  readonly metrics?: Ms
}

/**
 * The loss of one of several outputs, for `perOutput`.
 *
 * @param name under which reports hold its loss and metrics: `price/loss`, `price/rmse`; and targets their tensor
 * @example outputLoss('kind', softmaxCrossEntropy, { weight: 0.5, metrics: [accuracy] })
 */
export const outputLoss = <
  const N extends string,
  const L extends Loss,
  const Ms extends readonly Metric[] = readonly []
>(
  name: N,
  loss: L,
  options: OutputLossOptions<Ms> = {}
): OutputLoss<N, L, Ms> =>
  Object.freeze({
    name,
    loss,
    weight: options?.weight ?? 1,
    metrics: options?.metrics ?? ([] as readonly Metric[] as Ms)
  })

/**
 * The loss of a model with several outputs, in the order of the outputs: of each example sum_i weight_i l_i, added in this order. Reports
 * have the loss and the metrics of each output under its name.
 *
 * @example perOutput(outputLoss('price', meanSquaredError), outputLoss('kind', softmaxCrossEntropy, { weight: 0.5 }))
 */
export const perOutput = <const Os extends readonly OutputLoss[]>(...outputs: Os): PerOutput<Os> =>
  Object.freeze({ tag: 'perOutput', outputs: Object.freeze(outputs) })

// also asked of what a caller without a compiler gives
export const isPerOutput = (loss: AnyLoss): loss is PerOutput => isObject(loss) && loss.tag === 'perOutput'

declare const ofOutputs: unique symbol
/** the metrics of a training with several outputs, whose reports have those of each output */
export type MetricsOfOutputs<Os extends readonly OutputLoss[]> = readonly Metric[] & { readonly [ofOutputs]: Os }
/** the metrics that a training reports: of a loss for each output those of the outputs */
export type ReportedMetrics<L, Ms extends readonly Metric[]> = [L] extends [PerOutput<infer Os>]
  ? MetricsOfOutputs<Os>
  : Ms
