/**
 * Whether a training is valid: its settings, its members, the model, and how they fit together. Checks that don't depend on one another
 * report all their mistakes at once.
 */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { BuiltLayer } from '../../layer/definition.js'
import { build } from '../../model/build.js'
import {
  knownOptions,
  modelArgument,
  objectArgument,
  optionsOf,
  registryArgument,
  wrongArgument,
  type Argument
} from '../../value/argument.js'
import {
  checkAll,
  failIf,
  inside,
  problemSemigroup,
  settingError,
  shapeError,
  withinPath,
  type ErrorCode,
  type SettingError,
  type ShapeError
} from '../../value/error.js'
import { checkAugment } from '../augment.js'
import { checkMember } from '../../registry/lookup.js'
import { isDims, isSize, showShape, type Dims, type Shape } from '../../value/shape.js'
import { isFloat, type FloatType } from '../../value/tensor.js'
import { treeLeaves } from '../../value/tree.js'
import { builtInTraining, type TrainingRegistry } from '../registry.js'
import { checkLossRounding, knownLoss, type KnownLoss } from '../loss/index.js'
import { isPerOutput } from '../per-output.js'
import { checkLoss } from '../loss/loss.js'
import type { Metric } from '../metric/index.js'
import { checkOptimizer, optimizerInterpreter, type Optimizer } from '../optimizer/index.js'
import { wrongShards } from '../shards.js'
import { scheduleInterpreter } from '../schedule/index.js'
import { checkOutputs } from './check-outputs.js'
import { labelledMetrics, type Head, type ValidTraining } from './heads.js'
import type { Training } from './value.js'

export type { Head, ValidTraining } from './heads.js'

type TrainingError = SettingError | ShapeError
const Validation = E.getApplicativeValidation(problemSemigroup<TrainingError>())

// ---- the settings, each by itself

const checkNumbers = ({ batchSize, seed, precision }: Training): E.Either<SettingError, void> => {
  const isSeed = Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff
  const setting = (
    name: string,
    fits: boolean,
    expected: string,
    got: unknown,
    code: ErrorCode
  ): E.Either<SettingError, void> => failIf(fits ? undefined : settingError([name], expected, String(got), '', code))
  return checkAll([
    setting('batchSize', isSize(batchSize), 'a positive whole number', batchSize, 'not-a-size'),
    setting('seed', isSeed, 'a whole number from 0 to 4294967295', seed, 'out-of-range'),
    setting('precision', isFloat(precision), 'f32 or f64', precision, 'wrong-type')
  ])
}

/** whether the schedules of an optimizer fit together */
const checkSchedules = (f: TrainingRegistry, o: Optimizer): E.Either<SettingError, void> => {
  const { check } = scheduleInterpreter(f.schedules)
  return checkAll(
    Object.entries(optimizerInterpreter(f.optimizers).settings(o, '')).map(([name, s]) => {
      const wrong = check(s)
      return failIf(wrong === undefined ? undefined : inside('optimizer')(inside(name)(wrong)))
    })
  )
}

type Members = Pick<Training, 'loss' | 'optimizer' | 'stop' | 'metrics'>

const checkMetrics = (f: TrainingRegistry, metrics: readonly Metric[]): E.Either<SettingError, readonly Metric[]> =>
  pipe(
    metrics.map(metric => checkMember(f, 'metric')(metric)),
    checked =>
      pipe(
        checkAll(checked),
        E.chain(() => E.sequenceArray(checked))
      )
  )
/** The members: whether each is known and in range, however it was made (constructors check nothing); what they lack is filled in. */
const checkMembers = (f: TrainingRegistry, m: Members): E.Either<TrainingError, Members> =>
  sequenceS(Validation)({
    loss: isPerOutput(m.loss) ? checkOutputs(f, m.loss, checkMetrics) : checkMember(f, 'loss')(m.loss),
    optimizer: pipe(
      checkMember(f, 'optimizer')(m.optimizer),
      E.chainFirst(o => checkSchedules(f, o))
    ),
    stop: checkMember(f, 'stopRule')(m.stop),
    metrics: checkMetrics(f, m.metrics)
  })

// ---- the model

const isFlatTuple = (s: Shape): s is readonly Dims[] =>
  s.length > 0 && s.every(part => typeof part !== 'number' && isDims(part))
const oneOrSeveral = (what: string, s: Shape): E.Either<ShapeError, Dims | readonly Dims[]> =>
  isDims(s) || isFlatTuple(s)
    ? E.right(s)
    : E.left(shapeError([what], 'one tensor, or a tuple of tensors', showShape(s), 'merge the tuples inside of it'))
