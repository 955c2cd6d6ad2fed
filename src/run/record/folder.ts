/**
 * The folder of a record.
 *
 *     run.json            the complete run file as canonical JSON: its SHA-256 is the name of the run
 *     steps.bin           a row for each step (rows.ts)
 *     epochs.jsonl        a link for each epoch (epochs.ts)
 *     environment.jsonl   where it was computed, a line for each start and resume; never hashed
 *     watched.jsonl       distributions of weights, gradients and outputs, where they were asked for; never hashed (watched.ts)
 *     prepared.json       what was fitted to the data, so that the run predicts without them (prepared.ts)
 *     checkpoints/        states to resume from
 *     result.json         how it ended
 *     lock/               which process writes to it (lock.ts)
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { parseJson } from '../../value/codec.js'
import { counted, decodeError, fileError, inside, type DecodeError, type FileError } from '../../value/error.js'
import type { Fingerprint } from '../../value/fingerprint.js'
import { utf8 } from '../../value/text.js'
import { clearCheckpoints } from '../checkpoints.js'
import { sha256Of } from '../sha256.js'
import { folderAt, isMissing, type Folder } from '../folder.js'
import { readWhole, removeLeftovers, replaceFile, writeAll } from '../replace.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { parseRunFile, type RunFile } from '../run-file.js'
import { endCodec, type End } from './end.js'
import { preparedName } from './prepared.js'
import { watchedName } from './watched.js'
import { decodeLinks, encodeLink, type EpochLink } from './epochs.js'
import { chainAt, decodeHeader, encodeHeader, rowSize, soundRows, unchained, type Layout } from './rows.js'

/** the files, and their size limits: a longer file is not one of a record, and none of it is read */
const names = { run: 'run.json', steps: 'steps.bin', epochs: 'epochs.jsonl', result: 'result.json' } as const
const most = { run: 0x1000_0000, steps: 0x8000_0000, epochs: 0x1000_0000, result: 0x100_0000 } as const
type Name = keyof typeof names
export const stepsName = names.steps
/** read by people only */
const environmentName = 'environment.jsonl'

export const checkpointsOf = (folder: Folder): Folder => folder.within('checkpoints')

/** the valid steps of a record */
export interface RecordedSteps {
  readonly layout: Layout
  /** whole rows, one after the other */
  readonly rows: Uint8Array
  readonly count: number
  /** the chain after the last row */
  readonly chain: Fingerprint
}
/** a record without its checkpoints */
export interface Recorded {
  readonly folder: Folder
  readonly run: RunFile
  /** the name of the run */
  readonly id: string
  /** absent before the first turn ends */
  readonly steps?: RecordedSteps
  readonly links: readonly EpochLink[]
  readonly end?: End
  /** set if epochs or the end mention steps whose rows are missing, or don't fit together */
  readonly damage?: DecodeError
}

// ---- reading

/** the bytes of a file, empty if it is missing */
const bytesOf = (folder: Folder, name: Name): TE.TaskEither<FileError, Uint8Array> =>
  pipe(
    readWhole(folder, names[name], most[name], 'is it a record?'),
    TE.orElse(e => (isMissing(e) ? TE.right(new Uint8Array()) : TE.left(e)))
  )
const decodedText = (bytes: Uint8Array): E.Either<DecodeError, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => decodeError([], 'text in UTF-8', 'other bytes', 'the file is damaged')
  )
/** the text of a file that is valid or invalid as a whole; empty if it is missing */
const textOf = (folder: Folder, name: Name): TE.TaskEither<FileError | DecodeError, string> =>
  pipe(bytesOf(folder, name), TE.chainEitherKW(decodedText), TE.mapLeft(inFile(folder, name)))
/** adds the path of a file to an error about its content */
const inFile =
  (folder: Folder, name: Name) =>
  <P extends FileError | DecodeError>(e: P): P =>
    e._tag === 'FileError' ? e : inside(`${folder.path}/${names[name]}`)(e)
/** bytes that are not UTF-8 become replacement characters, so the line fails the check of its chain */
const lines = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const stepsOf = (bytes: Uint8Array): E.Either<DecodeError, RecordedSteps> =>
  pipe(
    decodeHeader(bytes),
    E.map(({ layout, bytes: start }) => {
      const there = bytes.subarray(start)
      const count = soundRows(layout, there)
      return {
        layout,
        rows: there.subarray(0, count * rowSize(layout)),
        count,
        chain: count === 0 ? unchained : chainAt(layout, there, count - 1)
      }
    })
  )

