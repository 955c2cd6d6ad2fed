/** Several runs on one page: their scores, their curves, what differs in their run files, and where they part. */
import type { Difference } from '../run/record/diff.js'
import { smoothed, singles, spanFor } from './history.js'
import { lineChart, type Curve, type Point } from './line.js'
import { element, fragment, type Content } from './markup.js'
import { digits, grouped } from './number.js'
import { page } from './page.js'
import { figure, type Picture } from './picture.js'
import type { RunReport } from './run-report.js'
import { table } from './table.js'

export interface ComparedRun {
  /** what it is called on the page: the path of its folder */
  readonly name: string
  readonly report: RunReport
  /** how it differs from the first run; none for the first */
  readonly difference?: Difference
}

const scoresOf = ({ end, history }: RunReport): Readonly<Record<string, number>> => {
  const last = history.epochs.at(-1)
  const named = (prefix: string, s: { readonly loss: number; readonly metrics: object } | undefined) =>
    s === undefined
      ? []
      : Object.entries({ loss: s.loss, ...singles(s.metrics as Parameters<typeof singles>[0]) }).map(
          ([k, v]) => [`${prefix} ${k}`, v] as const
        )
  const finished = end?.tag === 'finished' ? end : undefined
  return Object.fromEntries([
    ...named('training', finished?.train ?? last),
    ...named('validation', last?.validation),
    ...named('test', finished?.test)
  ])
}

const overview = (runs: readonly ComparedRun[]): Content => {
  const scores = runs.map(r => scoresOf(r.report))
  const names = [...new Set(scores.flatMap(s => Object.keys(s)))]
  return table({
    caption: 'The runs and their last scores',
    head: ['run', 'name', 'steps', 'epochs', ...names],
    rows: runs.map(({ name, report: { id = '', history } }, i) => [
      name,
      id.slice(0, 12),
      grouped(history.loss.length),
      grouped(history.epochs.length),
      ...names.map(n => (scores[i]?.[n] === undefined ? '' : digits(scores[i][n])))
    ])
  })
}

/** the first step where each run parts from the first */
const partings = (runs: readonly ComparedRun[]): Content => {
  const [first, ...others] = runs
  const sentence = (d: Difference): string => {
    const { steps, first: at } = d
    if (at === undefined) return `the same ${grouped(Math.min(steps.a, steps.b))} steps, to the bit`
    const number =
      at.number === undefined
        ? ''
        : `; [${at.number.index.join(', ')}] ${at.number.a} and ${at.number.b}, ${grouped(at.number.ulps)} ulp apart`
    return `step ${grouped(at.step)}: ${at.at.slice(0, 6).join(', ')}${at.at.length > 6 ? ', ...' : ''}${number}`
  }
  return table({
    caption: `The first step that differs from ${first?.name ?? 'the first run'}`,
    head: ['run', 'parts at'],
    rows: others.map(({ name, difference: d }) => [name, d === undefined ? '' : sentence(d)]),
    text: true
  })
}

const shownJson = (u: unknown): string => {
  const text = u === undefined ? '' : JSON.stringify(u)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
/** the settings that differ between any of the runs */
const settings = (runs: readonly ComparedRun[]): Content => {
  const all = runs.map(r => new Map((r.difference?.changes ?? []).map(c => [c.path.join('/'), c] as const)))
  const paths = [...new Set(all.flatMap(m => [...m.keys()]))]
  return paths.length === 0
    ? element('p', {}, 'The run files say the same.')
    : table({
        caption: 'Settings that differ',
        head: ['setting', ...runs.map(r => r.name)],
        rows: paths.slice(0, 200).map(path => {
          const known = all.find(m => m.has(path))?.get(path)
          return [path, ...all.map((m, i) => shownJson(i > 0 && m.has(path) ? m.get(path)?.b : known?.a))]
        }),
        text: true
      })
}

/** the first step where any two part, where the runs are close enough that it can be seen */
const marksOf = (runs: readonly ComparedRun[]) =>
  runs.flatMap(({ difference }) =>
    difference?.first === undefined || difference.first.step < 2
      ? []
      : [{ x: difference.first.step, label: `parts at step ${grouped(difference.first.step)}` }]
  )

const chart = (
  runs: readonly ComparedRun[],
  name: string,
  points: (r: RunReport) => readonly Point[],
  dots = false
): Picture | undefined => {
  const curves = runs.flatMap((r, series): readonly Curve[] => {
    const mine = points(r.report)
    return mine.length === 0 ? [] : [{ name: r.name, points: mine, series, dots: dots && mine.length <= 40 }]
  })
  return curves.length === 0
    ? undefined
    : lineChart({
        name: `compare ${name}`,
        title: name,
        description: `${name} by step of ${runs.map(r => r.name).join(', ')}.`,
        x: 'step',
        y: name,
        curves,
        marks: marksOf(runs)
      })
}

const curves = (runs: readonly ComparedRun[]): Content => {
  const metrics = [...new Set(runs.flatMap(r => r.report.history.epochs.flatMap(e => Object.keys(singles(e.metrics)))))]
  const of =
    (name: string, validation: boolean) =>
    ({ history }: RunReport): readonly Point[] =>
      history.epochs.flatMap((e): readonly Point[] => {
        const part = validation ? e.validation : e
        const value = part === undefined ? undefined : name === 'loss' ? part.loss : singles(part.metrics)[name]
        return value === undefined ? [] : [[e.step, value]]
      })
  const pictures = [
    chart(runs, 'smoothed batch loss', r => smoothed(r.history.loss, spanFor(r.history.loss.length))),
    ...['loss', ...metrics].flatMap(name => [
      chart(runs, name, of(name, false), true),
      chart(runs, `validation ${name}`, of(name, true), true)
    ])
  ]
  return fragment(pictures.map(p => (p === undefined ? undefined : figure(p))))
}

/** The page that compares runs with the first of them. The same runs give the same bytes. */
export const compareHtml = (runs: readonly ComparedRun[]): string =>
  page({
    title: `Comparison of ${grouped(runs.length)} runs`,
    sections: [
      { title: 'Overview', content: overview(runs) },
      { title: 'Where they part', content: partings(runs) },
      { title: 'Curves', content: curves(runs) },
      { title: 'Settings', content: settings(runs) }
    ]
  })
