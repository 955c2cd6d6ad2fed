/** A model applied to examples. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { keyTensor } from '../expr/inputs.js'
import { program, type Program } from '../expr/program.js'
import type { LayerRegistry, Value } from '../layer/definition.js'
import { indexesField } from '../layer/indexes.js'
import type { Indexes } from '../layer/terms.js'
import { builtInLayers } from '../layer/registry.js'
import { toExpr, type ModelGraph } from '../model/to-expr.js'
import type { Model } from '../layer/model.js'
import type { ParamsOf } from '../model/params.js'
import { rootKey, type Key } from '../random/index.js'
import {
  backendArgument,
  examplesArgument,
  knownOptions,
  modelArgument,
  optionsOf,
  treeArgument,
  wrongArgument
} from '../value/argument.js'
import { backendError, counted, failIf, shapeError, type BackendError, type ShapeError } from '../value/error.js'
import { isDims, sameShape, showShape, type Dims, type Shape } from '../value/shape.js'
import { allocate, isTensor, numbersOf, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { treeLeaves, type Branch } from '../value/tree.js'
import { wrongIndexIn } from './indexes.js'
import { collect, countOf, namedExamples, namedExprs, precisionOf, type Examples } from './examples.js'

export interface PredictOptions {
  readonly backend: Backend
  readonly registry?: LayerRegistry
  /** running statistics, for models that have them: `state.layers` of a training */
  readonly layers?: Branch<Tensor>
}

/** checks that every tensor has the model's shape for each example, and that all have the same number of examples */
const check = (x: Examples, wanted: Shape, n: number): ShapeError | undefined => {
  if (isTensor(x))
    return isDims(wanted) && sameShape(x.shape.slice(1), wanted) && x.shape[0] === n && n > 0
      ? undefined
      : shapeError(
          ['inputs'],
          `a tensor of shape ${showShape(wanted)} for each of ${n > 0 ? counted(n, 'example') : 'the examples, at least one'}`,
          showShape(x.shape),
          isDims(wanted) && sameShape(x.shape, wanted)
            ? `a single example has the shape ${showShape([1, ...wanted])}`
            : ''
        )
  if (isDims(wanted) || wanted.length !== x.length)
    return shapeError(['inputs'], `inputs of shapes ${showShape(wanted)}`, counted(x.length, 'tensor'))
  return wanted.map((w, i) => check(x[i] as Examples, w, n)).find(e => e !== undefined)
}

/** widens f32 numbers to f64 for a program in f64 */
const widened = (p: Program, [name, t]: readonly [string, Tensor]): readonly [string, Tensor] =>
  t.dtype === 'f32' && p.inputs[name]?.dtype === 'f64'
    ? [name, tensorView('f64', t.shape, allocate('f64', numbersOf(t)))]
    : [name, t]
/** refuses other element types: inputs are never rounded or scaled */
const wrongType = (p: Program, inputs: readonly (readonly [string, Tensor])[]): ShapeError | undefined =>
  inputs.flatMap(([name, { dtype }]) => {
    const wanted = p.inputs[name]?.dtype
    return wanted === undefined || wanted === dtype
      ? []
      : [
          shapeError(
            ['inputs'],
            wanted === 'u32'
              ? 'indexes of type u32, as the model says'
              : `numbers of type ${wanted}, as the parameters are`,
            dtype,
            'featureValues gives those of a feature of a dataset; tensor(type, shape, numbers) makes others',
            'wrong-type'
          )
        ]
  })[0]

/** the first running statistic that a model needs and the caller did not pass */
const lacking = (p: Program, given: Values): ShapeError | undefined =>
  Object.entries(p.inputs).flatMap(([name, { dtype, shape }]) =>
    !name.startsWith('layers/') || Object.hasOwn(given, name)
      ? []
      : [
          shapeError(
            name.split('/'),
            `a running statistic ${showAval({ dtype, shape })}`,
            'none',
            'pass state.layers as the option layers',
            'missing-input'
          )
        ]
  )[0]

/** a model compiled for one number of examples */
interface Compiled {
  readonly p: Program
  readonly loop: Loop
  readonly value: Value
  /** for a model of indexes: what they are below */
  readonly indexes?: Indexes
}

/** a model applied to batches of inputs, with a key for random layers */
export type Runner = (x: Examples, key: Key) => E.Either<ShapeError | BackendError, Examples>

/** the max number of compiled versions of a model; the least recently used one is released */
const mostKept = 8

