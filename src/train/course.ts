/** The steps of a training in the memory of an engine's loop: many are taken with one call, and read off one by one. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { epochOrder } from '../data/batch.js'
import type { Dataset } from '../data/dataset.js'
import { program, type Program } from '../expr/program.js'
import { settingError, type BackendError, type SettingError, type ShapeError } from '../value/error.js'
import { numbersOf, view, type Tensor } from '../value/tensor.js'
import { gathered, isFiniteName, residentData, stepOutputs } from './program.js'
import { noSums, purposeKey, tensorsOf, type TrainState } from './state.js'
import { stepInputs, type StepReport } from './step.js'
import type { Checked } from './training.js'

export type StepEvent = { readonly tag: 'step'; readonly epochSteps: number } & StepReport

/** a program with what is read off its outputs step by step */
export interface StepProgram {
  readonly program: Program
  readonly examples: number
  readonly metrics: readonly (readonly [name: string, output: string])[]
  readonly fingerprints: readonly string[]
}
const stepProgram = (
  c: Checked,
  s: TrainState,
  data: Dataset,
  examples: number,
  fingerprints: boolean
): E.Either<ShapeError, StepProgram> =>
  pipe(
    program(stepOutputs(c, s, gathered(data, examples, c.training.precision), fingerprints)),
    E.map(p => {
      const named = (prefix: string): readonly string[] => Object.keys(p.outputs).filter(k => k.startsWith(prefix))
      return {
        program: p,
        examples,
        metrics: named('metric/').map(k => [k.slice('metric/'.length), k] as const),
        fingerprints: named('fingerprint/')
      }
    })
  )

/** the results of several steps, read one by one, as what observers are told: a copy of each step's would cost more than the rest */
export const reader = ({ examples, metrics, fingerprints }: StepProgram, epochSteps: number, outputs: Values) => {
  const numbers = (name: string): ArrayLike<number> => numbersOf(outputs[name] as Tensor)
  const losses = numbers('loss')
  const weights = outputs['weight'] === undefined ? undefined : numbers('weight')
  const finite = Object.keys(outputs).filter(isFiniteName).map(numbers)
  const sums = metrics.map(([name, output]) => [name, numbers(output)] as const)
  const prints = fingerprints.map(numbers)
  const part = (all: ArrayLike<number>, i: number): readonly number[] => {
    const size = all.length / losses.length
    return Array.from({ length: size }, (_, j) => all[i * size + j] as number)
  }
  return {
    event: (i: number, step: number, settings: StepReport['settings']): StepEvent => {
      const event: StepEvent = {
        tag: 'step',
        epochSteps,
        step,
        examples,
        weight: weights === undefined ? examples : (weights[i] as number),
        loss: losses[i] as number,
        sums: sums.length === 0 ? noSums.metrics : Object.fromEntries(sums.map(([name, all]) => [name, part(all, i)])),
        settings
      }
      return prints.length === 0 ? event : { ...event, fingerprints: prints.flatMap(p => part(p, i)) }
    },
    isFinite: (i: number): boolean => Number.isFinite(losses[i]) && finite.every(f => Number.isFinite(f[i]))
  }
}

/** what steps are taken with */
export interface Course {
  readonly c: Checked
  readonly n: number
  readonly epochSteps: number
  readonly full: StepProgram
  /** for the short batch at the end of an epoch, where there is one */
  readonly rest: StepProgram | undefined
  /** the examples in the order of an epoch */
  readonly order: (epoch: number) => Uint32Array
  readonly loop: Loop
}

/** a function of the epoch that is mostly asked for the same one again */
const lastOf = <A>(f: (epoch: number) => A): ((epoch: number) => A) => {
  let last: { readonly epoch: number; readonly value: A } | undefined
  return epoch => {
    last = last?.epoch === epoch ? last : { epoch, value: f(epoch) }
    return last.value
  }
}

/** a state within an epoch has the sums of this training's metrics so far, else their values would leave examples out */
const checkSums = ({ metrics }: StepProgram, { position, epochSums }: TrainState): SettingError | undefined => {
  const listed = (names: readonly string[]): string => [...names].sort((a, b) => (a < b ? -1 : 1)).join(', ')
  const [wanted, got] = [listed(metrics.map(([name]) => name)), listed(Object.keys(epochSums.metrics))]
  return position === 0 || wanted === got
    ? undefined
    : settingError(
        ['from', 'epochSums', 'metrics'],
        wanted === '' ? 'none' : wanted,
        got === '' ? 'none' : got,
        'go on with the metrics that the state was made with, or from the end of an epoch'
      )
}

/** @returns Left for a dataset that a program cannot be made for, a state with the sums of other metrics, or a loop that cannot be opened */
export const openCourse = (
  c: Checked,
  data: Dataset,
  n: number,
  first: TrainState,
  { backend, fingerprints = false }: { readonly backend: Backend; readonly fingerprints?: boolean }
): E.Either<ShapeError | SettingError | BackendError, Course> => {
  const { batchSize, seed } = c.training
  const shuffling = purposeKey(seed, 'shuffle')
  return pipe(
    E.Do,
    E.bind('full', () => stepProgram(c, first, data, batchSize, fingerprints)),
    E.chainFirstW(({ full }) => {
      const wrong = checkSums(full, first)
      return wrong === undefined ? E.right(undefined) : E.left(wrong)
    }),
    E.bindW('rest', () =>
      n % batchSize === 0 ? E.right(undefined) : stepProgram(c, first, data, n % batchSize, fingerprints)
    ),
    E.bindW('loop', ({ full, rest }) =>
      backend.loop([full.program, ...(rest === undefined ? [] : [rest.program])], tensorsOf(first), residentData(data))
    ),
    E.map(opened => ({
      c,
      n,
      epochSteps: Math.ceil(n / batchSize),
      order: lastOf(epoch => epochOrder(shuffling, epoch, n)),
      ...opened
    }))
  )
}

/** steps taken together: over full batches, or the one over what is left of an epoch */
export interface Stretch {
  /** what the first of them was taken from, but for its tensors */
  readonly from: TrainState
  readonly sp: StepProgram
  /** one for each step */
  readonly settings: readonly StepReport['settings'][]
}

/** the examples that steps take from a place in an epoch on; where full batches leave nothing over, also from the epochs after it */
const examplesFrom = ({ c, n, order }: Course, { progress, position }: TrainState, count: number): Uint32Array => {
  const begin = position * c.training.batchSize
  if (begin + count <= n) return order(progress.epoch).subarray(begin, begin + count)
  const all = new Uint32Array(count)
  for (let at = -begin, { epoch } = progress; at < count; at += n, epoch++)
    all.set(order(epoch).subarray(Math.max(0, -at), Math.min(n, count - at)), Math.max(0, at))
  return all
}

export const take = (k: Course, { from, sp, settings }: Stretch): ReturnType<Loop['steps']> => {
  const { program: p, examples } = sp
  const count = settings.length
  const index = view('u32', [count, examples], examplesFrom(k, from, count * examples))
  // most programs draw nothing and have no schedules
  const rest = Object.keys(p.inputs).some(name => name === 'key' || name.startsWith('setting/'))
  return k.loop.steps(p, count, rest ? { index, ...stepInputs(k.c, from.progress, settings) } : { index })
}
