/** Training that lets others have the thread between its steps. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { AnyModel } from '../model/model.js'
import { drainedWithPauses } from '../value/bracket.js'
import { breathe } from './breathe.js'
import type { DataFor } from './data-for.js'
import type { TrainError } from './divergence.js'
import type { AnyLoss, ReportedMetrics } from './per-output.js'
import type { Metric } from './metric/metric.js'
import type { Best } from './state.js'
import { announced, observed } from './observe.js'
import { opened, type Trained, type TrainIteratorOptions } from './train.js'
import type { FittingOptions } from './training.js'

/**
 * The same training as `train`, to the same bits, as a task: between calls of the backend the event loop has a turn, so a page stays
 * alive, a server answers, and `signal` can be aborted. A call runs as many steps as the backend prefers, up to 256, or at most
 * `turnSteps`. Nothing runs until the task is called.
 *
 * @example
 * const stop = new AbortController()
 * const trained = await trainAsync(settings, { backend: wasm, signal: stop.signal })(data)() // Either<TrainError, Trained>
 * @returns Left as for `train`; an aborted run is Right, with the reason 'aborted'
 */
export const trainAsync =
  <
    M extends AnyModel,
    const L extends AnyLoss,
    const K extends boolean | Best = false,
    const Ms extends readonly Metric[] = readonly []
  >(
    options: FittingOptions<M, L, Ms>,
    o: TrainIteratorOptions<K>
  ) =>
  (data: DataFor<M, L>): TaskEither<TrainError, Trained<M, K, ReportedMetrics<L, Ms>>> =>
  async () => {
    // untyped callers may forget the options; that is Left, not a throw
    const emitEvents = (o as TrainIteratorOptions | undefined)?.observe !== undefined
    const run = opened<M, L, K, Ms>(options, o, { emitEvents, acrossEpochs: true })(data)
    if (E.isLeft(run)) return run
    return pipe(await drainedWithPauses(run.right, observed(o.observe), breathe), E.chainW(announced(o.observe)))
  }
