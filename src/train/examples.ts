/** Whether examples suit a training: their shapes, class indexes, weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import {
  listOf,
  mapSeveral,
  type ArrangedData,
  type Columns,
  type DatasetOf,
  type Feature,
  type Features,
  type Part,
  type Several
} from '../data/features.js'
import { batchPartArgument, optionsOf, tensorArgument, type Argument } from '../value/argument.js'
import { counted, dataError, failIf, shapeError, type DataError, type ShapeError } from '../value/error.js'
import { isDims, sameShape, showShape, type Dims } from '../value/shape.js'
import { isTensor, numbersOf, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { isParts, limitAt, partAt } from '../layer/indexes.js'
import { arranged, arrangedParts } from './arranged.js'
import { areIndexes, checkTarget } from './loss/loss.js'
import { shardCount } from './shards.js'
import { headNames, type Head } from './training/heads.js'
import type { ValidTraining } from './training.js'

/** a tensor, or several by place or by name */
export type BatchPart = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>
export interface Batch {
  /** inputs [k, ...] */
  readonly x: BatchPart
  /** targets [k, ...], or class indexes [k]; of several outputs by place, or by the names of their losses */
  readonly y: BatchPart
  /** the weight of each example [k], 0 or more: the loss is sum w l / sum w. Metrics count every example once. */
  readonly weights?: Tensor
}
/** checks of the parts of a batch from untyped callers */
export const batchArguments = (batch: Batch): readonly Argument[] => {
  const { x, y, weights } = optionsOf(batch)
  return [
    batchPartArgument('inputs', x),
    batchPartArgument('targets', y),
    ...(weights === undefined ? [] : [tensorArgument('weights', weights)])
  ]
}

/** one input or target, and what its numbers are read by */
interface PartSeen extends Pick<Feature, 'scale' | 'shift'> {
  /** of several */
  readonly path: readonly string[]
  readonly tensor: Tensor
  readonly columns?: Columns
}
const unscaled = { scale: 1, shift: 0 }
const seenAs =
  (what: string, names: readonly string[]) =>
  (part: Part, place: number | undefined): PartSeen => ({
    ...part,
    path: place === undefined ? [what] : [what, names[place] ?? String(place)]
  })
const shapeOf = (p: PartSeen): Dims =>
  p.columns === undefined ? p.tensor.shape : [p.tensor.shape[0] ?? 0, p.columns.count]

const checkInput = (c: ValidTraining, { path, tensor, ...part }: PartSeen, wanted: Dims): ShapeError | undefined => {
  const shape = shapeOf({ path, tensor, ...part })
  const got = shape.slice(1)
  if (shape.length === 0 || !sameShape(got, wanted))
    return shapeError(
      path,
      `tensors of shape ${showShape(wanted)} for each example`,
      `shape ${showShape(got)}`,
      'reshape the data, or change the input of the model'
    )
  const dtype = c.training.model.dtype
  // of several inputs some may be numbers and others indexes
  const fits = !isDims(c.input) || (dtype === 'u32') === (tensor.dtype === 'u32')
  return fits
    ? undefined
    : shapeError(
        path,
        dtype === 'u32' ? 'indexes (u32), as the model says' : `numbers of type ${c.training.precision}`,
        tensor.dtype,
        dtype === 'u32' ? '' : 'ofIndices(model) makes a model of indexes'
      )
}

/**
 * checks shapes: inputs must have the model's shape, targets a shape that the loss takes, and the numbers of inputs,
 * targets and weights must be equal
 */
const checkShapes = (
  c: ValidTraining,
  xs: readonly PartSeen[],
  ys: readonly PartSeen[],
  weights?: Tensor
): ShapeError | undefined => {
  const n = xs[0]?.tensor.shape[0] ?? 0
  const inputs: readonly Dims[] = isDims(c.input) ? [c.input] : c.input
  return (
    firstOf(xs, (part, i) => checkInput(c, part, inputs[i] as Dims)) ??
    firstOf(xs, ({ path, tensor }) =>
      tensor.shape[0] === n
        ? undefined
        : shapeError(path, `${counted(n, 'example')}, as the first input has`, String(tensor.shape[0]))
    ) ??
    firstOf(ys, ({ path, tensor }) =>
      tensor.shape[0] === n
        ? undefined
        : shapeError(path, `${counted(n, 'target')}, one for each input`, String(tensor.shape[0]))
    ) ??
    (weights !== undefined && !(sameShape(weights.shape, [n]) && weights.dtype !== 'bool')
      ? shapeError(['weights'], `${counted(n, 'number')}, one for each input`, showAval(weights))
      : undefined) ??
    firstOf(ys, (part, i) => {
      const { loss, output } = c.heads[i] as Head
      const wrong = checkTarget(loss, output, { dtype: part.tensor.dtype, shape: shapeOf(part) }, c.training.precision)
      return wrong === undefined ? undefined : { ...wrong, path: part.path }
    })
  )
}
const firstOf = <A, B>(all: readonly A[], wrong: (a: A, i: number) => B | undefined): B | undefined => {
  for (const [i, a] of all.entries()) {
    const found = wrong(a, i)
    if (found !== undefined) return found
  }
  return undefined
}

