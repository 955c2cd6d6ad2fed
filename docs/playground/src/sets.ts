/** What the page begins with: data, and a run file for each. Points are made by gradfold's functions: the same in each browser. */
import { cos, sin } from '../../../src/value/elementary.js'

export interface Start {
  readonly name: string
  readonly title: string
  readonly says: string
  readonly run: () => Readonly<Record<string, unknown>>
}

/** numbers from 0 to 1 by a linear congruential generator: for pictures of data, not for training */
const draws = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 16_777_216
  }
}
const round = (x: number): number => Math.round(x * 100) / 100

type Place = readonly [number, number]
const points = (
  count: number,
  classes: number,
  seed: number,
  at: (kind: number, t: number, noise: () => number) => Place
) => {
  const draw = draws(seed)
  const noise = (): number => draw() + draw() + draw() - 1.5
  const made = Array.from({ length: count }, (_, i) => ({
    kind: i % classes,
    at: at(i % classes, Math.floor(i / classes) / Math.floor(count / classes), noise)
  }))
  return { x: made.map(p => p.at.map(round)), y: made.map(p => p.kind) }
}

const net = (inputs: number, hidden: readonly unknown[], classes: number) => ({
  input: [inputs],
  layers: [...hidden, { tag: 'dense', units: classes }]
})
const classified = (data: unknown, model: unknown, more: object) => ({
  seed: 1,
  data,
  model,
  loss: 'softmaxCrossEntropy',
  optimizer: { tag: 'adam', rate: 0.02 },
  batchSize: 20,
  stop: { tag: 'epochs', count: 200 },
  metrics: ['accuracy'],
  ...more
})
const plane = (train: unknown, classes: number) => ({ tag: 'arrays', train, classes })
const dense = (units: number) => ({ tag: 'dense', units })
const { PI } = Math

export const starts: readonly Start[] = [
  {
    name: 'xor',
    title: 'XOR',
    says: 'four points, which no line separates',
    run: () => ({
      seed: 1,
      data: {
        tag: 'arrays',
        train: {
          x: [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1]
          ],
          y: [[0], [1], [1], [0]]
        }
      },
      model: { input: [2], layers: [dense(4), 'tanh', dense(1), 'sigmoid'] },
      loss: 'meanSquaredError',
      optimizer: { tag: 'adam', rate: 0.05 },
      batchSize: 4,
      stop: {
        tag: 'anyOf',
        rules: [
          { tag: 'lossBelow', value: 0.001 },
          { tag: 'epochs', count: 2000 }
        ]
      },
      metrics: []
    })
  },
  {
    name: 'moons',
    title: 'Two moons',
    says: '120 points of two classes, interleaved',
    run: () =>
      classified(
        plane(
          points(120, 2, 7, (kind, t, noise) => [
            (kind === 0 ? cos(PI * t) : 1 - cos(PI * t)) - 0.5 + 0.12 * noise(),
            (kind === 0 ? sin(PI * t) : 0.5 - sin(PI * t)) - 0.25 + 0.12 * noise()
          ]),
          2
        ),
        net(2, [dense(8), 'tanh'], 2),
        {}
      )
  },
  {
    name: 'rings',
    title: 'Rings',
    says: '120 points, one class around the other',
    run: () =>
      classified(
        plane(
          points(120, 2, 3, (kind, t, noise) => {
            const radius = (kind === 0 ? 0.35 : 1) + 0.1 * noise()
            return [radius * cos(2 * PI * t), radius * sin(2 * PI * t)]
          }),
          2
        ),
        net(2, [dense(6), 'relu'], 2),
        {}
      )
  },
  {
    name: 'spirals',
    title: 'Spirals',
    says: '180 points on three arms',
    run: () =>
      classified(
        plane(
          points(180, 3, 5, (kind, t, noise) => {
            const angle = 4 * t + (kind * 2 * PI) / 3 + 0.12 * noise()
            return [(0.1 + 0.95 * t) * cos(angle), (0.1 + 0.95 * t) * sin(angle)]
          }),
          3
        ),
        net(2, [dense(10), 'tanh', dense(8), 'tanh'], 3),
        { stop: { tag: 'epochs', count: 300 } }
      )
  },
  {
    name: 'iris',
    title: 'Iris',
    says: '150 flowers of three species, four lengths each',
    run: () =>
      classified({ tag: 'iris' }, net(4, [dense(8), 'relu'], 3), {
        split: { tag: 'stratified', fraction: 0.8 },
        normalise: 'standardise',
        batchSize: 16,
        stop: { tag: 'epochs', count: 100 }
      })
  },
  {
    name: 'digits',
    title: 'Digits',
    says: 'handwritten digits: the first 1,300 of MNIST, 300 for the test',
    run: () =>
      classified({ tag: 'mnist', train: 1300, test: 300, flat: true }, net(784, [dense(32), 'relu'], 10), {
        optimizer: { tag: 'adam', rate: 0.003 },
        batchSize: 25,
        stop: { tag: 'epochs', count: 15 }
      })
  }
]
