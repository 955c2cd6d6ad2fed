/** Averages of the parameters over the steps of a training: exponential (EMA) and plain (SWA). */
import { add, cast, constant, div, equal, floor, less, max, mul, select, sub } from '../../expr/build.js'
import { count as wholeNumber, inRange, size, withDefault } from '../../value/codec.js'
import { adam } from './adam.js'
import { copied, get, mapByPath, none, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { momentum } from './momentum.js'
import { around, label } from './wrapper.js'

export interface Ema {
  readonly tag: 'ema'
  readonly optimizer: Optimizer
  readonly momentum: number
}
export interface Swa {
  readonly tag: 'swa'
  readonly optimizer: Optimizer
  readonly start: number
  readonly every: number
}
type AnyEma = Ema
type AnySwa = Swa
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly ema: AnyEma
    readonly swa: AnySwa
  }
}
export interface EmaOptions {
  /** how much of the average stays in each step, called decay elsewhere; default 0.999 */
  readonly momentum?: number
}
export interface SwaOptions {
  /** the steps before the first parameters that count */
  readonly start: number
  /** parameters are added with this many steps between them, for example once per epoch; default 1 */
  readonly every?: number
}

/**
 * An exponential moving average beside the training: after each step a <- m a + (1 - m) w, with a the initial parameters at first. The
 * parameters move as without it. Scores over the validation set, `best` and the parameters of the result are a.
 *
 * Put it outermost, around a whole chain. Running statistics of layers are those of the training, not averaged.
 *
 * @example ema(adam(0.001), { momentum: 0.999 })
 */
export const ema = (optimizer: Optimizer, { momentum = 0.999 }: EmaOptions = {}): Ema =>
  Object.freeze({ tag: 'ema', optimizer, momentum })

/**
 * Stochastic weight averaging (Izmailov et al. 2018): a is the mean of the parameters after the steps `start`, `start + every`,
 * `start + 2 every`, ... (counted from 1; from the first step on where `start` is 0), and the parameters themselves before. Scores over
 * the validation set, `best` and the parameters of the result are a.
 *
 * Put it outermost, around a whole chain. Running statistics of layers are those of the training, not averaged.
 *
 * @example swa(momentum(0.05), { start: 5000, every: 100 })
 */
export const swa = (optimizer: Optimizer, { start, every = 1 }: SwaOptions): Swa =>
  Object.freeze({ tag: 'swa', optimizer, start, every })

const own = { average: 'average', count: 'averageSteps' } as const

export const emaKind: OptimizerDefinition<Ema> = {
  ...around,
  tag: 'ema',
  fields: ({ optimizer }) => ({
    optimizer,
    momentum: withDefault(
      inRange('a number from 0 up to, not including, 1', n => n >= 0 && n < 1),
      0.999
    )
  }),
  slots: ({ optimizer }, self) => ({ [own.average]: copied, ...self.slots(optimizer, label) }),
  update: ({ optimizer, momentum }, given, self) => {
    const inner = self.update(optimizer, label, given)
    const before = given.slots(own.average)
    const average = mapByPath(inner.updates, (update, path) => {
      const [a, w] = [get(before, path), sub(get(given.params, path), update)]
      return add(a, mul(sub(w, a), constant(1 - momentum, a)))
    })
    return { ...inner, slots: { ...inner.slots, [own.average]: average } }
  },
  average: () => own.average,
  tex: 'a \\leftarrow m a + (1 - m) w',
  samples: [ema(adam(0.01), { momentum: 0.9 })]
}

export const swaKind: OptimizerDefinition<Swa> = {
  ...around,
  tag: 'swa',
  fields: ({ optimizer }) => ({ optimizer, start: wholeNumber, every: withDefault(size, 1) }),
  slots: ({ optimizer }, self) => ({ [own.average]: copied, [own.count]: none, ...self.slots(optimizer, label) }),
  update: ({ optimizer, start, every }, given, self) => {
    const inner = self.update(optimizer, label, given)
    const count = add(given.scalar(own.count), 1)
    const since = sub(count, Math.max(1, start))
    const rounds = floor(div(cast(since, 'f64'), every))
    const due = equal(mul(rounds, every), cast(since, 'f64'))
    const before = less(since, 0)
    const share = cast(div(1, add(max(rounds, 0), 1)), count.dtype)
    const averages = given.slots(own.average)
    const average = mapByPath(inner.updates, (update, path) => {
      const [a, w] = [get(averages, path), sub(get(given.params, path), update)]
      return select(before, w, select(due, add(a, mul(sub(w, a), share)), a))
    })
    return {
      updates: inner.updates,
      slots: { ...inner.slots, [own.average]: average },
      scalars: { ...inner.scalars, [own.count]: count }
    }
  },
  average: () => own.average,
  tex: 'a \\leftarrow a + \\frac{w - a}{n + 1} \\text{ with the } n \\text{ parameters averaged so far}',
  samples: [swa(momentum(0.05), { start: 1, every: 2 })]
}
