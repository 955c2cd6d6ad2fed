/** The report of a run: one page with its curves, its predictions, its model, its formulas and its run file. */
import type { MetricValue } from '../train/metric/metric.js'
import type { End } from '../run/record/end.js'
import type { EnvironmentRow } from '../run/record/environment.js'
import type { Scores } from '../train/progress.js'
import { curvesContent } from './curves.js'
import { diagramPicture } from './diagram.js'
import { predictionContent, type Predictions } from './evaluation.js'
import type { Flow } from './flow.js'
import { formulaList, type Formulas } from './formulas.js'
import type { History } from './history.js'
import { element, fragment, type Content } from './markup.js'
import { digits, grouped } from './number.js'
import { page, type Section } from './page.js'
import { figure } from './picture.js'
import { table, terms } from './table.js'

/** predictions of a part of the data, or why there are none */
export type PartPredictions =
  | {
      readonly tag: 'predicted'
      /** `test`, `validation` or `training` */
      readonly part: string
      /** the step whose parameters predicted */
      readonly step: number
      readonly examples: number
      /** how many of them were predicted */
      readonly used: number
      readonly predictions: Predictions
      readonly scaledTargets: boolean
    }
  | { readonly tag: 'absent'; readonly reason: string }

export interface RunReport {
  readonly title: string
  /** the name of the run, where it has one */
  readonly id?: string
  /** the run file as JSON with every setting */
  readonly file?: string
  readonly history: History
  readonly end?: End
  /** which stop rule ended it, of a training without a record */
  readonly reason?: string
  /** what is wrong with the record, in a sentence */
  readonly damage?: string
  readonly environment?: readonly EnvironmentRow[]
  readonly flow?: Flow
  readonly formulas?: Formulas
  readonly predictions?: PartPredictions
  readonly more?: readonly Section[]
  readonly refresh?: number
}

const shownMetric = (v: MetricValue): string =>
  typeof v === 'number' ? digits(v) : `[${v.slice(0, 12).map(shownMetric).join(', ')}${v.length > 12 ? ', ...' : ''}]`
const shownScores = ({ loss, metrics }: Scores): string =>
  [`loss ${digits(loss)}`, ...Object.entries(metrics).map(([k, v]) => `${k} ${shownMetric(v)}`)].join(', ')

const outcome = (r: RunReport): readonly (readonly [string, Content])[] => {
  const { end, history } = r
  const last = history.epochs.at(-1)
  const taken = [`${grouped(history.loss.length)} steps, ${grouped(history.epochs.length)} epochs`] as const
  if (end === undefined)
    return [
      [
        'State',
        r.reason === undefined
          ? `running, or interrupted: ${taken[0]} so far`
          : `finished: ${r.reason}, after ${taken[0]}`
      ],
      ...(last === undefined ? [] : ([['Last epoch', shownScores(last)]] as const))
    ]
  return end.tag === 'failed'
    ? [
        ['State', `failed at step ${grouped(end.step)}: ${end.problem.expected}, got ${end.problem.got}`],
        ['Hint', end.problem.hint]
      ]
    : [
        ['State', `finished: ${end.reason}, after ${grouped(end.step)} steps and ${grouped(end.epoch)} epochs`],
        ['Training part', shownScores(end.train)],
        ...(end.test === undefined ? [] : ([['Test part', shownScores(end.test)]] as const))
      ]
}

const overview = (r: RunReport): Section => ({
  title: 'Overview',
  content: fragment(
    r.damage === undefined ? undefined : element('p', { class: 'note' }, `The record is damaged: ${r.damage}`),
    terms([
      ...outcome(r),
      ...(r.id === undefined ? [] : ([['Run', element('code', {}, r.id)]] as const)),
      ...(r.end === undefined ? [] : ([['Final state', element('code', {}, r.end.state)]] as const)),
      ...(r.flow === undefined
        ? []
        : ([['Parameters', grouped(r.flow.boxes.reduce((n, b) => n + b.parameters, 0))]] as const))
    ])
  )
})

const predictions = (p: PartPredictions): Section => ({
  title: 'Predictions',
  content:
    p.tag === 'absent'
      ? element('p', { class: 'note' }, `What needs predictions is left out: ${p.reason}`)
      : fragment(
          element(
            'p',
            { class: 'soft' },
            `The ${p.part} part, predicted by the parameters after step ${grouped(p.step)}${
              p.used < p.examples ? `: the first ${grouped(p.used)} of ${grouped(p.examples)} examples` : ''
            }.${p.scaledTargets ? ' Numbers are in units of the scaled targets.' : ''}`
          ),
          predictionContent(p.predictions)
        )
})

const model = (flow: Flow): Section => ({
  title: 'Model',
  content: fragment(
    figure(diagramPicture(flow.boxes)),
    element(
      'details',
      {},
      element('summary', {}, 'Layers as a table'),
      table({
        caption: `Layers${flow.rows.length > 500 ? ', the first 500' : ''}`,
        head: ['label', 'layer', 'output', 'parameters'],
        rows: flow.rows
          .slice(0, 500)
          .map(l => [
            l.path,
            l.layer,
            `[${l.output.map(String).join(', ')}]`,
            l.parameters === 0 ? '' : grouped(l.parameters)
          ])
      })
    )
  )
})

const formulas = (f: Formulas): Section => ({
  title: 'Formulas',
  content: fragment(
    f.layers.length > 80 ? element('p', { class: 'soft' }, `The first 80 of ${f.layers.length} layers.`) : undefined,
    formulaList(f.layers.slice(0, 80)),
    f.activations.length === 0 ? undefined : [element('h3', {}, 'Activations'), formulaList(f.activations)],
    f.loss.length === 0 ? undefined : [element('h3', {}, 'Loss'), formulaList(f.loss)],
    f.optimizer.length === 0 ? undefined : [element('h3', {}, 'Optimizer'), formulaList(f.optimizer)]
  )
})

/** a run file may hold its data: the page then shows the start of it */
const longestFile = 40_000
const file = (text: string): Section => ({
  title: 'Run file',
  content: fragment(
    element('pre', { tabindex: 0 }, element('code', {}, text.slice(0, longestFile))),
    text.length > longestFile
      ? element('p', { class: 'soft' }, `The first ${grouped(longestFile)} of ${grouped(text.length)} characters.`)
      : undefined
  )
})

const environment = (rows: readonly EnvironmentRow[]): Section => {
  const names = [...new Set(rows.flatMap(r => Object.keys(r)))]
  return {
    title: 'Where it ran',
    content: table({
      caption: 'A row each time the run was begun or resumed; no result depends on it',
      head: names,
      rows: rows.slice(-20).map(r => names.map(n => r[n] ?? '')),
      text: true
    })
  }
}

/** The report as one HTML page. The same report gives the same bytes. */
export const runHtml = (r: RunReport): string =>
  page({
    title: r.title,
    ...(r.refresh === undefined ? {} : { refresh: r.refresh }),
    sections: [
      overview(r),
      { title: 'Curves', content: curvesContent(r.history) },
      ...(r.more ?? []),
      ...(r.predictions === undefined ? [] : [predictions(r.predictions)]),
      ...(r.flow === undefined ? [] : [model(r.flow)]),
      ...(r.formulas === undefined ? [] : [formulas(r.formulas)]),
      ...(r.file === undefined ? [] : [file(r.file)]),
      ...(r.environment === undefined || r.environment.length === 0 ? [] : [environment(r.environment)])
    ]
  })
