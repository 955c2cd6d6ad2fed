/**
 * The folder of a record. A door to files (Node).
 *
 *     run.json            the complete run file as canonical JSON: its SHA-256 is the name of the run
 *     steps.bin           a row for each step (rows.ts)
 *     epochs.jsonl        a link for each epoch (epochs.ts)
 *     environment.jsonl   where it was computed, a line each time it was begun or gone on with; never hashed
 *     checkpoints/        states to go on from
 *     result.json         how it ended
 *     lock/               which process is at it (lock.ts)
 */
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { parseJson } from '../../value/codec.js'
import { fileError, inside, type DecodeError, type FileError } from '../../value/error.js'
import type { Fingerprint } from '../../value/fingerprint.js'
import { sha256Of } from '../digest.js'
import { parseRunFile, tables, type RunFile, type Tables } from '../run-file.js'
import { endCodec, type End } from './end.js'
import { decodeLinks, encodeLink, type EpochLink } from './epochs.js'
import { chainAt, decodeHeader, encodeHeader, rowSize, soundRows, unchained, type Layout } from './rows.js'

const names = {
  run: 'run.json',
  steps: 'steps.bin',
  epochs: 'epochs.jsonl',
  environment: 'environment.jsonl',
  result: 'result.json',
  checkpoints: 'checkpoints'
} as const
export const checkpointsOf = (folder: string): string => join(folder, names.checkpoints)

/** the steps of a record, as far as they are sound */
export interface Steps {
  readonly layout: Layout
  /** whole rows, one after the other */
  readonly rows: Uint8Array
  readonly count: number
  /** of the last of them */
  readonly chain: Fingerprint
}
/** what a record says, without its checkpoints */
export interface Recorded {
  readonly folder: string
  readonly run: RunFile
  /** the name of the run */
  readonly id: string
  /** none before the first turn is over */
  readonly steps?: Steps
  readonly links: readonly EpochLink[]
  readonly end?: End
}

// ---- files

type Read<A> = TE.TaskEither<FileError, A>
const codeOf = (e: unknown): string =>
  e instanceof Error ? ('code' in e && typeof e.code === 'string' ? e.code : e.message) : String(e)
const attempt = <A>(path: string, expected: string, task: () => Promise<A>): Read<A> =>
  TE.tryCatch(task, e => fileError([path], expected, codeOf(e)))

/** more than this is no record: 2 GiB */
const mostBytes = 0x8000_0000

/** the bytes of a file, empty where there is none */
const bytesOf = (path: string): Read<Uint8Array> => {
  const whole = async (): Promise<E.Either<FileError, Uint8Array>> => {
    const { size } = await fs.stat(path)
    if (size > mostBytes) return E.left(fileError([path], `at most ${mostBytes} bytes`, String(size)))
    const b = await fs.readFile(path)
    return E.right(new Uint8Array(b.buffer, b.byteOffset, b.byteLength))
  }
  return () =>
    whole().catch((e: unknown) =>
      codeOf(e) === 'ENOENT'
        ? E.right(new Uint8Array())
        : E.left(fileError([path], 'a file that can be read', codeOf(e)))
    )
}
/** the text of a file; other bytes than UTF-8 stand as the sign for them, which no codec takes */
const textOf = (path: string): Read<string> =>
  pipe(
    bytesOf(path),
    TE.map(b => new TextDecoder().decode(b))
  )

const sync = async (path: string): Promise<void> => {
  const file = await fs.open(path, 'r')
  await file.sync().finally(() => file.close())
}
/** the old content or the new, whatever happens meanwhile */
const replace = (folder: string, name: string, content: string): Read<void> =>
  attempt(join(folder, name), 'a file that can be written', async () => {
    const [temporary, path] = [join(folder, `${name}.tmp`), join(folder, name)]
    await fs.writeFile(temporary, content)
    await sync(temporary)
    await fs.rename(temporary, path)
    await sync(folder)
  })

// ---- reading

const stepsOf = (bytes: Uint8Array): E.Either<DecodeError, Steps> =>
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

/** whether a folder holds a record */
export const isRecord = (folder: string): TE.TaskEither<FileError, boolean> =>
  pipe(
    bytesOf(join(folder, names.run)),
    TE.map(b => b.length > 0)
  )

/** Which run a folder holds the record of. @returns Left where there is none, and for a run file that says no run */
export const readRun = (
  folder: string,
  known: Tables = tables
): TE.TaskEither<FileError | DecodeError, Pick<Recorded, 'run' | 'id'>> => {
  const path = join(folder, names.run)
  return pipe(
    textOf(path),
    TE.filterOrElseW(
      text => text !== '',
      () => fileError([folder], 'the record of a run', 'no run.json in it', 'is it the right folder?')
    ),
    TE.chainEitherKW(text =>
      pipe(
        parseRunFile(text, known),
        E.bimap(inside(path), run => ({ run, id: sha256Of(new TextEncoder().encode(text)) }))
      )
    )
  )
}

/**
 * Reads a record. What was cut off at the end of a file (a row, a line, a header) does not count.
 *
 * @returns Left where there is none, where its files cannot be read, and for a run file that says no run
 */
