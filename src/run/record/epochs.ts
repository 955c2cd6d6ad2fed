/**
 * The epochs of a record: one line of JSON each, with the SHA-256 of the whole state after it, chained. The first link holds the id of
 * the run, so the last one stands for the run file and all that came of it.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import canonicalize from 'canonicalize'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { MetricValue } from '../../train/metric/metric.js'
import type { Scores } from '../../train/progress.js'
import type { EpochReport } from '../../train/train.js'
import { count, exact, list, optional, parseJson, refined, type Codec } from '../../value/codec.js'

/** an epoch as it is recorded */
export interface EpochEntry extends EpochReport {
  /** SHA-256 of the state after the epoch, in hexadecimal digits */
  readonly state: string
}
export interface EpochLink extends EpochEntry {
  /** SHA-256 of the link before (of the first: the id of the run) and this entry */
  readonly chain: string
}

// ---- numbers as they are: JSON has no -0, no NaN and no infinities

const special: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 }
const written = (x: number): unknown => (Object.is(x, -0) ? '-0' : Number.isFinite(x) ? x : String(x))
/** any number, to the bit (all NaN are one) */
export const anyNumber: Codec<number> = new t.Type<number, unknown, unknown>(
  'a number',
  (u): u is number => typeof u === 'number',
  (u, c) => {
    const x = typeof u === 'string' && Object.hasOwn(special, u) ? special[u] : u
    return typeof x === 'number' ? t.success(x) : t.failure(u, c, 'a number, or NaN, Infinity, -Infinity, -0 as text')
  },
  written
)
const metricValue: Codec<MetricValue> = new t.Type<MetricValue, unknown, unknown>(
  'a number, or a list or table of them',
  (u): u is MetricValue => (Array.isArray(u) ? u.every(x => metricValue.is(x)) : anyNumber.is(u)),
  (u, c) => (Array.isArray(u) ? list(metricValue).validate(u, c) : anyNumber.validate(u, c)),
  v => (typeof v === 'number' ? anyNumber.encode(v) : v.map(x => metricValue.encode(x)))
)
const record = <A>(of: Codec<A>): Codec<Readonly<Record<string, A>>> => t.readonly(t.record(t.string, of))

/** scores, every number to the bit */
export const scoresCodec: Codec<Scores> = exact('scores', { loss: anyNumber, metrics: record(metricValue) })

export const digest: Codec<string> = refined(
  'a SHA-256 as 64 hexadecimal digits',
  (u): u is string => typeof u === 'string' && /^[0-9a-f]{64}$/.test(u)
)
const entryFields = {
  epoch: count,
  step: count,
  loss: anyNumber,
  metrics: record(metricValue),
  settings: record(anyNumber),
  validation: optional(scoresCodec),
  state: digest
}
const entryCodec = exact('epoch', entryFields) as Codec<EpochEntry>
const linkCodec = exact('epoch', { ...entryFields, chain: digest }) as Codec<EpochLink>

/** the SHA-256 of a text in UTF-8, in hexadecimal digits */
const sha256Of = (text: string): string => bytesToHex(sha256(utf8ToBytes(text)))

const chainOf = (entry: EpochEntry, before: string): string =>
  sha256Of(`${before}${canonicalize(entryCodec.encode(entry)) ?? ''}`)

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

/** The links of a text, up to the first line that is cut off, is no link, or does not follow from the one before. */
export const decodeLinks = (text: string, id: string): readonly EpochLink[] => {
  const links: EpochLink[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const before = links.at(-1)
    const read = parseJson(linkCodec)(line)
    if (E.isLeft(read)) break
    const l = read.right
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
