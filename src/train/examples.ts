/** Whether examples suit a training: their shapes, class indexes, weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset, Feature } from '../data/dataset.js'
import { optionsOf, tensorArgument, type Argument } from '../value/argument.js'
import { counted, dataError, failIf, shapeError, type DataError, type ShapeError } from '../value/error.js'
import { sameShape, showShape, sizeOf } from '../value/shape.js'
import { numbersOf, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { firstAbove } from '../infer/indexes.js'
import { isParts, limitAt } from '../layer/indexes.js'
import { areIndexes, checkTarget } from './loss/loss.js'
import { shardCount } from './shards.js'
import type { ValidTraining } from './training.js'

export interface Batch {
  /** inputs [k, ...] */
  readonly x: Tensor
  /** targets [k, ...], or class indexes [k] */
  readonly y: Tensor
  /** the weight of each example [k], 0 or more: the loss is sum w l / sum w. Metrics count every example once. */
  readonly weights?: Tensor
}
/** checks of the parts of a batch from untyped callers */
export const batchArguments = (batch: Batch): readonly Argument[] => {
  const { x, y, weights } = optionsOf(batch)
  return [
    tensorArgument('inputs', x),
    tensorArgument('targets', y),
    ...(weights === undefined ? [] : [tensorArgument('weights', weights)])
  ]
}
/** a dataset as one batch with its stored element types, before the conversion for the model */
export const tensorsOfData = ({ x, y, weights }: Dataset): Batch => ({
  x: x.tensor,
  y: y.tensor,
  ...(weights === undefined ? {} : { weights: weights.tensor })
})

/**
 * checks shapes: inputs must have the model's shape, targets a shape that the loss takes, and the numbers of inputs,
 * targets and weights must be equal
 */
const checkShapes = (c: ValidTraining, { x, y, weights }: Batch): ShapeError | undefined => {
  const got = x.shape.slice(1)
  if (x.shape.length === 0 || !sameShape(got, c.input))
    return shapeError(
      ['inputs'],
      `tensors of shape ${showShape(c.input)} for each example`,
      `shape ${showShape(got)}`,
      'reshape the data, or change the input of the model'
    )
  const wanted = c.training.model.dtype
  if ((wanted === 'u32') !== (x.dtype === 'u32'))
    return shapeError(
      ['inputs'],
      wanted === 'u32' ? 'indexes (u32), as the model says' : `numbers of type ${c.training.precision}`,
      x.dtype,
      wanted === 'u32' ? '' : 'ofIndices(model) makes a model of indexes'
    )
  if (x.shape[0] !== y.shape[0])
    return shapeError(['targets'], `${counted(x.shape[0] as number, 'target')}, one for each input`, String(y.shape[0]))
  if (weights !== undefined && !(sameShape(weights.shape, [x.shape[0] as number]) && weights.dtype !== 'bool'))
    return shapeError(['weights'], `${counted(x.shape[0] as number, 'number')}, one for each input`, showAval(weights))
  return checkTarget(c.loss, c.output, y, c.training.precision)
}

/** targets in the order of examples, `size` numbers to each */
interface Targets {
  readonly numbers: Float64Array | Float32Array
  readonly each: number
}
const targetsOf = (y: Tensor, { scale, shift }: Pick<Feature, 'scale' | 'shift'>): Targets => {
  // other typed arrays have the same methods
  const raw = numbersOf(y) as Float32Array
  const isScaled = y.dtype === 'u8' && !(scale === 1 && shift === 0)
  return {
    numbers: isScaled ? Float64Array.from(raw, n => n * scale + shift) : raw,
    each: raw.length / (y.shape[0] as number)
  }
}
const wrongTarget = ({ numbers, each }: Targets, at: number, expected: string, hint = ''): DataError | undefined =>
  at < 0 ? undefined : dataError(['targets', `example ${Math.floor(at / each)}`], expected, String(numbers[at]), hint)

/** the first row along the last axis whose maximum occurs more than once */
const firstTie = ({ numbers }: Targets, size: number): number =>
  Array.from({ length: numbers.length / size }, (_, i) => i).findIndex(i => {
    const row = Array.from(numbers.subarray(i * size, (i + 1) * size))
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity)
    return row.filter(n => n === largest).length > 1
  })