/** targets in the order of examples, `size` numbers to each */
interface Targets {
  readonly path: readonly string[]
  readonly numbers: Float64Array | Float32Array
  readonly each: number
}
const numbersSeen = ({ tensor, columns }: PartSeen): Float32Array => {
  // other typed arrays have the same methods
  const raw = numbersOf(tensor) as Float32Array
  if (columns === undefined) return raw
  const width = tensor.shape[1] ?? 1
  return raw.filter((_, i) => i % width >= columns.from && i % width < columns.from + columns.count)
}
const targetsOf = (y: PartSeen): Targets => {
  const { tensor, scale, shift, path } = y
  const raw = numbersSeen(y)
  const isScaled = tensor.dtype === 'u8' && !(scale === 1 && shift === 0)
  return {
    path,
    numbers: isScaled ? Float64Array.from(raw, n => n * scale + shift) : raw,
    each: raw.length / (tensor.shape[0] as number)
  }
}
const wrongTarget = (y: Targets, at: number, expected: string, hint = ''): DataError | undefined =>
  at < 0
    ? undefined
    : dataError([...y.path, `example ${Math.floor(at / y.each)}`], expected, String(y.numbers[at]), hint)

/** the first row along the last axis whose maximum occurs more than once */
const firstTie = ({ numbers }: Targets, size: number): number =>
  Array.from({ length: numbers.length / size }, (_, i) => i).findIndex(i => {
    const row = Array.from(numbers.subarray(i * size, (i + 1) * size))
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity)
    return row.filter(n => n === largest).length > 1
  })
/** the first row along the last axis of which every number is 0 */
const firstZeros = ({ numbers }: Targets, size: number): number =>
  Array.from({ length: numbers.length / size }, (_, i) => i).findIndex(i =>
    numbers.subarray(i * size, (i + 1) * size).every(n => n === 0)
  )
/**
 * Metrics of classes need targets with one class. A loss of classes allows ties, of which the first counts, and rows of zeros, which add
 * nothing to it: only metrics that leave these out go with them.
 */
const noClass = (c: ValidTraining, { metrics, output, loss }: Head, y: Targets): DataError | undefined => {
  const ofClasses = metrics.filter(m => c.registry.metrics[m.tag]?.targets === 'classes')
  const strict = ofClasses.find(m => c.registry.metrics[m.tag]?.masks !== true)
  const metric = loss.classIndexes ? strict : ofClasses[0]
  if (metric === undefined || output.length === 0) return undefined
  const classes = output.at(-1) as number
  const said = `for the metric ${metric.tag}`
  if (loss.classIndexes) {
    const row = classes === 1 ? -1 : firstZeros(y, classes)
    return row < 0
      ? undefined
      : dataError(
          ['targets', `example ${Math.floor((row * classes) / y.each)}`],
          `one class, the place of the largest number, ${said}`,
          'a row of zeros',
          'positionAccuracy, positionPerplexity and exactMatch leave such rows out'
        )
  }
  if (classes === 1) {
    const at = y.numbers.findIndex(n => !(n >= 0 && n <= 1))
    return wrongTarget(y, at, `a number from 0 to 1 ${said}`, 'a single output says 1 or 0')
  }
  const row = firstTie(y, classes)
  return row < 0
    ? undefined
    : dataError(
        [...y.path, `example ${Math.floor((row * classes) / y.each)}`],
        `one class, the place of the largest number, ${said}`,
        'several that are equally large',
        'where several classes may be right, look at the loss, or at one class at a time'
      )
}

/** checks that the numbers of targets are valid for the loss and the metrics */
const wrongNumbers = (c: ValidTraining, head: Head, y: PartSeen): DataError | undefined => {
  const { loss, output } = head
  const targets = targetsOf(y)
  if (areIndexes(loss, output, { dtype: y.tensor.dtype, shape: shapeOf(y) })) {
    const classes = output.at(-1) ?? 1
    const at = targets.numbers.findIndex(n => n >= classes && n !== loss.ignore)
    return wrongTarget(targets, at, `a class index below ${classes}`, 'the last layer has one output per class')
  }
  const { target, tag } = loss
  const at = target === undefined ? -1 : targets.numbers.findIndex(n => !target.is(n))
  return wrongTarget(targets, at, `${target?.name ?? ''} for the loss ${tag}`) ?? noClass(c, head, targets)
}

