/** Schedules that go from one value to another. t counts steps or whole epochs; from t = T on the last value stays. */
import { fraction, nonNegative, positive, size, withDefault } from '../../value/codec.js'
import { cos, pow } from '../../value/elementary.js'
import { epochs, steps } from '../stop/index.js'
import { inUnits, unit, type ScheduleDefinition, type Span, type Unit, type UnitOf } from './schedule.js'

export interface StepDecay<U extends Unit = Unit> {
  readonly tag: 'stepDecay'
  readonly initial: number
  /** the factor at each drop */
  readonly factor: number
  /** how long it stays between drops */
  readonly every: number
  readonly per: U
}
export interface ExponentialDecay<U extends Unit = Unit> {
  readonly tag: 'exponentialDecay'
  readonly initial: number
  /** the factor per unit of time */
  readonly factor: number
  readonly per: U
}
export interface PolynomialDecay<U extends Unit = Unit> {
  readonly tag: 'polynomialDecay'
  readonly initial: number
  readonly final: number
  readonly power: number
  readonly over: number
  readonly per: U
}
export interface CosineDecay<U extends Unit = Unit> {
  readonly tag: 'cosineDecay'
  readonly initial: number
  readonly final: number
  readonly over: number
  readonly per: U
}
type AnyStepDecay = StepDecay
type AnyExponentialDecay = ExponentialDecay
type AnyPolynomialDecay = PolynomialDecay
type AnyCosineDecay = CosineDecay
declare module './open.js' {
  interface BuiltInSchedules {
    readonly stepDecay: AnyStepDecay
    readonly exponentialDecay: AnyExponentialDecay
    readonly polynomialDecay: AnyPolynomialDecay
    readonly cosineDecay: AnyCosineDecay
  }
}

/** initial * factor^floor(t / T): one drop after each T. @example stepDecay(0.1, 0.5, epochs(10)) */
export const stepDecay = <const S extends Span>(initial: number, factor: number, every: S): StepDecay<UnitOf<S>> => {
  const { per, length } = inUnits(every)
  return Object.freeze({ tag: 'stepDecay', initial, factor, every: length, per })
}

/** initial * factor^t, with t counted in steps or in whole epochs */
export const exponentialDecay = <U extends Unit = 'epoch'>(
  initial: number,
  factor: number,
  per: U = 'epoch' as U
): ExponentialDecay<U> => Object.freeze({ tag: 'exponentialDecay', initial, factor, per })

/**
 * final + (initial - final) (1 - t / T)^power; a straight line for power 1. It may also rise.
 *
 * @example polynomialDecay(0.1, steps(1000)) // down to 0
 */
export const polynomialDecay = <const S extends Span>(
  initial: number,
  over: S,
  { final = 0, power = 1 }: { readonly final?: number; readonly power?: number } = {}
): PolynomialDecay<UnitOf<S>> => {
  const { per, length } = inUnits(over)
  return Object.freeze({ tag: 'polynomialDecay', initial, final, power, over: length, per })
}

/**
 * final + (initial - final) (1 + cos(pi t / T)) / 2 (Loshchilov and Hutter 2017). From t = T on it stays at `final`, as Keras' `CosineDecay`;
 * PyTorch's `CosineAnnealingLR` rises again. @example cosineDecay(0.1, epochs(20))
 */
export const cosineDecay = <const S extends Span>(initial: number, over: S, final = 0): CosineDecay<UnitOf<S>> => {
  const { per, length } = inUnits(over)
  return Object.freeze({ tag: 'cosineDecay', initial, final, over: length, per })
}

/** from a to b along half a cosine, as x goes from 0 to 1; exact at both ends */
export const cosineBetween = (a: number, b: number, x: number): number =>
  x <= 0 ? a : x >= 1 ? b : b + ((a - b) * (1 + cos(Math.PI * x))) / 2

export const stepDecayKind: ScheduleDefinition<StepDecay> = {
  tag: 'stepDecay',
  fields: () => ({ initial: nonNegative, factor: fraction, every: size, per: unit }),
  highest: ({ initial }) => initial,
  value: ({ initial, factor, every, per }, at) => initial * pow(factor, Math.floor(at[per] / every)),
  tex: '\\eta_t = \\eta_0 \\gamma^{\\lfloor t / T \\rfloor}',
  samples: [stepDecay(0.1, 0.5, epochs(2)), stepDecay(0.1, 0.1, steps(5))]
}

export const exponentialDecayKind: ScheduleDefinition<ExponentialDecay> = {
  tag: 'exponentialDecay',
  fields: () => ({ initial: nonNegative, factor: fraction, per: withDefault(unit, 'epoch') }),
  highest: ({ initial }) => initial,
  value: ({ initial, factor, per }, at) => initial * pow(factor, at[per]),
  tex: '\\eta_t = \\eta_0 \\gamma^t',
  samples: [exponentialDecay(0.1, 0.9), exponentialDecay(0.1, 0.99, 'step')]
}

export const polynomialDecayKind: ScheduleDefinition<PolynomialDecay> = {
  tag: 'polynomialDecay',
  fields: () => ({
    initial: nonNegative,
    final: withDefault(nonNegative, 0),
    power: withDefault(positive, 1),
    over: size,
    per: unit
  }),
  highest: ({ initial, final }) => Math.max(initial, final),
  value: ({ initial, final, power, over, per }, at) =>
    final + (initial - final) * pow(Math.max(0, 1 - at[per] / over), power),
  tex: '\\eta_t = \\eta_T + (\\eta_0 - \\eta_T) \\left(1 - \\frac{t}{T}\\right)^p',
  samples: [polynomialDecay(0.1, steps(8)), polynomialDecay(0.1, epochs(3), { final: 0.01, power: 2 })]
}

export const cosineDecayKind: ScheduleDefinition<CosineDecay> = {
  tag: 'cosineDecay',
  fields: () => ({ initial: nonNegative, final: withDefault(nonNegative, 0), over: size, per: unit }),
  highest: ({ initial, final }) => Math.max(initial, final),
  value: ({ initial, final, over, per }, at) => cosineBetween(initial, final, at[per] / over),
  tex: '\\eta_t = \\eta_T + \\frac{\\eta_0 - \\eta_T}{2} \\left(1 + \\cos \\frac{\\pi t}{T}\\right)',
  samples: [cosineDecay(0.1, steps(8)), cosineDecay(0.1, epochs(3), 0.01)]
}
