/** A model's mean loss and the sums of its metrics over a dataset, in inference mode, batch by batch. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Loop, Values } from '../backend/backend.js'
import { exampleCount } from '../data/dataset.js'
import type { ArrangedData } from '../data/features.js'
import { gathered, residentData, type BatchSource } from '../data/program-inputs.js'
import type { Expr } from '../expr/op.js'
import { program, type Program } from '../expr/program.js'
import type { BackendError, ShapeError } from '../value/error.js'
import { scalarOf, tensorView, type FloatType, type Tensor } from '../value/tensor.js'
import { addTotals, sumsOf, plainTotals, type RunningTotals, type Totals } from './totals.js'

/** examples in a batch; results don't depend on it */
const chunk = 256

/** the indexes 0 to n - 1, cut into tensors of at most `size` */
const chunks = (n: number, size: number): readonly Tensor[] =>
  Array.from({ length: Math.ceil(n / size) }, (_, i) => {
    const length = Math.min(size, n - i * size)
    return tensorView(
      'u32',
      [length],
      Uint32Array.from({ length }, (_, j) => i * size + j)
    )
  })

export interface Evaluation {
  /** the mean over the examples, by their weights if there are any */
  readonly loss: number
  readonly totals: Totals
}
export interface Evaluator {
  /** evaluates the model with these tensors, which have the names of `like` */
  readonly evaluate: (model: Values) => E.Either<ShapeError | BackendError, Evaluation>
  /** releases threads and memory */
  readonly close: () => void
}

export interface EvaluatorOptions {
  readonly backend: Backend
  /** the element type to which features are cast */
  readonly dtype: FloatType
  /** outputs for a batch: `loss`, perhaps `weight`, and sums of metrics named `metric/...` */
  readonly outputs: (batch: BatchSource) => Readonly<Record<string, Expr>>
  /** tensors of the model, by the names of the program's inputs */
  readonly like: Values
}

/** Evaluates one model after another over a dataset that stays in the backend's memory. */
export const evaluator = (
  data: ArrangedData,
  { backend, dtype, outputs, like }: EvaluatorOptions
): E.Either<ShapeError | BackendError, Evaluator> => {
  const batches = chunks(exampleCount(data), chunk)
  const sizes = [...new Set(batches.map(b => b.shape[0] as number))]
  const resident: Values = { ...like, ...residentData(data), key: tensorView('u32', [2], new Uint32Array(2)) }
  return pipe(
    sizes,
    E.traverseArray((size: number) => program(outputs(gathered(data, size, dtype)))),
    E.bindTo('programs'),
    E.bindW('loop', ({ programs }) => backend.loop(programs, {}, resident)),
    E.map(({ programs, loop }) => ({
      evaluate: (model: Values) =>
        pipe(
          loop.place(model),
          E.chainW(() => addedUp(loop, batches, size => programs[sizes.indexOf(size)] as Program))
        ),
      close: loop.close
    }))
  )
}

const addedUp = (
  loop: Loop,
  batches: readonly Tensor[],
  programFor: (size: number) => Program
): E.Either<ShapeError | BackendError, Evaluation> => {
  let loss = 0
  let weight = 0
  let totals: RunningTotals = {}
  for (const index of batches) {
    const size = index.shape[0] as number
    const r = loop.step(programFor(size), { index })
    if (E.isLeft(r)) return r
    const own = r.right['weight'] === undefined ? size : scalarOf(r.right['weight'])
    loss += scalarOf(r.right['loss'] as Tensor) * own
    weight += own
    totals = addTotals(totals, sumsOf(r.right))
  }
  return E.right({ loss: loss / weight, totals: plainTotals(totals) })
}
