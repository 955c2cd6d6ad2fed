/** The state of a training: everything needed to resume. A plain value; old states stay valid. */
import * as E from 'fp-ts/lib/Either.js'
import { initFrom, initStateFrom } from '../model/init.js'
import { childKey, rootKey, type Key } from '../random/index.js'
import { optionsOf, treeArgument, wrongArgument } from '../value/argument.js'
import { shapeError, type ShapeError } from '../value/error.js'
import { filledTensor, type Aval, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { treeLeaves, mapTree, type Branch, type Tree } from '../value/tree.js'
import { optimizerInterpreter, type Slot } from './optimizer/index.js'
import type { RunningTotals, Totals } from './metric/metric.js'
import { notStarted, type AnyValues, type Memory, type Progress, type Scores } from './progress.js'
import { scheduleInterpreter } from './schedule/index.js'
import { stopInterpreter } from './stop/index.js'
import type { ValidTraining } from './training.js'

export interface TrainState<P extends Branch<Tensor> = Branch<Tensor>> {
  readonly params: P
  /** running statistics of layers */
  readonly layers: Branch<Tensor>
  /** the optimizer's slots by name: a tree like that of the parameters, or one number */
  readonly optimizer: Branch<Tensor>
  readonly progress: Progress
  /** over the running epoch: the sum of loss x weight, the weight of the examples seen (1 each, unless they have weights), and the sums of the metrics */
  readonly epochSums: { readonly loss: number; readonly weight: number; readonly metrics: RunningTotals }
  /** batches taken from the running epoch */
  readonly position: number
  readonly stop: Memory
  readonly settings: Readonly<Record<string, Memory>>
}

/**
 * the state after the epoch with the smallest loss: over the validation set, or without one over the epoch's batches
 */
export interface Best<V = AnyValues> {
  readonly state: TrainState
  readonly epoch: number
  readonly scores: Scores<V>
}

export const noSums: Readonly<Record<'loss' | 'weight', number>> & { readonly metrics: Totals } = Object.freeze({
  loss: 0,
  weight: 0,
  metrics: Object.freeze({})
})

/** the key of a purpose of this run: initial parameters, shuffling, dropout */
export const purposeKey = (seed: number, purpose: 'init' | 'shuffle' | 'step'): Key => childKey(rootKey(seed), purpose)

const slotTensors = (slot: Slot, params: Branch<Tensor>, dtype: 'f32' | 'f64'): Tree<Tensor> =>
  slot.per === 'run'
    ? filledTensor(dtype, [], slot.value === 'parameter' ? 0 : slot.value)
    : mapTree<Tensor, Tensor>(p => (slot.value === 'parameter' ? p : filledTensor(p.dtype, p.shape, slot.value)))(
        params
      )

/** the names and types of a training's tensors, before they have values */
export const formOf = (c: ValidTraining): Readonly<Record<'params' | 'layers' | 'optimizer', Branch<Aval>>> => {
  const { optimizer, precision } = c.training
  const slot = (s: Slot): Tree<Aval> =>
    s.per === 'run'
      ? { dtype: precision, shape: [] }
      : mapTree<Aval, Aval>(({ dtype, shape }) => ({ dtype, shape }))(c.placed.params)
  const { slots } = optimizerInterpreter(c.registry.optimizers)
  return {
    params: c.placed.params,
    layers: c.placed.state,
    optimizer: Object.fromEntries(Object.entries(slots(optimizer, '')).map(([name, s]) => [name, slot(s)]))
  }
}

/**
 * checks that the tensors of a state are those of a training (same names, shapes and element types); the expected ones
 * are computed once
 */
export const checkState = (c: ValidTraining): ((s: TrainState) => E.Either<ShapeError, TrainState>) => {
  const avals = (trees: Readonly<Record<'params' | 'layers' | 'optimizer', Branch<Aval>>>) =>
    (['params', 'layers', 'optimizer'] as const).flatMap(part => treeLeaves<Aval>(trees[part], part))
  const hint = 'is it a state of this model, this optimizer and this precision?'
  const wanted = new Map(avals(formOf(c)).map(([name, a]) => [name, showAval(a)]))
  return s => {
    const parts = optionsOf(s)
    const unfit = wrongArgument(
      shapeError,
      (['params', 'layers', 'optimizer'] as const).map(part => treeArgument(part, parts[part]))
    )
    if (unfit !== undefined) return E.left(unfit)
    const mine = new Map(avals(s).map(([name, a]) => [name, showAval(a)]))
    const wrong = [...wanted.keys(), ...mine.keys()].find(name => wanted.get(name) !== mine.get(name))
    return wrong === undefined
      ? E.right(s)
      : E.left(shapeError(wrong.split('/'), wanted.get(wrong) ?? 'nothing', mine.get(wrong) ?? 'nothing', hint))
  }
}

/** the state before the first step; parameters are drawn from the seed unless they are given */
export const start = (
  c: ValidTraining,
  params: Branch<Tensor> = initFrom(c.placed, purposeKey(c.training.seed, 'init'), c.registry)
): TrainState => {
  const { optimizer, stop, precision } = c.training
  const { slots, settings } = optimizerInterpreter(c.registry.optimizers)
  return {
    params,
    layers: initStateFrom(c.placed),
    optimizer: Object.fromEntries(
      Object.entries(slots(optimizer, '')).map(([name, s]) => [name, slotTensors(s, params, precision)])
    ),
    progress: notStarted,
    epochSums: noSums,
    position: 0,
    stop: stopInterpreter(c.registry.stopRules).start(stop),
    settings: Object.fromEntries(
      Object.entries(settings(optimizer, '')).map(([name, s]) => [
        name,
        scheduleInterpreter(c.registry.schedules).start(s)
      ])
    )
  }
}

// ---- a state's tensors by their names in a program

const named = (prefix: string, tree: Branch<Tensor>): readonly (readonly [string, Tensor])[] =>
  treeLeaves<Tensor>(tree, prefix)

export const tensorsOf = (s: Pick<TrainState, 'params' | 'layers' | 'optimizer'>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries([...named('params', s.params), ...named('layers', s.layers), ...named('optimizer', s.optimizer)])

/** the state with other tensors under the same names */
export const withTensors = (s: TrainState, tensors: Readonly<Record<string, Tensor>>): TrainState => {
  const swap = (prefix: string, tree: Branch<Tensor>): Branch<Tensor> =>
    mapTree<Tensor, Tensor>((_, path) => tensors[path] as Tensor)(tree, prefix) as Branch<Tensor>
  return {
    ...s,
    params: swap('params', s.params),
    layers: swap('layers', s.layers),
    optimizer: swap('optimizer', s.optimizer)
  }
}
