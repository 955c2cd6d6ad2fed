/** The loss of a training as a function of its parameters, with gradients and products with its Hessian. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Values } from '../backend/backend.js'
import { batchTensors, handedIn } from '../data/program-inputs.js'
import { add, input, mul, total } from '../expr/build.js'
import { gradients } from '../expr/gradient.js'
import { inputsLike, keyTensor } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import { program } from '../expr/program.js'
import type { AnyModel } from '../model/model.js'
import type { ParamsOf } from '../model/params.js'
import { foldIn } from '../random/index.js'
import { backendArgument, knownOptions, optionsOf, wrongArgument } from '../value/argument.js'
import { failIf, settingError, shapeError, withinPath, type ShapeError } from '../value/error.js'
import { scalarOf, type Aval, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { rebuild, treeLeaves, type Branch } from '../value/tree.js'
import type { TrainError } from './divergence.js'
import { batchArguments, checkBatch, type ArrangedBatch, type Batch } from './examples.js'
import { passBatch, passOf } from './pass.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { checkState, purposeKey, type TrainState } from './state.js'
import { checkTraining, type Training, type ValidTraining } from './training.js'

export interface ObjectiveOptions {
  readonly backend: Backend
  readonly registry?: TrainingRegistry
  /** whether dropout drops and batch statistics are used, as in a training step; default true */
  readonly training?: boolean
}
export interface LossAndGradients<M extends AnyModel = AnyModel> {
  readonly loss: number
  /** dE/dw for every parameter, in a tree like that of the parameters */
  readonly gradients: ParamsOf<M>
}
export interface Objective<M extends AnyModel = AnyModel> {
  /** the loss of the batch and its gradients at some parameters */
  readonly at: (params: ParamsOf<M>) => E.Either<TrainError, LossAndGradients<M>>
  /** the Hessian of the loss at some parameters times a direction, both trees like that of the parameters */
  readonly hessianTimes: (params: ParamsOf<M>, direction: ParamsOf<M>) => E.Either<TrainError, ParamsOf<M>>
}

type Labelled<A> = readonly (readonly [path: string, leaf: A])[]

const checkTree = (c: ValidTraining, name: string, tree: Branch<Tensor>): E.Either<ShapeError, Labelled<Tensor>> => {
  const avals = (t: Branch<Aval>): ReadonlyMap<string, string> =>
    new Map(treeLeaves<Aval>(t).map(([path, a]) => [path, showAval(a)]))
  const [wanted, mine] = [avals(c.placed.params), avals(tree)]
  const wrong = [...wanted.keys(), ...mine.keys()].find(path => wanted.get(path) !== mine.get(path))
  return wrong === undefined
    ? E.right(treeLeaves<Tensor>(tree, name))
    : E.left(shapeError([name, ...wrong.split('/')], wanted.get(wrong) ?? 'nothing', mine.get(wrong) ?? 'nothing'))
}
const gradientsOf = (e: Expr, by: Labelled<Expr>): readonly Expr[] =>
  gradients(
    e,
    by.map(([, w]) => w)
  )
const compiled = (backend: Backend, outputs: Readonly<Record<string, Expr>>) =>
  pipe(
    program(outputs),
    E.bindTo('p'),
    E.bindW('executable', ({ p }) => backend.compile(p)),
    E.map(
      ({ p, executable }) =>
        (values: Values) =>
          executable.run(Object.fromEntries(Object.keys(p.inputs).map(name => [name, values[name] as Tensor])))
    )
  )

/** gradient . direction, whose gradient is the Hessian times the direction */
const slopeAlong = (gs: readonly Expr[], by: Labelled<Expr>): Expr | undefined =>
  gs
    .map((g, i) => {
      const [path, w] = by[i] as readonly [string, Expr]
      return total(mul(g, input(`direction/${path}`, w.dtype, w.shape)))
    })
    .reduce<Expr | undefined>((sum, e) => (sum === undefined ? e : add(sum, e)), undefined)

