/** The name of a run: the hash of everything that decides its result. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../data/dataset.js'
import type { Datasets } from '../data/files.js'
import type { Model, ModelData } from '../layer/model.js'
import { dataError, settingError, type DataError, type DecodeError, type SettingError } from '../value/error.js'
import { parseJson } from '../value/codec.js'
import { utf8 } from '../value/text.js'
import { layout } from './contract-format.js'
import { canonicalJson, canonicalText, sha256Of } from './digest.js'
import { exactNumber } from './numbers.js'
import { builtInRun, type RunRegistry } from './registry.js'
import { runFileCodec, type RunFile } from './run-file.js'
import { version } from './version.js'

const features = (part: string, d: Dataset) =>
  Object.entries({ x: d.x, y: d.y, ...(d.weights === undefined ? {} : { weights: d.weights }) }).map(
    ([name, feature]) => [`${part}/${name}`, feature] as const
  )

/**
 * SHA-256 of data as they come from their source: of the safetensors file of all their tensors (`train/x`, `train/y`, `train/weights`,
 * `test/x`, ...), whose metadata say how bytes are read (`scale` and `shift` by the names of the tensors, as canonical JSON).
 *
 * @example dataDigest({ train }) // 64 hexadecimal digits
 */
export const dataDigest = (data: Datasets): string => {
  const known = digests.get(data)
  if (known !== undefined) return known
  const made = digestOf(data)
  digests.set(data, made)
  return made
}
/** the trials of a search ask it of the same data again and again */
const digests = new WeakMap<Datasets, string>()
const digestOf = ({ train, test }: Datasets): string => {
  const all = [...features('train', train), ...(test === undefined ? [] : features('test', test))]
  const affine = (setting: 'scale' | 'shift'): string =>
    canonicalText(Object.fromEntries(all.map(([name, f]) => [name, exactNumber.encode(f[setting])])))
  const { header, data } = layout({
    tensors: Object.fromEntries(all.map(([name, f]) => [name, f.tensor])),
    metadata: { scale: affine('scale'), shift: affine('shift') }
  })
  return sha256Of(header, ...data)
}

/** the data, if they are those that the run is for */
export const checkData =
  ({ dataDigest: wanted }: RunFile<ModelData>) =>
  <D extends Datasets>(data: D): E.Either<DataError, D> => {
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

/** a run with nothing left open: the same name, the same bits */
export interface CompleteRun<M extends ModelData = Model> extends RunFile<M> {
  readonly version: string
  readonly dataDigest: string
}

/**
 * A run with what its file leaves open filled in: the version of this library and the digest of the data as they came from their source.
 *
 * @example pipe(openRun(run), TE.chainEitherKW(({ source }) => completeRun(run, source)), TE.map(runId))
 * @returns Left for a run of another version of the library, for other data than it names, and for text with half a character
 */
export const completeRun = <M extends ModelData>(
  run: RunFile<M>,
  source: Datasets,
  registry: RunRegistry = builtInRun
): E.Either<DataError | SettingError | DecodeError, CompleteRun<M>> =>
  pipe(
    run.version === undefined || run.version === version
      ? E.right(run)
      : E.left(
          settingError(
            ['version'],
            `${version}, the version of this gradfold`,
            run.version,
            'leave version out to run it with this one'
          )
        ),
    E.map(({ dataDigest: named = dataDigest(source), ...rest }) => ({ ...rest, version, dataDigest: named })),
    E.chainFirstW(complete => checkData(complete)(source)),
    // what the name stands for is what its text says: -0 is 0 there
    E.chainW(complete =>
      pipe(
        canonicalJson(runFileCodec(registry).encode(complete)),
        E.chain(parseJson(runFileCodec(registry))),
        E.map(read => read as CompleteRun<M>)
      )
    )
  )

/** The text whose hash is the run's name: the run file as canonical JSON (RFC 8785). `parseRunFile` reads it. */
export const canonicalRun = (run: CompleteRun<ModelData>, registry: RunRegistry = builtInRun): string =>
  canonicalText(runFileCodec(registry).encode(run))

/**
 * The name of a run: SHA-256 of its canonical text, in 64 hexadecimal digits. Runs of one name give the same bits; whatever decides
 * the result changes the name. (Paths of data files are part of it as they are written: relative ones let a folder move.)
 */
export const runId = (run: CompleteRun<ModelData>, registry: RunRegistry = builtInRun): string =>
  sha256Of(utf8(canonicalRun(run, registry)))
