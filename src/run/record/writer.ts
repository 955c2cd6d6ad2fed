/** Appends the rows and links of a record to its files. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileError } from '../../value/error.js'
import { utf8 } from '../../value/text.js'
import type { Folder } from '../folder.js'
import { encodeLink, link, type EpochEntry, type EpochLink } from './epochs.js'
import { closing, openEpochs, openSteps, type Growing } from './folder.js'
import { chainAt, encodeRows, layoutOf, rowSize, unchained, type Layout, type StepRow } from './rows.js'

export interface Writer {
  /** adds rows: they are written in batches, and in any case before `epoch` and `sync` */
  readonly rows: (rows: readonly StepRow[]) => TE.TaskEither<FileError, void>
  /** writes the link of an epoch after the rows before it */
  readonly epoch: (entry: EpochEntry) => TE.TaskEither<FileError, void>
  /** once done, everything passed before survives a power failure */
  readonly sync: TE.TaskEither<FileError, void>
  /** the chain of the last epoch */
  readonly chain: () => string
  /** closes both files, even if closing one fails */
  readonly close: TE.TaskEither<FileError, void>
}
/** what is recorded already and stays */
export interface Kept {
  /** the name of the run */
  readonly id: string
  readonly rows: Uint8Array
  readonly links: readonly EpochLink[]
}

/** bytes of rows that are written at once */
const piece = 0x1_0000

/** the steps file: rows wait in memory until a batch is worth writing */
const rowsWriter = (folder: Folder, kept: Uint8Array, tensors: readonly string[], precision: Layout['precision']) => {
  let steps: { readonly layout: Layout; readonly file: Growing } | undefined
  let chain = unchained
  let waiting: StepRow[] = []
  const opened = (first: StepRow): TE.TaskEither<FileError, NonNullable<typeof steps>> => {
    if (steps !== undefined) return TE.right(steps)
    const layout = layoutOf(first.sums, tensors, precision)
    const count = kept.length / rowSize(layout)
    if (count > 0) chain = chainAt(layout, kept, count - 1)
    return pipe(
      openSteps(folder, layout, kept),
      TE.map(file => (steps = { layout, file }))
    )
  }
  const flush: TE.TaskEither<FileError, void> = () => {
    const rows = waiting
    waiting = []
    return rows[0] === undefined
      ? TE.right(undefined)()
      : pipe(
          opened(rows[0]),
          TE.chain(({ layout, file }) => {
            const encoded = encodeRows(layout, rows, chain)
            chain = encoded.chain
            return file.append(encoded.bytes)
          })
        )()
  }
  return {
    add: (rows: readonly StepRow[]): TE.TaskEither<FileError, void> => {
      for (const row of rows) waiting.push(row)
      const size = steps === undefined ? 0 : rowSize(steps.layout)
      return steps === undefined || waiting.length * size >= piece ? flush : TE.right(undefined)
    },
    flush,
    file: (): Growing | undefined => steps?.file
  }
}

/** the epochs file, and the chain of its links */
const linksWriter = (folder: Folder, kept: Kept) => {
  let file: Growing | undefined
  let last = kept.links.at(-1)?.chain ?? kept.id
  const opened = (): TE.TaskEither<FileError, Growing> =>
    file !== undefined
      ? TE.right(file)
      : pipe(
          openEpochs(folder, kept.links),
          TE.map(made => (file = made))
        )
  return {
    add: (entry: EpochEntry): TE.TaskEither<FileError, void> =>
      pipe(
        opened(),
        TE.chain(made => {
          const next = link(entry, last)
          last = next.chain
          return made.append(utf8(encodeLink(next)))
        })
      ),
    chain: (): string => last,
    file: (): Growing | undefined => file
  }
}

/** Opens the files at the first write, truncated to what is kept. */
export const writer = (
  folder: Folder,
  kept: Kept,
  tensors: readonly string[],
  precision: Layout['precision']
): Writer => {
  const rows = rowsWriter(folder, kept.rows, tensors, precision)
  const links = linksWriter(folder, kept)
  return {
    rows: rows.add,
    epoch: entry =>
      pipe(
        rows.flush,
        TE.chain(() => links.add(entry))
      ),
    sync: pipe(
      rows.flush,
      TE.chain(() => rows.file()?.sync ?? TE.right(undefined)),
      TE.chain(() => links.file()?.sync ?? TE.right(undefined))
    ),
    chain: links.chain,
    close: () => {
      const first = rows.file()
      const second = links.file()?.close ?? TE.right(undefined)
      return first === undefined ? second() : pipe(second, closing(first))()
    }
  }
}
