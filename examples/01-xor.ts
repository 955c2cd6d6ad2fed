/** XOR, learnt by backpropagation and plain gradient descent (the generalised delta rule) until the error is small enough. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import {
  anyOf,
  dense,
  epochs,
  fromArrays,
  halfSquaredError,
  input,
  lossBelow,
  showError,
  model,
  numbersOf,
  predict,
  sgd,
  sigmoid,
  train,
  wasm
} from 'gradfold'

const smallEnough = 0.001
export const claim = `a net of three hidden sigmoids learns XOR by the delta rule to an error below ${smallEnough}`

const questions = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1]
]
const answers = [[0], [1], [1], [0]]

const net = model(input(2), dense(3), sigmoid, dense(1), sigmoid)
const learn = train(
  {
    model: net,
    loss: halfSquaredError,
    optimizer: sgd(6),
    batchSize: 4,
    stop: anyOf(lossBelow(smallEnough), epochs(20_000)),
    seed: 1
  },
  { backend: wasm }
)

export const run = T.fromIO(() =>
  pipe(
    E.Do,
    E.bind('data', () => fromArrays(questions, answers)),
    E.bindW('trained', ({ data }) => learn(data)),
    E.bindW('y', ({ data, trained }) => predict(net, trained.params, { backend: wasm })(data.x.tensor)),
    E.match(
      e => ({ holds: false, text: showError(e) }),
      ({ trained: { state, reason }, y }) => {
        const outputs = [...numbersOf(y)]
        const rows = questions.map((q, i) => `${q.join(' xor ')} = ${outputs[i]?.toFixed(3)}`)
        return {
          holds: state.progress.epochLoss < smallEnough && outputs.every((y, i) => Math.round(y) === answers[i]?.[0]),
          text: [...rows, `after ${state.progress.step} steps: ${reason}`].join('\n')
        }
      }
    )
  )
)