/** the text of `result.json` */
const endText = (end: End): string => `${JSON.stringify(endCodec.encode(end), undefined, 2)}\n`

/** whether a folder holds a record */
export const isRecord = (folder: Folder): TE.TaskEither<FileError, boolean> =>
  pipe(
    bytesOf(folder, 'run'),
    TE.map(b => b.length > 0)
  )

/**
 * A foreign file that a record would overwrite: a run file that names no data and so belongs to no record, or another
 * of the record's files if there is no run file.
 */
export const foreignFile = (
  folder: Folder,
  registry: RunRegistry = builtInRun
): TE.TaskEither<FileError, string | undefined> =>
  pipe(
    folder.names,
    TE.chain(there =>
      there.includes(names.run)
        ? pipe(
            bytesOf(folder, 'run'),
            TE.map(bytes => {
              const run = parseRunFile(lines(bytes), registry)
              return E.isRight(run) && run.right.dataDigest === undefined ? names.run : undefined
            })
          )
        : TE.right([names.steps, names.epochs, names.result].find(name => there.includes(name)))
    )
  )

/** The run of the record in a folder. @returns Left if there is none, or if the run file is invalid */
export const runIn = (
  folder: Folder,
  registry: RunRegistry = builtInRun
): TE.TaskEither<FileError | DecodeError, Pick<Recorded, 'run' | 'id'>> =>
  pipe(
    textOf(folder, 'run'),
    TE.filterOrElseW(
      text => text !== '',
      () => fileError([folder.path], 'the record of a run', `no ${names.run} in it`, 'is it the right folder?')
    ),
    TE.chainEitherKW(text =>
      pipe(
        parseRunFile(text, registry),
        E.bimap(inFile(folder, 'run'), run => ({ run, id: sha256Of(utf8(text)) }))
      )
    )
  )

/** The record in a folder; see `readRecord`. */
export const recordIn = (
  folder: Folder,
  registry: RunRegistry = builtInRun
): TE.TaskEither<FileError | DecodeError, Recorded> =>
  pipe(
    runIn(folder, registry),
    // the file that is written last is read first: while another process writes, no file then mentions missing rows
    TE.bindW('result', () => textOf(folder, 'result')),
    TE.bindW('end', ({ result, id }) =>
      result === ''
        ? TE.right(undefined)
        : pipe(
            parseJson(endCodec)(result),
            E.filterOrElse(
              end => end.id === id,
              end =>
                decodeError(
                  ['id'],
                  `that of ${names.run}, ${id.slice(0, 12)}`,
                  end.id.slice(0, 12),
                  'one of the two was changed: a run with other settings is another run, for another folder'
                )
            ),
            E.mapLeft(inFile(folder, 'result')),
            TE.fromEither
          )
    ),
    TE.bindW('epochs', () => bytesOf(folder, 'epochs')),
    TE.bindW('bytes', () => bytesOf(folder, 'steps')),
    TE.map(({ run, id, bytes, epochs, end, result }) => {
      const read = stepsOf(bytes)
      const steps = E.isRight(read) ? { steps: read.right } : {}
      const count = steps.steps?.count ?? 0
      const all = decodeLinks(lines(epochs), id)
      const told = Math.max(all.at(-1)?.step ?? 0, end?.step ?? 0)
      const links = all.filter(l => l.step <= count)
      const damage =
        told > count
          ? decodeError([folder.path, names.steps], `sound rows of ${counted(told, 'step')}`, String(count))
          : end === undefined
            ? undefined
            : unexpectedTail(folder, {
                steps: [bytes.length, steps.steps === undefined ? 0 : encodedSize(steps.steps)],
                epochs: [epochs.length, utf8(links.map(encodeLink).join('')).length],
                result: [utf8(result).length, utf8(endText(end)).length]
              })
      return {
        folder,
        run,
        id,
        links,
        ...steps,
        ...(end === undefined ? {} : { end }),
        ...(damage === undefined ? {} : { damage })
      }
    })
  )

/** bytes of the header and the valid rows */
const encodedSize = ({ layout, rows }: RecordedSteps): number => encodeHeader(layout).length + rows.length

/** Files of an ended record have exactly the length of their content: no chain would cover bytes after it. */
const unexpectedTail = (
  folder: Folder,
  lengths: Readonly<Record<Exclude<Name, 'run'>, readonly [got: number, expected: number]>>
): DecodeError | undefined => {
  const name = (['steps', 'epochs', 'result'] as const).find(n => lengths[n][0] !== lengths[n][1])
  return name === undefined
    ? undefined
    : decodeError(
        [folder.path, names[name]],
        `the end of the file after ${counted(lengths[name][1], 'byte')}`,
        counted(lengths[name][0], 'byte'),
        'the file was changed after the run had ended'
      )
}

