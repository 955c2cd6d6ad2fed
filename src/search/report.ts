/** The results of a study for people: tables as Markdown, a plot for each dimension. */
import { markdownTable } from 'markdown-table'
import { digits } from '../report/number.js'
import { pictureText, type Picture } from '../report/picture.js'
import { scatterPicture, type ScatterAxis } from '../report/scatter.js'
import { importances } from './importance.js'
import { placed, builtInSpace, settingValues, type BuiltLayer, type SpaceRegistry } from './space.js'
import type { SearchResult } from './result.js'
import { isWhole, ranked, type TrialOutcome, type Trial } from './trial.js'

/** quotes a string that could be read as another value */
export const shown = (u: unknown): string =>
  typeof u === 'number' ? digits(u) : typeof u === 'string' && !isJsonText(u) ? u : JSON.stringify(u)
const isJsonText = (text: string): boolean => /^(true|false|null|-?\d.*)$/u.test(text)
/** the label of a category */
export const nameOf = (u: unknown): string => (typeof u === 'string' ? u : JSON.stringify(u))
export const outcomeText = (o: TrialOutcome): string =>
  o.tag === 'scored'
    ? digits(o.value)
    : o.tag === 'diverged'
      ? `diverged in step ${o.step}`
      : o.tag === 'timedOut'
        ? `given up after ${o.seconds} s`
        : 'failed'

export type Rows = readonly (readonly string[])[]
/** the trials from the best to the worst: settings and result, the header first */
export const trialRows = ({ study, trials }: SearchResult, registry: SpaceRegistry = builtInSpace): Rows => {
  const all = placed(study.space, registry).map(p => p.path)
  const rows = ranked(study.metric.goal, trials).map(t => {
    const values = settingValues(study.space, t.settings, registry)
    return [
      String(t.index),
      String(t.round + 1),
      ...all.map(path => (Object.hasOwn(values, path) ? shown(values[path]) : '')),
      t.epochs === undefined ? '' : String(t.epochs),
      outcomeText(t.outcome)
    ]
  })
  return [['trial', 'round', ...all, 'epochs', study.metric.name], ...rows]
}
/** the range of each dimension in each round */
export const roundRows = ({ study, rounds }: SearchResult, registry: SpaceRegistry = builtInSpace): Rows => {
  const range = (d: BuiltLayer['dimension']): string =>
    'lower' in d && 'upper' in d
      ? `${digits(d.lower)} .. ${digits(d.upper)}`
      : 'of' in d
        ? (Array.isArray(d.of) ? d.of.map(shown) : Object.keys(d.of)).join(', ')
        : ''
  const paths = placed(study.space, registry).map(p => p.path)
  return [
    ['round', ...paths],
    ...rounds.map(({ space }, i) => {
      const there = new Map(placed(space, registry).map(p => [p.path, p.dimension]))
      return [
        String(i + 1),
        ...paths.map(path => {
          const d = there.get(path)
          return d === undefined ? '' : range(d)
        })
      ]
    })
  ]
}
export const importanceRows = ({ study, trials }: SearchResult, registry: SpaceRegistry = builtInSpace): Rows => [
  ['dimension', 'importance', 'trend'],
  ...importances(study.space, trials, study.metric.goal, registry).map(i => [
    i.path,
    i.importance.toFixed(2),
    i.trend === undefined ? '' : `${i.trend < 0 ? '' : '+'}${i.trend.toFixed(2)}`
  ])
]
/** a table cell must stay on one line */
const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/gu, ' ')
const table = (rows: Rows): string => markdownTable(rows.map(r => r.map(cellText)))

/**
 * The tables of a study as Markdown: ranges by round, importance, trials from the best to the worst.
 *
 * @example console.log(studyTablesText(found))
 */
export const studyTablesText = (found: SearchResult, registry: SpaceRegistry = builtInSpace): string =>
  [table(roundRows(found, registry)), table(importanceRows(found, registry)), table(trialRows(found, registry))].join(
    '\n\n'
  )

/** the ends of an axis that holds these numbers; with a margin if they are all equal */
export const extent = (xs: readonly number[], kind: 'linear' | 'log'): readonly [number, number] => {
  const [low, high] = [xs.reduce((a, b) => Math.min(a, b), Infinity), xs.reduce((a, b) => Math.max(a, b), -Infinity)]
  return low < high ? [low, high] : kind === 'log' ? [low / 2, high * 2] : [low - 0.5, high + 0.5]
}
/** logarithmic if a metric spans orders of magnitude */
export const scaleOf = (xs: readonly number[]): 'linear' | 'log' => {
  const [low, high] = extent(xs, 'linear')
  return low > 0 && high / low > 50 ? 'log' : 'linear'
}

/**
 * A plot of the metric against each dimension, by the dimension's path. Each round has its colour, and its range as a band above the
 * points; a trial that gave no value is a cross at the edge. None where no trial gave one.
 */
export const studyPictures = (
  { study, trials, rounds, best }: SearchResult,
  registry: SpaceRegistry = builtInSpace
): Readonly<Record<string, Picture>> => {
  const whole = trials.filter(t => isWhole(t))
  const valueOf = (t: Trial): number | undefined => (t.outcome.tag === 'scored' ? t.outcome.value : undefined)
  const values = whole.flatMap(t => valueOf(t) ?? [])
  if (values.length === 0) return {}
  const kindOfY = scaleOf(values)
  const y: ScatterAxis = { label: study.metric.name, kind: kindOfY, domain: extent(values, kindOfY) }
  const plot = ({ path, kind, dimension }: BuiltLayer): Picture => {
    const { axis } = kind
    const mine = whole.flatMap(t => {
      const x = settingValues(study.space, t.settings, registry)[path]
      return x === undefined ? [] : [{ t, x: typeof x === 'number' && axis !== 'categories' ? x : nameOf(x) }]
    })
    const numbers = mine.flatMap(m => (typeof m.x === 'number' ? [m.x] : []))
    const bands = rounds.flatMap(({ space }, series) =>
      placed(space, registry).flatMap(({ path: at, dimension: d }) =>
        at === path && axis !== 'categories' && 'lower' in d && 'upper' in d
          ? [{ from: d.lower, to: d.upper, series }]
          : []
      )
    )
    const domain =
      axis === 'categories'
        ? kind.spread(dimension, 1000).map(nameOf)
        : extent([...numbers, ...bands.flatMap(b => [b.from, b.to])], axis)
    return scatterPicture({
      name: `study ${path}`,
      title: `${study.metric.name} against ${path}`,
      x: { label: path, kind: axis, domain },
      y,
      bands,
      series: rounds.map((_, i) => `round ${i + 1}`),
      worst: study.metric.goal === 'min' ? 'top' : 'bottom',
      points: mine.map(({ t, x }) => ({
        x,
        y: valueOf(t),
        series: t.round,
        best: best?.trial.index === t.index,
        title: `trial ${t.index}: ${shown(x)}, ${outcomeText(t.outcome)}`
      }))
    })
  }
  return Object.fromEntries(placed(study.space, registry).map(p => [p.path, plot(p)]))
}

/** The same plots as SVG text, each a file by itself. */
export const studyPlots = (
  found: SearchResult,
  registry: SpaceRegistry = builtInSpace
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(studyPictures(found, registry)).map(([path, p]) => [path, pictureText(p)]))
