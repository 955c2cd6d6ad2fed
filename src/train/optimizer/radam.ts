/** RAdam (Liu et al. 2020): Adam that waits until its second moment can be trusted. */
import { add, cast, div, expm1, less, log, mul, select, sqrt, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { defined } from '../../value/defined.js'
import type { Setting } from '../schedule/schedule.js'
import { momentFields, momentSettings, momentsOf, usual, type WithMoments } from './moments.js'
import { none, one, perParameter, zeros, type OptimizerDefinition } from './optimizer.js'

export interface Radam extends WithMoments {
  readonly tag: 'radam'
}
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly radam: Radam
  }
}
export type RadamOptions = Partial<Omit<Radam, 'tag' | 'rate'>>

/**
 * Adam's m and v, and with rho = 2 / (1 - b2) - 1 and rho_t = rho - 2 t b2^t / (1 - b2^t):
 * - while rho_t <= 5 (the first five steps at b2 = 0.999): w <- w - rate m / (1 - b1^t)
 * - then: w <- w - rate r m / (1 - b1^t) sqrt(1 - b2^t) / (sqrt v + epsilon), where
 *   r = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
 *
 * (Liu et al. 2020, with epsilon where PyTorch has it; Optax adds it after the correction.) beta1 = 0.9, beta2 = 0.999,
 * epsilon = 1e-8 by default.
 */
export const radam = (rate: Setting = 0.001, options: RadamOptions = {}): Radam =>
  Object.freeze({ tag: 'radam', rate, ...usual, ...defined(options) })

/** in f64, since rho_t is the difference of two numbers that are nearly equal */
const rectification = (steps: Expr, b2: Expr): { readonly trusted: Expr; readonly factor: Expr } => {
  const [t, beta2] = [cast(steps, 'f64'), cast(b2, 'f64')]
  const rho = sub(div(2, sub(1, beta2)), 1)
  const logPower = mul(t, log(beta2))
  // 1 - b2^t, and b2^t over it
  const rest = mul(expm1(logPower), -1)
  const rhoT = sub(rho, div(mul(mul(2, t), sub(1, rest)), rest))
  const trusted = less(5, rhoT)
  const safe = select(trusted, rhoT, 6)
  const top = mul(mul(sub(safe, 4), sub(safe, 2)), rho)
  const bottom = mul(mul(sub(rho, 4), sub(rho, 2)), safe)
  // where it is not trusted rho may be below 4, and neither root is used
  const quotient = select(trusted, div(top, bottom), 1)
  return { trusted, factor: cast(mul(sqrt(quotient), sqrt(rest)), steps.dtype) }
}

export const radamKind: OptimizerDefinition<Radam> = {
  tag: 'radam',
  fields: ({ schedule }) => momentFields(schedule),
  slots: () => ({ m: zeros, v: zeros, power1: one, power2: one, count: none }),
  settings: momentSettings,
  update: (_, given) => {
    const { m: nextM, v: nextV, unbiased1, powers } = momentsOf(given)
    const count = add(given.scalar('count'), 1)
    const { trusted, factor } = rectification(count, given.setting('beta2'))
    const plain = unbiased1(given.setting('rate'))
    const rectified = mul(plain, factor)
    return perParameter(
      ({ gradient, slot }) => {
        const m = nextM(slot, gradient)
        const v = nextV(slot, gradient)
        const adapted = div(mul(rectified, m), add(sqrt(v), given.setting('epsilon')))
        return { update: select(trusted, adapted, mul(plain, m)), slots: { m, v } }
      },
      { ...powers, count }
    )(given)
  },
  tex: 'm \\leftarrow \\beta_1 m + (1 - \\beta_1) g,\\; v \\leftarrow \\beta_2 v + (1 - \\beta_2) g^2,\\; \\rho = \\frac{2}{1 - \\beta_2} - 1,\\; \\rho_t = \\rho - \\frac{2 t \\beta_2^t}{1 - \\beta_2^t},\\; w \\leftarrow w - \\eta \\frac{m}{1 - \\beta_1^t} \\begin{cases} \\sqrt{\\frac{(\\rho_t - 4)(\\rho_t - 2) \\rho}{(\\rho - 4)(\\rho - 2) \\rho_t}} \\frac{\\sqrt{1 - \\beta_2^t}}{\\sqrt v + \\epsilon} & \\text{if } \\rho_t > 5 \\\\ 1 & \\text{otherwise} \\end{cases}',
  samples: [radam(0.01), radam(0.01, { beta2: 0.5 })]
}
