/**
 * The folder of a record.
 *
 *     run.json            the complete run file as canonical JSON: its SHA-256 is the name of the run
 *     steps.bin           a row for each step (rows.ts)
 *     epochs.jsonl        a link for each epoch (epochs.ts)
 *     environment.jsonl   where it was computed, a line each time it was begun or gone on with; never hashed
 *     prepared.json       what was fitted to the data, so that the run predicts without them (prepared.ts)
 *     checkpoints/        states to go on from
 *     result.json         how it ended
 *     lock/               which process is at it (lock.ts)
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { parseJson } from '../../value/codec.js'
import { counted, decodeError, fileError, inside, type DecodeError, type FileError } from '../../value/error.js'
import type { Fingerprint } from '../../value/fingerprint.js'
import { utf8 } from '../../value/text.js'
import { clearCheckpoints } from '../checkpoints.js'
import { sha256Of } from '../digest.js'
import { folderAt, isMissing, type Folder } from '../folder.js'
import { readWhole, removeLeftovers, replaceFile, writeAll } from '../replace.js'
import { builtInRun, type RunRegistry } from '../registry.js'
import { parseRunFile, type RunFile } from '../run-file.js'
import { endCodec, type End } from './end.js'
import { preparedName } from './prepared.js'
import { decodeLinks, encodeLink, type EpochLink } from './epochs.js'
import { chainAt, decodeHeader, encodeHeader, rowSize, soundRows, unchained, type Layout } from './rows.js'

/** the files, and the bytes above which one is no file of a record: none of it is read then */
const names = { run: 'run.json', steps: 'steps.bin', epochs: 'epochs.jsonl', result: 'result.json' } as const
const most = { run: 0x1000_0000, steps: 0x8000_0000, epochs: 0x1000_0000, result: 0x100_0000 } as const
type Name = keyof typeof names
export const stepsName = names.steps
/** for people alone */
const environmentName = 'environment.jsonl'

export const checkpointsOf = (folder: Folder): Folder => folder.within('checkpoints')

/** the steps of a record, as far as they are sound */
export interface RecordedSteps {
  readonly layout: Layout
  /** whole rows, one after the other */
  readonly rows: Uint8Array
  readonly count: number
  /** of the last of them */
  readonly chain: Fingerprint
}
/** what a record says, without its checkpoints */
export interface Recorded {
  readonly folder: Folder
  readonly run: RunFile
  /** the name of the run */
  readonly id: string
  /** none before the first turn is over */
  readonly steps?: RecordedSteps
  readonly links: readonly EpochLink[]
  readonly end?: End
  /** epochs, or the end, tell of steps whose rows are not there, or do not fit together */
  readonly damage?: DecodeError
}

// ---- reading

/** the bytes of a file, empty where there is none */
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
/** the text of a file that stands or falls as a whole, empty where there is none */
const textOf = (folder: Folder, name: Name): TE.TaskEither<FileError | DecodeError, string> =>
  pipe(bytesOf(folder, name), TE.chainEitherKW(decodedText), TE.mapLeft(inFile(folder, name)))
/** what is wrong with the content of a file is told with its path */
const inFile =
  (folder: Folder, name: Name) =>
  <P extends FileError | DecodeError>(e: P): P =>
    e._tag === 'FileError' ? e : inside(`${folder.path}/${names[name]}`)(e)
/** other bytes than UTF-8 stand as the sign for them, which no line can hold and be what its chain says */
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
 * A file of somebody else's that a record would write over: a run file that is of no record, since it names no data, or one of the others
 * where there is no run file.
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

/** Which run a folder holds the record of. @returns Left where there is none, and for a run file that says no run */
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
    // what is written last is read first: while somebody writes, nothing that is read tells of rows that are not
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

/** of the header and the sound rows */
const encodedSize = ({ layout, rows }: RecordedSteps): number => encodeHeader(layout).length + rows.length

/** Files of a record that has ended are as long as what they say: bytes behind it are nobody's, and no chain covers them. */
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

/** Which run the folder at a path holds the record of; see `runIn`. */
export const readRun = (path: string, registry: RunRegistry = builtInRun) => runIn(folderAt(path), registry)

/**
 * Reads the record at a path. What was cut off at the end of a file (a row, a line, a header) does not count.
 *
 * @returns Left where there is none, where its files cannot be read, and for a run file that says no run
 */
export const readRecord = (path: string, registry: RunRegistry = builtInRun) => recordIn(folderAt(path), registry)

// ---- writing

/** a file that grows at its end */
export interface Growing {
  readonly append: (bytes: Uint8Array) => TE.TaskEither<FileError, void>
  /** once this is done, what was written survives a loss of power */
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

/** Opens the steps of a record for the rows to come, cut back to what is to be kept. */
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
/** Opens the epochs of a record for the links to come, after those that are to be kept. */
export const openEpochs = (folder: Folder, kept: readonly EpochLink[]): TE.TaskEither<FileError, Growing> => {
  const text = utf8(kept.map(encodeLink).join(''))
  return pipe(
    replaceFile(folder)(names.epochs, [text]),
    TE.chain(() => growing(folder, names.epochs, text.length))
  )
}

export const writeEnd = (folder: Folder, end: End): TE.TaskEither<FileError, void> =>
  replaceFile(folder)(names.result, [utf8(endText(end))])

/** Where a run is computed: for people, never hashed. */
export const addEnvironment = (folder: Folder, environment: object): TE.TaskEither<FileError, void> =>
  pipe(
    folder.size(environmentName),
    TE.orElse(e => (isMissing(e) ? TE.right(0) : TE.left(e))),
    TE.chain(size => growing(folder, environmentName, size)),
    TE.chain(file => pipe(file.append(utf8(`${JSON.stringify(environment)}\n`)), closing(file)))
  )
/** Removes what interrupted saves left in the folder of a record, which is locked. */
export const removeRecordLeftovers = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  removeLeftovers(folder, name => name === preparedName || Object.values<string>(names).includes(name))

/** closes a file when something has been done with it, well or not */
export const closing =
  (file: Pick<Growing, 'close'>) =>
  <Err, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err | FileError, A> =>
  async () => {
    const doing = task()
    // a bracket of fp-ts would leave the file open where a promise is rejected
    await Promise.allSettled([doing])
    const closed = await file.close()
    const done = await doing
    return E.isLeft(done) ? done : E.isLeft(closed) ? closed : done
  }

/** Deletes a record, and nothing else that may be in its folder; the lock stays. */
export const clearRecord = (folder: Folder): TE.TaskEither<FileError, unknown> =>
  pipe(
    folder.remove(names.result),
    TE.chain(() => clearCheckpoints(checkpointsOf(folder))),
    // the run file last: until it is gone the folder is a record
    TE.chain(() =>
      TE.traverseSeqArray(folder.remove)([names.epochs, names.steps, preparedName, environmentName, names.run])
    )
  )