const checkModel = (f: TrainingRegistry, { model, precision }: Training) =>
  pipe(
    // shapes are the same in any precision, and a wrong one is reported with the settings
    build(model, f, isFloat(precision) ? precision : 'f32'),
    E.bindTo('placed'),
    E.bind('input', () => oneOrSeveral('input', model.input)),
    E.bind('output', ({ placed }) => oneOrSeveral('output', placed.output))
  )

/** the outputs of a model with their losses, in order */
const headsOf = (
  f: TrainingRegistry,
  { loss, metrics }: Members,
  { placed, output }: { readonly placed: BuiltLayer; readonly output: Dims | readonly Dims[] }
): E.Either<TrainingError, readonly [Head, ...(readonly Head[])]> => {
  const { gives, givesEach } = placed
  if (!isPerOutput(loss))
    return isDims(output)
      ? E.right([{ weight: 1, member: loss, loss: knownLoss(f.losses, loss), metrics, output, gives }])
      : E.left(
          shapeError(
            ['output'],
            'one tensor',
            showShape(output),
            'give each output its loss with perOutput, or merge the parts'
          )
        )
  const { outputs } = loss
  if (metrics.length > 0)
    return E.left(settingError(['metrics'], 'none beside perOutput', 'some', 'give them to outputLoss, by output'))
  if (isDims(output) || output.length !== outputs.length)
    return E.left(
      shapeError(
        ['loss', 'perOutput'],
        isDims(output) ? 'a model with several outputs' : `${output.length} losses, one for each output`,
        isDims(output) ? showShape(output) : String(outputs.length),
        isDims(output) ? 'a model with one output takes the loss itself' : ''
      )
    )
  const heads = outputs.map(({ name, loss: member, weight, metrics: own }, i): Head => ({
    ...{ name, weight, member, loss: knownLoss(f.losses, member), metrics: own },
    output: output[i] as Dims,
    gives: givesEach?.[i] ?? gives
  }))
  return E.right(heads as unknown as readonly [Head, ...(readonly Head[])])
}

// ---- how they fit together

/** what a metric reads, beside what the loss takes outputs for: distributions and labels */
const wrongReading = (
  kind: TrainingRegistry['metrics'][string] | undefined,
  m: Metric,
  at: readonly string[],
  { tag, expects, labels, values }: KnownLoss,
  gives: BuiltLayer['gives']
): SettingError | undefined => {
  if (expects === 'parameters' && (kind?.reads !== 'values' || values === undefined))
    return settingError(
      at,
      'a metric of values, such as rmse or mae',
      `${m.tag} beside the loss ${tag}, whose outputs are parameters of a distribution`,
      '',
      'unsuitable'
    )
  if (kind?.reads === 'labels' && labels !== true && !(expects === 'values' && gives === 'probabilities'))
    return settingError(
      at,
      'a loss of labels, such as sigmoidCrossEntropy, or a model that ends in sigmoid',
      `the loss ${tag}`,
      'for examples of one class each take accuracy, precision, recall, f1 or rocAuc',
      'unsuitable'
    )
  return undefined
}

/** whether what a metric reads is what the model gives */
const checkMetric = (
  f: TrainingRegistry,
  i: number,
  m: Metric,
  { loss, gives, output }: Head
): E.Either<SettingError, void> => {
  const { tag, expects } = loss
  const kind = f.metrics[m.tag]
  const at = ['metrics', String(i), m.tag]
  const wrong = wrongReading(kind, m, at, loss, gives)
  if (wrong !== undefined) return E.left(wrong)
  if (kind?.reads === 'probabilities' && expects === 'values' && gives === 'numbers')
    return E.left(
      settingError(
        at,
        'a model that ends in probabilities, or a loss of logits',
        `one that ends in any real numbers, and the loss ${tag}`,
        'end it with softmax or sigmoid',
        'unsuitable'
      )
    )
  if (kind?.reads === 'values' && expects === 'logits')
    return E.left(
      settingError(
        at,
        'a loss of values or probabilities, whose outputs can be compared with targets',
        `${tag}, which takes logits`,
        'use accuracy or perplexity, or end the model with softmax or sigmoid and take a loss of what these give',
        'unsuitable'
      )
    )
  // a single output tells two classes apart
  const classes = Math.max(2, output.at(-1) ?? 1)
  const fewest = kind?.fewestClasses?.(m) ?? 0
  return fewest > classes
    ? E.left(
        settingError(
          at,
          `a model of ${fewest} classes or more`,
          String(classes),
          'with fewer it says the same of all outputs',
          'unsuitable'
        )
      )
    : E.right(undefined)
}

