/** A tiny transformer sorts digits: every position looks at all others, and says which digit stands there in the sorted list. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as N from 'fp-ts/lib/number.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import {
  adam,
  childKey,
  cosineDecay,
  dataset,
  dense,
  embedding,
  epochs,
  exactMatch,
  foldIn,
  input,
  layerNorm,
  model,
  numbersOf,
  ofIndices,
  perPosition,
  positionAccuracy,
  positions,
  predict,
  repeat,
  rootKey,
  score,
  sequenceCrossEntropy,
  showError,
  tensor,
  train,
  transformerBlock,
  wasm,
  type Key,
  type Tensor
} from 'gradfold'

const enough = 0.99
const unseen = 1000
export const claim = `of the digits of ${unseen} lists that it has not seen, the net puts more than ${enough} into their places`

const length = 6
/** 14,282 learned numbers */
export const sorter = ofIndices(
  model(
    input(length),
    embedding(10, 24),
    positions(),
    repeat(2)(transformerBlock(24, 4, { hidden: 48 })),
    layerNorm(),
    perPosition(dense(10))
  )
)

/** random lists of digits; a list and a place name a key, and the key a digit */
const lists = (key: Key, count: number): readonly (readonly number[])[] =>
  RA.makeBy(count, i => RA.makeBy(length, t => foldIn(foldIn(key, i), t).words[0] % 10))
const indexes = (rows: readonly (readonly number[])[]) => tensor('u32', [rows.length, length], rows.flat())
const examples = (rows: readonly (readonly number[])[]) =>
  pipe(
    E.Do,
    E.bind('x', () => indexes(rows)),
    E.bind('y', () => indexes(rows.map(RA.sort(N.Ord)))),
    E.chainW(dataset)
  )

const key = rootKey(14)
const passes = 6
export const settings = {
  model: sorter,
  loss: sequenceCrossEntropy(),
  optimizer: adam(cosineDecay(0.005, epochs(passes))),
  metrics: [positionAccuracy(), exactMatch()],
  batchSize: 50,
  stop: epochs(passes),
  seed: 1
}
const of = (m: Readonly<Record<string, unknown>>, name: string): string => Number(m[name]).toFixed(4)
/** the likeliest digit of each position */
const digitsOf = (logits: Tensor): string =>
  RA.chunksOf(10)(Array.from(numbersOf(logits)))
    .map(row => row.indexOf(row.reduce((a, b) => Math.max(a, b))))
    .join(' ')

const backend = wasm
export const run = (): Promise<{ readonly holds: boolean; readonly text: string }> =>
  Promise.resolve(
    pipe(
      E.Do,
      E.bind('seen', () => examples(lists(childKey(key, 'seen'), 5000))),
      E.bind('test', () => examples(lists(childKey(key, 'unseen'), unseen))),
      E.bindW('trained', ({ seen }) => train(settings, { backend })(seen)),
      E.bindW('scores', ({ test, trained }) => score(trained.training, trained.state, test, { backend })),
      E.bindW('one', () => indexes([[7, 0, 9, 4, 4, 1]])),
      E.bindW('sorted', ({ one, trained }) => predict(sorter, trained.params, { backend })(one)),
      E.match(
        e => ({ holds: false, text: showError(e) }),
        ({ trained, scores, sorted }) => ({
          holds: Number(scores.metrics['positionAccuracy']) > enough,
          text: [
            ...trained.history.map(h => `pass ${h.epoch}: ${of(h.metrics, 'positionAccuracy')} of the digits seen`),
            `of the digits of ${unseen} lists not seen ${of(scores.metrics, 'positionAccuracy')} are in their places (claimed: more than ${enough})`,
            `${of(scores.metrics, 'exactMatch')} of these lists are right as a whole`,
            `7 0 9 4 4 1 -> ${digitsOf(sorted)}`
          ].join('\n')
        })
      )
    )
  )
