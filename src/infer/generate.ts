/** Sequences drawn from a model, index by index: the same from the same key, everywhere. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { Model } from '../layer/model.js'
import type { ParamsOf } from '../model/params.js'
import { drawKey, foldIn, uniform, type Key } from '../random/index.js'
import { keyArgument, knownOptions, modelArgument, optionsOf, wrongArgument, type Argument } from '../value/argument.js'
import { showUnknown, uint32 } from '../value/codec.js'
import { exp } from '../value/elementary.js'
import { failIf, settingError, type BackendError, type SettingError, type ShapeError } from '../value/error.js'
import { isSize } from '../value/shape.js'
import { isTensor, numbersOf, tensorView, type Tensor } from '../value/tensor.js'
import { predict, type PredictOptions } from './predict.js'

export interface SamplingOptions {
  /** the logits are divided by it: below 1 the likely indexes become likelier; 0 takes the largest logit, the first of equals; default 1 */
  readonly temperature?: number
  /** only the k largest logits are drawn from; default: all */
  readonly topK?: number
  /** only the likeliest indexes whose probabilities add up to at least p are drawn from, after `topK`; default 1: all */
  readonly nucleus?: number
}

const setting = (name: string, value: unknown, expected: string, is: (n: number) => boolean): Argument => ({
  path: [name],
  value,
  expected,
  is: u => typeof u === 'number' && is(u)
})
const samplingArguments = ({
  temperature = 1,
  topK = 1,
  nucleus = 1
}: Partial<SamplingOptions>): readonly Argument[] => [
  setting('temperature', temperature, 'a number, 0 or more', n => n >= 0 && Number.isFinite(n)),
  setting('topK', topK, 'a positive whole number', isSize),
  setting('nucleus', nucleus, 'a number above 0, at most 1', n => n > 0 && n <= 1)
]

interface Candidate {
  readonly index: number
  readonly mass: number
}
/** likeliest first, of equals the lower index; masses are relative to that of the first */
const candidates = (logits: readonly number[], temperature: number): readonly Candidate[] => {
  const order = logits.map((_, i) => i).sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
  const first = logits[order[0] as number] as number
  return order.map(index => ({ index, mass: exp(((logits[index] as number) - first) / temperature) }))
}
const massOf = (all: readonly Candidate[]): number => all.reduce((sum, c) => sum + c.mass, 0)
/** the shortest beginning whose mass is at least that */
const upTo = (all: readonly Candidate[], mass: number): readonly Candidate[] => {
  const [, ...sums] = RA.scanLeft<Candidate, number>(0, (sum, c) => sum + c.mass)(all)
  const end = sums.findIndex(sum => sum >= mass)
  return end < 0 ? all : all.slice(0, end + 1)
}

const drawn = (key: Key, logits: readonly number[], options: Partial<SamplingOptions>): number => {
  const { temperature = 1, topK = logits.length, nucleus = 1 } = options
  if (temperature === 0) return logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity))
  const likely = candidates(logits, temperature).slice(0, topK)
  const kept = nucleus === 1 ? likely : upTo(likely, nucleus * massOf(likely))
  const u = uniform(drawKey(key), 1)[0] as number
  // u is below 1, so a candidate is always found; one of mass 0 never is
  return (
    upTo(
      kept.filter(c => c.mass > 0),
      u * massOf(kept) + Number.MIN_VALUE
    ).at(-1) as Candidate
  ).index
}

const samplingNames = { temperature: true, topK: true, nucleus: true } as const
const wrongLogits = (logits: unknown): Argument => ({
  path: ['logits'],
  value: logits,
  expected: 'a list or tensor of numbers, not NaN, at least one of them finite',
  is: u => {
    const all: readonly unknown[] = isTensor(u) ? Array.from(numbersOf(u)) : Array.isArray(u) ? u : []
    return (
      all.findIndex((x: unknown) => !(typeof x === 'number' && x < Infinity)) < 0 &&
      all.some((x: unknown) => Number.isFinite(x))
    )
  }
})

/**
 * An index drawn with the probabilities softmax(logits / temperature), by one uniform number of the key; `topK` and `nucleus` (Holtzman et
 * al. 2020) leave out unlikely ones before. Computed in f64 with gradfold's own exp, so equal logits and keys give equal indexes on
 * every engine. A logit of -Infinity is never drawn.
 *
 * @example sampleIndex(rootKey(7), { temperature: 0.8, topK: 10 })(logits) // Either<SettingError, number>
 * @returns Left for settings out of range, and for logits that are NaN or without a finite one
 */
export const sampleIndex =
  (key: Key, options: SamplingOptions = {}) =>
  (logits: Tensor | readonly number[]): E.Either<SettingError, number> =>
    pipe(
      failIf(
        wrongArgument(settingError, [
          keyArgument(key),
          knownOptions(options, samplingNames),
          ...samplingArguments(optionsOf(options)),
          wrongLogits(logits)
        ])
      ),
      E.map(() => drawn(key, Array.from(isTensor(logits) ? numbersOf(logits) : logits), optionsOf(options)))
    )