const optionNames = { backend: true, registry: true, layers: true, sampling: true } as const
/** checks of arguments from untyped callers */
const wrongCall = (
  model: Model,
  params: Branch<Tensor>,
  options: PredictOptions & { readonly sampling?: boolean }
): ShapeError | BackendError | undefined => {
  const { backend, layers = {} } = optionsOf(options)
  return (
    wrongArgument<ShapeError | BackendError>(shapeError, [
      modelArgument(model),
      treeArgument('params', params),
      treeArgument('layers', layers),
      knownOptions(options, optionNames)
    ]) ?? wrongArgument(backendError, [backendArgument(backend)])
  )
}

/** what is computed of a model: its outputs, or something made of what is inside it */
export type Computed = (graph: ModelGraph) => E.Either<ShapeError, Value>
const outputsOnly: Computed = graph => E.right(graph.value)

/** one call of a compiled model */
const stepWith =
  (x: Examples, key: Key) =>
  ({ p, loop, value }: Compiled): E.Either<ShapeError | BackendError, Examples> => {
    const inputs = namedExamples('x', x).map(named => widened(p, named))
    const keys = p.inputs['key'] === undefined ? {} : { key: keyTensor(key) }
    return pipe(
      loop.step(p, { ...Object.fromEntries(inputs), ...keys }),
      E.bimap(
        e => wrongType(p, inputs) ?? e,
        outputs => collect('y', value, outputs)
      )
    )
  }

/**
 * Compiles once for each number of examples, and copies the parameters into that program's memory. With `sampling`
 * random layers draw; without it they work as in inference.
 */
export const runner = (
  model: Model,
  params: Branch<Tensor>,
  options: PredictOptions & { readonly sampling?: boolean },
  computed: Computed = outputsOnly
): Runner => {
  const unfit = wrongCall(model, params, options)
  if (unfit !== undefined) return () => E.left(unfit)
  const { backend, registry = builtInLayers, layers = {}, sampling = false } = options
  const compiled = new Map<string, E.Either<ShapeError | BackendError, Compiled>>()
  const given = Object.fromEntries([...treeLeaves<Tensor>(params, 'params'), ...treeLeaves<Tensor>(layers, 'layers')])
  const compile = (batch: number, dtype: FloatType): E.Either<ShapeError | BackendError, Compiled> =>
    pipe(
      toExpr(model, { batch, sampling, dtype, registry }),
      E.bindTo('graph'),
      E.bind('value', ({ graph }) => computed(graph)),
      E.chainW(({ graph: { indexes }, value }) =>
        pipe(
          program(Object.fromEntries(namedExprs('y', value))),
          E.chain(p => {
            const wrong = lacking(p, given)
            return wrong === undefined ? E.right(p) : E.left(wrong)
          }),
          E.bindTo('p'),
          E.bindW('loop', ({ p }) => backend.loop([p], {}, given)),
          E.map(({ p, loop }) => ({ p, loop, value, ...indexesField(indexes) }))
        )
      )
    )
  /** the most recently used one comes last */
  const compiledFor = (n: number, dtype: FloatType): E.Either<ShapeError | BackendError, Compiled> => {
    const name = `${n} ${dtype}`
    const made = compiled.get(name) ?? compile(n, dtype)
    compiled.delete(name)
    compiled.set(name, made)
    const oldest = compiled.size > mostKept ? [...compiled][0] : undefined
    if (oldest !== undefined) {
      compiled.delete(oldest[0])
      if (E.isRight(oldest[1])) oldest[1].right.loop.close()
    }
    return made
  }
  return (x, key) => {
    const wrong = wrongArgument(shapeError, [examplesArgument('inputs', x)]) ?? check(x, model.input, countOf(x))
    if (wrong !== undefined) return E.left(wrong)
    return pipe(
      compiledFor(countOf(x), precisionOf(params, x)),
      E.chainFirstW(({ indexes }) => failIf(wrongIndexIn(x, indexes))),
      E.chainW(stepWith(x, key))
    )
  }
}

/** outputs for a batch of inputs */
export type Predictor<Y extends Examples = Examples> = (x: Examples) => E.Either<ShapeError | BackendError, Y>

/** the type of a model's outputs for a batch: one tensor if the compiler knows that there is one output */
export type OutputsOf<M> = M extends Model<Shape, infer O> ? (O extends Dims ? Tensor : Examples) : Examples

/**
 * The outputs of a model for a batch of inputs, in inference mode. Compiles once for each number of examples.
 *
 * @example pipe(images, predict(mlp, params, { backend: wasm })) // Either<..., Tensor [n, 10]>
 * @returns Left for inputs that are not of the model's shape, or parameters that are not the model's
 */
export const predict = <M extends Model>(
  model: M,
  params: ParamsOf<M>,
  options: PredictOptions
): Predictor<OutputsOf<M>> => {
  const run = runner(model, params, options)
  const unused = rootKey(0)
  return x => run(x, unused) as ReturnType<Predictor<OutputsOf<M>>>
}
