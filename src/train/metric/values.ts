/** The types of metrics' values by the names under which reports hold them: `[rmse, topK(5)]` gives `{ rmse: number, top5: number }`. */
import type { CustomMetric } from './custom.js'
import type { MetricsOfOutputs, OutputLoss } from '../per-output.js'
import type { Metric, MetricValue } from './metric.js'
import type { MetricRules } from './open.js'

/** the name and the value of a metric */
type Rule<M> = Named<RuleOf<M>>
type Named<R> = R extends readonly [string, unknown] ? R : never
type RuleOf<M> = M extends { readonly tag: infer T extends string }
  ? T extends keyof MetricRules<M>
    ? MetricRules<M>[T]
    : M extends CustomMetric<T>
      ? readonly [T, number]
      : readonly [T, MetricValue]
  : never

/** those of a list of names that equal one */
type Same<Names extends readonly string[], N extends string> = Names extends readonly [
  infer First,
  ...infer Rest extends readonly string[]
]
  ? First extends N
    ? [First, ...Same<Rest, N>]
    : Same<Rest, N>
  : []
/** the second metric of a name has a 2 behind it, and so on */
type Numbered<N extends string, Before extends readonly string[]> =
  Same<Before, N> extends infer S extends readonly string[]
    ? S['length'] extends 0
      ? N
      : [...S, N]['length'] extends infer Count extends number
        ? `${N}${Count}`
        : never
    : never

/** a union where the compiler does not know which name it is */
type Entry<R, Before extends readonly string[]> = R extends readonly [infer N extends string, infer V]
  ? { readonly [K in Numbered<N, Before>]: V }
  : never
type Listed<Ms, Before extends readonly string[]> = Ms extends readonly [infer M, ...infer Rest]
  ? Entry<Rule<M>, Before> & Listed<Rest, [...Before, Rule<M>[0]]>
  : unknown

/** what reports hold of a list of metrics; of a list that the compiler does not know, any values by name */
export type MetricValues<Ms extends readonly Metric[]> =
  Ms extends MetricsOfOutputs<infer Os>
    ? OutputValues<Os>
    : number extends Ms['length']
      ? Readonly<Record<string, MetricValue>>
      : Flat<Listed<Ms, []>>
/** under `<output>/<name>`: the loss of each output and its metrics */
type OutputValues<Os extends readonly OutputLoss[]> = number extends Os['length']
  ? Readonly<Record<string, MetricValue>>
  : Flat<EachOutput<Os>>
type EachOutput<Os extends readonly OutputLoss[]> = Os extends readonly [
  infer O extends OutputLoss,
  ...infer Rest extends readonly OutputLoss[]
]
  ? { readonly [N in O['name'] as `${N}/loss`]: number } & UnderName<O['name'], Listed<O['metrics'], []>> &
      EachOutput<Rest>
  : unknown
type UnderName<Name extends string, Values> = { readonly [K in keyof Values & string as `${Name}/${K}`]: Values[K] }
type Flat<T> = { readonly [K in keyof T]: T[K] }
