/**
 * Three hundred digits are too few for this net: it learns them by heart, and is the surer of its mistakes on others. Weight decay keeps
 * its weights small, dropout keeps its units from leaning on each other; both narrow the gap between seen and unseen digits.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  accuracy,
  chain,
  dense,
  dropout,
  epochs,
  exceptBiasAndNorm,
  input,
  masked,
  showError,
  model,
  momentum,
  relu,
  score,
  sequential,
  softmaxCrossEntropy,
  train,
  wasm,
  weightDecay,
  type Model,
  type Optimizer
} from 'gradfold'
import { loadMnist, type Datasets } from 'gradfold/files'

const [wide, narrow] = [1, 0.7]
export const claim =
  `after 60 passes over 300 digits the loss on unseen ones is more than ${wide} above that on the seen; ` +
  `with weight decay and dropout it is less than ${narrow} above`

const block = sequential(dense(100, { initializer: 'heNormal' }), relu)
const plain = model(input(784), block, block, block, dense(10))
const drop = dropout(0.3)
const dropping = model(input(784), dropout(0.2), block, drop, block, drop, block, drop, dense(10))

const descent = momentum(0.05)
/** biases need no decay */
const decaying = chain(masked(exceptBiasAndNorm, weightDecay(0.01)), descent)

const cases: readonly (readonly [name: string, model: Model<[784], [10]>, optimizer: Optimizer])[] = [
  ['nothing', plain, descent],
  ['weight decay', plain, decaying],
  ['dropout', dropping, descent],
  ['both', dropping, decaying]
]

const gaps = ({ train: seen, test: unseen }: Required<Datasets>) =>
  pipe(
    cases,
    E.traverseArray(([name, model, optimizer]) =>
      pipe(
        train(
          {
            model,
            loss: softmaxCrossEntropy,
            optimizer,
            batchSize: 50,
            stop: epochs(60),
            metrics: [accuracy],
            seed: 1
          },
          { backend: wasm }
        )(seen),
        E.bindTo('trained'),
        // scored with dropout off, as always outside of training
        E.bindW('seen', ({ trained: { training, state } }) => score(training, state, seen, { backend: wasm })),
        E.bindW('unseen', ({ trained: { training, state } }) => score(training, state, unseen, { backend: wasm })),
        E.map(({ seen, unseen }) => ({ name, seen, unseen, gap: unseen.loss - seen.loss }))
      )
    )
  )

const column = (x: unknown): string => Number(x).toFixed(3).padStart(8)

export const run = pipe(
  loadMnist({ train: 300, flat: true }),
  TE.chainEitherKW(gaps),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    results => {
      const gap = (name: string): number => results.find(r => r.name === name)?.gap ?? NaN
      return {
        holds: gap('nothing') > wide && gap('both') < narrow && gap('weight decay') < wide && gap('dropout') < wide,
        text: [
          '60 passes, 300 seen   loss seen  unseen     gap   accuracy on unseen',
          ...results.map(({ name, seen, unseen, gap }) =>
            [name.padEnd(23), ...[seen.loss, unseen.loss, gap, unseen.metrics['accuracy']].map(column)].join('')
          ),
          `claimed: a gap above ${wide} without, below ${narrow} with both`
        ].join('\n')
      }
    }
  )
)
