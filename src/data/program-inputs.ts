/**
 * Datasets and batches as a program reads them: rows gathered by index from data that stays in the program's memory, or examples
 * passed with each step.
 */
import type { Values } from '../backend/backend.js'
import { add, cast, gather, input, mul } from '../expr/build.js'
import { inputLike } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import type { Aval, FloatType } from '../value/tensor.js'
import type { Dataset, Feature } from './dataset.js'

/** where a batch comes from: passed with each step, or gathered by index from a dataset that stays in the program's memory */
export interface BatchSource {
  readonly x: Expr
  readonly y: Expr
  /** one for each example, where examples have weights */
  readonly weights?: Expr
}

/** what a model sees of a feature's numbers (data/dataset.ts): bytes are scaled and shifted in f32 */
const seen = (raw: Expr, { scale, shift }: Pick<Feature, 'scale' | 'shift'>, dtype: FloatType): Expr =>
  raw.dtype === 'u8'
    ? cast(add(mul(cast(raw, 'f32'), scale), shift), dtype)
    : raw.dtype === 'u32'
      ? raw
      : cast(raw, dtype)

const unscaled = { scale: 1, shift: 0 }
/** targets: bytes that are one number per example are class indexes */
const seenTarget = (raw: Expr, f: Pick<Feature, 'scale' | 'shift'>, dtype: FloatType): Expr =>
  raw.dtype === 'u8' && raw.shape.length === 1 && f.scale === 1 && f.shift === 0
    ? cast(raw, 'u32')
    : seen(raw, f, dtype)

/** `batch` examples gathered by the input `index` from the resident inputs `data/x` and `data/y` */
export const gathered = ({ x, y, weights }: Dataset, batch: number, dtype: FloatType): BatchSource => {
  const index = input('index', 'u32', [batch])
  const rows = (name: string, f: Feature): Expr => gather(inputLike(name, f.tensor), index)
  return {
    x: seen(rows('data/x', x), x, dtype),
    y: seenTarget(rows('data/y', y), y, dtype),
    ...(weights === undefined ? {} : { weights: cast(seen(rows('data/weights', weights), weights, dtype), dtype) })
  }
}
/** what stays in a program's memory for `gathered` */
export const residentData = ({ x, y, weights }: Dataset): Values => ({
  'data/x': x.tensor,
  'data/y': y.tensor,
  ...(weights === undefined ? {} : { 'data/weights': weights.tensor })
})

/** examples passed as the inputs `x`, `y` and perhaps `weights`, as a model sees them */
export const handedIn = (
  { x, y, weights }: { readonly x: Aval; readonly y: Aval; readonly weights?: Aval },
  dtype: FloatType
): BatchSource => ({
  x: seen(inputLike('x', x), unscaled, dtype),
  y: seenTarget(inputLike('y', y), unscaled, dtype),
  ...(weights === undefined ? {} : { weights: cast(inputLike('weights', weights), dtype) })
})
