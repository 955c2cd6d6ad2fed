/**
 * Sizes of matrix products: how they are divided into blocks, panels and pieces. A panel holds a few columns of the
 * right operand, row after row; a block of the result is a few rows times one panel.
 */
import type { Dims } from '../../value/shape.js'
import { windowCount } from '../../expr/ops/image.js'
import { bytesOf, type Buffer, type ImageWindow, type MatmulKernel, type View } from './ir.js'

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
const align = (n: number): number => Math.ceil(n / 64) * 64

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

/** windows [n, oh, ow, kh, kw, c] of images: their sizes, and the bytes from one to the next along each axis */
export interface WindowLayout {
  readonly as: 'rows' | 'columns'
  readonly base: number
  readonly sizes: Dims
  readonly steps: Dims
}
/** images, plain, to which windows are added up */
export interface ImageLayout extends ImageWindow {
  readonly base: number
  readonly images: number
  readonly oh: number
  readonly ow: number
  readonly channels: number
}
/** the images of a view, and how many windows each has */
export const imagesOf = (to: View, window: ImageWindow, address: AddressOf): ImageLayout => {
  const count = (axis: 0 | 1): number =>
    windowCount(at(to.shape, 1 + axis), window.size[axis], window.stride[axis], window.dilation[axis])
  const base = address(to.buffer) + to.offset * bytesOf[to.buffer.dtype]
  return { ...window, base, images: at(to.shape, 0), oh: count(0), ow: count(1), channels: at(to.shape, 3) }
}
/** bytes of the f64 sums of a line of an image */
export const lineBytes = ({ width, channels }: Pick<ImageLayout, 'width' | 'channels'>): number =>
  align(width * channels * 8)

/** a product: its sizes, and how its operands and its result are laid out */
export interface ProductSizes {
  readonly p: ElementSize
  /** A is cut from these */
  readonly windows?: WindowLayout
  /** the product is added up to these */
  readonly images?: ImageLayout
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
  const r = k.b.shape.length
  const p = elementSizes[k.to.buffer.dtype as 'f32' | 'f64']
  const [depth, n] = [at(k.b.shape, r - 2), at(k.b.shape, r - 1)]
  // what is cut is stored in scratch memory, row by row, and so is what is added up
  const scratch = (line: number): Layout => ({ base: 0, row: line * p.size, column: p.size, batch: 0 })
  const { windows, adds } = k
  const size = (d: Dims): number => d.reduce((x, y) => x * y, 1)
  const m =
    windows === undefined ? at(k.a.shape, r - 2) : size(windows === 'rows' ? k.a.shape.slice(0, 3) : k.a.shape.slice(3))
  const cut = (as: 'rows' | 'columns'): Pick<ProductSizes, 'windows'> => ({
    windows: {
      as,
      base: address(k.a.buffer) + k.a.offset * p.size,
      sizes: k.a.shape,
      steps: k.a.stride.map(s => s * p.size)
    }
  })
  const a =
    windows === undefined
      ? layoutOf(k.a, address)
      : windows === 'rows'
        ? scratch(depth)
        : { ...scratch(0), row: p.size, column: m * p.size }
  return {
    p,
    ...(windows === undefined ? {} : cut(windows)),
    ...(adds === undefined ? {} : { images: imagesOf(k.to, adds, address) }),
    m,
    n,
    depth,
    batches: size(k.b.shape.slice(0, -2)),
    a,
    b: layoutOf(k.b, address, k.packed?.b),
    c: adds === undefined ? layoutOf(k.to, address, k.packed?.to) : scratch(n)
  }
}

/** whether the rows are so few that packing would not pay */
export const isThin = ({ m, b, c, p, windows, images }: ProductSizes): boolean =>
  windows === undefined &&
  images === undefined &&
  m < thinBelow &&
  b.column === p.size &&
  b.panel === undefined &&
  c.panel === undefined

/** whether B needs no packing: it is stored in panels, and the product is by the matrix itself, not by its transpose */
export const isPacked = ({ b, p }: ProductSizes): boolean => b.panel !== undefined && b.column === p.size

/** number of columns of a panel */
export const panelWidth = ({ p }: Pick<ProductSizes, 'p'>): number => blockVectors * p.lanes

