/** The curves of a training: loss and metrics by step and by epoch, settings, and a table of the epochs. */
import type { EpochReport } from '../train/events.js'
import { bestEpoch, singles, smoothed, spanFor, type History } from './history.js'
import { lineChart, type Curve, type Mark, type Point } from './line.js'
import { element, fragment, type Content, type Markup } from './markup.js'
import { digits, grouped } from './number.js'
import { figure, type Picture } from './picture.js'
import { table } from './table.js'

/** more epochs than these are not marked one by one */
const marked = 40
/** and of more than these a table shows some */
const rows = 120

const epochMarks = (epochs: readonly EpochReport[]): readonly Mark[] =>
  epochs.length > marked ? [] : epochs.map(e => ({ x: e.step }))
const bestMark = (e: EpochReport | undefined, y: number | undefined): readonly Mark[] =>
  e === undefined || y === undefined ? [] : [{ x: e.step, y, label: `best: epoch ${e.epoch}` }]

const lastOf = (points: readonly Point[]): string => digits(points.at(-1)?.[1] ?? NaN)

/** The loss of every batch with its smoothed course, and the loss of every epoch, of the validation part too. */
export const lossChart = ({ loss, epochs }: History, name = 'loss'): Picture => {
  const span = spanFor(loss.length)
  const best = bestEpoch(epochs)
  const validation = epochs.flatMap((e): readonly Point[] =>
    e.validation === undefined ? [] : [[e.step, e.validation.loss]]
  )
  const curves: readonly Curve[] = [
    ...(loss.length === 0 ? [] : [{ name: 'batch', points: loss, series: 0, faint: true }]),
    ...(span < 2
      ? []
      : [{ name: `batch, mean over about ${grouped(span)} steps`, points: smoothed(loss, span), series: 0 }]),
    {
      name: 'epoch',
      points: epochs.map((e): Point => [e.step, e.loss]),
      series: 1,
      dots: epochs.length <= marked
    },
    ...(validation.length === 0
      ? []
      : [{ name: 'validation', points: validation, series: 2, dots: epochs.length <= marked }])
  ]
  return lineChart({
    name,
    title: 'Loss',
    description: `Loss by step over ${grouped(loss.length)} steps and ${grouped(epochs.length)} epochs; the last epoch has ${lastOf(
      epochs.map((e): Point => [e.step, e.loss])
    )}${validation.length === 0 ? '' : `, the validation part ${lastOf(validation)}`}.`,
    x: 'step',
    y: 'loss',
    curves,
    marks: [...epochMarks(epochs), ...bestMark(best, (best?.validation ?? best)?.loss)]
  })
}

/** A picture for each metric that is a number. */
export const metricCharts = ({ metrics, epochs }: History, prefix = 'metric'): readonly Picture[] => {
  const names = [...new Set([...metrics.map(m => m.name), ...epochs.flatMap(e => Object.keys(singles(e.metrics)))])]
  const ofEpochs = (name: string, part: (e: EpochReport) => Readonly<Record<string, number>>): readonly Point[] =>
    epochs.flatMap((e): readonly Point[] => {
      const y = part(e)[name]
      return y === undefined ? [] : [[e.step, y]]
    })
  return names.map(name => {
    const batches = metrics.find(m => m.name === name)?.points ?? []
    const span = spanFor(batches.length)
    const training = ofEpochs(name, e => singles(e.metrics))
    const validation = ofEpochs(name, e => singles(e.validation?.metrics ?? {}))
    const dots = epochs.length <= marked
    return lineChart({
      name: `${prefix} ${name}`,
      title: name,
      description: `${name} by step; the last epoch has ${lastOf(training)}${validation.length === 0 ? '' : `, the validation part ${lastOf(validation)}`}.`,
      x: 'step',
      y: name,
      scale: 'linear',
      width: 520,
      height: 280,
      curves: [
        ...(span < 2 ? [] : [{ name: 'batch, smoothed', points: smoothed(batches, span), series: 0, faint: true }]),
        { name: 'epoch', points: training, series: 1, dots },
        ...(validation.length === 0 ? [] : [{ name: 'validation', points: validation, series: 2, dots }])
      ],
      marks: epochMarks(epochs)
    })
  })
}

/** A picture for each setting that a schedule changes: the values that the steps had. */
export const settingCharts = ({ settings }: History, prefix = 'setting'): readonly Picture[] =>
  settings.map(({ name, points }) =>
    lineChart({
      name: `${prefix} ${name}`,
      title: name,
      description: `The value of ${name} by step, ${lastOf(points)} at the end.`,
      x: 'step',
      y: name,
      width: 520,
      height: 260,
      curves: [{ name, points, series: 3 }]
    })
  )

/** The scores of the epochs as a table; of many epochs some, the best and the last among them. */
export const epochTable = (epochs: readonly EpochReport[]): Markup => {
  const best = bestEpoch(epochs)
  const step = Math.ceil(epochs.length / rows)
  const shown = epochs.filter((e, i) => i % step === 0 || e === best || i === epochs.length - 1)
  const metrics = [...new Set(epochs.flatMap(e => Object.keys(singles(e.metrics))))]
  const settings = [...new Set(epochs.flatMap(e => Object.keys(e.settings)))]
  const validated = epochs.some(e => e.validation !== undefined)
  const number = (x: number | undefined): Content => (x === undefined ? '' : digits(x))
  return table({
    caption:
      step === 1 ? 'Scores by epoch, the best marked' : `Scores of every ${grouped(step)}th epoch, the best marked`,
    head: [
      'epoch',
      'step',
      'loss',
      ...metrics,
      ...(validated ? ['validation loss', ...metrics.map(m => `validation ${m}`)] : []),
      ...settings
    ],
    rows: shown.map(e => [
      e.epoch,
      grouped(e.step),
      digits(e.loss),
      ...metrics.map(m => number(singles(e.metrics)[m])),
      ...(validated
        ? [number(e.validation?.loss), ...metrics.map(m => number(singles(e.validation?.metrics ?? {})[m]))]
        : []),
      ...settings.map(s => number(e.settings[s]))
    ]),
    best: best === undefined ? undefined : shown.indexOf(best)
  })
}

/** all pictures of a history and its table, for a section of a page */
export const curvesContent = (history: History): Content =>
  fragment(
    figure(lossChart(history)),
    element(
      'div',
      { class: 'row' },
      [...metricCharts(history), ...settingCharts(history)].map(p => figure(p))
    ),
    history.epochs.length === 0
      ? undefined
      : history.epochs.length <= 12
        ? epochTable(history.epochs)
        : element('details', {}, element('summary', {}, 'Scores by epoch'), epochTable(history.epochs))
  )
