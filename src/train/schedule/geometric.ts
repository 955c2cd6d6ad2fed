/** A schedule that changes by the same factor in each step, from one value to another. */
import { positive, size } from '../../value/codec.js'
import { pow } from '../../value/elementary.js'
import { epochs, steps } from '../stop/index.js'
import { inUnits, unit, type ScheduleDefinition, type Span, type Unit, type UnitOf } from './schedule.js'

export interface Geometric<U extends Unit = Unit> {
  readonly tag: 'geometric'
  readonly initial: number
  readonly final: number
  readonly over: number
  readonly per: U
}
type AnyGeometric = Geometric
declare module './open.js' {
  interface BuiltInSchedules {
    readonly geometric: AnyGeometric
  }
}

/**
 * initial (final / initial)^(t / T), up or down; from t = T on it stays at `final`.
 *
 * @param initial above 0
 * @param final above 0
 * @example geometric(0.1, 0.001, epochs(20))
 */
export const geometric = <const S extends Span>(initial: number, final: number, over: S): Geometric<UnitOf<S>> => {
  const { per, length } = inUnits(over)
  return Object.freeze({ tag: 'geometric', initial, final, over: length, per })
}

/** from a to b by factors, as x goes from 0 to 1; exact at both ends */
export const geometricBetween = (a: number, b: number, x: number): number =>
  x <= 0 ? a : x >= 1 ? b : a * pow(b / a, x)

export const geometricKind: ScheduleDefinition<Geometric> = {
  tag: 'geometric',
  fields: () => ({ initial: positive, final: positive, over: size, per: unit }),
  highest: ({ initial, final }) => Math.max(initial, final),
  // in between it is rounded: never above both ends
  value: ({ initial, final, over, per }, at) =>
    Math.min(geometricBetween(initial, final, at[per] / over), Math.max(initial, final)),
  tex: '\\eta_t = \\eta_0 \\left(\\frac{\\eta_T}{\\eta_0}\\right)^{t / T}',
  samples: [geometric(0.001, 0.1, steps(8)), geometric(0.1, 0.01, epochs(3))]
}
