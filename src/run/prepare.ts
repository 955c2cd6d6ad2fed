/** Preparation of a run's data before training, as the run file says: splits, and scaling of inputs and targets. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { NamedColumns, NamedDatasets } from '../data/files.js'
import type { Dataset } from '../data/dataset.js'
import {
  applyScaling,
  fitScaling,
  type Scaling,
  type ScalingGroup,
  type ScalingKind,
  type ScalingOf
} from '../data/normalise.js'
import { kFold, split as randomSplit, stratifiedKFold, stratifiedSplit, type Split as Parts } from '../data/split.js'
import { encodeTable } from '../data/table/encode.js'
import { fitTableWith } from '../data/table/fit.js'
import { rowsNamed } from '../data/table/split.js'
import type { DataTable } from '../data/table/table.js'
import { recordCodec } from '../registry/codecs.js'
import { family, type Definition, type Family } from '../registry/definition.js'
import { leafKey, rootKey, type DrawKey } from '../random/index.js'
import { count, inRange, oneOf, optional, size, uint32, withDefault, type Codec } from '../value/codec.js'
import { datasetsArgument, given, objectArgument } from '../value/argument.js'
import { dataError, inside, settingError, type DataError, type DecodeError, type SettingError } from '../value/error.js'
import { shorthand } from './shorthand.js'

/** how to cut a part from the training part */
export type SplitSettings = ShareSettings | FoldSettings
export interface ShareSettings {
  readonly tag: 'random' | 'stratified'
  /** the fraction that stays for training */
  readonly fraction: number
  /**
   * decides which example goes to which part; default: the run's seed. A fixed value lets runs with different seeds
   * share their parts.
   */
  readonly seed?: number | undefined
}
/** one of k equal parts, as in cross-validation; see `kFold` and `stratifiedKFold` */
export interface FoldSettings {
  readonly tag: 'fold'
  /** k */
  readonly folds: number
  /** which of them is cut off, from 0 */
  readonly index: number
  /** whether the shares of the classes are kept */
  readonly stratified: boolean
  /** decides which example goes to which part; default: the run's seed */
  readonly seed?: number | undefined
}
/** how to scale inputs or targets: fitted on the training part, applied to all parts */
export interface Normalise {
  readonly tag: ScalingKind
  /** the numbers that share one scale: the same position of every example, the same channel, or all numbers */
  readonly per: ScalingGroup
}

type Cut = (d: Dataset, fraction: number, key: DrawKey) => E.Either<DataError | SettingError, Parts>
const cuts: Readonly<Record<ShareSettings['tag'], Cut>> = { random: randomSplit, stratified: stratifiedSplit }

const share = inRange('a number between 0 and 1', n => n > 0 && n < 1)
const splitOf = (tag: ShareSettings['tag']): Definition => ({
  tag,
  fields: () => ({ fraction: withDefault(share, 0.8), seed: optional(uint32) })
})
const scalingOf = (tag: ScalingKind): Definition => ({
  tag,
  fields: () => ({ per: withDefault(oneOf('column', 'channel', 'whole'), 'column') })
})

const foldDefinition: Definition = {
  tag: 'fold',
  fields: () => ({ folds: size, index: count, stratified: withDefault(t.boolean, false), seed: optional(uint32) })
}

export const splits: Family<Definition> = family(splitOf('random'), splitOf('stratified'), foldDefinition)
export const scalings: Family<Definition> = family(scalingOf('standardise'), scalingOf('minMax'), scalingOf('unit'))
export const splitCodec: Codec<SplitSettings> = shorthand(recordCodec<SplitSettings>('split', splits))
export const normaliseCodec: Codec<Normalise> = shorthand(recordCodec<Normalise>('scaling', scalings))

/** the parts of the data that a run uses */
export interface Prepared extends NamedDatasets {
  /** scored after every epoch */
  readonly validation?: Dataset
  /** the scalings that were applied: use them for new rows (`applyScaling`), and to map outputs back (`undoScaling`) */
  readonly scalings?: { readonly [of in ScalingOf]?: Scaling }
}
type PrepareError = DataError | SettingError

const cut = (d: Dataset, s: SplitSettings, purpose: string, runSeed: number): E.Either<PrepareError, Parts> => {
  const key = leafKey(rootKey(s.seed ?? runSeed), purpose)
  return s.tag === 'fold' ? foldOf(d, s, key) : cuts[s.tag](d, s.fraction, key)
}
const foldOf = (d: Dataset, { folds, index, stratified }: FoldSettings, key: DrawKey): E.Either<PrepareError, Parts> =>
  pipe(
    (stratified ? stratifiedKFold : kFold)(d, folds, key),
    E.chainW(all =>
      E.fromNullable(settingError(['index'], `the number of a fold, from 0 to ${folds - 1}`, String(index)))(all[index])
    )
  )