/** The run of the record in the folder at a path; see `runIn`. */
export const readRun = (path: string, registry: RunRegistry = builtInRun) => runIn(folderAt(path), registry)

/**
 * Reads the record at a path. An incomplete end of a file (a row, a line, a header) is ignored.
 *
 * @returns Left if there is no record, if its files cannot be read, or if its run file is invalid
 */
export const readRecord = (path: string, registry: RunRegistry = builtInRun) => recordIn(folderAt(path), registry)

// ---- writing

/** a file that is open for appending */
export interface Growing {
  readonly append: (bytes: Uint8Array) => TE.TaskEither<FileError, void>
  /** once done, what was written survives a power failure */
  readonly sync: TE.TaskEither<FileError, void>
  readonly close: TE.TaskEither<FileError, void>
}
const growing = (folder: Folder, name: string, keep: number): TE.TaskEither<FileError, Growing> =>
  pipe(
    folder.extend(name, keep),
    TE.map(file => ({ ...file, append: bytes => writeAll(file, bytes, [folder.path, name]) }))
  )

/** Makes the folder of a record that has no steps yet. */
export const startRecord = (folder: Folder, text: string): TE.TaskEither<FileError, void> =>
  pipe(
    folder.make,
    TE.chain(() => replaceFile(folder)(names.run, [utf8(text)]))
  )

/** Opens the steps file of a record for appending, and truncates it to the rows to keep. */
export const openSteps = (folder: Folder, layout: Layout, kept: Uint8Array): TE.TaskEither<FileError, Growing> => {
  const header = encodeHeader(layout)
  return pipe(
    bytesOf(folder, 'steps'),
    TE.chain(old => {
      const goesOn =
        old.length >= header.length + kept.length &&
        header.every((b, i) => b === old[i]) &&
        kept.every((b, i) => b === old[header.length + i])
      return goesOn
        ? TE.right(undefined)
        : pipe(
            folder.make,
            TE.chain(() => replaceFile(folder)(names.steps, [header, kept]))
          )
    }),
    TE.chain(() => growing(folder, names.steps, header.length + kept.length))
  )
}
/** Opens the epochs file of a record for appending after the links to keep. */
export const openEpochs = (folder: Folder, kept: readonly EpochLink[]): TE.TaskEither<FileError, Growing> => {
  const text = utf8(kept.map(encodeLink).join(''))
  return pipe(
    replaceFile(folder)(names.epochs, [text]),
    TE.chain(() => growing(folder, names.epochs, text.length))
  )
}

export const writeEnd = (folder: Folder, end: End): TE.TaskEither<FileError, void> =>
  replaceFile(folder)(names.result, [utf8(endText(end))])

/** Records where a run is computed: for people, never hashed. */
export const addEnvironment = (folder: Folder, environment: object): TE.TaskEither<FileError, void> =>
  pipe(
    folder.size(environmentName),
    TE.orElse(e => (isMissing(e) ? TE.right(0) : TE.left(e))),
    TE.chain(size => growing(folder, environmentName, size)),
    TE.chain(file => pipe(file.append(utf8(`${JSON.stringify(environment)}\n`)), closing(file)))
  )
/** Removes what interrupted saves left in the folder of a record. The caller holds the lock. */
export const removeRecordLeftovers = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  removeLeftovers(folder, name => name === preparedName || Object.values<string>(names).includes(name))

/** closes a file after an effect, even if the effect fails */
export const closing =
  (file: Pick<Growing, 'close'>) =>
  <Err, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err | FileError, A> =>
  async () => {
    const doing = task()
    // the bracket of fp-ts would leave the file open if a promise is rejected
    await Promise.allSettled([doing])
    const closed = await file.close()
    const done = await doing
    return E.isLeft(done) ? done : E.isLeft(closed) ? closed : done
  }

/** Deletes a record, and nothing else in its folder; the lock stays. */
export const clearRecord = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.remove(names.result),
    TE.chain(() => clearCheckpoints(checkpointsOf(folder))),
    // the run file last: until it is deleted, the folder is a record
    TE.chain(() =>
      TE.traverseSeqArray(folder.remove)([
        names.epochs,
        names.steps,
        preparedName,
        environmentName,
        watchedName,
        names.run
      ])
    )
  )