export const readRecord = (
  folder: string,
  known: Tables = tables
): TE.TaskEither<FileError | DecodeError, Recorded> => {
  const file = (name: string): string => join(folder, name)
  return pipe(
    readRun(folder, known),
    TE.bindW('bytes', () => bytesOf(file(names.steps))),
    TE.bindW('lines', () => textOf(file(names.epochs))),
    TE.bindW('result', () => textOf(file(names.result))),
    TE.bindW('end', ({ result }) =>
      result === ''
        ? TE.right(undefined)
        : pipe(parseJson(endCodec)(result), E.mapLeft(inside(file(names.result))), TE.fromEither)
    ),
    TE.map(({ run, id, bytes, lines, end }) => {
      const read = stepsOf(bytes)
      const steps = E.isRight(read) ? { steps: read.right } : {}
      const links = decodeLinks(lines, id).filter(l => l.step <= (steps.steps?.count ?? 0))
      return { folder, run, id, links, ...steps, ...(end === undefined ? {} : { end }) }
    })
  )
}

// ---- writing

/** a file that grows at its end */
export interface Growing {
  readonly append: (bytes: Uint8Array) => TE.TaskEither<FileError, void>
  /** once this is done, what was written survives a loss of power */
  readonly sync: () => TE.TaskEither<FileError, void>
  readonly close: () => Promise<void>
  /** both, where nothing more is to come */
  readonly done: TE.TaskEither<FileError, void>
}
const growing = (path: string, keep: number): Read<Growing> =>
  pipe(
    attempt(path, 'a file that can be written', async () => {
      const file = await fs.open(path, 'a')
      await file.truncate(keep)
      return file
    }),
    TE.map(file => ({
      append: bytes => attempt(path, 'a file that can be written', () => file.appendFile(bytes)),
      sync: () => attempt(path, 'a file that can be written', () => file.datasync()),
      close: () => file.close(),
      done: attempt(path, 'a file that can be written', () => file.sync().finally(() => file.close()))
    }))
  )

/** Makes the folder of a record that has no steps yet. */
export const startRecord = (folder: string, text: string): TE.TaskEither<FileError, void> =>
  pipe(
    attempt(folder, 'a folder that can be made', () => fs.mkdir(folder, { recursive: true })),
    TE.chain(() => replace(folder, names.run, text))
  )

/** Opens the steps of a record for the rows to come, cut back to what is to be kept. */
export const openSteps = (folder: string, layout: Layout, kept: Uint8Array): TE.TaskEither<FileError, Growing> => {
  const header = encodeHeader(layout)
  const path = join(folder, names.steps)
  return pipe(
    bytesOf(path),
    TE.chain(old => {
      const goesOn =
        old.length >= header.length + kept.length &&
        header.every((b, i) => b === old[i]) &&
        kept.every((b, i) => b === old[header.length + i])
      return goesOn
        ? growing(path, header.length + kept.length)
        : pipe(
            growing(path, 0),
            TE.chainFirst(file => file.append(header)),
            TE.chainFirst(file => file.append(kept))
          )
    }),
    TE.chainFirst(() => attempt(folder, 'a folder that can be written', () => sync(folder)))
  )
}
/** Opens the epochs of a record for the links to come, after those that are to be kept. */
export const openEpochs = (folder: string, kept: readonly EpochLink[]): TE.TaskEither<FileError, Growing> =>
  pipe(
    replace(folder, names.epochs, kept.map(encodeLink).join('')),
    TE.chain(() => attempt(folder, 'a file that can be written', () => fs.stat(join(folder, names.epochs)))),
    TE.chain(({ size }) => growing(join(folder, names.epochs), size))
  )

export const writeEnd = (folder: string, end: End): TE.TaskEither<FileError, void> =>
  replace(folder, names.result, `${JSON.stringify(endCodec.encode(end), undefined, 2)}\n`)

/** Where a run is computed: for people, never hashed. */
export const addEnvironment = (folder: string, environment: object): TE.TaskEither<FileError, void> =>
  attempt(join(folder, names.environment), 'a file that can be written', () =>
    fs.appendFile(join(folder, names.environment), `${JSON.stringify(environment)}\n`)
  )

/** Deletes a record, and nothing else that may be in its folder; the lock stays. */
export const clearRecord = (folder: string): TE.TaskEither<FileError, void> =>
  attempt(folder, 'a folder that can be written', async () => {
    // the run file last: until it is gone the folder is a record
    const all = [names.result, names.checkpoints, names.epochs, names.steps, names.environment, names.run]
    for (const name of all) await fs.rm(join(folder, name), { recursive: true, force: true })
  })

/** the names of the folders in a folder, none where it is not there */
export const foldersIn =
  (folder: string): TE.TaskEither<FileError, readonly string[]> =>
  () =>
    fs.readdir(folder, { withFileTypes: true }).then(
      all => E.right(all.filter(f => f.isDirectory()).map(f => f.name)),
      (e: unknown) =>
        codeOf(e) === 'ENOENT' ? E.right([]) : E.left(fileError([folder], 'a folder that can be read', codeOf(e)))
    )
