/**
 * Augmentation: random changes of the examples of a training step, as data. Each is a function of (key, batch) inside the step's
 * program; the key is that of the step, so a run repeats to the bit with any number of threads, interrupted and resumed or not.
 */
import * as E from 'fp-ts/lib/Either.js'
import {
  add,
  cast,
  constant,
  equal,
  floor,
  foldIn,
  gather,
  less,
  lessEqual,
  matmul,
  mul,
  node,
  random,
  reshape,
  select,
  sub,
  transpose
} from '../expr/build.js'
import type { Expr } from '../expr/op.js'
import { recordCodec } from '../registry/codecs.js'
import { family } from '../registry/definition.js'
import { fnv1a32 } from '../random/key.js'
import { isObject } from '../value/argument.js'
import {
  decode,
  exact,
  inRange,
  oneOf,
  positive,
  showUnknown,
  size,
  withDefault,
  type Codec,
  type Fields
} from '../value/codec.js'
import { settingError, shapeError, type SettingError } from '../value/error.js'
import { showShape } from '../value/shape.js'
import { allocate, tensorView, type FloatType } from '../value/tensor.js'

export type Augmentation =
  | { readonly tag: 'noise'; readonly deviation: number }
  | { readonly tag: 'flip'; readonly direction: 'horizontal' | 'vertical'; readonly probability: number }
  | { readonly tag: 'shift'; readonly pixels: number }
  | { readonly tag: 'erase'; readonly size: number }
  | { readonly tag: 'mixup'; readonly share: number }

/** adds to each input number one drawn from a normal distribution with this standard deviation */
export const noise = (deviation: number): Augmentation => Object.freeze({ tag: 'noise', deviation })
/** mirrors each image [h, w, c] with a probability */
export const flip = (direction: 'horizontal' | 'vertical' = 'horizontal', probability = 0.5): Augmentation =>
  Object.freeze({ tag: 'flip', direction, probability })
/**
 * Moves each image [h, w, c] by up to this number of pixels in both directions, zeros coming in: the random crop of images that are
 * padded by as many
 */
export const shift = (pixels: number): Augmentation => Object.freeze({ tag: 'shift', pixels })
/** puts zeros into a square of this size at a random place of each image [h, w, c] (cutout, DeVries and Taylor 2017) */
export const erase = (size: number): Augmentation => Object.freeze({ tag: 'erase', size })
/**
 * Each example and its target become (1 - s) of themselves and s of another one of the batch, with s uniform from 0 to `share`, at most
 * 0.5: for 0.5 the pairs of mixup (Zhang et al. 2018) with alpha 1. The i-th example meets the i-th from the end. Class indexes become
 * rows of shares; metrics of training batches compare with the example's own target.
 */
export const mixup = (share = 0.5): Augmentation => Object.freeze({ tag: 'mixup', share })

export interface Augmented {
  /** inputs [k, ...] */
  readonly x: Expr
  /** targets as the loss takes them, [k, ...] */
  readonly target: Expr
}
type Rule<A> = { readonly fields: Fields; readonly apply: (a: A, batch: Augmented, key: Expr) => Augmented }
type Rules = { readonly [T in Augmentation['tag']]: Rule<Extract<Augmentation, { readonly tag: T }>> }

const batchOf = (x: Expr): number => x.shape[0] ?? 1
/** one number from 0 up to, not including, 1 for each example, of shape [k, 1, ...] like the tensor */
const uniform = (key: Expr, like: Expr): Expr => {
  const k = batchOf(like)
  const drawn = reshape(random(key, 'uniform', [k]), [k, ...like.shape.slice(1).map(() => 1)])
  return cast(drawn, like.dtype)
}
/** a whole number from 0 up to, not including, n for each example */
const below = (key: Expr, n: number, like: Expr): Expr => floor(mul(uniform(key, like), n))
const row = (numbers: readonly number[], shape: readonly number[], dtype: FloatType): Expr =>
  constant(tensorView(dtype, shape, allocate(dtype, numbers)))
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

/** inputs that are images [k, h, w, c] of numbers */
const ofImages = (tag: string, x: Expr, change: (h: number, w: number, c: number) => Expr): Expr => {
  const [, h = 0, w = 0, c = 0] = x.shape
  return x.shape.length === 4 && x.dtype !== 'u32'
    ? change(h, w, c)
    : node('invalid', [], {
        error: shapeError(['augment', tag], 'images [height, width, channels] of numbers', showShape(x.shape.slice(1)))
      })
}
/** [k, h, w, c] with height and width exchanged */
const turned = (x: Expr): Expr => transpose(x, [0, 2, 1, 3])
/** rows in the order from the last to the first along the height */
const mirrored = (x: Expr): Expr => {
  const n = x.shape[1] ?? 1
  const index = constant(
    tensorView(
      'u32',
      [n],
      Uint32Array.from(upTo(n), i => n - 1 - i)
    )
  )
  return transpose(gather(transpose(x, [1, 0, 2, 3]), index), [1, 0, 2, 3])
}
/** each image moved along its height by a number of its own [k, 1, 1]: products with matrices that have a single 1 in a row */
const moved = (x: Expr, by: Expr): Expr => {
  const [k = 1, h = 1, w = 1, c = 1] = x.shape
  const apart = row(
    upTo(h * h).map(n => Math.floor(n / h) - (n % h)),
    [1, h, h],
    x.dtype as FloatType
  )
  return reshape(matmul(cast(equal(apart, by), x.dtype), reshape(x, [k, h, w * c])), x.shape)
}
/** ones where a place along an axis of the image is inside [from, from + size) */
const inside = (from: Expr, size: number, length: number, axis: 1 | 2): Expr => {
  const at = row(upTo(length), axis === 1 ? [1, length, 1, 1] : [1, 1, length, 1], from.dtype as FloatType)
  return mul(cast(lessEqual(from, at), from.dtype), cast(less(at, add(from, size)), from.dtype))
}