const splitTest =
  ({ split, seed }: Preparation) =>
  (d: Prepared): E.Either<PrepareError, Prepared> =>
    split === undefined
      ? E.right(d)
      : d.test !== undefined
        ? E.left(dataError(['split'], 'data without a test part', 'data that have one', 'leave split out'))
        : pipe(
            cut(d.train, split, 'split', seed),
            E.map(parts => ({ ...d, ...parts }))
          )

const splitValidation =
  ({ validation, seed }: Preparation) =>
  (d: Prepared): E.Either<PrepareError, Prepared> =>
    validation === undefined
      ? E.right(d)
      : pipe(
          cut(d.train, validation, 'validation', seed),
          E.bimap(inside('validation'), parts => ({ ...d, train: parts.train, validation: parts.test }))
        )

const scale =
  (of: ScalingOf, how: Normalise | undefined) =>
  (d: Prepared): E.Either<DataError, Prepared> =>
    how === undefined
      ? E.right(d)
      : pipe(
          fitScaling(d.train, how.tag, how.per, of),
          E.chain(scaling => {
            const part = (name: 'test' | 'validation'): E.Either<DataError, Partial<Prepared>> => {
              const raw = d[name]
              return raw === undefined
                ? E.right({})
                : pipe(
                    applyScaling(scaling, raw),
                    E.map(x => ({ [name]: x }))
                  )
            }
            return pipe(
              E.Do,
              E.bind('train', () => applyScaling(scaling, d.train)),
              E.bind('test', () => part('test')),
              E.bind('validation', () => part('validation')),
              E.map(({ train, test, validation }) => ({
                ...(d.named === undefined ? {} : { named: d.named }),
                train,
                ...test,
                ...validation,
                scalings: { ...d.scalings, [of]: scaling }
              }))
            )
          })
        )

/** a table has columns, and no channels */
const columnScaling = (name: string, how: Normalise | undefined): E.Either<SettingError, ScalingKind | undefined> =>
  how === undefined || how.per === 'column'
    ? E.right(how?.tag)
    : E.left(settingError([name, 'per'], 'column, as the data are a table', how.per))

/** fits what a schema leaves open on the training part, and turns all parts into numbers */
const encodeTables =
  (named: Extract<NamedColumns, { readonly tag: 'tables' }>, { normalise, normaliseTargets }: Preparation) =>
  ({ train, test, validation }: Prepared): E.Either<PrepareError | DecodeError, Prepared> =>
    pipe(
      E.Do,
      E.bind('inputs', () => columnScaling('normalise', normalise)),
      E.bind('targets', () => columnScaling('normaliseTargets', normaliseTargets)),
      E.bindW('fitted', defaults => fitTableWith(defaults)(rowsNamed(named.train, train))),
      E.chainW(({ fitted }) => {
        const encoded = (
          from: DataTable,
          rows: Dataset | undefined
        ): E.Either<DataError | DecodeError, Dataset | undefined> =>
          rows === undefined ? E.right(undefined) : encodeTable(fitted)(rowsNamed(from, rows))
        return pipe(
          E.Do,
          E.bindW('train', () => pipe(encodeTable(fitted)(rowsNamed(named.train, train)), E.mapLeft(inside('train')))),
          E.bindW('test', () => pipe(encoded(named.test ?? named.train, test), E.mapLeft(inside('test')))),
          E.bindW('validation', () => pipe(encoded(named.train, validation), E.mapLeft(inside('validation')))),
          E.map((parts): Prepared => ({
            train: parts.train,
            ...(parts.test === undefined ? {} : { test: parts.test }),
            ...(parts.validation === undefined ? {} : { validation: parts.validation }),
            named: { tag: 'fitted', fitted }
          }))
        )
      })
    )

/** scales datasets whose columns have no names, or are fitted already */
const scaleBoth =
  ({ normalise, normaliseTargets }: Preparation) =>
  (d: Prepared): E.Either<DataError, Prepared> =>
    pipe(scale('inputs', normalise)(d), E.chain(scale('targets', normaliseTargets)))

export interface Preparation {
  readonly seed: number
  /** cuts a test part from a source without one */
  readonly split?: SplitSettings | undefined
  /** cuts a validation part from the training part that remains */
  readonly validation?: SplitSettings | undefined
  /** scales inputs */
  readonly normalise?: Normalise | undefined
  /** scales targets: loss and metrics are then in scaled units */
  readonly normaliseTargets?: Normalise | undefined
}

/**
 * Prepares the data of a source for a run: splits first, then scales with statistics of the training part alone. In a
 * table that is not fitted yet, this scales the columns of numbers and dates without a scaling; never categories.
 *
 * @returns Left if the source already has a test part, a part would be empty, a stratified split has no classes, or
 * inputs or targets cannot be scaled (class numbers cannot)
 */
export const prepare =
  (p: Preparation) =>
  (d: NamedDatasets): E.Either<PrepareError | DecodeError, Prepared> =>
    given(settingError, [objectArgument('preparation', p), datasetsArgument(d)], () =>
      pipe(
        splitTest(p)(d),
        E.chain(splitValidation(p)),
        E.chainW(d.named?.tag === 'tables' ? encodeTables(d.named, p) : scaleBoth(p))
      )
    )
