/** What a study compares trials by. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { exact, firstError, oneOf, optional, withDefault, type Codec } from '../value/codec.js'
import { defined } from '../value/defined.js'
import { settingError, type SettingError } from '../value/error.js'
import { metricNames } from '../train/program.js'
import type { Scores } from '../train/progress.js'
import type { EpochReport } from '../train/events.js'
import type { ValidTraining } from '../train/training.js'
import { shorthand } from '../run/shorthand.js'
import { goal, type Goal } from './trial.js'

export interface StudyMetric {
  /** `loss`, or the name of a metric of the run: `accuracy` */
  readonly name: string
  /** over which part of the data */
  readonly part: 'validation' | 'train'
  /** its value after the last epoch, or after the epoch where it was best */
  readonly epoch: 'last' | 'best'
  /** which values are better; of the loss the low ones, for every other metric it has to be said */
  readonly goal: Goal
}
type MetricOptions = Partial<Omit<StudyMetric, 'name'>>
/**
 * What a study compares trials by: the loss or a metric of its runs.
 *
 * @param options part (default 'validation'), epoch (default 'last'), goal (of the loss 'min'; of any other metric it has to be said)
 * @example studyMetric('accuracy', { goal: 'max' })
 */
export const studyMetric = <const N extends string>(
  name: N,
  ...[options = {}]: N extends 'loss'
    ? readonly [options?: MetricOptions]
    : readonly [options: MetricOptions & Pick<StudyMetric, 'goal'>]
): StudyMetric => {
  const toward = name === 'loss' ? { goal: 'min' as const } : {}
  // without a goal `checkMetric` refuses it
  return Object.freeze({ name, part: 'validation', epoch: 'last', ...toward, ...defined(options) }) as StudyMetric
}
/** the loss over the validation part after the last epoch */
export const validationLoss: StudyMetric = studyMetric('loss')

const fields = exact('metric of a study', {
  name: t.string,
  part: withDefault(oneOf('validation', 'train'), 'validation'),
  epoch: withDefault(oneOf('last', 'best'), 'last'),
  goal: optional(goal)
})
/** JSON of it; a word is a name. Only the loss may leave its goal out. */
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
    m => fields.encode(m)
  ),
  name => ({ name })
)

/** whether the run knows such a metric; that a metric is a single number only its values can say */
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

/** the metric's value in an epoch; undefined where it is no finite number */
export const valueIn = ({ name, part }: StudyMetric, report: EpochReport): number | undefined => {
  const scores: Scores | undefined = part === 'train' ? report : report.validation
  const value = name === 'loss' ? scores?.loss : scores?.metrics[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export interface Measured {
  readonly value: number
  readonly epoch: number
}
/** the value that a training is judged by, and its epoch; of equally good epochs the first */
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
