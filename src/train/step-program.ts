/**
 * A training step as a program, what it takes besides the batch, and how its outputs are read. The pure step (step.ts) and the loop over
 * epochs (loop.ts) both use it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Values } from '../backend/backend.js'
import type { BatchSource } from '../data/program-inputs.js'
import { program, type Program } from '../expr/program.js'
import { foldIn } from '../random/index.js'
import type { ShapeError } from '../value/error.js'
import { allocate, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import type { Totals } from './metric/metric.js'
import { isFiniteName, stepOutputs } from './program.js'
import type { Progress } from './progress.js'
import { noSums, purposeKey, type TrainState } from './state.js'
import type { ValidTraining } from './training.js'

/** the values of scheduled settings in one step */
export type StepSettings = Readonly<Record<string, number>>

/** what a step reports: the loss of its batch, the sums of the metrics, the values that scheduled settings had */
export interface StepReport {
  readonly step: number
  readonly examples: number
  /** the sum of the examples' weights: their number, where they have none */
  readonly weight: number
  readonly loss: number
  readonly sums: Totals
  readonly settings: StepSettings
  /** where asked for: the fingerprint (value/fingerprint) of every parameter tensor after the step, in the order of `leaves(params)` */
  readonly fingerprints?: readonly number[]
}

/** a program with the names of the outputs that are read step by step */
export interface StepProgram {
  readonly program: Program
  readonly examples: number
  readonly metrics: readonly (readonly [name: string, output: string])[]
  readonly fingerprints: readonly string[]
}
export const stepProgram = (
  c: ValidTraining,
  s: TrainState,
  batch: BatchSource,
  examples: number,
  fingerprints = false
): E.Either<ShapeError, StepProgram> =>
  pipe(
    program(stepOutputs(c, s, batch, fingerprints)),
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

/** the inputs of several steps besides their batches, stacked: keys by the numbers of the steps, values of scheduled settings */
export const stepInputs = (c: ValidTraining, { step }: Progress, settings: readonly StepSettings[]): Values => {
  const { seed, precision } = c.training
  const root = purposeKey(seed, 'step')
  const count = settings.length
  const valuesOf = (name: string): Tensor =>
    tensorView(
      precision,
      [count],
      allocate(
        precision,
        settings.map(s => s[name] as number)
      )
    )
  return {
    key: tensorView('u32', [count, 2], Uint32Array.from(settings.flatMap((_, i) => [...foldIn(root, step + i).words]))),
    ...Object.fromEntries(Object.keys(settings[0] ?? {}).map(name => [`setting/${name}`, valuesOf(name)]))
  }
}

/** the results of steps that were run together */
export interface StepResults {
  /** of the i-th of them, which has this number in the run */
  readonly report: (i: number, step: number, settings: StepSettings) => StepReport
  /** whether its loss and the state after it are finite */
  readonly isFinite: (i: number) => boolean
}
/** reads outputs where they are: copying each step's out of them would cost more than the rest of the bookkeeping */
export const stepResults = ({ examples, metrics, fingerprints }: StepProgram, outputs: Values): StepResults => {
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
    report: (i, step, settings) => {
      const report: StepReport = {
        step,
        examples,
        weight: weights === undefined ? examples : (weights[i] as number),
        loss: losses[i] as number,
        sums: sums.length === 0 ? noSums.metrics : Object.fromEntries(sums.map(([name, all]) => [name, part(all, i)])),
        settings
      }
      return prints.length === 0 ? report : { ...report, fingerprints: prints.flatMap(p => part(p, i)) }
    },
    isFinite: i => Number.isFinite(losses[i]) && finite.every(f => Number.isFinite(f[i]))
  }
}
