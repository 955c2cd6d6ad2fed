/** The routines that a matrix product calls, with its sizes and the layouts of its operands as their arguments. */
import type { Local } from '../assemble/index.js'
import { blockRows, blockVectors, isPacked, lineBytes, panelWidth, tilingOf } from '../../kernel/tiling.js'
import { multiplyPanels } from './block.js'
import { get, integer, set, type Push } from './lanes.js'
import type { Product } from './matrix.js'
import { groupsTogether, packAcross, packAlong } from './pack.js'
import { advance, repeat } from './loops.js'
import { i1, invoke, type Routine, type Share } from './routine.js'
import { addWindows, cutWindows } from './windows.js'

/** a number of full panels of B, or the remaining one that is narrower */
type Panels = Push | 'rest'

export interface Calls {
  /** packs rows of A from an address on; missing rows of the last block do not count */
  readonly packA: (from: Push, rows: Push, to: number) => void
  /** packs panels of B; both pointers and the counter move */
  readonly packB: (from: Local<'i32'>, to: Local<'i32'>, panels: Panels, counter: Local<'i32'>) => void
  /** cuts windows, which are rows of A, beginning with `first` */
  readonly cut?: (first: Push, count: Push) => void
  /** adds up the windows of an image, which are rows of the product */
  readonly add?: (image: Push) => void
  /** packed rows times packed panels */
  readonly multiply: (rowsOfA: Push, rows: Push, panelsOfB: Push, panels: Panels, to: Push) => void
}

/** the addresses in a product's scratch memory: of its pieces, of the windows to cut and to add up, and of their sums */
export const placesIn = (
  product: Product,
  threads: number
): { readonly pieceAt: number; readonly cutAt: number; readonly addedAt: number; readonly sumsAt: number } => {
  const { images } = product
  const { wholeBytes, pieceBytes, cutBytes, addedBytes } = tilingOf(product, threads)
  const pieceAt = product.panel + wholeBytes
  const cutAt = Math.ceil((pieceAt + pieceBytes) / 64) * 64
  const addedAt = cutAt + cutBytes
  return { pieceAt, cutAt, addedAt, sumsAt: addedAt + addedBytes - (images === undefined ? 0 : lineBytes(images)) }
}

/** the calls of a product that cuts or adds up windows */
const windowCallsOf = (product: Product, share: Share, threads: number): Pick<Calls, 'cut' | 'add'> => {
  const { p, windows, images } = product
  const { cutAt, addedAt, sumsAt } = placesIn(product, threads)
  const cutting = windows === undefined ? undefined : cutWindows(windows, p)
  const adding = images === undefined ? undefined : addWindows(images, p, sumsAt, share)
  return {
    ...(cutting === undefined
      ? {}
      : {
          cut: (first, count) => {
            invoke(cutting, first, count, integer(cutAt))
          }
        }),
    ...(adding === undefined || images === undefined
      ? {}
      : {
          add: image => {
            const bytes = images.height * images.width * images.channels * p.size
            invoke(adding, integer(addedAt), i1.add(integer(images.base), i1.mul(image, integer(bytes))))
          }
        })
  }
}

/** a product, and the widths of its panels of B */
interface Context {
  readonly product: Product
  readonly share: Share
  readonly wide: number
  readonly rest: number
}

type Packer = (from: Push, step: number, to: Push, groups: Push) => void

const acrossOf = ({ share }: Context, width: number, together: number): Routine =>
  share(`${together} x ${width} bytes across`, () => packAcross(width, together))
const alongOf = ({ share, product: { p } }: Context, lines: number): Routine =>
  share(`${lines} lines along, ${p.size} bytes`, () => packAlong(p, lines))

/** packs groups of contiguous lines, several at a time where possible */
const packerAcross = (context: Context, width: number): Packer => {
  const { depth } = context.product
  const [several, one] = [acrossOf(context, width, groupsTogether), acrossOf(context, width, 1)]
  return (from, step, to, groups) => {
    const most = i1.div(groups, integer(groupsTogether))
    const done = i1.mul(most, integer(groupsTogether))
    invoke(several, from, integer(step), integer(depth), to, most)
    const [start, target] = [i1.mul(done, integer(width)), i1.mul(done, integer(depth * width))]
    invoke(one, i1.add(from, start), integer(step), integer(depth), i1.add(to, target), i1.sub(groups, done))
  }
}

