/** A model's loss and metrics over a dataset, in inference. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Backend, Values } from '../backend/backend.js'
import type { Dataset } from '../data/dataset.js'
import { exampleCount } from '../data/dataset.js'
import { input } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { program } from '../expr/program.js'
import { scalarOf, view, type Aval, type Tensor } from '../value/tensor.js'
import { mapTree, type Branch } from '../value/tree.js'
import { forward, gathered, lossOutputs, metricNames, metricSums, residentData } from './program.js'
import { addTotals, type Totals } from './metric/metric.js'
import type { Scores } from './progress.js'
import { checkDataset } from './examples.js'
import { sumsOf, type TrainError } from './step.js'
import { tensorsOf, type TrainState } from './state.js'
import { builtInTraining, type TrainingRegistry } from './registry.js'
import { checkTraining, type Checked, type Training } from './training.js'

export type { Scores }

/** the metrics from the totals of their sums (`<metric>/<sum>`) over so many examples */
export const metricValues = (c: Checked, totals: Totals, examples: number): Scores['metrics'] =>
  Object.fromEntries(
    metricNames(c).map((name, i) => {
      const mine = Object.entries(totals).flatMap(([k, v]) =>
        k.startsWith(`${name}/`) ? [[k.slice(`${name}/`.length), v] as const] : []
      )
      const m = c.training.metrics[i]
      return [
        name,
        m === undefined
          ? NaN
          : (c.registry.metrics[m.tag]?.value(m, Object.fromEntries(mine), examples, c.output) ?? NaN)
      ] as const
    })
  )

/** examples at a time; results don't depend on it */
const chunk = 256

/** the examples in order, cut into index tensors of at most `size` */
export const chunks = (n: number, size: number, order?: ArrayLike<number>): readonly Tensor[] =>
  Array.from({ length: Math.ceil(n / size) }, (_, i) => {
    const length = Math.min(size, n - i * size)
    return view(
      'u32',
      [length],
      Uint32Array.from({ length }, (_, j) => (order === undefined ? i * size + j : (order[i * size + j] as number)))
    )
  })

const inputs = (prefix: string, tree: Branch<Tensor>): Branch<Expr> =>
  mapTree<Aval, Expr>((a, path) => input(path, a.dtype, a.shape))(tree, prefix) as Branch<Expr>

/** scores of one state after another over the same dataset, which stays in memory */
export interface Evaluator {
  readonly scores: (s: TrainState) => E.Either<TrainError, Scores>
  readonly close: () => void
}
/** compiled for the shapes of this state's tensors */
export const evaluator = (
  c: Checked,
  backend: Backend,
  data: Dataset,
  like: TrainState
): E.Either<TrainError, Evaluator> => {
  const wrong = checkDataset(c, data)
  if (wrong !== undefined) return E.left(wrong)
  const n = exampleCount(data)
  const batches = chunks(n, chunk)
  const outputs = (size: number): Readonly<Record<string, Expr>> => {
    const batch = gathered(data, size, c.training.precision)
    const y = forward(c, inputs('params', like.params), inputs('layers', like.layers), batch.x, false).value
    return { ...lossOutputs(c, y, batch), ...metricSums(c, y, batch.y) }
  }
  const modelOf = ({ params, layers }: TrainState): Values => tensorsOf({ params, layers, optimizer: {} })
  const sizes = [...new Set(batches.map(b => b.shape[0] as number))]
  const resident: Values = { ...modelOf(like), ...residentData(data), key: view('u32', [2], new Uint32Array(2)) }
  return pipe(
    E.traverseArray((size: number) => program(outputs(size)))(sizes),
    E.chainW(programs =>
      pipe(
        backend.loop(programs, {}, resident),
        E.map(loop => ({ programs, loop }))
      )
    ),
    E.map(({ programs, loop }) => ({
      scores: (s: TrainState) => {
        const placed = loop.place(modelOf(s))
        if (E.isLeft(placed)) return placed
        let loss = 0
        let weight = 0
        let totals: Totals = {}
        for (const index of batches) {
          const size = index.shape[0] as number
          const r = loop.step(programs[sizes.indexOf(size)] as (typeof programs)[number], { index })
          if (E.isLeft(r)) return r
          const own = r.right['weight'] === undefined ? size : scalarOf(r.right['weight'])
          loss += scalarOf(r.right['loss'] as Tensor) * own
          weight += own
          totals = addTotals(totals, sumsOf(r.right))
        }
        return E.right({ loss: loss / weight, metrics: metricValues(c, totals, n) })
      },
      close: loop.close
    }))
  )
}

/**
 * The loss and metrics of a training's model over a dataset, in inference, with the parameters of a state.
 *
 * @example score(trained.training, trained.state, test, { backend: wasm }) // Either<..., { loss, metrics: { accuracy } }>
 */
export const score = (
  t: Training,
  s: TrainState,
  data: Dataset,
  { backend, registry = builtInTraining }: { readonly backend: Backend; readonly registry?: TrainingRegistry }
): E.Either<TrainError, Scores> =>
  pipe(
    checkTraining(t, registry),
    E.chainW(c => evaluator(c, backend, data, s)),
    E.chainW(({ scores, close }) => {
      const r = scores(s)
      close()
      return r
    })
  )
