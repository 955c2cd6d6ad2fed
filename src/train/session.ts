/** An open training session: its programs, the loop of a backend that holds its tensors, and the order of the examples. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { epochOrder } from '../data/batch.js'
import type { ArrangedData } from '../data/features.js'
import { gathered, residentData } from '../data/program-inputs.js'
import { settingError, type BackendError, type SettingError, type ShapeError } from '../value/error.js'
import { sizeOf } from '../value/shape.js'
import { allocate, numbersOf, tensorView } from '../value/tensor.js'
import type { Blocks } from './blocks.js'
import { purposeKey, tensorsOf, type TrainState } from './state.js'
import { stepInputs, stepProgram, type StepProgram, type StepSettings } from './step-program.js'
import type { ValidTraining } from './training.js'

export interface TrainingSession {
  readonly training: ValidTraining
  /** the number of examples */
  readonly n: number
  /** steps in an epoch, and the number of those with full batches */
  readonly epochSteps: number
  readonly fullSteps: number
  readonly full: StepProgram
  /** for the smaller batch at the end of an epoch, if there is one */
  readonly rest: StepProgram | undefined
  /** the examples in the order of an epoch */
  readonly order: (epoch: number) => Uint32Array
  readonly loop: Loop
  /** of a stream: the order of its blocks, and which one is in the memory of the loop */
  readonly blocks?: Blocks & {
    readonly held: () => number
    readonly hold: (block: number, data: ArrangedData) => E.Either<ShapeError, void>
  }
}

/** caches the result for the last epoch, which is mostly requested again */
const lastOf = <A>(f: (epoch: number) => A): ((epoch: number) => A) => {
  let last: { readonly epoch: number; readonly value: A } | undefined
  return epoch => {
    last = last?.epoch === epoch ? last : { epoch, value: f(epoch) }
    return last.value
  }
}

/** a state within an epoch must have the sums of this training's metrics, else their values would miss examples */
const checkSums = (
  { metrics }: StepProgram,
  { position, epochSums }: TrainState
): E.Either<SettingError, undefined> => {
  const listed = (names: readonly string[]): string => [...names].sort((a, b) => (a < b ? -1 : 1)).join(', ')
  const [wanted, got] = [listed(metrics.map(([name]) => name)), listed(Object.keys(epochSums.metrics))]
  return position === 0 || wanted === got
    ? E.right(undefined)
    : E.left(
        settingError(
          ['from', 'epochSums', 'metrics'],
          wanted === '' ? 'none' : wanted,
          got === '' ? 'none' : got,
          'resume with the metrics that the state was made with, or from the end of an epoch'
        )
      )
}

export interface SessionOptions {
  readonly backend: Backend
  readonly fingerprints?: boolean
  /** of a stream, whose first block is the dataset */
  readonly blocks?: Blocks
}

/** a block with as many examples as the loop holds: those beyond are never gathered */
const filled = (data: ArrangedData, length: number): Values =>
  Object.fromEntries(
    Object.entries(residentData(data)).map(([name, t]) => {
      const [n = 0, ...rest] = t.shape
      if (n === length) return [name, t]
      const all = allocate(t.dtype, length * sizeOf(rest))
      all.set(numbersOf(t))
      return [name, tensorView(t.dtype, [length, ...rest], all)]
    })
  )

/** the blocks of a stream in the memory of a loop */
const holding = (
  blocks: Blocks,
  loop: Loop,
  { progress, position }: TrainState
): NonNullable<TrainingSession['blocks']> => {
  let held = blocks.at(progress.epoch, position)
  return {
    ...blocks,
    held: () => held,
    hold: (block, data) =>
      pipe(
        loop.place(filled(data, blocks.resident)),
        E.map(() => {
          held = block
        })
      )
  }
}

/**
 * @returns Left if no program can be made for a dataset, if the state has the sums of other metrics, or if the loop
 * cannot be opened
 */
export const openSession = (
  training: ValidTraining,
  data: ArrangedData,
  n: number,
  first: TrainState,
  { backend, fingerprints = false, blocks }: SessionOptions
): E.Either<ShapeError | SettingError | BackendError, TrainingSession> => {
  const { batchSize, seed, precision } = training.training
  const shuffling = purposeKey(seed, 'shuffle')
  const resident = blocks === undefined ? residentData(data) : filled(data, blocks.resident)
  const programFor = (examples: number): E.Either<ShapeError, StepProgram> =>
    stepProgram(training, first, gathered(data, examples, precision, blocks?.resident), examples, fingerprints)
  return pipe(
    E.Do,
    E.bind('full', () => programFor(batchSize)),
    E.chainFirstW(({ full }) => checkSums(full, first)),
    E.bindW('rest', () => (n % batchSize === 0 ? E.right(undefined) : programFor(n % batchSize))),
    E.bindW('loop', ({ full, rest }) =>
      backend.loop([full.program, ...(rest === undefined ? [] : [rest.program])], tensorsOf(first), resident)
    ),
    E.map(opened => ({
      training,
      n,
      epochSteps: Math.ceil(n / batchSize),
      fullSteps: Math.floor(n / batchSize),
      order: lastOf(epoch => epochOrder(shuffling, epoch, n)),
      ...opened,
      ...(blocks === undefined ? {} : { blocks: holding(blocks, opened.loop, first) })
    }))
  )
}

/** the steps of one call: over full batches, or the one over the smaller batch of an epoch */
export interface StepRange {
  /** the state before the first step, without its tensors */
  readonly from: TrainState
  readonly program: StepProgram
  /** one for each step */
  readonly settings: readonly StepSettings[]
}

/**
 * the indexes of the next examples from a position in an epoch; if full batches divide an epoch, also those of later
 * epochs
 */
const nextExamples = (
  { training, n, order, blocks }: TrainingSession,
  { progress, position }: TrainState,
  count: number
): Uint32Array => {
  if (blocks !== undefined) return blocks.examples(progress.epoch, position, count)
  const begin = position * training.training.batchSize
  if (begin + count <= n) return order(progress.epoch).subarray(begin, begin + count)
  const all = new Uint32Array(count)
  for (let at = -begin, { epoch } = progress; at < count; at += n, epoch++)
    all.set(order(epoch).subarray(Math.max(0, -at), Math.min(n, count - at)), Math.max(0, at))
  return all
}

/** Runs the steps in the loop's memory. A batch is never a tensor here: the program gathers its rows from the resident data by index. */
export const runSteps = (
  session: TrainingSession,
  { from, program, settings }: StepRange
): ReturnType<Loop['steps']> => {
  const count = settings.length
  const index = tensorView('u32', [count, program.examples], nextExamples(session, from, count * program.examples))
  // most programs draw nothing and have no schedules
  const takesMore = Object.keys(program.program.inputs).some(name => name === 'key' || name.startsWith('setting/'))
  const inputs: Values = takesMore ? { index, ...stepInputs(session.training, from.progress, settings) } : { index }
  return session.loop.steps(program.program, count, inputs)
}
