/** Sharded gradients as a setting: a batch is cut into shards, whose gradients are computed whole and added up in a fixed tree. */
import { add, foldIn, slice } from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { fnv1a32 } from '../random/index.js'
import { isObject } from '../value/argument.js'
import { refined, showUnknown, type Codec } from '../value/codec.js'
import { settingError, type SettingError } from '../value/error.js'

/**
 * How many equal shards each batch is cut into; or with it the rule for layers with running statistics, as batchNorm: each shard is
 * normalised by its own mean and variance, and the running ones take the mean of the shards.
 */
export type Shards = number | { readonly count: number; readonly statistics: 'shard' }

/** each shard has kernels of its own in the program of a step */
const maxShards = 64

export const shardCount = (s: Shards | undefined): number => (typeof s === 'object' ? s.count : (s ?? 1))

const isCount = (u: unknown): u is number => Number.isInteger(u) && (u as number) >= 1 && (u as number) <= maxShards
const isShards = (u: unknown): u is Shards =>
  isCount(u) || (isObject(u) && Object.keys(u).length === 2 && isCount(u['count']) && u['statistics'] === 'shard')

/** JSON of the setting: `8`, or `{ "count": 8, "statistics": "shard" }` */
export const shardsCodec: Codec<Shards> = refined(
  `a whole number of shards from 1 to ${maxShards}, or { count, statistics: "shard" }`,
  isShards
)

const wrong = (expected: string, got: string, hint: string): SettingError =>
  settingError(['shards'], expected, got, hint, 'out-of-range')

/**
 * What is wrong with the shards of a training, if anything.
 *
 * @param hasStatistics whether a layer of the model keeps running statistics
 */
export const wrongShards = (
  s: Shards | undefined,
  batchSize: number,
  hasStatistics: boolean
): SettingError | undefined => {
  if (s !== undefined && !isShards(s)) return wrong(shardsCodec.name, isObject(s) ? 'other fields' : showUnknown(s), '')
  const count = shardCount(s)
  return count > batchSize
    ? wrong(`at most ${batchSize} shards, one for each example of a batch`, String(count), 'take a larger batchSize')
    : batchSize % count !== 0
      ? wrong(`a number of shards that divides the batchSize ${batchSize}`, String(count), 'shards are equally large')
      : count > 1 && hasStatistics && typeof s !== 'object'
        ? wrong(
            `a rule for running statistics, as { count: ${count}, statistics: 'shard' }`,
            'none',
            'batchNorm takes the mean and variance of each shard alone then; layerNorm and groupNorm need no rule'
          )
        : undefined
}

/** whether the last batch of an epoch can be cut too */
export const wrongLastBatch = (s: Shards | undefined, batchSize: number, n: number): SettingError | undefined => {
  const [count, rest] = [shardCount(s), n % batchSize]
  return rest % count === 0
    ? undefined
    : wrong(
        `a number of shards that divides the last batch of an epoch too, which has ${rest} of ${n} examples`,
        String(count),
        'take another batchSize, or fewer shards'
      )
}

/** shard j of a tensor whose first axis is that of the examples */
export const shardOf = (x: Expr, count: number, j: number): Expr => {
  const [k = 0, ...rest] = x.shape
  return slice(x, [j * (k / count), ...rest.map(() => 0)], [k / count, ...rest])
}

/** a label that no layer can have: layers draw from keys below the same one */
const label = fnv1a32('/shard')
/** the key that shard j of a step draws from */
export const shardKey = (key: Expr, j: number): Expr => foldIn(foldIn(key, label), j)

/** ((e0 + e1) + (e2 + e3)) + e4: neighbours are added, again and again; one that is left over waits */
export const treeSum = (es: readonly Expr[]): Expr =>
  es.length <= 1
    ? (es[0] as Expr)
    : treeSum(
        Array.from({ length: Math.ceil(es.length / 2) }, (_, i) => {
          const [a, b] = [es[2 * i] as Expr, es[2 * i + 1]]
          return b === undefined ? a : add(a, b)
        })
      )