const probability = inRange('a number from 0 to 1', n => n >= 0 && n <= 1)
const direction = oneOf('horizontal', 'vertical')
const flipFields: Fields = {
  direction: withDefault(direction, 'horizontal'),
  probability: withDefault(probability, 0.5)
}

const rules: Rules = {
  noise: {
    fields: { deviation: positive },
    apply: ({ deviation }, { x, target }, key) => ({
      target,
      x:
        x.dtype === 'u32'
          ? node('invalid', [], { error: shapeError(['augment', 'noise'], 'inputs that are numbers', 'indexes') })
          : add(x, mul(cast(random(key, 'normal', x.shape), x.dtype), deviation))
    })
  },
  flip: {
    fields: { direction, probability },
    apply: ({ direction, probability }, { x, target }, key) => ({
      target,
      x: ofImages('flip', x, () => {
        const other = direction === 'vertical' ? mirrored(x) : turned(mirrored(turned(x)))
        return select(less(uniform(key, x), probability), other, x)
      })
    })
  },
  shift: {
    fields: { pixels: size },
    apply: ({ pixels }, { x, target }, key) => ({
      target,
      x: ofImages('shift', x, () => {
        const by = (n: number): Expr =>
          reshape(sub(below(foldIn(key, n), 2 * pixels + 1, x), pixels), [batchOf(x), 1, 1])
        return turned(moved(turned(moved(x, by(0))), by(1)))
      })
    })
  },
  erase: {
    fields: { size },
    apply: ({ size }, { x, target }, key) => ({
      target,
      x: ofImages('erase', x, (h, w) => {
        const at = (n: number, length: number, axis: 1 | 2): Expr =>
          inside(below(foldIn(key, n), Math.max(1, length - size + 1), x), size, length, axis)
        return select(less(0, mul(at(0, h, 1), at(1, w, 2))), 0, x)
      })
    })
  },
  mixup: {
    fields: { share: inRange('a number above 0, at most 0.5', n => n > 0 && n <= 0.5) },
    apply: ({ share }, { x, target }, key) => {
      const k = batchOf(x)
      const index = constant(
        tensorView(
          'u32',
          [k],
          Uint32Array.from(upTo(k), i => k - 1 - i)
        )
      )
      const drawn = random(key, 'uniform', [k])
      const mixed = (t: Expr): Expr => {
        const s = mul(cast(reshape(drawn, [k, ...t.shape.slice(1).map(() => 1)]), t.dtype), share)
        return add(t, mul(sub(gather(t, index), t), s))
      }
      return x.dtype === 'u32'
        ? {
            target,
            x: node('invalid', [], { error: shapeError(['augment', 'mixup'], 'inputs that are numbers', 'indexes') })
          }
        : { x: mixed(x), target: mixed(target) }
    }
  }
}
/** JSON of an augmentation: the settings of a flip have defaults, others are written */
export const augmentationCodec: Codec<Augmentation> = recordCodec<Augmentation>(
  'augmentation',
  family(
    ...(Object.keys(rules) as Augmentation['tag'][]).map(tag => ({
      tag,
      fields: () => (tag === 'flip' ? flipFields : rules[tag].fields)
    }))
  )
)

const ruleOf = (a: Augmentation): Rule<Augmentation> | undefined =>
  Object.hasOwn(rules, a.tag) ? (rules[a.tag] as unknown as Rule<Augmentation>) : undefined

/** a label that no layer can have: layers draw from keys below the same one */
const label = fnv1a32('/augment')

/** a batch after one augmentation and the next, with the key of a step */
export const augmented = (all: readonly Augmentation[], batch: Augmented, key: Expr): Augmented =>
  all.reduce((b, a, i) => ruleOf(a)?.apply(a, b, foldIn(foldIn(key, label), i)) ?? b, batch)

/** the first one that is unknown or out of range; untyped callers may pass anything */
export const checkAugment = (all: readonly Augmentation[]): SettingError | undefined =>
  all
    .map((a, i): SettingError | undefined => {
      const rule = isObject(a) ? ruleOf(a) : undefined
      if (rule === undefined)
        return settingError(
          ['augment', String(i)],
          `one of ${Object.keys(rules).join(', ')}`,
          isObject(a) ? String(a.tag) : showUnknown(a)
        )
      const { tag, ...settings } = a
      const read = decode(exact(tag, rule.fields))(settings)
      return E.isRight(read)
        ? undefined
        : settingError(['augment', String(i), ...read.left.path.slice(1)], read.left.expected, read.left.got)
    })
    .find(e => e !== undefined)
