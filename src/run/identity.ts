/** The name of a run: the hash of everything that decides its result. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../data/dataset.js'
import type { NamedDatasets } from '../data/files.js'
import type { Model, ModelData } from '../layer/model.js'
import { dataError, settingError, type DataError, type DecodeError, type SettingError } from '../value/error.js'
import { datasetsArgument, given, registryArgument } from '../value/argument.js'
import { parseJson } from '../value/codec.js'
import { tensorView, type Tensor } from '../value/tensor.js'
import { utf8 } from '../value/text.js'
import { runArgument } from './arguments.js'
import { layout, type Content } from './contract-format.js'
import { canonicalJson, canonicalText } from './digest.js'
import { sha256Of } from './sha256.js'
import { exactNumber } from './numbers.js'
import { builtInRun, type RunRegistry } from './registry.js'
import { runFileCodec, type RunFile } from './run-file.js'
import { version } from './version.js'

const features = (part: string, d: Dataset) =>
  Object.entries({ x: d.x, y: d.y, ...(d.weights === undefined ? {} : { weights: d.weights }) }).map(
    ([name, feature]) => [`${part}/${name}`, feature] as const
  )

/**
 * SHA-256 of data before splitting and scaling: that of the safetensors file of all their tensors (`train/x`,
 * `train/y`, `train/weights`, `test/x`, ...), whose metadata hold the affine map of bytes (`scale` and `shift` by tensor
 * name, as canonical JSON). The columns of tables that are not fitted yet are tensors too.
 *
 * @example dataDigest({ train }) // 64 hexadecimal digits
 */
export const dataDigest = (data: NamedDatasets): string => {
  const known = digests.get(data)
  if (known !== undefined) return known
  const made = digestOf(data)
  digests.set(data, made)
  return made
}
/**
 * The columns of tables as tensors: numbers with 0 for a gap, words as their places in a list, and which values are gaps. The lists are
 * among the metadata.
 */
const tableParts = ({ named }: NamedDatasets): Pick<Content, 'tensors' | 'metadata'> => {
  const tables = named?.tag !== 'tables' ? [] : Object.entries({ train: named.train, test: named.test })
  const columns = tables.flatMap(([part, table]) =>
    Object.entries(table?.columns ?? {}).map(([name, all]) => [`${part}/columns/${name}`, all] as const)
  )
  const wordsOf = (all: readonly (string | undefined)[]): readonly string[] =>
    [...new Set(all)].filter(w => w !== undefined)
  const words = columns.flatMap(([name, all]) => (all instanceof Float64Array ? [] : [[name, wordsOf(all)] as const]))
  return {
    tensors: Object.fromEntries(
      columns.flatMap(([name, all]): readonly (readonly [string, Tensor])[] => {
        const gaps = Uint8Array.from(all, (v: number | string | undefined) =>
          v === undefined || Number.isNaN(v) ? 1 : 0
        )
        const places = new Map(wordsOf(all instanceof Float64Array ? [] : all).map((w, i) => [w, i]))
        const n = [all.length]
        return [
          [`${name}/gaps`, tensorView('u8', n, gaps)],
          [
            name,
            all instanceof Float64Array
              ? tensorView(
                  'f64',
                  n,
                  all.map(v => (Number.isNaN(v) ? 0 : v))
                )
              : tensorView(
                  'u32',
                  n,
                  Uint32Array.from(all, w => (w === undefined ? 0 : (places.get(w) ?? 0)))
                )
          ]
        ]
      })
    ),
    metadata: columns.length === 0 ? {} : { words: canonicalText(Object.fromEntries(words)) }
  }
}

/** the trials of a search compute the digest of the same data many times */
const digests = new WeakMap<NamedDatasets, string>()
const digestOf = (datasets: NamedDatasets): string => {
  const { train, test } = datasets
  const table = tableParts(datasets)
  const all = [...features('train', train), ...(test === undefined ? [] : features('test', test))]
  const affine = (setting: 'scale' | 'shift'): string =>
    canonicalText(Object.fromEntries(all.map(([name, f]) => [name, exactNumber.encode(f[setting])])))
  const { header, data } = layout({
    tensors: { ...Object.fromEntries(all.map(([name, f]) => [name, f.tensor])), ...table.tensors },
    metadata: { scale: affine('scale'), shift: affine('shift'), ...table.metadata }
  })
  return sha256Of(header, ...data)
}

/** the data, if their digest is the one in the run file */
export const checkData =
  ({ dataDigest: wanted }: RunFile<ModelData>) =>
  <D extends NamedDatasets>(data: D): E.Either<DataError, D> => {
    const got = wanted === undefined ? undefined : dataDigest(data)
    return got === wanted
      ? E.right(data)
      : E.left(
          dataError(
            ['dataDigest'],
            `data with the SHA-256 ${wanted}`,
            `${got}`,
            'leave dataDigest out to run it with other data'
          )
        )
  }

/** a run file with version and digest filled in: the same name means the same bits */
export interface CompleteRun<M extends ModelData = Model> extends RunFile<M> {
  readonly version: string
  readonly dataDigest: string
}

/**
 * Completes a run file with the version of this library and the digest of the data before splitting and scaling.
 *
 * @example pipe(openRun(run), TE.chainEitherKW(({ source }) => completeRun(run, source)), TE.map(runId))
 * @returns Left if the run file names another version of the library or other data, or holds text with a lone surrogate
 */
export const completeRun = <M extends ModelData>(
  run: RunFile<M>,
  source: NamedDatasets,
  registry: RunRegistry = builtInRun
): E.Either<DataError | SettingError | DecodeError, CompleteRun<M>> =>
  pipe(
    given(settingError, [runArgument(run), datasetsArgument(source), registryArgument(registry)], () =>
      run.version === undefined || run.version === version
        ? E.right(run)
        : E.left(
            settingError(
              ['version'],
              `${version}, the version of this gradfold`,
              run.version,
              'leave version out to run it with this one'
            )
          )
    ),
    E.map(({ dataDigest: named = dataDigest(source), ...rest }) => ({ ...rest, version, dataDigest: named })),
    E.chainFirstW(complete => checkData(complete)(source)),
    // the name is a hash of the text, so use the run that the text describes: -0 is 0 there
    E.chainW(complete =>
      pipe(
        canonicalJson(runFileCodec(registry).encode(complete)),
        E.chain(parseJson(runFileCodec(registry))),
        E.map(read => read as CompleteRun<M>)
      )
    )
  )

/** The text whose hash is the name of the run: the run file as canonical JSON (RFC 8785). `parseRunFile` reads it. */
export const canonicalRun = (run: CompleteRun<ModelData>, registry: RunRegistry = builtInRun): string =>
  canonicalText(runFileCodec(registry).encode(run))

/**
 * The name of a run: SHA-256 of its canonical text, in 64 hexadecimal digits. Runs with one name give the same bits;
 * whatever decides the result changes the name. Paths of data files count as they are written: with relative paths a
 * folder can move.
 */
export const runId = (run: CompleteRun<ModelData>, registry: RunRegistry = builtInRun): string =>
  sha256Of(utf8(canonicalRun(run, registry)))
