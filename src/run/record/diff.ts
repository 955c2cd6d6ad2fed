/** How two records differ: what their run files ask for, and the first step where they part. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sameData } from '../../layer/same-data.js'
import type { DecodeError, FileError } from '../../value/error.js'
import type { Tables } from '../run-file.js'
import { firstDifferent } from './bisect.js'
import { changes, type Change } from './changes.js'
import { openRows, readRecord, type RowFile } from './folder.js'
import { chainAt, decodeRow } from './rows.js'

export interface Parting {
  readonly step: number
  /** the paths of the parameter tensors that differ after it, and the names of the numbers */
  readonly at: readonly string[]
}
export interface Difference {
  /** of the run files; `a` and `b` are the two records */
  readonly changes: readonly Change[]
  /** steps recorded */
  readonly steps: { readonly a: number; readonly b: number }
  /** absent where all steps that both have are the same, to the bit */
  readonly first?: Parting
}
type DiffError = FileError | DecodeError

/** what differs between the rows of a step */
const parting =
  (a: RowFile, b: RowFile) =>
  (i: number): TE.TaskEither<FileError, Parting> =>
    pipe(
      TE.Do,
      TE.bind('x', () => a.row(i)),
      TE.bind('y', () => b.row(i)),
      TE.map(({ x, y }) => {
        const [p, q] = [decodeRow(a.layout, x), decodeRow(b.layout, y)]
        const tensors = a.layout.tensors.filter((_, t) =>
          [2 * t, 2 * t + 1].some(w => p.fingerprints[w] !== q.fingerprints[w])
        )
        const numbers = [
          ...(Object.is(p.loss, q.loss) ? [] : ['loss']),
          ...(Object.is(p.weight, q.weight) ? [] : ['weight']),
          ...Object.keys(p.sums)
            .filter(k => !sameData(p.sums[k], q.sums[k]))
            .map(k => `metric/${k}`)
        ]
        return { step: i + 1, at: [...tensors.map(t => `params/${t}`), ...numbers] }
      })
    )

/** the first step where two files of rows part: their chains are equal before it and differ from it on */
const firstParting = (a: RowFile, b: RowFile): TE.TaskEither<FileError, Parting | undefined> => {
  if (!sameData(a.layout, b.layout)) return TE.right({ step: 1, at: ['what is recorded'] })
  const count = Math.min(a.count, b.count)
  const same = (i: number): TE.TaskEither<FileError, boolean> =>
    pipe(
      TE.Do,
      TE.bind('x', () => a.row(i)),
      TE.bind('y', () => b.row(i)),
      TE.map(({ x, y }) => sameData(chainAt(a.layout, x, 0), chainAt(b.layout, y, 0)))
    )
  return pipe(
    firstDifferent(count, same),
    TE.chain((i): TE.TaskEither<FileError, Parting | undefined> =>
      i === count ? TE.right(undefined) : parting(a, b)(i)
    )
  )
}

/**
 * Compares two records without running anything: the run files path by path, and the first step whose rows differ, found by bisection
 * over the chained fingerprints (some 20 rows are read of a million).
 *
 * @example diffRecords('runs/a', 'runs/b') // Right({ changes: [{ path: ['seed'], a: 1, b: 2 }], steps, first: { step: 1, at: [...] } })
 */
export const diffRecords = (a: string, b: string, known?: Tables): TE.TaskEither<DiffError, Difference> =>
  pipe(
    TE.Do,
    TE.bind('x', () => readRecord(a, known)),
    TE.bind('y', () => readRecord(b, known)),
    TE.chain(({ x, y }) => {
      const rest = {
        changes: changes(x.run, y.run, known),
        steps: { a: x.steps?.count ?? 0, b: y.steps?.count ?? 0 }
      }
      return x.steps === undefined || y.steps === undefined
        ? TE.right<DiffError, Difference>(rest)
        : TE.bracketW(
            pipe(
              TE.Do,
              TE.bind('p', () => openRows(a)),
              TE.bind('q', () => openRows(b))
            ),
            ({ p, q }) =>
              pipe(
                firstParting({ ...p, count: rest.steps.a }, { ...q, count: rest.steps.b }),
                TE.map((first): Difference => ({ ...rest, ...(first === undefined ? {} : { first }) }))
              ),
            ({ p, q }) =>
              TE.fromTask(async () => {
                await p.close()
                await q.close()
              })
          )
    })
  )