/** rows multiplied together */
const maxRows = 32
/** pieces for each thread: enough that no thread waits long for the last one */
const piecesPerThread = 8

/** how a product is cut into pieces */
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
  /** bytes of the windows of a piece, before they are packed, and of those that are added up */
  readonly cutBytes: number
  readonly addedBytes: number
}
export const tilingOf = (product: ProductSizes, threads: number): Tiling => {
  const { p, m, n, depth, batches, c, windows, images } = product
  const wide = panelWidth(product)
  const [full, rest] = [Math.floor(n / wide), n % wide]
  const panelBytes = depth * blockVectors * 16
  const restBytes = depth * Math.ceil(rest / p.lanes) * 16
  const rowBytes = (rows: number): number => Math.ceil(rows / blockRows) * blockRows * depth * p.size
  // who has made a panel of the product has it in its caches when the panel is used
  const byRows = windows !== undefined || images !== undefined || (m > n && c.panel === undefined)
  const packed = isPacked(product)
  const wanted = Math.ceil((piecesPerThread * threads) / batches)
  const most = byRows ? maxRows : panelsTogether
  const all = byRows ? m / blockRows : full
  const share = Math.max(1, Math.floor(all / wanted)) * (byRows ? blockRows : 1)
  // windows that are added up come by images
  const piece = images !== undefined ? images.oh * images.ow : threads === 1 ? most : Math.min(most, share)
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
        : Math.max(Math.min(piece, full) * panelBytes, restBytes),
    cutBytes: windows === undefined ? 0 : align(Math.min(piece, m) * depth * p.size + 16),
    addedBytes: images === undefined ? 0 : align(piece * n * p.size + 16) + lineBytes(images)
  }
}
/** bytes of scratch memory that each thread needs for a product */
export const scratchFor = (product: ProductSizes, threads: number): number => {
  if (isDeep(product)) return deepTilingOf(product).bytes
  const { wholeBytes, pieceBytes, cutBytes, addedBytes } = tilingOf(product, threads)
  return wholeBytes + align(pieceBytes) + cutBytes + addedBytes
}
/** how many pieces of work there are for threads to take */
export const piecesOf = (product: ProductSizes, threads: number): number => {
  if (!isDeep(product)) return product.batches * tilingOf(product, threads).pieces
  const { blocks, panels } = deepTilingOf(product)
  return Math.max(blocks, panels)
}

// ---- sums over many windows

/** Whether A has a column for each window: the product is small, its sums are long. */
export const isDeep = ({ windows }: ProductSizes): boolean => windows?.as === 'columns'

/** Windows that are cut, packed and multiplied together, so that all of this stays in the nearest caches. The sums wait in the product meanwhile. */
const windowsTogether = 64

export interface DeepTiling {
  /** windows to a turn */
  readonly step: number
  /** blocks of rows of the product, and panels of its columns */
  readonly blocks: number
  readonly panels: number
  /** bytes of scratch: windows as they are cut, both operands packed */
  readonly cutBytes: number
  readonly aBytes: number
  readonly bytes: number
}
export const deepTilingOf = (product: ProductSizes): DeepTiling => {
  const { p, m, n, depth } = product
  const step = Math.min(windowsTogether, depth)
  const [blocks, panels] = [Math.ceil(m / blockRows), Math.ceil(n / panelWidth(product))]
  const cutBytes = align(step * m * p.size + 64)
  const aBytes = align(blocks * blockRows * step * p.size + 64)
  return { step, blocks, panels, cutBytes, aBytes, bytes: cutBytes + aBytes + panels * step * blockVectors * 16 + 64 }
}

/** what a thread does of a deep product: blocks of its rows or panels of its columns, whichever comes out more even */
export const deepShareOf = (
  { blocks, panels }: DeepTiling,
  threads: number,
  thread: number
): { readonly blocks: readonly [from: number, to: number]; readonly panels: readonly [from: number, to: number] } => {
  const cut = (n: number): readonly [number, number] => [
    Math.floor((n * thread) / threads),
    Math.floor((n * (thread + 1)) / threads)
  ]
  const byRows = Math.ceil(blocks / threads) * panels <= blocks * Math.ceil(panels / threads)
  return byRows ? { blocks: cut(blocks), panels: [0, panels] } : { blocks: [0, blocks], panels: cut(panels) }
}
