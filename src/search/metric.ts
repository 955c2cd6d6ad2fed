/** The metric by which a study compares trials. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { exact, firstError, oneOf, optional, withDefault, type Codec } from '../value/codec.js'
import { defined } from '../value/defined.js'
import { settingError, type SettingError } from '../value/error.js'
import { metricNames } from '../train/training/heads.js'
import type { Scores } from '../train/progress.js'
import type { EpochReport } from '../train/events.js'
import type { ValidTraining } from '../train/training.js'
import { shorthand } from '../run/shorthand.js'
import { goal, type Goal } from './trial.js'

export interface StudyMetric {
  /** `loss`, or the name of a metric of the run: `accuracy` */
  readonly name: string
  /** the part of the data */
  readonly part: 'validation' | 'train'
  /** its value after the last epoch, or after its best epoch */
  readonly epoch: 'last' | 'best'
  /** which values are better: low ones for the loss; required for every other metric */
  readonly goal: Goal
  /** whether a trial also reports the loss and every metric of each part of its data: see `summaries` */
  readonly scores?: 'all' | undefined
}
type MetricOptions = Partial<Omit<StudyMetric, 'name'>>
/**
 * The metric by which a study compares trials: the loss or a metric of its runs.
 *
 * @param options part (default 'validation'), epoch (default 'last'), goal (default 'min' for the loss; required for
 * any other metric)
 * @example studyMetric('accuracy', { goal: 'max' })
 */
export const studyMetric = <const N extends string>(
  name: N,
  ...[options = {}]: N extends 'loss'
    ? readonly [options?: MetricOptions]
    : readonly [options: MetricOptions & Pick<StudyMetric, 'goal'>]
): StudyMetric => {
  const toward = name === 'loss' ? { goal: 'min' as const } : {}
  // without a goal, `checkMetric` refuses it
  return Object.freeze({ name, part: 'validation', epoch: 'last', ...toward, ...defined(options) }) as StudyMetric
}
/** the loss over the validation part after the last epoch */
export const validationLoss: StudyMetric = studyMetric('loss')

const fields = exact('metric of a study', {
  name: t.string,
  part: withDefault(oneOf('validation', 'train'), 'validation'),
  epoch: withDefault(oneOf('last', 'best'), 'last'),
  goal: optional(goal),
  scores: optional(oneOf('all'))
})
/** JSON of a study metric; a string is a name. Only the loss may omit its goal. */
export const studyMetricCodec: Codec<StudyMetric> = shorthand(
  new t.Type<StudyMetric, unknown, unknown>(
    'metric of a study',
    (u): u is StudyMetric => fields.is(u) && u.goal !== undefined,
    (u, c) =>
      pipe(
        fields.validate(u, c),
        E.chain(({ goal: toward, ...rest }): t.Validation<StudyMetric> => {
          const known = toward ?? (rest.name === 'loss' ? 'min' : undefined)
          return known === undefined
            ? t.failure(undefined, t.appendContext(c, 'goal', goal), 'one of min, max: which values are better')
            : t.success(Object.freeze({ ...rest, goal: known }))
        })
      ),
    m => fields.encode({ scores: undefined, ...m })
  ),
  name => ({ name })
)

/** whether the run has such a metric; only its values show whether it is a single number */
export const checkMetric = (
  metric: StudyMetric,
  checked: ValidTraining,
  validated: boolean
): SettingError | undefined => {
  const { name, part } = metric
  const decoded = fields.decode(metric)
  if (E.isLeft(decoded)) {
    const [path, expected, got] = firstError(decoded.left)
    return settingError(['metric', ...path], expected, got)
  }
  if (decoded.right.goal === undefined)
    return settingError(['metric', 'goal'], 'one of min, max: which values are better', 'nothing')
  const names = ['loss', ...metricNames(checked)]
  return !names.includes(name)
    ? settingError(['metric', 'name'], `one of ${names.join(', ')}`, name, 'add it to the metrics of the run')
    : part === 'validation' && !validated
      ? settingError(
          ['metric', 'part'],
          'a part of the data that the run has',
          'validation',
          'give the run a field validation, which cuts one from the training part'
        )
      : undefined
}

/** the metric's value in an epoch; undefined unless it is a finite number */
export const valueIn = ({ name, part }: StudyMetric, report: EpochReport): number | undefined => {
  const scores: Scores | undefined = part === 'train' ? report : report.validation
  const value = name === 'loss' ? scores?.loss : scores?.metrics[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export interface Measured {
  readonly value: number
  readonly epoch: number
}
/** the value by which a training is compared, and its epoch; the first of equally good epochs */
export const measured = (m: StudyMetric, history: readonly EpochReport[]): Measured | undefined => {
  const all = history.flatMap((report): readonly Measured[] => {
    const value = valueIn(m, report)
    return value === undefined ? [] : [{ value, epoch: report.epoch }]
  })
  const last = all.at(-1)
  if (m.epoch === 'last') return last?.epoch === history.at(-1)?.epoch ? last : undefined
  const better = (a: Measured, b: Measured): Measured =>
    (m.goal === 'min' ? b.value < a.value : b.value > a.value) ? b : a
  return all.length === 0 ? undefined : all.reduce(better)
}
