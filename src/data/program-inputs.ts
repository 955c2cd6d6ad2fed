/**
 * Datasets and batches as a program reads them: rows gathered by index from data that stays in the program's memory, or examples
 * passed with each step.
 */
import type { Values } from '../backend/backend.js'
import { add, cast, gather, input, mul, slice } from '../expr/build.js'
import { inputLike } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import type { Aval, FloatType, Tensor } from '../value/tensor.js'
import { isSeveral, listOf, mapSeveral, type ArrangedData, type Feature, type Part, type Several } from './features.js'

/** where a batch comes from: passed with each step, or gathered by index from a dataset that stays in the program's memory */
export interface BatchSource {
  readonly x: Several<Expr>
  readonly y: Several<Expr>
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

const placed = (name: string, place: number | undefined): string => (place === undefined ? name : `${name}/${place}`)

/** the names of the tensors of several parts: those that see one tensor have one name */
const namesOf = (name: string, parts: Several<Part>): readonly string[] => {
  const names = new Map<Tensor, string>()
  return listOf(parts).map(({ tensor }, i) => {
    const known = names.get(tensor) ?? placed(name, isSeveral(parts) ? i : undefined)
    names.set(tensor, known)
    return known
  })
}

/** some columns of rows [k, d] */
const cut = (rows: Expr, { columns }: Part): Expr =>
  columns === undefined ? rows : slice(rows, [0, columns.from], [rows.shape[0] ?? 0, columns.count])

/**
 * `batch` examples gathered by the input `index` from the resident inputs `data/x` and `data/y`, or `data/x/0`, ... of several.
 *
 * @param length how many examples are resident; default those of the data
 */
export const gathered = (data: ArrangedData, batch: number, dtype: FloatType, length?: number): BatchSource => {
  const { x, y, weights } = data
  const index = input('index', 'u32', [batch])
  const rows = (name: string, part: Part): Expr => {
    const { tensor } = part
    const resident = inputLike(name, {
      dtype: tensor.dtype,
      shape: [length ?? tensor.shape[0] ?? 0, ...tensor.shape.slice(1)]
    })
    return cut(gather(resident, index), part)
  }
  const each = (name: string, parts: Several<Part>, as: typeof seen): Several<Expr> => {
    const names = namesOf(name, parts)
    return mapSeveral(parts, (part, i) => as(rows(names[i ?? 0] as string, part), part, dtype))
  }
  return {
    x: each('data/x', x, seen),
    y: each('data/y', y, seenTarget),
    ...(weights === undefined ? {} : { weights: cast(seen(rows('data/weights', weights), weights, dtype), dtype) })
  }
}
/** what stays in a program's memory for `gathered` */
export const residentData = ({ x, y, weights }: ArrangedData): Values => {
  const each = (name: string, parts: Several<Part>): readonly (readonly [string, Tensor])[] => {
    const names = namesOf(name, parts)
    return listOf(parts).map(({ tensor }, i) => [names[i] as string, tensor])
  }
  return {
    ...Object.fromEntries([...each('data/x', x), ...each('data/y', y)]),
    ...(weights === undefined ? {} : { 'data/weights': weights.tensor })
  }
}

/** the tensors of a batch by their names in a program: `x`, or `x/0`, ... of several inputs */
export const batchTensors = <T>(batch: {
  readonly x: Several<T>
  readonly y: Several<T>
  readonly weights?: T
}): Readonly<Record<string, T>> => {
  const named = (name: string, parts: Several<T>): readonly (readonly [string, T])[] =>
    listOf(parts).map((t, i) => [placed(name, isSeveral(parts) ? i : undefined), t])
  return {
    ...Object.fromEntries([...named('x', batch.x), ...named('y', batch.y)]),
    ...(batch.weights === undefined ? {} : { weights: batch.weights })
  }
}

/** examples passed as the inputs `x`, `y` and perhaps `weights`, as a model sees them */
export const handedIn = (
  { x, y, weights }: { readonly x: Several<Aval>; readonly y: Several<Aval>; readonly weights?: Aval },
  dtype: FloatType
): BatchSource => ({
  x: mapSeveral(x, (t, i) => seen(inputLike(placed('x', i), t), unscaled, dtype)),
  y: mapSeveral(y, (t, i) => seenTarget(inputLike(placed('y', i), t), unscaled, dtype)),
  ...(weights === undefined ? {} : { weights: cast(inputLike('weights', weights), dtype) })
})
