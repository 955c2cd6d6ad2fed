/**
 * Optimizers side by side on a bowl that is twenty times steeper one way than the other: E = x^2 / 20 + y^2, from (-7, 2).
 *
 * Such bowls are the rule where inputs differ in scale. Here a linear unit a x + b y answers two questions, (a, b) = (sqrt(1/5), 0) and
 * (0, 2), whose right answers are 0: its half squared error over the two, 1/4 (x^2 / 5 + 4 y^2), is that bowl in its weights x and y.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import {
  adagrad,
  adam,
  dense,
  fromArrays,
  halfSquaredError,
  input,
  showError,
  model,
  momentum,
  nesterov,
  numbersOf,
  rmsprop,
  sgd,
  startState,
  steps,
  tensor,
  train,
  training,
  wasm,
  type Optimizer
} from 'gradfold'

const count = 30
const times = 10
const swift = ['momentum', 'nesterov', 'adagrad', 'rmsprop']
export const claim =
  `after ${count} steps down a narrow valley ${swift.join(', ')} are more than ${times} times nearer to its bottom than sgd is with ` +
  'its best rate, 0.95'

/**
 * Each with settings that suit this bowl. A rate above 1 makes sgd swing ever wider along y, while at 0.95 it still creeps along x.
 * adam's velocity carries it past the bottom: it needs more steps to come to rest.
 */
const optimizers: Readonly<Record<string, Optimizer>> = {
  'sgd(0.95)': sgd(0.95),
  'momentum(1.3, 0.4)': momentum(1.3, 0.4),
  'nesterov(0.5, 0.63)': nesterov(0.5, 0.63),
  'adagrad(3)': adagrad(3),
  'rmsprop(0.4)': rmsprop(0.4),
  'adam(0.3)': adam(0.3)
}

/** the weights after so many steps */
const descend = (optimizer: Optimizer) => {
  const settings = training({
    model: model(input(2), dense(1, { bias: false })),
    loss: halfSquaredError,
    optimizer,
    batchSize: 2,
    stop: steps(count)
  })
  const questions = [
    [Math.sqrt(1 / 5), 0],
    [0, 2]
  ]
  return pipe(
    E.Do,
    E.bind('bowl', () => fromArrays(questions, [[0], [0]])),
    E.bindW('weight', () => tensor('f32', [2, 1], [-7, 2])),
    E.bindW('from', ({ weight }) => startState(settings, { params: { dense: { weight } } })),
    E.bindW('end', ({ bowl, from }) => train(settings, { backend: wasm, from })(bowl)),
    E.map(({ end }) => numbersOf(end.params.dense.weight))
  )
}

const column = (x: number): string => x.toFixed(4).padStart(9)

export const run = T.fromIO(() =>
  pipe(
    Object.entries(optimizers),
    E.traverseArray(([name, optimizer]) =>
      pipe(
        descend(optimizer),
        E.map(([x = NaN, y = NaN]) => ({ name, x, y, distance: Math.sqrt(x * x + y * y) }))
      )
    ),
    E.match(
      e => ({ holds: false, text: showError(e) }),
      ends => {
        const sgd = ends[0]?.distance ?? NaN
        const nearer = ends.map(e => ({ ...e, isNearer: e.distance * times < sgd }))
        return {
          holds: swift.every(tag => nearer.some(e => e.isNearer && e.name.startsWith(tag))),
          text: [
            `after ${count} steps              x        y  distance`,
            ...nearer.map(({ name, x, y, distance, isNearer }) =>
              [
                name.padEnd(20),
                ...[x, y, distance].map(column),
                isNearer ? `  more than ${times} times nearer than sgd` : ''
              ].join('')
            )
          ].join('\n')
        }
      }
    )
  )
)
