/** Formats the output of the command: pure functions of numbers. */
import { sparkline } from '../report/sparkline.js'
import type { Scores } from '../train/progress.js'
import type { MetricValue } from '../train/metric/index.js'

/** 4 significant digits: 0.6931, 1.235e-7, 123400 */
export const number = (x: number): string => String(Number(x.toPrecision(4)))

/** 1234567 -> 1,234,567 */
export const whole = (n: number): string => String(Math.floor(n + 0.5)).replace(/\B(?=(\d{3})+$)/g, ',')

/** seconds -> 0:07, 12:03, 1:02:03 */
export const duration = (seconds: number): string => {
  const s = Math.max(0, Math.ceil(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

/** a path as an argument of a shell */
export const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

/** names and numbers in a row: `loss 0.2412  accuracy 0.931` */
export const pairs = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join('  ')

/** a number, or a list or table of them: `[0.91, 0.88]` */
export const metric = (v: MetricValue): string => (typeof v === 'number' ? number(v) : `[${v.map(metric).join(', ')}]`)

/** loss and metrics, each name with `prefix` in front */
export const scores = (s: Scores, prefix = ''): string =>
  pairs(
    Object.fromEntries(Object.entries({ loss: s.loss, ...s.metrics }).map(([k, v]) => [`${prefix}${k}`, metric(v)]))
  )

/** scores that fit in a line: without metrics that are lists or tables */
export const single = ({ loss, metrics }: Scores): Scores => ({
  loss,
  metrics: Object.fromEntries(Object.entries(metrics).filter(([, v]) => typeof v === 'number'))
})

export interface BarState {
  readonly epoch: number
  /** unknown if the stop rule reads only the loss */
  readonly epochs?: number | undefined
  /** the done part of the current epoch, from 0 to 1 */
  readonly done: number
  /** examples per second */
  readonly rate: number
  /** seconds left, if the end is known */
  readonly remaining?: number | undefined
  readonly loss: number
  /** the loss from the start of the run to here, in columns; shown where there is room */
  readonly course?: readonly number[]
}

const finite = (x: number, show: (x: number) => string): string => (Number.isFinite(x) ? show(x) : '-')

/** `epoch 3/10 [=====---] 62%  12,345 examples/s  1:20 left  loss 0.2412`, at most `width` characters wide */
export const barLine = (s: BarState, width: number): string => {
  const epoch = `epoch ${s.epoch}${s.epochs === undefined ? '' : `/${s.epochs}`}`
  const left = s.remaining === undefined ? '' : `  ${finite(s.remaining, duration)} left`
  const plain = `${String(Math.floor(100 * s.done)).padStart(3)}%  ${finite(s.rate, whole)} examples/s${left}  loss ${finite(s.loss, number)}`
  const spark = s.course === undefined || s.course.length < 2 ? '' : ` ${sparkline(s.course)}`
  const rest = width - 1 - epoch.length - plain.length - ' [] '.length - spark.length < 4 ? plain : plain + spark
  // the last column stays free: some terminals wrap there
  const room = Math.min(30, width - 1 - epoch.length - rest.length - ' [] '.length)
  const filled = Math.floor(room * s.done)
  return (room < 4 ? `${epoch} ${rest}` : `${epoch} [${'='.repeat(filled)}${'-'.repeat(room - filled)}] ${rest}`).slice(
    0,
    Math.max(0, width - 1)
  )
}
