/** How a recorded run ended. */
import * as t from 'io-ts'
import type { Scores } from '../../train/progress.js'
import type { Diverged } from '../../train/divergence.js'
import { count, exact, list, optional, refined, type Codec } from '../../value/codec.js'
import { digest } from '../digest.js'
import { scoresCodec } from '../state.js'

interface Place {
  /** the name of the run */
  readonly id: string
  readonly step: number
  readonly epoch: number
  /** SHA-256 of the last state */
  readonly state: string
  /** the last epoch's link: it covers the run file and every state at the end of an epoch */
  readonly chain: string
}
/** a stop rule ended the run */
export interface Finished extends Place {
  readonly tag: 'finished'
  /** which stop rule ended it */
  readonly reason: string
  /** scores of the final parameters over each whole part */
  readonly train: Scores
  readonly test?: Scores
}
/** a number became NaN or infinite; the state is the last one with finite numbers */
export interface Failed extends Place {
  readonly tag: 'failed'
  readonly problem: Pick<Diverged, 'path' | 'expected' | 'got' | 'hint'>
}
export type End = Finished | Failed

const text: Codec<string> = refined('text', (u): u is string => typeof u === 'string')
const place = { id: digest, step: count, epoch: count, state: digest, chain: digest }

export const endCodec: Codec<End> = t.union([
  exact('result', {
    tag: t.literal('finished'),
    ...place,
    reason: text,
    train: scoresCodec,
    test: optional(scoresCodec)
  }) as Codec<Finished>,
  exact('result', {
    tag: t.literal('failed'),
    ...place,
    problem: exact('problem', { path: list(text), expected: text, got: text, hint: text })
  }) as Codec<Failed>
])
