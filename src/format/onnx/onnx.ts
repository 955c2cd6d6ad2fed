/** ONNX files of models. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Expr } from '../../expr/op.js'
import type { LayerRegistry, Value } from '../../layer/definition.js'
import { isExpr } from '../../layer/compose.js'
import type { ModelData } from '../../layer/model.js'
import { builtInLayers } from '../../layer/registry.js'
import { toExpr, type ModelGraph } from '../../model/to-expr.js'
import {
  isObject,
  knownOptions,
  modelArgument,
  optionsOf,
  treeArgument,
  wrongArgument,
  type Argument
} from '../../value/argument.js'
import { settingError, type BackendError, type SettingError, type ShapeError } from '../../value/error.js'
import { isSize } from '../../value/shape.js'
import { tensorsFor, type ModelWeights } from '../tensors.js'
import { leavesOf, loopless, pathsOf, writeGraph } from './export.js'
import { newGraph, type Graph } from './graph.js'
import { elementCodes, encodeOnnx, type OnnxValue } from './proto.js'
import { firstBatch, secondBatch, sizesOfAll, type Sizes } from './sizes.js'

/** versions of the set of operators that can be written, each with the version of the file format that goes with it */
const irOf = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 } as const
export type Opset = keyof typeof irOf

export interface OnnxOptions {
  /** version of the set of operators: 17 (the default, which most programs read) to 21 */
  readonly opset?: Opset
  /** examples in a batch, where the file is for one size alone; default: any, the size `N` */
  readonly batch?: number
  /** texts by name that the file holds too, such as the names of classes */
  readonly metadata?: Readonly<Record<string, string>>
  /** what the layers of the model mean */
  readonly registry?: LayerRegistry
}
/** bytes that a reader of protobuf takes at most */
const maxBytes = 0x7fff_ffff

const known = { opset: true, batch: true, metadata: true, registry: true } as const
const isText = (u: unknown): boolean => typeof u === 'string'
const optionArguments = (options: OnnxOptions): readonly Argument[] => {
  const { opset, batch, metadata } = optionsOf(options)
  return [
    knownOptions(options, known),
    {
      path: ['opset'],
      value: opset ?? 17,
      expected: `one of ${Object.keys(irOf).join(', ')}`,
      is: u => typeof u === 'number' && Object.hasOwn(irOf, u)
    },
    { path: ['batch'], value: batch ?? 1, expected: 'a positive whole number', is: u => isSize(u) },
    {
      path: ['metadata'],
      value: metadata ?? {},
      expected: 'texts by name',
      is: u => isObject(u) && Object.values(u).every(isText)
    }
  ]
}

const valueOf = (name: string, node: Expr, sizes: Sizes): OnnxValue => ({
  name,
  type: elementCodes[node.dtype],
  dims: sizes.map(n => (n >= 0 ? n : n === -1 ? 'N' : `${-n} N`))
})
/** `y`, or `y/0`, `y/1`, ... for several outputs */
const namesOf = (name: string, x: Value): readonly string[] =>
  isExpr(x) ? [name] : x.flatMap((part, i) => namesOf(`${name}/${i}`, part))

/** the results of a graph under the names of the outputs */
const callOutputs = (graph: Graph, results: readonly string[], names: readonly string[]): void => {
  const computed = new Set(graph.nodes().flatMap(n => n.outputs))
  for (const [i, result] of results.entries()) {
    const alone = computed.has(result) && results.indexOf(result) === i
    graph.renamed(alone ? result : graph.op('Identity', [result]), names[i] as string)
  }
}

type Graphs = { readonly one: ModelGraph; readonly two: ModelGraph }
const fileOf = (
  { one, two }: Graphs,
  weights: ModelWeights,
  { opset = 17, metadata = {} }: OnnxOptions
): E.Either<ShapeError | SettingError | BackendError, Uint8Array> => {
  const [inputs, outputs] = [leavesOf(one.x), leavesOf(one.value)]
  const inputNames = namesOf('x', one.x)
  const outputNames = namesOf('y', one.value)
  const graph = newGraph(opset, [...inputNames, ...outputNames])
  return pipe(
    E.Do,
    E.bindW('tensors', () => tensorsFor('onnx', { params: one.params, state: one.before }, weights)),
    E.bindW('sizes', () => sizesOfAll([...outputs, ...inputs], [...leavesOf(two.value), ...leavesOf(two.x)])),
    E.bindW('results', ({ tensors, sizes }) =>
      writeGraph(graph, { inputs, outputs, tensors, sizes, paths: pathsOf(one.seen) })
    ),
    E.chainW(({ results, sizes }) => {
      callOutputs(graph, results, outputNames)
      const values = (names: readonly string[], nodes: readonly Expr[]): readonly OnnxValue[] =>
        nodes.map((n, i) => valueOf(names[i] as string, n, sizes.get(n) ?? n.shape))
      const initializers = graph.initializers()
      const bytes = initializers.reduce((sum, { raw }) => sum + raw.length, 0)
      return bytes > maxBytes
        ? E.left(settingError(['onnx'], 'weights of less than 2 GiB', `${bytes} bytes`, 'save them as safetensors'))
        : E.right(
            encodeOnnx({
              ir: irOf[opset],
              opset,
              producer: 'gradfold',
              name: 'model',
              nodes: graph.nodes(),
              initializers,
              inputs: values(inputNames, inputs),
              outputs: values(outputNames, outputs),
              metadata: Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
            })
          )
    })
  )
}

/**
 * A model with its weights as an ONNX file: the formula of inference, which onnxruntime and others run. The input is `x` (several: `x/0`,
 * `x/1`, ...) with the shape [N, ...input] and the output `y`, channels last as in the model; N is any size of the batch. Layers that ONNX
 * has operators for become these (Gemm, Conv, MaxPool, AveragePool, BatchNormalization, Relu, Softmax, ...), all others are written op by
 * op, so every layer can be exported, custom ones too. Dropout does nothing, as in `predict`. Indices (u32) are int64 there.
 * Equal models and weights give equal bytes.
 *
 * The numbers differ from those of `predict` in the last digits: other programs sum in another order, in f32. docs/guide/formats.md has a
 * table of differences.
 *
 * @param options opset 17 (default) to 21, with the version 8 to 10 of the format; batch; metadata
 * @example pipe(trained.state, exportOnnx(mlp)) // Right(bytes): write them as mlp.onnx
 * @returns Left for weights that are not those of the model or not f32, for what ONNX cannot say (the path names the layer), and for
 * weights beyond 2 GiB, which the format cannot hold in one file
 * @see https://github.com/onnx/onnx/blob/main/docs/Operators.md
 */
export const exportOnnx =
  (model: ModelData, options: OnnxOptions = {}) =>
  (weights: ModelWeights): E.Either<ShapeError | SettingError | BackendError, Uint8Array> => {
    const { params, layers = {} } = optionsOf(weights)
    const wrong = wrongArgument(settingError, [
      modelArgument(model),
      ...optionArguments(options),
      treeArgument('params', params),
      treeArgument('layers', layers)
    ])
    if (wrong !== undefined) return E.left(wrong)
    const { batch, registry = builtInLayers } = options
    const graphOf = (examples: number): E.Either<ShapeError, ModelGraph> =>
      E.map(loopless)(toExpr(model, { batch: batch ?? examples, dtype: 'f32', registry }))
    return pipe(
      graphOf(firstBatch),
      E.bindTo('one'),
      E.bind('two', ({ one }) => (batch === undefined ? graphOf(secondBatch) : E.right(one))),
      E.chainW(graphs => fileOf(graphs, weights, options))
    )
  }
