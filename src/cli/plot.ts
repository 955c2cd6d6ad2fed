/** `gradfold plot`: the loss of a recorded run, or another of its series, as text. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { singles, smoothed, spanFor, type History } from '../report/history.js'
import type { Point } from '../report/line.js'
import { openRecord } from '../report/open-record.js'
import { textPlot, type TextPlot } from '../report/plot.js'
import { folderAt } from '../run/folder.js'
import { settingError, type SettingError } from '../value/error.js'
import type { ExitCode } from './exit.js'
import type { Io } from './io.js'
import { printed } from './print.js'
import { fromRecords } from './record.js'

export interface PlotFlags {
  readonly of?: string
}

/** what of a run can be drawn, by name */
export const plotsOf = ({ loss, metrics, settings, epochs }: History): Readonly<Record<string, TextPlot>> => {
  const byEpoch = (prefix: string, value: (i: number) => Readonly<Record<string, number>>): readonly TextPlot[] => {
    const names = [...new Set(epochs.flatMap((_, i) => Object.keys(value(i))))]
    return names.map(name => ({
      title: `${prefix}${name}`,
      x: 'epoch',
      points: epochs.map((e, i): Point => [e.epoch, value(i)[name] ?? NaN])
    }))
  }
  const span = spanFor(loss.length)
  const steps = span < 2 ? 'loss' : `loss, mean over about ${span} steps`
  const all: readonly (readonly [string, TextPlot])[] = [
    ['loss', { title: steps, x: 'step', points: smoothed(loss, span) }],
    ...metrics.map(m => [m.name, { title: m.name, x: 'step', points: smoothed(m.points, span) }] as const),
    ...settings.map(s => [s.name, { title: s.name, x: 'step', points: s.points }] as const),
    ...byEpoch('epoch ', i => ({ loss: epochs[i]?.loss ?? NaN, ...singles(epochs[i]?.metrics ?? {}) })).map(
      p => [p.title, p] as const
    ),
    ...byEpoch('validation ', i => {
      const scores = epochs[i]?.validation
      return scores === undefined ? {} : { loss: scores.loss, ...singles(scores.metrics) }
    }).map(p => [p.title, p] as const)
  ]
  return Object.fromEntries(all)
}

const chosen = (plots: Readonly<Record<string, TextPlot>>, name: string): E.Either<SettingError, string> => {
  const plot = Object.hasOwn(plots, name) ? plots[name] : undefined
  return plot === undefined
    ? E.left(settingError(['of'], Object.keys(plots).join(', '), name))
    : plot.points.length === 0
      ? E.left(settingError(['of'], 'a series with points', name, 'the run has not taken a step yet'))
      : E.right(textPlot(plot))
}

export const plotCommand = (io: Io, folder: string, { of = 'loss' }: PlotFlags): Promise<ExitCode> =>
  pipe(
    openRecord(folderAt(folder)),
    TE.chainEitherKW(({ report }) => chosen(plotsOf(report.history), of)),
    fromRecords(folder),
    printed(io)
  )()
