/**
 * A series forecast by a GRU: the sum of two sines, of periods 20 and 7, one step ahead from the 16 steps before. The last part of the
 * series is held out. Repeating the last value is what a forecast has to beat.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import {
  adam,
  dense,
  epochs,
  fromArrays,
  gru,
  input,
  meanSquaredError,
  model,
  numbersOf,
  predict,
  showError,
  train,
  wasm
} from 'gradfold'

const [goal, times] = [0.05, 10]
export const claim =
  `a GRU of 16 units forecasts two sines one step ahead, on a held-out tail, with an error below ${goal}, ` +
  `less than 1/${times} of that of repeating the last value`

const window = 16
const [points, heldOut] = [316, 60]
/** s[t] = 2 cos(w) s[t-1] - s[t-2]: a sine without a call of it */
const sine = (twiceCos: number, first: number): readonly number[] =>
  Array.from({ length: points }).reduce<readonly number[]>(
    (s, _, t) => (t < 2 ? [...s, t === 0 ? 0 : first] : [...s, twiceCos * (s[t - 1] ?? 0) - (s[t - 2] ?? 0)]),
    []
  )
const [slow, fast] = [sine(1.902113032590307, 0.3090169943749474), sine(1.2469796037174672, 0.7818314824680298)]
const series = slow.map((s, t) => (s + (fast[t] ?? 0)) / 2)

const starts = Array.from({ length: points - window }, (_, i) => i)
const questions = starts.map(i => series.slice(i, i + window).map(s => [s]))
const answers = starts.map(i => [series[i + window] ?? 0])
const cut = starts.length - heldOut

const net = model(input(window, 1), gru(16), dense(1))
const learn = train(
  { model: net, loss: meanSquaredError, optimizer: adam(0.01), batchSize: 20, stop: epochs(40), seed: 1 },
  { backend: wasm }
)
/** the root of the mean squared error */
const errorOf = (forecasts: readonly number[], truth: readonly number[]): number =>
  Math.sqrt(truth.reduce((s, y, i) => s + (y - (forecasts[i] ?? 0)) * (y - (forecasts[i] ?? 0)), 0) / truth.length)

export const run = T.fromIO(() =>
  pipe(
    E.Do,
    E.bind('known', () => fromArrays(questions.slice(0, cut), answers.slice(0, cut))),
    E.bind('tail', () => fromArrays(questions.slice(cut), answers.slice(cut))),
    E.bindW('trained', ({ known }) => learn(known)),
    E.bindW('y', ({ tail, trained }) => predict(net, trained.params, { backend: wasm })(tail.x.tensor)),
    E.match(
      e => ({ holds: false, text: showError(e) }),
      ({ y }) => {
        const truth = answers.slice(cut).map(([a = 0]) => a)
        const [error, naive] = [errorOf([...numbersOf(y)], truth), errorOf(series.slice(-heldOut - 1, -1), truth)]
        return {
          holds: error < goal && error < naive / times,
          text: [
            `GRU of 16 units: ${error.toFixed(4)} on the last ${heldOut} of ${points} values (claimed: below ${goal})`,
            `repeating the last value: ${naive.toFixed(4)}; 1/${times} of it is ${(naive / times).toFixed(4)}`
          ].join('\n')
        }
      }
    )
  )
)
