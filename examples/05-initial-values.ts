/**
 * How widely activations spread in ten layers, by the deviation that the weights begin with. Too wide, and tanh sits at its ends, where
 * its slope is 0 and nothing is learnt, while relu grows without bound; too narrow, and each layer says less than the one before.
 * Deviations of sqrt(1 / n) for tanh and sqrt(2 / n) for relu, n being the inputs of a unit, keep the spread.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import {
  backprop,
  dense,
  evaluate,
  expr,
  filledTensor,
  halfSquaredError,
  init,
  input,
  showError,
  model,
  numbersOf,
  relu,
  repeat,
  rootKey,
  sequential,
  tanh,
  tensor,
  wasm,
  type Activation,
  type Initializer,
  type Tensor
} from 'gradfold'

const layers = 10
const [least, most] = [0.2, 0.9]
const [tiny, huge, share] = [1e-9, 1e6, 0.7]
export const claim =
  `through ${layers} layers xavierNormal with tanh and heNormal with relu keep the spread between ${least} and ${most}; ` +
  `from a deviation of 0.01 it falls below ${tiny}, from 1 relu takes it above ${huge} and more than ${share} of tanh saturate`

/** normal numbers, cut at two deviations */
const deviation = (std: number): Initializer => ({ tag: 'truncatedNormal', std })

interface Seen {
  /** the standard deviation of the activations, layer by layer */
  readonly spreads: readonly number[]
  readonly last: number
  /** the share of the last layer's activations beyond -0.99 and 0.99 */
  readonly saturated: number
}
interface Case {
  readonly name: string
  readonly f: Activation
  readonly initializer: Initializer
  readonly verdict: string
  readonly holds: (seen: Seen) => boolean
}
const vanishes = { verdict: `below ${tiny}`, holds: (s: Seen) => s.last < tiny }
const stays = {
  verdict: `between ${least} and ${most}`,
  holds: ({ spreads }: Seen) => spreads.every(s => s > least && s < most)
}
const saturates = { verdict: `more than ${share} saturated`, holds: (s: Seen) => s.saturated > share }
const explodes = { verdict: `above ${huge}`, holds: (s: Seen) => s.last > huge }

const cases: readonly Case[] = [
  { name: 'tanh, 0.01', f: tanh, initializer: deviation(0.01), ...vanishes },
  { name: 'tanh, 1', f: tanh, initializer: deviation(1), ...saturates },
  { name: 'tanh, xavierNormal', f: tanh, initializer: 'xavierNormal', ...stays },
  { name: 'relu, 0.01', f: relu, initializer: deviation(0.01), ...vanishes },
  { name: 'relu, 1', f: relu, initializer: deviation(1), ...explodes },
  { name: 'relu, heNormal', f: relu, initializer: 'heNormal', ...stays }
]

const mean = (xs: Float64Array): number => xs.reduce((sum, x) => sum + x, 0) / xs.length
const spread = (xs: Float64Array): number => Math.sqrt(mean(xs.map(x => x * x)) - mean(xs) * mean(xs))

/** 200 examples of 100 normal numbers go through ten layers; `backprop` shows what each of them gives */
const look = ({ f, initializer }: Case) => {
  const net = model(input(100), repeat(layers)(sequential(dense(100, { initializer }), f)))
  const normal = expr.random(expr.input('key', 'u32', [2]), 'normal', [200, 100])
  return pipe(
    E.Do,
    E.bind('key', () => tensor('u32', [2], rootKey(2).words)),
    E.bindW('drawn', ({ key }) => evaluate(wasm)({ x: normal }, { key })),
    E.bindW('params', () => init(net, rootKey(1))),
    E.bindW('seen', ({ drawn: { x }, params }) =>
      backprop(net, params, { x, y: filledTensor('f32', [200, 100], 0) }, { loss: halfSquaredError, backend: wasm })
    ),
    E.map(({ seen }): Seen => {
      const layer = (i: number) => Float64Array.from(numbersOf(seen.layers[`repeat/${i}`]?.value as Tensor))
      const end = layer(layers - 1)
      return {
        spreads: Array.from({ length: layers }, (_, i) => spread(layer(i))),
        last: spread(end),
        saturated: mean(end.map(x => (Math.abs(x) > 0.99 ? 1 : 0)))
      }
    })
  )
}

const column = (x = NaN): string => (x > 0.001 && x < 1000 ? x.toFixed(3) : x.toExponential(0)).padStart(8)

export const run = T.fromIO(() =>
  pipe(
    cases,
    E.traverseArray(c =>
      pipe(
        look(c),
        E.map(seen => ({ ...c, seen }))
      )
    ),
    E.match(
      e => ({ holds: false, text: showError(e) }),
      results => ({
        holds: results.every(r => r.holds(r.seen)),
        text: [
          `spread in layer           1       4       7      ${layers}`,
          ...results.map(({ name, seen: { spreads }, verdict }) =>
            [name.padEnd(20), ...[0, 3, 6, 9].map(i => column(spreads[i])), '  ', verdict].join('')
          )
        ].join('\n')
      })
    )
  )
)
