/** The page of a training in a program, from the events that its observer received. */
import * as E from 'fp-ts/lib/Either.js'
import type { ModelData } from '../layer/model.js'
import type { TrainEvent } from '../train/events.js'
import type { AnyLoss } from '../train/per-output.js'
import type { Optimizer } from '../train/optimizer/index.js'
import { builtInTraining, type TrainingRegistry } from '../train/registry.js'
import { flowOf } from './flow.js'
import { formulasOf } from './formulas.js'
import { historyOf } from './history.js'
import { runHtml } from './run-report.js'

export interface HistoryPage {
  /** default `Training` */
  readonly title?: string
  /** adds a diagram of the model, and its formulas */
  readonly training?: { readonly model: ModelData; readonly loss: AnyLoss; readonly optimizer: Optimizer }
  readonly registry?: TrainingRegistry
}

/**
 * One HTML page of a training: its curves, and its model where that is given. A model that does not fit is left out.
 *
 * @example historyHtml(events, { title: 'XOR', training }) // const events: TrainEvent[] = []; train(training, { backend, observe: e => events.push(e) })
 */
export const historyHtml = (
  events: Iterable<TrainEvent>,
  { title = 'Training', training, registry = builtInTraining }: HistoryPage = {}
): string => {
  const known = Array.from(events)
  const done = known.find(e => e.tag === 'done')
  const flow = training === undefined ? undefined : flowOf(training.model, { registry, training: true })
  const plain = training === undefined ? undefined : flowOf(training.model, { registry })
  return runHtml({
    title,
    history: historyOf(known),
    ...(done === undefined ? {} : { reason: done.reason }),
    ...(flow === undefined || E.isLeft(flow) ? {} : { flow: flow.right }),
    ...(plain === undefined || E.isLeft(plain) || training === undefined
      ? {}
      : { formulas: formulasOf(plain.right, training, registry) })
  })
}
