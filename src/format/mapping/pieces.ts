/** How the tensors of a model are made of parts of the tensors of another library: blocks, transposed, summed. */
import { sizeOf, stridesOf, type Dims } from '../../value/shape.js'
import { allocate, numbersOf, permutedView, tensorView, type Tensor } from '../../value/tensor.js'

/** how numbers are stored there: seen with the sizes `view`, the axes in this order are those here */
export interface Form {
  readonly shape: Dims
  readonly view: Dims
  readonly order: Dims
}
/** a part of a tensor there, and the block of columns (the last axis) here that it is */
export interface Piece extends Form {
  /** the tensor there, below the name of the module */
  readonly there: string
  /** where the part begins there; default: at 0 along each axis */
  readonly start?: Dims
  /** which columns here it is; default: all */
  readonly columns?: readonly [from: number, count: number]
  /** whether it is added to the piece that is the same columns: the second of two biases */
  readonly added?: true
}
/** a piece of a tensor here, with the whole name there */
export interface Placed {
  readonly here: string
  readonly shapeHere: Dims
  readonly there: string
  readonly piece: Piece
}

export const at = (d: Dims, i: number): number => d[i] as number
export const plain = (shape: Dims): Form => ({ shape, view: shape, order: [...shape.keys()] })
/** a matrix [in, out] that is stored as [out, in] */
export const turned = (shape: Dims): Form => {
  const there = [at(shape, 1), at(shape, 0)]
  return { shape: there, view: there, order: [1, 0] }
}
/** the sizes of an image with the channels first, and the axes of one that come to be an image with the channels last */
export const channelsFirst = (image: Dims): Dims => [at(image, image.length - 1), ...image.slice(0, -1)]
export const channelsLast = (rank: number): Dims => [...Array.from({ length: rank - 1 }, (_, i) => i + 1), 0]
/** a matrix or vector of which a part of the columns is taken */
export const narrow = (shape: Dims, columns: number): Dims => [...shape.slice(0, -1), columns]

/** a block of columns here, and the part of a tensor with the same axes that it is */
interface Gate extends Form {
  readonly start: Dims
  readonly columns: readonly [from: number, count: number]
}
/** the blocks of columns of a tensor: `order` says which block there each one here is */
export const gates = (shape: Dims, order: readonly number[]): readonly Gate[] => {
  const last = shape.length - 1
  const units = at(shape, last) / order.length
  return order.map((there, k) => ({
    ...plain(narrow(shape, units)),
    start: shape.map((_, i) => (i === last ? there * units : 0)),
    columns: [k * units, units]
  }))
}

// ---- numbers

const shaped = (t: Tensor, shape: Dims): Tensor => tensorView(t.dtype, shape, numbersOf(t).slice())
const hereOf = ({ view, order }: Form, t: Tensor): Tensor => {
  const turned = permutedView(shaped(t, view), order)
  return shaped(turned, turned.shape)
}
const thereOf = ({ view, order, shape }: Form, t: Tensor): Tensor => {
  const stored = shaped(
    t,
    order.map(i => at(view, i))
  )
  const back = order.map((_, i) => order.indexOf(i))
  return shaped(permutedView(stored, back), shape)
}

const startOf = (piece: Piece): Dims => piece.start ?? piece.shape.map(() => 0)
/** the place of each number of a part, in the numbers of a whole */
const placesOf = (whole: Dims, start: Dims, part: Dims): Uint32Array => {
  const [strides, steps] = [stridesOf(whole), stridesOf(part)]
  const place = (i: number): number =>
    part.reduce((sum, size, k) => sum + ((Math.floor(i / at(steps, k)) % size) + at(start, k)) * at(strides, k), 0)
  return Uint32Array.from({ length: sizeOf(part) }, (_, i) => place(i))
}
const columnsOf = ({ shapeHere, piece }: Placed): { readonly start: Dims; readonly part: Dims } => {
  const last = shapeHere.length - 1
  const [from, count] = piece.columns ?? [0, at(shapeHere, last)]
  return { start: shapeHere.map((_, i) => (i === last ? from : 0)), part: narrow(shapeHere, count) }
}

/** the shape of each tensor there: up to where its pieces end */
export const shapesThere = (pieces: readonly Placed[]): ReadonlyMap<string, Dims> =>
  pieces.reduce((shapes, { there, piece }) => {
    const ends = piece.shape.map((size, i) => size + at(startOf(piece), i))
    const before = shapes.get(there)
    return shapes.set(there, before === undefined ? ends : ends.map((end, i) => Math.max(end, at(before, i))))
  }, new Map<string, Dims>())

/** a tensor here, of all of its pieces */
export const readPieces = (pieces: readonly Placed[], tensorOf: (there: string) => Tensor): Tensor | undefined => {
  const [first] = pieces
  if (first === undefined) return undefined
  const { dtype } = tensorOf(first.there)
  const out = allocate(dtype, sizeOf(first.shapeHere))
  for (const placed of pieces) {
    const { piece, shapeHere } = placed
    const whole = tensorOf(placed.there)
    const all = numbersOf(whole)
    const from = placesOf(whole.shape, startOf(piece), piece.shape)
    const part = allocate(
      dtype,
      Array.from(from, i => all[i] as number)
    )
    const block = numbersOf(hereOf(piece, tensorView(dtype, piece.shape, part)))
    const { start, part: width } = columnsOf(placed)
    placesOf(shapeHere, start, width).forEach((to, i) => {
      out[to] = piece.added === true ? (out[to] as number) + (block[i] as number) : (block[i] as number)
    })
  }
  return tensorView(dtype, first.shapeHere, out)
}

/** the tensors there, of all pieces; what is only added is -0, which changes no number that it is added to */
export const writePieces = (
  pieces: readonly Placed[],
  dtype: 'f32' | 'f64',
  tensorOf: (here: string) => Tensor
): Readonly<Record<string, Tensor>> => {
  const shapes = shapesThere(pieces)
  const out = new Map([...shapes].map(([name, shape]) => [name, allocate(dtype, sizeOf(shape)).fill(-0)]))
  for (const placed of pieces) {
    const { piece, there, shapeHere } = placed
    if (piece.added === true) continue
    const { start, part } = columnsOf(placed)
    const all = numbersOf(tensorOf(placed.here))
    const block = allocate(
      dtype,
      Array.from(placesOf(shapeHere, start, part), i => all[i] as number)
    )
    const stored = numbersOf(thereOf(piece, tensorView(dtype, part, block)))
    const to = out.get(there)
    placesOf(shapes.get(there) ?? [], startOf(piece), piece.shape).forEach((place, i) => {
      if (to !== undefined) to[place] = stored[i] as number
    })
  }
  return Object.fromEntries([...out].map(([name, data]) => [name, tensorView(dtype, shapes.get(name) ?? [], data)]))
}