const made = <M extends AnyModel>(
  c: ValidTraining,
  s: TrainState,
  batch: ArrangedBatch,
  { backend, training = true }: ObjectiveOptions
): E.Either<TrainError, Objective<M>> => {
  const tree = inputsLike('params', s.params)
  const source = handedIn(batch, c.training.precision)
  const pass = passOf(c, tree, inputsLike('layers', s.layers), passBatch(c, source), training)
  const { loss } = pass
  const params = treeLeaves<Expr>(tree)
  const gs = pass.gradients(params.map(([, w]) => w))
  const named = (es: readonly Expr[]): Readonly<Record<string, Expr>> =>
    Object.fromEntries(params.map(([path], i) => [`of/${path}`, es[i] as Expr]))
  const fixed: Values = {
    ...Object.fromEntries(treeLeaves<Tensor>(s.layers, 'layers')),
    ...batchTensors(batch),
    // what the next step of the state draws from
    key: keyTensor(foldIn(purposeKey(c.training.seed, 'step'), s.progress.step))
  }
  const treeOf = (values: Values): ParamsOf<M> =>
    rebuild<Tensor, Tensor>(s.params, path => values[`of/${path}`] as Tensor) as unknown as ParamsOf<M>
  const leaves = (name: string, p: ParamsOf<M>): E.Either<ShapeError, Labelled<Tensor>> => checkTree(c, name, p)
  const slope = slopeAlong(gs, params)
  return pipe(
    compiled(backend, { loss, ...named(gs) }),
    E.map((first): Objective<M> => ({
      at: at =>
        pipe(
          leaves('params', at),
          E.chainW(p => first({ ...fixed, ...Object.fromEntries(p) })),
          E.map(r => ({ loss: scalarOf(r['loss'] as Tensor), gradients: treeOf(r) }))
        ),
      hessianTimes: (at, direction) =>
        pipe(
          E.Do,
          E.bind('p', () => leaves('params', at)),
          E.bind('d', () => leaves('direction', direction)),
          // compiled when it is asked for
          E.bindW('second', () => compiled(backend, named(slope === undefined ? [] : gradientsOf(slope, params)))),
          E.chainW(({ p, d, second }) => second({ ...fixed, ...Object.fromEntries([...p, ...d]) })),
          E.map(treeOf)
        )
    }))
  )
}

/**
 * The loss of one batch as a function of the parameters, compiled once: for methods that are no optimizers, such as `minimise`. Running
 * statistics and random draws are those of the state's next step; with `training: false` nothing is drawn, and the loss is that of
 * inference.
 *
 * @example pipe(objectiveOf(settings, state, { x, y }, { backend }), E.chain(f => f.at(state.params))) // { loss, gradients }
 * @returns Left for settings out of range, a state of another training, or a batch that does not suit it
 */
export const objectiveOf = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  batch: Batch,
  options: ObjectiveOptions
): E.Either<TrainError, Objective<M>> => {
  const { backend, registry = builtInTraining } = optionsOf(options) as ObjectiveOptions
  return pipe(
    failIf(
      wrongArgument(settingError, [
        backendArgument(backend),
        ...batchArguments(batch),
        knownOptions(options, { backend: true, registry: true, training: true })
      ])
    ),
    E.chainW(() => checkTraining(t, registry)),
    E.bindTo('c'),
    E.bindW('arranged', ({ c }) => checkBatch(c, batch)),
    E.chainFirstW(({ c }) => withinPath('state')(checkState(c)(state))),
    E.chainW(({ c, arranged }) => made<M>(c, state, arranged, options))
  )
}

/**
 * The loss of a batch and its gradients by all parameters, as the next step of a state would take them.
 *
 * @example batchGradients(settings, state, { x, y }, { backend }) // Either<TrainError, { loss, gradients }>
 */
export const batchGradients = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  batch: Batch,
  options: ObjectiveOptions
): E.Either<TrainError, LossAndGradients<M>> =>
  pipe(
    objectiveOf(t, state, batch, options),
    E.chain(f => f.at(state.params as unknown as ParamsOf<M>))
  )

/**
 * The Hessian of a batch's loss at a state's parameters, times a direction: exact, as the gradient of (gradient . direction), without
 * the matrix.
 *
 * @param direction a tree like that of the parameters
 */
export const hessianVector = <M extends AnyModel>(
  t: Training<M>,
  state: TrainState,
  batch: Batch,
  direction: ParamsOf<M>,
  options: ObjectiveOptions
): E.Either<TrainError, ParamsOf<M>> =>
  pipe(
    objectiveOf(t, state, batch, options),
    E.chain(f => f.hessianTimes(state.params as unknown as ParamsOf<M>, direction))
  )
