/**
 * Sizes of matrix products: how they are divided into blocks, panels and pieces. A panel holds a few columns of the
 * right operand, row after row; a block of the result is a few rows times one panel.
 */
import type { Dims } from '../../value/shape.js'
import { bytesOf, type Buffer, type MatmulKernel, type View } from './ir.js'

/** numbers of a vector, and bytes of a number */
export interface ElementSize {
  readonly lanes: number
  readonly size: number
}
export const elementSizes: Readonly<Record<'f32' | 'f64', ElementSize>> = {
  f32: { lanes: 4, size: 4 },
  f64: { lanes: 2, size: 8 }
}

/**
 * Rows and vectors of columns in a block. Measured: 4 x 2 is faster than 2 x 4 and 2 x 3, and reads least; 3 x 3 and
 * larger spill registers.
 */
export const blockRows = 4
export const blockVectors = 2

/** panels multiplied together, while rows of A stay in the nearest cache */
export const panelsTogether = 4
/** products of fewer rows are not packed, because each panel would be used too seldom */
export const thinBelow = 4

type AddressOf = (b: Buffer) => number

/** the strides of the last two axes of an operand, and of its batches, in bytes */
export interface Layout {
  readonly base: number
  readonly row: number
  readonly column: number
  readonly batch: number
  /** the stride from one panel to the next, for a packed operand */
  readonly panel?: number
}
const at = (d: Dims, i: number): number => d[i] as number
const layoutOf = (v: View, address: AddressOf, packed = false): Layout => {
  const size = bytesOf[v.buffer.dtype]
  const r = v.shape.length
  const [row, column] = [at(v.stride, r - 2), at(v.stride, r - 1)]
  const base = address(v.buffer) + v.offset * size
  if (!packed) return { base, row: row * size, column: column * size, batch: r > 2 ? at(v.stride, r - 3) * size : 0 }
  // the view shows the matrix or its transpose
  const line = blockVectors * 16
  const [upright, lines] = column === 1 ? [true, at(v.shape, 0)] : [false, at(v.shape, 1)]
  return { base, row: upright ? line : size, column: upright ? size : line, batch: 0, panel: lines * line }
}

/** a product: its sizes, and how its operands and its result are laid out */
export interface ProductSizes {
  readonly p: ElementSize
  readonly m: number
  readonly n: number
  readonly depth: number
  readonly batches: number
  readonly a: Layout
  readonly b: Layout
  readonly c: Layout
}
/** @param address not needed for sizes alone */
export const sizesOf = (k: MatmulKernel, address: AddressOf = () => 0): ProductSizes => {
  const r = k.to.shape.length
  return {
    p: elementSizes[k.to.buffer.dtype as 'f32' | 'f64'],
    m: at(k.to.shape, r - 2),
    n: at(k.to.shape, r - 1),
    depth: at(k.a.shape, r - 1),
    batches: k.to.shape.slice(0, -2).reduce((x, y) => x * y, 1),
    a: layoutOf(k.a, address),
    b: layoutOf(k.b, address, k.packed?.b),
    c: layoutOf(k.to, address, k.packed?.to)
  }
}

/** whether there are too few rows for packing to pay */
export const isThin = ({ m, b, c, p }: ProductSizes): boolean =>
  m < thinBelow && b.column === p.size && b.panel === undefined && c.panel === undefined

/** whether B needs no packing: it is stored in panels, and the product is by the matrix itself, not by its transpose */
export const isPacked = ({ b, p }: ProductSizes): boolean => b.panel !== undefined && b.column === p.size

/** number of columns of a panel */
export const panelWidth = ({ p }: Pick<ProductSizes, 'p'>): number => blockVectors * p.lanes

/** rows multiplied together */
const maxRows = 32
/** pieces for each thread: enough that no thread waits long for the last one */
const piecesPerThread = 8

const align = (n: number): number => Math.ceil(n / 64) * 64

/** the division of a product into pieces */
export interface Tiling {
  /** whether B is packed whole, and A in pieces */
  readonly byRows: boolean
  /** full panels, and the remaining columns */
  readonly full: number
  readonly rest: number
  /** rows or full panels in a piece, and pieces for each batch */
  readonly piece: number
  readonly pieces: number
  /** bytes of a full panel, and of the packed operands: one whole, and a piece of the other */
  readonly panelBytes: number
  readonly wholeBytes: number
  readonly pieceBytes: number
}
export const tilingOf = (product: ProductSizes, threads: number): Tiling => {
  const { p, m, n, depth, batches, c } = product
  const wide = panelWidth(product)
  const [full, rest] = [Math.floor(n / wide), n % wide]
  const panelBytes = depth * blockVectors * 16
  const restBytes = depth * Math.ceil(rest / p.lanes) * 16
  const rowBytes = (rows: number): number => Math.ceil(rows / blockRows) * blockRows * depth * p.size
  // the thread that wrote a panel of the product has it in its caches when the panel is read
  const byRows = m > n && c.panel === undefined
  const packed = isPacked(product)
  const wanted = Math.ceil((piecesPerThread * threads) / batches)
  const most = byRows ? maxRows : panelsTogether
  const all = byRows ? m / blockRows : full
  const share = Math.max(1, Math.floor(all / wanted)) * (byRows ? blockRows : 1)
  const piece = threads === 1 ? most : Math.min(most, share)
  return {
    byRows,
    full,
    rest,
    piece,
    pieces: byRows ? Math.ceil(m / piece) : Math.ceil(full / piece) + (rest > 0 ? 1 : 0),
    panelBytes,
    wholeBytes: !byRows ? align(rowBytes(m)) : packed ? 0 : align(full * panelBytes + restBytes),
    pieceBytes: byRows
      ? rowBytes(Math.min(piece, m))
      : packed
        ? 0
        : Math.max(Math.min(piece, full) * panelBytes, restBytes)
  }
}
/** bytes of scratch memory that each thread needs for a product */
export const scratchFor = (product: ProductSizes, threads: number): number => {
  const { wholeBytes, pieceBytes } = tilingOf(product, threads)
  return wholeBytes + pieceBytes
}
/** number of pieces that threads take at run time */
export const piecesOf = (product: ProductSizes, threads: number): number =>
  product.batches * tilingOf(product, threads).pieces
