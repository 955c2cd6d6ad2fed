/** A recorded run as TensorBoard shows it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { EventLog, ScalarSeries } from '../../format/tensorboard/events.js'
import type { EventNode, PlainSetting } from '../../format/tensorboard/proto.js'
import type { Recorded } from '../../run/record/folder.js'
import { builtInRun, type RunRegistry } from '../../run/registry.js'
import { showRunFile } from '../../run/run-file.js'
import type { TrainState } from '../../train/state.js'
import { isObject, optionsOf, treeArgument, wrongArgument, type Argument } from '../../value/argument.js'
import { settingError, type SettingError, type ShapeError } from '../../value/error.js'
import { numbersOf, type Tensor } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { flowOf, type Flow } from '../flow.js'
import { seriesOf } from '../history.js'
import { epochNumbers, readRun } from './run-tables.js'

/** what is plain inside settings, by its path */
export const plainSettings = (value: unknown, at = ''): readonly (readonly [string, PlainSetting])[] => {
  if (typeof value === 'string' || typeof value === 'boolean') return [[at, value]]
  // the table has no place for infinite numbers
  if (typeof value === 'number') return [[at, Number.isFinite(value) ? value : String(value)]]
  return isObject(value)
    ? Object.entries(value).flatMap(([name, part]) => plainSettings(part, at === '' ? name : `${at}/${name}`))
    : []
}
/** fields of a run file that are data, or say what is known of them */
const notSettings: readonly string[] = ['data', 'dataDigest', 'gradfold', 'version']
const settingsIn = (text: string): Readonly<Record<string, PlainSetting>> => {
  const run: unknown = JSON.parse(text)
  return Object.fromEntries(
    Object.entries(isObject(run) ? run : {})
      .filter(([name]) => !notSettings.includes(name))
      .flatMap(([name, value]) => plainSettings(value, name))
  )
}

/** a name that TensorBoard takes for a node: slashes make groups */
const nodeName = (path: string, i: number): string =>
  path === '' ? `input${i === 0 ? '' : i + 1}` : path.replaceAll(/[^\w./-]/g, '_')
/** the layers of a network as nodes, each with the names of those that it reads */
export const graphNodes = ({ boxes }: Flow): readonly EventNode[] => {
  const names = boxes.map((b, i) => nodeName(b.path, i))
  return boxes.map(({ layer, reads, values, parameters }, i): EventNode => ({
    name: names[i] as string,
    op: layer.replaceAll(/[^\w.]+/g, '_'),
    inputs: reads.map(k => names[k] as string),
    shape: values[0]?.shape.slice(1) ?? [],
    texts: { layer, parameters: String(parameters) }
  }))
}

/** the parameters after a step; a `TrainState` has both */
export type RecordedState = Pick<TrainState, 'params'> & { readonly progress: { readonly step: number } }
export interface RunEventsOptions {
  readonly registry?: RunRegistry
  /** states whose parameters are shown as histograms */
  readonly states?: readonly RecordedState[]
}

const statesArgument = (value: unknown): Argument => ({
  path: ['states'],
  value,
  expected: 'a list of states',
  is: u =>
    Array.isArray(u) &&
    u.every(
      s =>
        isObject(s) &&
        isObject(s['progress']) &&
        Number.isSafeInteger(s['progress']['step']) &&
        treeArgument('params', s['params']).is(s['params'])
    )
})
const scalarsOf = (prefix: string, all: ReturnType<typeof seriesOf>): readonly ScalarSeries[] =>
  all.map(({ name, points }) => ({ tag: `${prefix}${name}`, points }))

/**
 * A recorded run for `encodeEvents`: curves `batch/...` by step, `epoch/...` at the last step of each epoch, settings that a schedule
 * changes, histograms of the parameters in the states passed, the settings of the run file as hyperparameters, and the network by its layers.
 *
 * @example pipe(readRecord('runs/iris'), TE.chainEitherKW(runEvents), TE.chainEitherKW(encodeEvents))
 * @returns Left for anything but a record, and for one whose training or model is invalid
 */
export const runEvents = (
  recorded: Recorded,
  options: RunEventsOptions = {}
): E.Either<SettingError | ShapeError, EventLog> => {
  const { registry = builtInRun, states = [] } = optionsOf(options)
  const wrong = wrongArgument(settingError, [statesArgument(states)])
  if (wrong !== undefined) return E.left(wrong)
  return pipe(
    readRun(recorded, registry),
    // as it is in training: dropout does nothing else
    E.bindW('flow', () => flowOf(recorded.run.model, { registry, training: true })),
    E.map(({ history, flow }): EventLog => {
      const epochs = scalarsOf('epoch/', seriesOf(recorded.links.map(l => [l.step, epochNumbers(l)] as const)))
      return {
        scalars: [
          { tag: 'batch/loss', points: history.loss },
          ...scalarsOf('batch/', history.metrics),
          ...scalarsOf('settings/', history.settings),
          ...epochs
        ],
        histograms: states.flatMap(({ params, progress: { step } }) =>
          treeLeaves<Tensor>(params).map(([tag, t]) => ({ tag, step, numbers: numbersOf(t) }))
        ),
        hyperparameters: {
          group: recorded.id,
          settings: settingsIn(showRunFile(recorded.run, registry)),
          metrics: epochs.map(s => s.tag).filter(tag => !tag.startsWith('epoch/settings/')),
          status: recorded.end === undefined ? 'running' : recorded.end.tag === 'finished' ? 'success' : 'failure'
        },
        graph: graphNodes(flow)
      }
    })
  )
}
