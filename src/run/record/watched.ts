/**
 * What was watched during a recorded run, a line for each time: for readers alone, no result depends on it. A run that was resumed may have
 * lines of a step twice: they are equal.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Watched } from '../../train/watched.js'
import { count, exact, finite, list, parseJson, recordOf, refined, type Codec } from '../../value/codec.js'
import type { FileError } from '../../value/error.js'
import type { Folder } from '../folder.js'
import { exactNumber } from '../numbers.js'
import { readWhole } from '../replace.js'

export const watchedName = 'watched.jsonl'
/** a long run of a deep net, watched often, has some megabytes */
const most = 0x1000_0000

/** what was seen after some steps, or why nothing was */
export type WatchedRow = Watched | Absent
interface Absent {
  readonly step: number
  /** a sentence */
  readonly absent: string
}

const distribution = exact('distribution', {
  numbers: count,
  nonFinite: count,
  mean: finite,
  deviation: finite,
  quantiles: list(finite)
})
const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
const watched = exact('watched', {
  step: count,
  loss: exactNumber,
  params: recordOf('params', exact('parameter', { value: distribution, gradient: distribution })),
  layers: recordOf('layers', exact('layer', { value: distribution, delta: distribution, units: count, dead: count }))
}) as Codec<Watched>
const absent = exact('watched', { step: count, absent: text }) as Codec<Absent>

/** one line */
export const encodeWatched = (r: WatchedRow): string =>
  `${JSON.stringify('absent' in r ? absent.encode(r) : watched.encode(r))}\n`

const rowOf = (line: string): E.Either<unknown, WatchedRow> =>
  pipe(
    parseJson(watched)(line),
    E.orElseW(() => parseJson(absent)(line))
  )

/** The rows of a record by step; none where the file is not there, and without lines that are damaged. */
export const watchedOfRecord = (folder: Folder): TE.TaskEither<FileError, readonly WatchedRow[]> =>
  pipe(
    readWhole(folder, watchedName, most),
    TE.orElse(() => TE.right<FileError, Uint8Array>(new Uint8Array())),
    TE.map(bytes => {
      const rows = new TextDecoder()
        .decode(bytes)
        .split('\n')
        .flatMap(line => {
          const read = rowOf(line)
          return E.isRight(read) ? [[read.right.step, read.right] as const] : []
        })
      return [...new Map(rows).values()].sort((a, b) => a.step - b.step)
    })
  )