const packerOfA = (context: Context): Calls['packA'] => {
  const { p, m, a, depth, images } = context.product
  const isAlong = a.column === p.size || depth === 1
  const rowsAlong = isAlong ? alongOf(context, blockRows) : undefined
  const rowsAcross = isAlong ? undefined : packerAcross(context, blockRows * p.size)
  const blockBytes = depth * blockRows * p.size
  // windows that are added up come image by image
  const left = (images === undefined ? m : images.oh * images.ow) % blockRows
  const leftAlong = isAlong && left > 0 ? alongOf(context, left) : undefined
  return (from, rows, to) => {
    const count = i1.div(rows, integer(blockRows))
    const row = integer(blockRows * p.size)
    const blocks = (routine: Routine, start: Push, many: Push, target: Push): void => {
      const [one, none] = [integer(1), integer(0)]
      invoke(routine, start, integer(a.row), integer(depth), one, none, target, row, integer(blockBytes), many)
    }
    if (rowsAcross !== undefined) {
      rowsAcross(from, a.column, integer(to), i1.div(i1.add(rows, integer(blockRows - 1)), integer(blockRows)))
      return
    }
    blocks(rowsAlong as Routine, from, count, integer(to))
    if (leftAlong === undefined) return
    const [start, target] = [i1.mul(count, integer(blockRows * a.row)), i1.mul(count, integer(blockBytes))]
    const isThere = i1.ne(i1.rem(rows, integer(blockRows)), integer(0))
    blocks(leftAlong, i1.add(from, start), isThere, i1.add(integer(to), target))
  }
}

/** the numbers of columns in panels: of full ones, and of the remaining one */
const widthsOf = ({ wide, rest, product: { n } }: Context): readonly number[] => [
  ...(n >= wide ? [wide] : []),
  ...(rest > 0 ? [rest] : [])
]
const vectorsOf = ({ product: { p } }: Context, valid: number): number => Math.ceil(valid / p.lanes)

/** packs panels of B whose rows are contiguous */
const packerOfRows = (context: Context): Calls['packB'] => {
  const { product, wide, rest } = context
  const { n, b, depth } = product
  const panelsAcross = !isPacked(product) && n >= wide ? packerAcross(context, blockVectors * 16) : undefined
  const restAcross = rest > 0 ? acrossOf(context, vectorsOf(context, rest) * 16, 1) : undefined
  return (from, to, panels) => {
    if (panels !== 'rest') panelsAcross?.(get(from), b.row, get(to), panels)
    else if (restAcross !== undefined)
      invoke(restAcross, get(from), integer(b.row), integer(depth), get(to), integer(1))
  }
}

/** packs panels of B whose columns are contiguous */
const packerOfColumns = (context: Context): Calls['packB'] => {
  const { product, wide, rest } = context
  const { p, b, depth } = product
  const lines = p.lanes
  return (from, to, panels, counter) => {
    const valid = panels === 'rest' ? rest : wide
    const row = vectorsOf(context, valid) * 16
    const columns = (together: number, first: number, count: number): void => {
      if (count === 0) return
      const start = i1.add(get(from), integer(first * b.column))
      const target = i1.add(get(to), integer(first * p.size))
      const next = integer(together * p.size)
      const inOne = b.panel === undefined ? depth : wide
      const gap = b.panel === undefined ? 0 : b.panel - wide * p.size
      const [k, pieces, skip] = [integer(inOne), integer(depth / inOne), integer(gap)]
      const routine = alongOf(context, together)
      invoke(routine, start, integer(b.column), k, pieces, skip, target, integer(row), next, integer(count))
    }
    const one = (): void => {
      const groups = Math.floor(valid / lines)
      columns(lines, 0, groups)
      columns(1, groups * lines, valid % lines)
    }
    if (panels === 'rest') {
      one()
      return
    }
    set(counter, panels)
    repeat(counter, () => {
      one()
      advance(from, wide * b.column)
      advance(to, depth * row)
    })
  }
}

const multiplierOf = (context: Context): Calls['multiply'] => {
  const { product, share, wide, rest } = context
  const { p, c, depth } = product
  const routines = new Map(
    widthsOf(context).map(valid => {
      const vectors = vectorsOf(context, valid)
      const name = `${vectors} vectors of ${p.lanes}, ${valid} columns`
      return [valid, share(name, () => multiplyPanels(p, vectors, valid))]
    })
  )
  return (from, rows, panel, panels, to) => {
    const routine = routines.get(panels === 'rest' ? rest : wide) as Routine
    const [count, beside] = [panels === 'rest' ? integer(1) : panels, integer(c.panel ?? wide * p.size)]
    invoke(routine, from, rows, panel, count, to, integer(depth), integer(c.row), beside)
  }
}

/** the routines of a product */
export const callsOf = (product: Product, share: Share, threads: number): Calls => {
  const { p, n, b } = product
  const windowCalls = windowCallsOf(product, share, threads)
  const wide = panelWidth(product)
  const context: Context = { product, share, wide, rest: n % wide }
  const rowsAreContiguous = b.column === p.size || (n === 1 && b.panel === undefined)
  return {
    packA: packerOfA(context),
    packB: rowsAreContiguous ? packerOfRows(context) : packerOfColumns(context),
    multiply: multiplierOf(context),
    ...windowCalls
  }
}