/** Reports, studies and the sums of a state find a metric by its name alone. */
const wrongNames = (registry: TrainingRegistry, metrics: readonly Metric[]): SettingError | undefined => {
  const names = labelledMetrics(registry, metrics).map(([name]) => name)
  const at = names.findIndex((name, i) => names.indexOf(name) !== i || name === 'loss' || /^$|\//.test(name))
  const name = names[at]
  return name === undefined
    ? undefined
    : settingError(
        ['metrics', String(at)],
        'a name that no other number of a report has, without a /',
        names.indexOf(name) === at ? JSON.stringify(name) : `${JSON.stringify(name)}, as that of another metric`,
        names.indexOf(name) === at
          ? 'give the custom metric another name'
          : 'the second metric of a name has a 2 behind it: name each metric once',
        'unsuitable'
      )
}
/** whether the loss and metrics of an output suit it, and the numbers of the loss the precision */
const checkHead = (f: TrainingRegistry, precision: FloatType, head: Head): E.Either<TrainingError, void> => {
  const rounded = checkLossRounding(f.losses, head.member, precision)
  return pipe(
    checkAll<TrainingError>([
      checkLoss(head.loss, head.output, head.gives, precision),
      failIf(rounded === undefined ? undefined : inside('loss')(rounded)),
      failIf(wrongNames(f, head.metrics)),
      ...head.metrics.map((m, i) => checkMetric(f, i, m, head))
    ]),
    head.name === undefined ? e => e : withinPath(head.name)
  )
}
/** augmentation changes one input and one target */
const wrongAugment = ({ training: { augment = [] }, input, heads }: ValidTraining): SettingError | undefined =>
  augment.length === 0 || (isDims(input) && heads.length === 1 && heads[0].name === undefined)
    ? undefined
    : settingError(['augment'], 'a model with one input and one output', 'several', 'change the data instead')

/** whether loss, metrics and optimizer suit the model, and their numbers the precision */
const checkFit = (f: TrainingRegistry, c: ValidTraining): E.Either<TrainingError, void> => {
  const { training, placed, heads } = c
  const { precision } = training
  return checkAll<TrainingError>([
    ...heads.map(head => checkHead(f, precision, head)),
    failIf(checkOptimizer(f.optimizers, f.schedules, training.optimizer, placed.params, precision)),
    failIf(wrongShards(training.shards, training.batchSize, treeLeaves(placed.state).length > 0)),
    failIf(wrongAugment(c))
  ])
}

const settingNames = {
  model: true,
  loss: true,
  optimizer: true,
  batchSize: true,
  stop: true,
  metrics: true,
  seed: true,
  precision: true,
  augment: true,
  shards: true
} as const
/** what a training of an untyped caller must be before its parts are looked at */
const trainingArguments = (t: Training, f: TrainingRegistry): readonly Argument[] => [
  objectArgument('training', t),
  modelArgument(optionsOf(t).model),
  { path: ['metrics'], value: optionsOf(t).metrics, expected: 'a list of metrics', is: Array.isArray },
  {
    path: ['augment'],
    value: optionsOf(t).augment,
    expected: 'a list of augmentations',
    is: u => u === undefined || Array.isArray(u)
  },
  { ...knownOptions(t, settingNames), path: ['training'] },
  registryArgument(f)
]

/** @returns Left for settings out of range, unknown members, or a model whose shapes do not fit: all mistakes that can be told apart */
export const checkTraining = (
  t: Training,
  f: TrainingRegistry = builtInTraining
): E.Either<SettingError | ShapeError, ValidTraining> =>
  pipe(
    failIf(wrongArgument(settingError, trainingArguments(t, f))),
    E.chainW(() => failIf(checkAugment(t.augment ?? []))),
    E.chainW(() =>
      sequenceS(Validation)({ numbers: checkNumbers(t), members: checkMembers(f, t), model: checkModel(f, t) })
    ),
    E.chainW(({ members, model: { placed, input, output } }) =>
      pipe(
        headsOf(f, members, { placed, output }),
        E.map((heads): ValidTraining => ({ training: { ...t, ...members }, registry: f, placed, input, heads }))
      )
    ),
    E.chainFirst(valid => checkFit(f, valid))
  )
