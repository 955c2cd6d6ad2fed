/** What a page shows of predictions: pictures and tables of classes or of values. */
import { countTable, histogram } from './bar.js'
import { domainOf } from './axis.js'
import {
  accuracyOf,
  calibrationOf,
  classScores,
  confusionOf,
  precisionRecallOf,
  rocOf,
  type ClassPredictions,
  type ThresholdCurve
} from './classification.js'
import { lineChart, type Curve, type Point } from './line.js'
import { element, fragment, type Content, type Markup } from './markup.js'
import { digits, grouped } from './number.js'
import { figure, type Picture } from './picture.js'
import { binned, residualScores, residualsOf, type ValueOutput, type ValuePredictions } from './regression.js'
import { scatterPicture } from './scatter.js'
import { table } from './table.js'

export type Predictions = ClassPredictions | ValuePredictions

/** more classes than these are shown by their most frequent mistakes alone */
const mostClasses = 60
/** and of more than these some have curves */
const mostCurves = 10
const mostDots = 2000

const row = (...pictures: readonly Markup[]): Markup => element('div', { class: 'row' }, pictures)

/** every k-th point of many, the last too */
const thinned = <A>(all: readonly A[], most: number): readonly A[] => {
  const step = Math.ceil(all.length / most)
  return step <= 1 ? all : all.filter((_, i) => i % step === 0 || i === all.length - 1)
}

const mistakesTable = ({ names }: ClassPredictions, counts: readonly (readonly number[])[]): Markup => {
  const mistakes = counts
    .flatMap((r, i) => r.flatMap((n, j) => (i === j || n === 0 ? [] : [{ i, j, n }])))
    .sort((a, b) => b.n - a.n || a.i - b.i || a.j - b.j)
    .slice(0, 15)
  return table({
    caption: 'The most frequent mistakes',
    head: ['class', 'predicted', 'examples'],
    rows: mistakes.map(({ i, j, n }) => [names[i], names[j], grouped(n)])
  })
}

const thresholdChart = (
  p: ClassPredictions,
  kind: 'roc' | 'pr',
  of: (scores: readonly number[], isClass: readonly boolean[]) => ThresholdCurve | undefined
): Picture => {
  const classes = p.names.length === 2 ? [1] : p.names.map((_, k) => k).slice(0, mostCurves)
  const [title, x, y, area] =
    kind === 'roc'
      ? (['ROC', 'false positive rate', 'true positive rate', 'area'] as const)
      : (['Precision and recall', 'recall', 'precision', 'average precision'] as const)
  const curves = classes.flatMap((k): readonly (Curve & { readonly area: number })[] => {
    const found = of(
      p.scores.map(s => s[k] ?? NaN),
      p.truth.map(t => t === k)
    )
    return found === undefined
      ? []
      : [
          {
            name: `${p.names[k] ?? k}: ${found.area.toFixed(4)}`,
            points: thinned(found.points, 300),
            series: k,
            area: found.area
          }
        ]
  })
  return lineChart({
    name: `predictions ${kind}`,
    title: `${title}, each class against the others (${area})`,
    description: `${title}; ${area} by class: ${curves.map(c => c.name).join(', ')}.`,
    x,
    y,
    curves,
    scale: 'linear',
    domain: { x: [0, 1], y: [0, 1] },
    width: 540,
    height: 380 + 16 * Math.floor(curves.length / 4)
  })
}

const calibrationChart = (p: ClassPredictions): Markup => {
  const { bins, error } = calibrationOf(p)
  return figure(
    lineChart({
      name: 'predictions calibration',
      title: 'Calibration',
      description: `The share of right predictions by predicted probability; expected calibration error ${error.toFixed(4)}.`,
      x: 'predicted probability',
      y: 'share that is right',
      curves: [
        {
          name: 'perfect',
          points: [
            [0, 0],
            [1, 1]
          ],
          series: 6,
          faint: true
        },
        { name: 'predictions', points: bins.map((b): Point => [b.confidence, b.accuracy]), series: 0, dots: true }
      ],
      scale: 'linear',
      domain: { x: [0, 1], y: [0, 1] },
      width: 420,
      height: 340
    }),
    `Ten bins of the predicted probability. Expected calibration error ${error.toFixed(4)}.`
  )
}

const classContent = (p: ClassPredictions): Content => {
  const counts = confusionOf(p)
  const scores = classScores(p.names, counts)
  const accuracy = accuracyOf(counts)
  return fragment(
    element('p', {}, `Accuracy ${digits(accuracy)} over ${grouped(p.truth.length)} predictions.`),
    row(
      p.names.length > mostClasses
        ? fragment()
        : figure(
            countTable({
              name: 'predictions confusion',
              title: 'Confusion matrix',
              description: `Examples by class and predicted class; accuracy ${digits(accuracy)}.`,
              rows: 'class',
              columns: 'predicted',
              names: p.names,
              counts
            })
          ),
      mistakesTable(p, counts)
    ),
    table({
      caption: 'Scores by class',
      head: ['class', 'precision', 'recall', 'F1', 'examples'],
      rows: thinned(scores, 200).map(s => [
        s.name,
        s.precision.toFixed(4),
        s.recall.toFixed(4),
        s.f1.toFixed(4),
        grouped(s.examples)
      ])
    }),
    row(figure(thresholdChart(p, 'roc', rocOf)), figure(thresholdChart(p, 'pr', precisionRecallOf))),
    p.names.length > mostCurves
      ? element('p', { class: 'soft' }, `Curves of the first ${mostCurves} classes.`)
      : undefined,
    p.probabilities ? row(calibrationChart(p)) : undefined
  )
}

const valueContent = (o: ValueOutput): Content => {
  const residuals = residualsOf(o)
  const { rmse, mae, r2 } = residualScores(o)
  const pairs = thinned(
    o.truth.map((t, i) => [t, o.predicted[i] ?? NaN] as const),
    mostDots
  )
  const ends = domainOf(residuals, 'linear')
  return fragment(
    element('h3', {}, o.name),
    element(
      'p',
      {},
      `RMSE ${digits(rmse)}, MAE ${digits(mae)}, R² ${digits(r2)} over ${grouped(o.truth.length)} predictions.`
    ),
    row(
      figure(
        scatterPicture({
          name: `predictions of ${o.name}`,
          title: 'Predicted against true',
          x: { label: 'true', kind: 'linear', domain: domainOf(o.truth, 'linear') },
          y: { label: 'predicted', kind: 'linear', domain: domainOf(o.predicted, 'linear') },
          points: pairs.map(([x, y]) => ({ x, y, series: 0, title: `true ${digits(x)}, predicted ${digits(y)}` }))
        })
      ),
      figure(
        histogram({
          name: `residuals of ${o.name}`,
          title: 'Residuals: predicted minus true',
          description: `From ${digits(ends[0])} to ${digits(ends[1])}; RMSE ${digits(rmse)}.`,
          x: 'residual',
          domain: ends,
          counts: binned(residuals, ends, 31)
        })
      )
    )
  )
}

/** What the predictions of a part say, for a section of a page. */
export const predictionContent = (p: Predictions): Content =>
  p.kind === 'classes' ? classContent(p) : p.outputs.map(valueContent)
