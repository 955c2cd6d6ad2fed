/** Whether examples suit a training: their shapes, class indexes, weights. */
import type { Dataset } from '../data/dataset.js'
import { dataError, shapeError, type DataError, type ShapeError } from '../value/error.js'
import { sameShape, showShape } from '../value/shape.js'
import { numbersOf, type Tensor } from '../value/tensor.js'
import { checkTarget } from './loss/loss.js'
import type { Checked } from './training.js'

export interface Batch {
  /** inputs [k, ...] */
  readonly x: Tensor
  /** targets [k, ...], or class indexes [k] */
  readonly y: Tensor
  /** how much each example counts [k], 0 or more: the loss is sum w l / sum w. Metrics count every example once. */
  readonly weights?: Tensor
}
/** a dataset as one batch of what it holds, not yet as a model sees it */
export const tensorsOfData = ({ x, y, weights }: Dataset): Batch => ({
  x: x.tensor,
  y: y.tensor,
  ...(weights === undefined ? {} : { weights: weights.tensor })
})

/** whether the shapes suit a training: inputs of the model's shape, targets the loss takes, as many of the one as of the other, and of weights */
const checkShapes = (c: Checked, { x, y, weights }: Batch): ShapeError | undefined => {
  const got = x.shape.slice(1)
  if (x.shape.length === 0 || !sameShape(got, c.input))
    return shapeError(
      ['inputs'],
      `tensors of shape ${showShape(c.input)} for each example`,
      `shape ${showShape(got)}`,
      'reshape the data, or change the input of the model'
    )
  if (x.shape[0] !== y.shape[0])
    return shapeError(['targets'], `${x.shape[0]} targets, one for each input`, String(y.shape[0]))
  if (weights !== undefined && !(sameShape(weights.shape, [x.shape[0] as number]) && weights.dtype !== 'bool'))
    return shapeError(
      ['weights'],
      `${x.shape[0]} numbers, one for each input`,
      `${weights.dtype}${showShape(weights.shape)}`
    )
  return checkTarget(c.loss, c.output, y, c.training.precision)
}

const wrongLabels = ({ loss, output }: Checked, y: Tensor): DataError | undefined => {
  const classes = output.at(-1) ?? 1
  const isIndexes = loss.classIndexes && y.shape.length === output.length && (y.dtype === 'u8' || y.dtype === 'u32')
  const numbers = numbersOf(y)
  const outside = isIndexes ? numbers.findIndex((k: number) => k >= classes) : -1
  return outside < 0
    ? undefined
    : dataError(
        ['targets', `example ${Math.floor((outside * (y.shape[0] as number)) / numbers.length)}`],
        `a class index below ${classes}`,
        String(numbers[outside]),
        'the last layer has one output per class'
      )
}

/** whether the inputs and targets of a dataset suit a training; its weights were checked when it was made */
export const checkDataset = (c: Checked, data: Dataset): ShapeError | DataError | undefined => {
  const examples = tensorsOfData(data)
  return checkShapes(c, examples) ?? wrongLabels(c, examples.y)
}

/** the same of a batch, and whether its weights are numbers, 0 or more */
export const checkBatch = (c: Checked, batch: Batch): ShapeError | DataError | undefined => {
  const wrong = checkShapes(c, batch) ?? wrongLabels(c, batch.y)
  if (wrong !== undefined || batch.weights === undefined) return wrong
  const weights = numbersOf(batch.weights)
  const bad = weights.findIndex((w: number) => !(w >= 0))
  return bad < 0 ? undefined : dataError(['weights', `example ${bad}`], 'a number, 0 or more', String(weights[bad]))
}