/** metrics of classes need targets with one class; a loss of classes allows ties, of which the first counts */
const noClass = (c: ValidTraining, y: Targets): DataError | undefined => {
  const metric = c.training.metrics.find(m => c.registry.metrics[m.tag]?.targets === 'classes')
  if (metric === undefined || c.output.length === 0 || c.loss.classIndexes) return undefined
  const classes = c.output.at(-1) as number
  const said = `for the metric ${metric.tag}`
  if (classes === 1) {
    const at = y.numbers.findIndex(n => !(n >= 0 && n <= 1))
    return wrongTarget(y, at, `a number from 0 to 1 ${said}`, 'a single output says 1 or 0')
  }
  const row = firstTie(y, classes)
  return row < 0
    ? undefined
    : dataError(
        ['targets', `example ${Math.floor((row * classes) / y.each)}`],
        `one class, the place of the largest number, ${said}`,
        'several that are equally large',
        'where several classes may be right, look at the loss, or at one class at a time'
      )
}

/** checks that the numbers of targets are valid for the loss and the metrics */
const wrongNumbers = (c: ValidTraining, y: Tensor, f: Pick<Feature, 'scale' | 'shift'>): DataError | undefined => {
  const targets = targetsOf(y, f)
  if (areIndexes(c.loss, c.output, y)) {
    const classes = c.output.at(-1) ?? 1
    const at = targets.numbers.findIndex(n => n >= classes && n !== c.loss.ignore)
    return wrongTarget(targets, at, `a class index below ${classes}`, 'the last layer has one output per class')
  }
  const { target, tag } = c.loss
  const at = target === undefined ? -1 : targets.numbers.findIndex(n => !target.is(n))
  return wrongTarget(targets, at, `${target?.name ?? ''} for the loss ${tag}`) ?? noClass(c, targets)
}

/** a model of indexes may have a vocabulary */
const wrongIndex = ({ placed: { indexes } }: ValidTraining, x: Tensor): DataError | undefined => {
  // a training has one input
  if (indexes === undefined || isParts(indexes)) return undefined
  const at = firstAbove(x, indexes)
  return at < 0
    ? undefined
    : dataError(
        ['inputs', `example ${Math.floor((at * (x.shape[0] as number)) / sizeOf(x.shape))}`],
        `an index below ${limitAt(indexes, at)}, as the vocabulary of the model has`,
        String(numbersOf(x)[at])
      )
}

/** checks the inputs and targets of a dataset; its weights were checked when it was made */
export const checkDataset = (c: ValidTraining, data: Dataset): E.Either<ShapeError | DataError, void> => {
  const examples = tensorsOfData(data)
  return failIf(checkShapes(c, examples) ?? wrongIndex(c, examples.x) ?? wrongNumbers(c, examples.y, data.y))
}

/** whether a batch can be cut into the shards of a training */
const wrongCut = ({ training: { shards } }: ValidTraining, { x }: Batch): ShapeError | undefined => {
  const count = shardCount(shards)
  const examples = x.shape[0] as number
  return examples % count === 0
    ? undefined
    : shapeError(['inputs'], `examples for ${count} equal shards`, counted(examples, 'example'))
}

/** checks a batch, that its weights are numbers, 0 or more, and that the shards of the training divide it */
export const checkBatch = (c: ValidTraining, batch: Batch): E.Either<ShapeError | DataError, void> =>
  pipe(
    failIf(
      checkShapes(c, batch) ??
        wrongCut(c, batch) ??
        wrongIndex(c, batch.x) ??
        wrongNumbers(c, batch.y, { scale: 1, shift: 0 })
    ),
    E.chainW(() => failIf(batch.weights === undefined ? undefined : wrongWeight(batch.weights)))
  )
const wrongWeight = (t: Tensor): DataError | undefined => {
  const weights = numbersOf(t)
  const bad = weights.findIndex((w: number) => !(w >= 0))
  return bad < 0 ? undefined : dataError(['weights', `example ${bad}`], 'a number, 0 or more', String(weights[bad]))
}
