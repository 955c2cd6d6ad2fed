/** Writes the rows and links of a record at the ends of their files. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileError } from '../../value/error.js'
import { utf8 } from '../../value/text.js'
import type { Folder } from '../folder.js'
import { encodeLink, link, type EpochEntry, type EpochLink } from './epochs.js'
import { closing, openEpochs, openSteps, type Growing } from './folder.js'
import { chainAt, encodeRows, layoutOf, rowSize, unchained, type Layout, type StepRow } from './rows.js'

export interface Writer {
  /** takes rows: they are in the file when so many wait that writing them is worth it, and after `epoch` and `sync` */
  readonly rows: (rows: readonly StepRow[]) => TE.TaskEither<FileError, void>
  /** writes the link of an epoch after the rows before it */
  readonly epoch: (entry: EpochEntry) => TE.TaskEither<FileError, void>
  /** once done, what was handed in survives a loss of power */
  readonly sync: TE.TaskEither<FileError, void>
  /** of the last epoch */
  readonly chain: () => string
  /** both files, whatever becomes of the one */
  readonly close: TE.TaskEither<FileError, void>
}
/** what is written already and stays */
export interface Kept {
  /** the name of the run */
  readonly id: string
  readonly rows: Uint8Array
  readonly links: readonly EpochLink[]
}

/** bytes of rows that are written in one go */
const piece = 0x1_0000

/** The files are opened, and cut back to what is kept, when there is something to write. */
export const writer = (
  folder: Folder,
  kept: Kept,
  tensors: readonly string[],
  precision: Layout['precision']
): Writer => {
  let steps: { readonly layout: Layout; readonly file: Growing } | undefined
  let epochs: Growing | undefined
  let chain = unchained
  let last = kept.links.at(-1)?.chain ?? kept.id
  let waiting: StepRow[] = []
  const openedSteps = (first: StepRow): TE.TaskEither<FileError, NonNullable<typeof steps>> => {
    if (steps !== undefined) return TE.right(steps)
    const layout = layoutOf(first.sums, tensors, precision)
    const count = kept.rows.length / rowSize(layout)
    if (count > 0) chain = chainAt(layout, kept.rows, count - 1)
    return pipe(
      openSteps(folder, layout, kept.rows),
      TE.map(file => (steps = { layout, file }))
    )
  }
  const openedEpochs = (): TE.TaskEither<FileError, Growing> =>
    epochs !== undefined
      ? TE.right(epochs)
      : pipe(
          openEpochs(folder, kept.links),
          TE.map(file => (epochs = file))
        )
  const flush: TE.TaskEither<FileError, void> = () => {
    const rows = waiting
    waiting = []
    return rows[0] === undefined
      ? TE.right(undefined)()
      : pipe(
          openedSteps(rows[0]),
          TE.chain(({ layout, file }) => {
            const encoded = encodeRows(layout, rows, chain)
            chain = encoded.chain
            return file.append(encoded.bytes)
          })
        )()
  }
  return {
    rows: rows => {
      for (const row of rows) waiting.push(row)
      const size = steps === undefined ? 0 : rowSize(steps.layout)
      return steps === undefined || waiting.length * size >= piece ? flush : TE.right(undefined)
    },
    epoch: entry =>
      pipe(
        flush,
        TE.chain(openedEpochs),
        TE.chain(file => {
          const next = link(entry, last)
          last = next.chain
          return file.append(utf8(encodeLink(next)))
        })
      ),
    sync: pipe(
      flush,
      TE.chain(() => steps?.file.sync ?? TE.right(undefined)),
      TE.chain(() => epochs?.sync ?? TE.right(undefined))
    ),
    chain: () => last,
    close: () => {
      const first = steps?.file
      const second = epochs?.close ?? TE.right(undefined)
      return first === undefined ? second() : pipe(second, closing(first))()
    }
  }
}
