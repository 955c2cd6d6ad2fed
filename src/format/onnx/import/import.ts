/** ONNX files as models. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { checkBytes, defaultLimits } from '../../../data/limits.js'
import { knownOptions, optionsOf, wrongArgument } from '../../../value/argument.js'
import { decodeError, settingError, type DecodeError, type SettingError } from '../../../value/error.js'
import { isSize, sizeOf, type Dims } from '../../../value/shape.js'
import { modelOf, type ImportedModel } from '../../import/imported.js'
import { maxNumbers } from '../../import/missing.js'
import { treeOf } from '../../import/tree.js'
import { decodeOnnx, type StoredModel, type StoredValue } from './decode.js'
import { graphOf, type Graph } from './graph.js'
import { channelsFirst, stored, type Held } from './site.js'
import { liveOf, walk } from './walk.js'

export interface OnnxImportOptions {
  /** the names of the outputs that the model gives, of those that the file has; default: all of them */
  readonly outputs?: readonly string[]
}
/** the shape of an input, its batch left out, and the batch if it is a number */
const inputOf = (
  v: StoredValue
): E.Either<DecodeError, { readonly sizes: Dims; readonly batch: number | undefined }> => {
  const fail = (expected: string, got: string, hint = ''): E.Either<DecodeError, never> =>
    E.left(decodeError(['onnx', v.name], expected, got, hint))
  if (v.type !== 1 && v.type !== 11) return fail('an input of f32 or f64', `type ${v.type}`)
  const [batch, ...sizes] = v.dims ?? []
  if (batch === undefined || sizes.length === 0 || sizes.length > 4)
    return fail('an input [examples, ...]', v.dims === undefined ? 'no shape' : `[${v.dims.join(', ')}]`)
  if (!sizes.every(isSize) || sizeOf(sizes) > maxNumbers)
    return fail('sizes of an example that the file says', `[${sizes.join(', ')}]`, 'export it for images of one size')
  return E.right({ sizes, batch: typeof batch === 'number' ? batch : undefined })
}

interface Wanted {
  readonly file: StoredModel
  readonly graph: Graph
  readonly inputs: readonly (StoredValue & { readonly sizes: Dims; readonly batch: number | undefined })[]
  readonly outputs: readonly string[]
}

/** how images come in: as in the model, or with their channels first */
const heldOf =
  (first: boolean) =>
  ({ name, sizes }: { readonly name: string; readonly sizes: Dims }): readonly [string, Held] => [
    name,
    first && sizes.length > 1
      ? stored([...sizes.slice(1), sizes[0] as number], channelsFirst(sizes.length + 1))
      : stored(sizes)
  ]

/** the model, for one way in which images come in */
const modelFrom = ({ file, graph, inputs, outputs }: Wanted, first: boolean): E.Either<DecodeError, ImportedModel> => {
  const dtype = inputs.some(i => i.type === 11) ? 'f64' : 'f32'
  const helds = inputs.map(heldOf(first))
  return pipe(
    walk(graph, liveOf(graph, outputs), new Map(helds), { opset: file.opset, batch: inputs[0]?.batch, dtype }),
    E.filterOrElse(
      ({ helds: all }) => outputs.every(o => all.get(o)?.flat === undefined && all.has(o)),
      () =>
        decodeError(
          ['onnx', 'outputs'],
          'outputs that depend on the input, in the order of the model',
          'others, such as an image that was flattened with its channels first'
        )
    ),
    E.chain(({ steps, root }) =>
      treeOf(
        'onnx',
        steps,
        helds.map(([name]) => name),
        outputs.map(root)
      )
    ),
    E.chain(tree => modelOf('onnx', tree, { shapes: helds.map(([, h]) => h.sizes), dtype })),
    E.map(model => ({ ...model, metadata: file.metadata }))
  )
}

const known = { outputs: true } as const
const isNames = (u: unknown): boolean => Array.isArray(u) && u.length > 0 && u.every(x => typeof x === 'string')

const wantedFrom = (file: StoredModel, chosen: readonly string[] | undefined): E.Either<DecodeError, Wanted> =>
  pipe(
    graphOf(file.graph),
    E.bindTo('graph'),
    E.bind('outputs', () => {
      const names = file.graph.outputs.map(o => o.name)
      const stranger = chosen?.find(o => !names.includes(o))
      return stranger === undefined && names.length > 0
        ? E.right(chosen ?? names)
        : E.left(decodeError(['onnx', 'outputs'], `some of ${names.join(', ')}`, stranger ?? 'none'))
    }),
    E.bind('inputs', ({ graph, outputs }) => {
      const { uses } = liveOf(graph, outputs)
      // older files list their weights among the inputs
      const free = file.graph.inputs.filter(i => graph.constant(i.name) === undefined && uses.has(i.name))
      return pipe(
        free,
        E.traverseArray(v =>
          pipe(
            inputOf(v),
            E.map(said => ({ ...v, ...said }))
          )
        ),
        E.filterOrElse(
          all => all.length > 0,
          () => decodeError(['onnx', 'inputs'], 'an input that the outputs depend on', 'none')
        )
      )
    }),
    E.map(({ graph, outputs, inputs }) => ({ file, graph, outputs, inputs }))
  )

/**
 * A network from an ONNX file: a model value, which can be changed and trained on, and what it has learned. It takes graphs of layers that
 * gradfold has: what `exportOnnx` writes, and what PyTorch, tf2onnx, Keras and scikit-learn write for dense layers, convolutions, pooling,
 * norms, activations, dropout, flattening, sums and joins of branches.
 *
 * Images of the model have their **channels last**, also where those of the file have them first: the weights are stored again, those behind a
 * flattened image included. Weights of another order than that would need are refused. A training that continues after a trip of `exportOnnx`
 * and back has the same bits, if the model has what a graph of inference says: it does not say dropout, the momentum of batchNorm, and the
 * names of layers.
 *
 * @param options `outputs`: which ones, for files that have more than the network's, such as those of scikit-learn (`probabilities`)
 * @example pipe(importOnnx(bytes), E.chain(({ model, params, layers }) => predict(model, params, { layers })(x)))
 * @returns Left with every node that no layer is made of, by name and operator, the first as the error and the rest in `others`
 * @see https://github.com/onnx/onnx/blob/main/docs/Operators.md
 */
export const importOnnx = (
  bytes: Uint8Array,
  options: OnnxImportOptions = {}
): E.Either<DecodeError | SettingError, ImportedModel> => {
  const { outputs } = optionsOf(options)
  const wrong = wrongArgument(settingError, [
    knownOptions(options, known),
    { path: ['outputs'], value: outputs ?? ['y'], expected: 'names of outputs', is: isNames }
  ])
  if (wrong !== undefined) return E.left(wrong)
  return pipe(
    checkBytes('onnx', bytes, defaultLimits),
    E.chain(decodeOnnx),
    E.chain(file => wantedFrom(file, outputs)),
    E.chain(wanted => {
      const last = modelFrom(wanted, false)
      const images = wanted.inputs.some(({ sizes }) => sizes.length > 1)
      if (E.isRight(last) || !images) return last
      const first = modelFrom(wanted, true)
      // of two ways that both fail, the one with fewer mistakes says more
      return E.isLeft(first) && (first.left.others?.length ?? 0) >= (last.left.others?.length ?? 0) ? last : first
    })
  )
}
