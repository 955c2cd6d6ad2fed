/**
 * The epochs of a record: one JSON line each, with the SHA-256 of the whole state after it, in a hash chain. The first
 * link contains the id of the run, so the last link covers the run file and all epochs.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { EpochReport } from '../../train/events.js'
import { count, exact, optional, parseJson, recordOf, type Codec } from '../../value/codec.js'
import { utf8 } from '../../value/text.js'
import { canonicalText, digest } from '../digest.js'
import { sha256Of } from '../sha256.js'
import { exactNumber, metricValue } from '../numbers.js'
import { scoresCodec } from '../state.js'

/** an epoch as it is recorded */
export interface EpochEntry extends EpochReport {
  /** SHA-256 of the state after the epoch, in hexadecimal digits */
  readonly state: string
}
export interface EpochLink extends EpochEntry {
  /** SHA-256 of the previous link (for the first: of the id of the run) and this entry */
  readonly chain: string
}

const entryFields = {
  epoch: count,
  step: count,
  loss: exactNumber,
  metrics: recordOf('metrics', metricValue),
  settings: recordOf('settings', exactNumber),
  validation: optional(scoresCodec),
  state: digest
}
const entryCodec = exact('epoch', entryFields) as Codec<EpochEntry>
const linkCodec = exact('epoch', { ...entryFields, chain: digest }) as Codec<EpochLink>

const chainOf = (entry: EpochEntry, before: string): string =>
  sha256Of(utf8(`${before}${canonicalText(entryCodec.encode(entry))}`))

const bare = ({ epoch, step, loss, metrics, settings, validation, state }: EpochEntry): EpochEntry => ({
  epoch,
  step,
  loss,
  metrics,
  settings,
  ...(validation === undefined ? {} : { validation }),
  state
})

/** An entry as the next link after `before`. */
export const link = (entry: EpochEntry, before: string): EpochLink => ({
  ...bare(entry),
  chain: chainOf(bare(entry), before)
})
/** one line */
export const encodeLink = (l: EpochLink): string => `${JSON.stringify(linkCodec.encode(l))}\n`

/**
 * The valid links at the start of a text: up to the first line that is incomplete, is not a link exactly as written, or
 * does not follow from the previous one.
 */
export const decodeLinks = (text: string, id: string): readonly EpochLink[] => {
  const links: EpochLink[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const before = links.at(-1)
    const read = parseJson(linkCodec)(line)
    if (E.isLeft(read)) break
    const l = read.right
    // a numeral with more digits than its number has would pass the chain otherwise
    if (encodeLink(l) !== `${line}\n`) break
    if (l.epoch !== links.length + 1 || l.chain !== chainOf(bare(l), before?.chain ?? id)) break
    links.push(l)
  }
  return links
}

/** the same epochs in the record of another run */
export const relinked = (links: readonly EpochLink[], id: string): readonly EpochLink[] => {
  const out: EpochLink[] = []
  for (const l of links) out.push(link(l, out.at(-1)?.chain ?? id))
  return out
}
