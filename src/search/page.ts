/** One HTML page of a study: what was chosen, how it was found, and which settings matter. */
import { barChart } from '../report/bar.js'
import { lineChart, type Point } from '../report/line.js'
import { element, fragment, type Content } from '../report/markup.js'
import { digits, grouped } from '../report/number.js'
import { page, type Section } from '../report/page.js'
import { parallelPicture, type ParallelAxis } from '../report/parallel.js'
import { figure, type Picture } from '../report/picture.js'
import { table, terms } from '../report/table.js'
import { canonicalText } from '../run/digest.js'
import { counted } from '../value/error.js'
import { importances } from './importance.js'
import {
  extent,
  importanceRows,
  nameOf,
  outcomeText,
  roundRows,
  scaleOf,
  studyPictures,
  trialRows,
  type Rows
} from './report.js'
import type { SearchResult } from './result.js'
import { builtInSpace, placed, settingValues, type SpaceRegistry } from './space.js'
import { cost, isWhole, ranked, type Trial } from './trial.js'

/** of more trials the best are in the table */
const mostTrials = 500

const valueOf = (t: Trial): number | undefined => (t.outcome.tag === 'scored' ? t.outcome.value : undefined)

const overview = ({ study, trials, best }: SearchResult, complete: boolean): Content => {
  const count = (tag: Trial['outcome']['tag']): number => trials.filter(t => t.outcome.tag === tag).length
  const others = (['diverged', 'failed', 'timedOut'] as const).flatMap(tag => {
    const n = count(tag)
    return n === 0 ? [] : [`${grouped(n)} ${tag === 'timedOut' ? 'given up' : tag}`]
  })
  return terms([
    ['Trials', [`${grouped(trials.length)}${complete ? '' : ', not finished'}`, ...others].join(', ')],
    ['Metric', `${study.metric.name}, the ${study.metric.goal === 'min' ? 'smallest' : 'largest'} is best`],
    ...(best === undefined
      ? ([['Best', `None of ${counted(trials.length, 'trial')} gave a value.`]] as const)
      : ([
          [
            'Best',
            `Best of ${counted(trials.length, 'trial')}: number ${best.trial.index}, ${study.metric.name} ${outcomeText(best.trial.outcome)}`
          ],
          ['Its settings', element('code', {}, canonicalText(best.trial.settings))]
        ] as const))
  ])
}

/** the value of each trial, and the best so far */
const progress = ({ study, trials }: SearchResult): Picture => {
  const points = trials.flatMap((t): readonly Point[] => {
    const value = isWhole(t) ? valueOf(t) : undefined
    return value === undefined ? [] : [[t.index, value]]
  })
  const better = study.metric.goal === 'min' ? Math.min : Math.max
  const best = points.reduce<readonly Point[]>((all, [x, y]) => [...all, [x, better(all.at(-1)?.[1] ?? y, y)]], [])
  return lineChart({
    name: 'study progress',
    title: `${study.metric.name} by trial`,
    description: `${grouped(points.length)} trials with a value; the best has ${digits(best.at(-1)?.[1] ?? NaN)}.`,
    x: 'trial',
    y: study.metric.name,
    curves: [
      { name: 'trial', points, series: 0, faint: true, dots: points.length <= 400 },
      { name: 'best so far', points: best, series: 1 }
    ]
  })
}

/** a line for each trial over its settings and its value; the best tenth in colour */
const parallel = ({ study, trials, best }: SearchResult, registry: SpaceRegistry): Picture => {
  const scored = ranked(
    study.metric.goal,
    trials.filter(t => isWhole(t) && t.outcome.tag === 'scored')
  )
  const dimensions = placed(study.space, registry)
  const all = scored.map(t => settingValues(study.space, t.settings, registry))
  const values = scored.map(t => valueOf(t) ?? NaN)
  const axes = dimensions.map(({ path, kind, dimension }): ParallelAxis => {
    if (kind.axis === 'categories')
      return { label: path, kind: 'categories', domain: kind.spread(dimension, 40).map(nameOf) }
    const numbers = all.flatMap(v => (typeof v[path] === 'number' ? [v[path]] : []))
    return { label: path, kind: kind.axis, domain: extent(numbers, kind.axis) }
  })
  const kind = scaleOf(values)
  const good = Math.max(1, Math.ceil(scored.length / 10))
  return parallelPicture({
    name: 'study parallel',
    title: 'Settings and value of each trial',
    description: `${grouped(scored.length)} trials over ${grouped(axes.length)} settings; the best tenth is in colour, the best trial thicker.`,
    axes: [...axes, { label: study.metric.name, kind, domain: extent(values, kind) }],
    lines: scored.slice(0, 1000).map((t, i) => ({
      values: [
        ...dimensions.map(({ path, kind: k }) => {
          const value = all[i]?.[path]
          return value === undefined
            ? undefined
            : k.axis !== 'categories' && typeof value === 'number'
              ? value
              : nameOf(value)
        }),
        values[i]
      ],
      title: `trial ${t.index}: ${outcomeText(t.outcome)}`,
      good: i < good,
      best: best?.trial.index === t.index
    }))
  })
}

const tableOf = (caption: string, [head = [], ...rows]: Rows, best?: number): Content =>
  table({ caption, head, rows, best })

const bestRow = ({ study, trials, best }: SearchResult): number | undefined =>
  best === undefined ? undefined : ranked(study.metric.goal, trials).findIndex(t => t.index === best.trial.index)

const importance = (found: SearchResult, registry: SpaceRegistry): Content => {
  const all = importances(found.study.space, found.trials, found.study.metric.goal, registry)
  return fragment(
    figure(
      barChart({
        name: 'study importance',
        title: 'Importance',
        description: `From most to least: ${all.map(i => `${i.path} ${i.importance.toFixed(2)}`).join(', ')}.`,
        value: 'share of the variance of the ranks',
        bars: all.slice(0, 40).map(i => ({ label: i.path, value: i.importance })),
        most: 1
      }),
      'Each dimension by itself: what matters only together with another looks less important than it is.'
    ),
    tableOf(
      'Importance, and whether larger values (+) or smaller ones (-) gave better results',
      importanceRows(found, registry)
    )
  )
}

/** One HTML page, with nothing outside of it. @param complete whether the study is finished; default true */
export const studyHtml = (
  found: SearchResult,
  title: string,
  registry: SpaceRegistry = builtInSpace,
  complete = true
): string => {
  const scored = found.trials.some(t => isWhole(t) && cost(found.study.metric.goal, t) < Infinity)
  const pictures = Object.values(studyPictures(found, registry))
  const [head = [], ...rows] = trialRows(found, registry)
  const sections: readonly Section[] = [
    { title: 'Overview', content: overview(found, complete) },
    ...(scored
      ? [
          { title: 'Progress', content: figure(progress(found)) },
          { title: 'Parallel coordinates', content: figure(parallel(found, registry)) },
          {
            title: 'By dimension',
            content: element(
              'div',
              { class: 'row' },
              pictures.map(p => figure(p))
            )
          },
          { title: 'Importance', content: importance(found, registry) }
        ]
      : []),
    { title: 'Ranges', content: tableOf('The range of each dimension in each round', roundRows(found, registry)) },
    {
      title: 'Trials',
      content: tableOf(
        rows.length > mostTrials
          ? `The best ${mostTrials} of ${grouped(rows.length)} trials`
          : 'From the best to the worst',
        [head, ...rows.slice(0, mostTrials)],
        bestRow(found)
      )
    }
  ]
  return page({ title, sections })
}