/** a model of indexes may have a vocabulary */
const wrongIndex = (
  { placed: { indexes }, input }: ValidTraining,
  x: PartSeen,
  place: number
): DataError | undefined => {
  const mine = isDims(input) ? indexes : partAt(indexes, place)
  // an input of numbers has no vocabulary
  if (mine === undefined || isParts(mine)) return undefined
  const { tensor, path } = x
  if (tensor.dtype !== 'u32' && !isDims(input))
    return dataError(path, 'indexes (u32), which the model looks up', tensor.dtype)
  const numbers = numbersSeen(x)
  const each = numbers.length / (tensor.shape[0] as number)
  const at = tensor.dtype === 'u32' ? numbers.findIndex((n, i) => n >= limitAt(mine, i)) : -1
  return at < 0
    ? undefined
    : dataError(
        [...path, `example ${Math.floor(at / each)}`],
        `an index below ${limitAt(mine, at)}, as the vocabulary of the model has`,
        String(numbers[at])
      )
}

/** what is wrong with examples whose parts are in the order of the model */
const wrongExamples = (
  c: ValidTraining,
  { x, y, weights }: ArrangedData,
  batch: (shape: Dims) => ShapeError | undefined = () => undefined
): ShapeError | DataError | undefined => {
  const xs = listOf(mapSeveral(x, seenAs('inputs', [])))
  const ys = listOf(mapSeveral(y, seenAs('targets', headNames(c))))
  return (
    checkShapes(c, xs, ys, weights?.tensor) ??
    batch(xs[0]?.tensor.shape ?? []) ??
    firstOf(xs, (part, i) => wrongIndex(c, part, i)) ??
    firstOf(ys, (part, i) => wrongNumbers(c, c.heads[i] as Head, part))
  )
}

/** checks the inputs and targets of a dataset; its weights were checked when it was made */
export const checkDataset = (c: ValidTraining, data: DatasetOf): E.Either<ShapeError | DataError, ArrangedData> =>
  pipe(
    arranged(c, data),
    E.chainFirstW(d => failIf(wrongExamples(c, d)))
  )

/** whether a batch can be cut into the shards of a training */
const wrongCut =
  ({ training: { shards } }: ValidTraining) =>
  ([examples = 0]: Dims): ShapeError | undefined => {
    const count = shardCount(shards)
    return examples % count === 0
      ? undefined
      : shapeError(['inputs'], `examples for ${count} equal shards`, counted(examples, 'example'))
  }

/** a batch in the order of the model */
export interface ArrangedBatch {
  readonly x: Several<Tensor>
  readonly y: Several<Tensor>
  readonly weights?: Tensor
}

/** checks a batch, that its weights are numbers, 0 or more, and that the shards of the training divide it */
export const checkBatch = (c: ValidTraining, batch: Batch): E.Either<ShapeError | DataError, ArrangedBatch> => {
  // a batch may hold any element types, which are checked below
  const feature = (tensor: Tensor): Part => ({ tensor: tensor as Part['tensor'], ...unscaled })
  const features = (part: BatchPart): Features =>
    isTensor(part)
      ? feature(part)
      : Array.isArray(part)
        ? part.map(feature)
        : Object.fromEntries(Object.entries(part).map(([name, t]) => [name, feature(t)]))
  const { weights } = batch
  return pipe(
    arrangedParts(c, features(batch.x), features(batch.y)),
    E.map(({ x, y }): ArrangedData => (weights === undefined ? { x, y } : { x, y, weights: feature(weights) })),
    E.chainFirstW(d => failIf(wrongExamples(c, d, wrongCut(c)))),
    E.chainFirstW(() => failIf(weights === undefined ? undefined : wrongWeight(weights))),
    E.map(({ x, y }) => ({
      x: mapSeveral(x, p => p.tensor),
      y: mapSeveral(y, p => p.tensor),
      ...(weights === undefined ? {} : { weights })
    }))
  )
}
const wrongWeight = (t: Tensor): DataError | undefined => {
  const weights = numbersOf(t)
  const bad = weights.findIndex((w: number) => !(w >= 0))
  return bad < 0 ? undefined : dataError(['weights', `example ${bad}`], 'a number, 0 or more', String(weights[bad]))
}
