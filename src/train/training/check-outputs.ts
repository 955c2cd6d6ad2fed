/** Whether the losses of several outputs are valid: names, weights, and each loss and metric by itself. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isObject } from '../../value/argument.js'
import { showUnknown } from '../../value/codec.js'
import { failIf, settingError, withinPath, type SettingError } from '../../value/error.js'
import { checkMember } from '../../registry/lookup.js'
import type { OutputLoss, PerOutput } from '../per-output.js'
import type { Metric } from '../metric/index.js'
import type { TrainingRegistry } from '../registry.js'

type CheckMetrics = (f: TrainingRegistry, metrics: readonly Metric[]) => E.Either<SettingError, readonly Metric[]>

/** names are parts of the names in reports, and JavaScript puts numbers before other names */
const isName = (u: unknown): boolean => typeof u === 'string' && /^[^/\s]+$/.test(u) && !/^\d+$/.test(u)

const wrongOutput = (o: OutputLoss, i: number, all: readonly OutputLoss[]): SettingError | undefined => {
  if (!isObject(o)) return settingError([String(i)], 'a loss of an output', showUnknown(o), 'outputLoss makes one')
  const { name, weight, metrics } = o
  return !isName(name)
    ? settingError([String(i), 'name'], 'a name without / and spaces, which is no number', showUnknown(name))
    : all.findIndex(other => isObject(other) && other.name === name) < i
      ? settingError([String(i), 'name'], 'names that differ', `${name} twice`)
      : !(typeof weight === 'number' && Number.isFinite(Math.fround(weight)) && weight >= 0)
        ? settingError([name, 'weight'], 'a number of f32, 0 or more', showUnknown(weight), '', 'out-of-range')
        : !Array.isArray(metrics)
          ? settingError([name, 'metrics'], 'a list of metrics', showUnknown(metrics))
          : undefined
}

const checkOutput =
  (f: TrainingRegistry, checkMetrics: CheckMetrics) =>
  (o: OutputLoss): E.Either<SettingError, OutputLoss> =>
    pipe(
      checkMember(f, 'loss')(o.loss),
      E.bindTo('loss'),
      E.bind('metrics', () => checkMetrics(f, o.metrics)),
      E.map(({ loss, metrics }) => ({ name: o.name, loss, weight: o.weight, metrics })),
      withinPath(o.name)
    )

/** @returns the losses with the settings that were left out */
export const checkOutputs = (
  f: TrainingRegistry,
  loss: PerOutput,
  checkMetrics: CheckMetrics
): E.Either<SettingError, PerOutput> => {
  const outputs: unknown = loss.outputs
  if (!Array.isArray(outputs) || outputs.length === 0)
    return E.left(settingError(['loss', 'outputs'], 'a list of losses, one for each output', showUnknown(outputs)))
  return pipe(
    failIf(loss.outputs.map(wrongOutput).find(e => e !== undefined)),
    E.filterOrElse(
      () => loss.outputs.some(o => o.weight > 0),
      () => settingError(['weight'], 'at least one weight above 0', 'none')
    ),
    E.chain(() => pipe(loss.outputs, E.traverseArray(checkOutput(f, checkMetrics)))),
    E.map(checked => ({ ...loss, outputs: checked })),
    withinPath('loss')
  )
}