export interface GenerateOptions extends PredictOptions, SamplingOptions {
  /** how many indexes to draw */
  readonly count: number
  /** index i is drawn with `foldIn(key, i)` */
  readonly key: Key
  /** an index that ends the sequence; it is the last one */
  readonly end?: number
}
const generateNames = {
  ...samplingNames,
  backend: true,
  registry: true,
  layers: true,
  count: true,
  key: true,
  end: true
} as const

/** a sequence, continued */
export type Continued = (
  prompt: readonly number[]
) => E.Either<SettingError | ShapeError | BackendError, readonly number[]>
/** a window of the last indexes, filled up behind; and the place of the last index */
const windowOf = (sequence: readonly number[], length: number): readonly [Tensor, number] => {
  const last = sequence.slice(-length)
  const data = new Uint32Array(length)
  data.set(last)
  return [tensorView('u32', [1, length], data), last.length - 1]
}
// findIndex sees holes, which every does not
const isPrompt = (u: unknown): boolean => Array.isArray(u) && u.length > 0 && u.findIndex(x => !uint32.is(x)) < 0

const wrongModel = (model: Model): SettingError | undefined => {
  const [length, ...more] = model.input
  return model.dtype === 'u32' && typeof length === 'number' && more.length === 0
    ? undefined
    : settingError(
        ['model'],
        'a model of one sequence of indexes [positions]',
        showUnknown(model.input),
        'ofIndices(model(input(n), ...))'
      )
}
/** the logits after the last index of a window */
const logitsAt = (y: Tensor, length: number, place: number): E.Either<SettingError, readonly number[]> => {
  const [, positions, classes] = y.shape
  return y.shape.length === 3 && positions === length
    ? E.right(Array.from(numbersOf(y)).slice(place * (classes as number), (place + 1) * (classes as number)))
    : E.left(
        settingError(
          ['model'],
          `a model that gives [${length}, classes], logits at each position`,
          showUnknown(y.shape.slice(1))
        )
      )
}

/**
 * Continues a sequence: the model sees the last indexes, its logits at the last of them say what comes next, and one index is drawn, as
 * `sampleIndex` does; `count` times. The model takes indexes [n] and gives logits [n, classes], and no position may depend on later
 * ones (`causal`), since a shorter sequence is filled up behind. A function of the parameters, the prompt and the key alone: the same
 * text on every engine. The prompt has at least one index.
 *
 * @example pipe(prompt, generate(net, trained.params, { backend: wasm, key: rootKey(1), count: 200, temperature: 0.7 }))
 * @returns the prompt and what was drawn; Left for settings out of range, a model of another shape, and every error of `predict`
 */
export const generate = <M extends Model>(model: M, params: ParamsOf<M>, options: GenerateOptions): Continued => {
  const { count, key, end, temperature: _t, topK: _k, nucleus: _n, ...others } = optionsOf(options) as GenerateOptions
  const wrong =
    wrongArgument(settingError, [
      modelArgument(model),
      knownOptions(options, generateNames),
      keyArgument(key),
      setting('count', count, 'a positive whole number', isSize),
      ...(end === undefined ? [] : [setting('end', end, 'an index', uint32.is)]),
      ...samplingArguments(optionsOf(options))
    ]) ?? wrongModel(model)
  if (wrong !== undefined) return () => E.left(wrong)
  const length = model.input[0] as number
  const run = predict(model as Model, params as never, others)
  const sampling = optionsOf(options)
  const next = (sequence: readonly number[], i: number): E.Either<SettingError | ShapeError | BackendError, number> => {
    const [x, place] = windowOf(sequence, length)
    return pipe(
      run(x),
      E.chainW(y => logitsAt(y as Tensor, length, place)),
      E.chainW(logits =>
        pipe(
          failIf(wrongArgument(settingError, [wrongLogits(logits)])),
          E.map(() => drawn(foldIn(key, i), logits, sampling))
        )
      )
    )
  }
  return prompt => {
    const bad = wrongArgument(settingError, [
      { path: ['prompt'], value: prompt, expected: 'a list of indexes, at least one', is: isPrompt }
    ])
    if (bad !== undefined) return E.left(bad)
    const ended = (sequence: readonly number[]): boolean => sequence.length > prompt.length && sequence.at(-1) === end
    return E.ChainRec.chainRec(prompt, sequence => {
      const i = sequence.length - prompt.length
      return i === count || ended(sequence)
        ? E.right(E.right(sequence))
        : pipe(
            next(sequence, i),
            E.map(index => E.left([...sequence, index]))
          )
    })
  }
}
