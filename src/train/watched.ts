/** What a step sees in numbers that can be kept: how weights, gradients, outputs and deltas are distributed, and which units are dead. */
import { namedExamples, type Examples } from '../infer/examples.js'
import { numbersOf, type Tensor } from '../value/tensor.js'
import { treeLeaves } from '../value/tree.js'
import type { StepSeen } from './watch.js'

/** the shares of the numbers that are at or below the quantiles of a distribution */
export const quantileShares = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const

export interface Distribution {
  /** how many numbers there are */
  readonly numbers: number
  /** how many of them are NaN or infinite; what follows leaves them out */
  readonly nonFinite: number
  readonly mean: number
  /** sqrt(mean((x - mean)^2)) */
  readonly deviation: number
  /** at `quantileShares`; empty where no number is finite */
  readonly quantiles: readonly number[]
}
/** the output of a layer for a batch */
export interface WatchedLayer {
  readonly value: Distribution
  /** dE/dvalue */
  readonly delta: Distribution
  /** places of the last axis */
  readonly units: number
  /** units that are 0 for each example and at each position of the batch */
  readonly dead: number
}
export interface Watched {
  /** steps taken before */
  readonly step: number
  readonly loss: number
  /** by path */
  readonly params: Readonly<Record<string, { readonly value: Distribution; readonly gradient: Distribution }>>
  /** by label path, in the order of the model; of a layer with several outputs `path/0`, `path/1`, ... */
  readonly layers: Readonly<Record<string, WatchedLayer>>
}

/** six digits are more than a picture shows */
const rounded = (x: number): number => Number(x.toPrecision(6))

/** of more numbers than these the quantiles are those of a part of them */
const sampleSize = 4096
/** places that are spread evenly by the golden ratio: places at equal distances could all be in one column of a matrix */
const sample = (xs: Float64Array): Float64Array =>
  xs.length <= sampleSize
    ? xs
    : Float64Array.from({ length: sampleSize }, (_, i) => {
        const turns = (i + 1) * 0.6180339887498949
        return xs[Math.floor((turns - Math.floor(turns)) * xs.length)] ?? 0
      })

/**
 * The distribution of numbers: mean, deviation and quantiles. The quantile of a share p of n sorted numbers is that at place floor(p (n - 1));
 * of more than 4,096 numbers, the inner quantiles are those of 4,096 of them.
 */
export const distributionOf = (all: ArrayLike<number>): Distribution => {
  const xs = Float64Array.from(all).filter(x => Number.isFinite(x))
  const n = xs.length
  const counts = { numbers: all.length, nonFinite: all.length - n }
  if (n === 0) return { ...counts, mean: 0, deviation: 0, quantiles: [] }
  const mean = xs.reduce((sum, x) => sum + x / n, 0)
  const variance = xs.reduce((sum, x) => sum + ((x - mean) * (x - mean)) / n, 0)
  const low = xs.reduce((a, b) => Math.min(a, b))
  const high = xs.reduce((a, b) => Math.max(a, b))
  const sorted = sample(xs)
    .slice()
    .sort((a, b) => a - b)
  const inner = quantileShares.slice(1, -1).map(p => sorted[Math.floor(p * (sorted.length - 1))] ?? 0)
  return {
    ...counts,
    mean: rounded(mean),
    deviation: rounded(Math.sqrt(variance)),
    quantiles: [low, ...inner, high].map(rounded)
  }
}

/** how many places of the last axis are 0 everywhere */
const deadUnits = (numbers: ArrayLike<number>, units: number): number => {
  const alive = new Uint8Array(units)
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0) alive[i % units] = 1
  return alive.reduce((n, a) => n - a, units)
}

const layerOf = (value: Tensor, delta: Tensor): WatchedLayer => {
  const numbers = numbersOf(value)
  const units = value.shape.length < 2 ? 1 : (value.shape.at(-1) ?? 1)
  return {
    value: distributionOf(numbers),
    delta: distributionOf(numbersOf(delta)),
    units,
    dead: deadUnits(numbers, units)
  }
}
const layersOf = (path: string, value: Examples, delta: Examples): readonly (readonly [string, WatchedLayer])[] => {
  const deltas = new Map(namedExamples(path, delta))
  return namedExamples(path, value).flatMap(([name, v]) => {
    const d = deltas.get(name)
    return d === undefined ? [] : [[name, layerOf(v, d)] as const]
  })
}

/** The distributions of what a step sees. */
export const watchedOf = (seen: StepSeen): Watched => {
  const gradients = new Map(treeLeaves<Tensor>(seen.gradients))
  return {
    step: seen.step - 1,
    loss: rounded(seen.loss),
    params: Object.fromEntries(
      treeLeaves<Tensor>(seen.params).flatMap(([path, value]) => {
        const gradient = gradients.get(path)
        return gradient === undefined
          ? []
          : [[path, { value: distributionOf(numbersOf(value)), gradient: distributionOf(numbersOf(gradient)) }]]
      })
    ),
    layers: Object.fromEntries(
      Object.entries(seen.layers).flatMap(([path, { value, delta }]) => layersOf(path, value, delta))
    )
  }
}
