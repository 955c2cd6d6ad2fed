/** The routines that a matrix product calls, with its sizes and the layouts of its operands as their arguments. */
import type { Local } from 'wasmati'
import { blockRows, blockVectors, isPacked, lineBytes, panelWidth, tilingOf } from '../../kernel/tiling.js'
import { multiplyPanels } from './block.js'
import { get, integer, set, type Push } from './lanes.js'
import type { Product } from './matrix.js'
import { groupsTogether, packAcross, packAlong } from './pack.js'
import { advance, repeat } from './loops.js'
import { i1, invoke, type Routine, type Share } from './routine.js'
import { addWindows, cutWindows } from './windows.js'

/** so many full panels of B, or the one that is left over */
type Panels = Push | 'rest'

export interface Calls {
  /** packs rows of A from an address on */
  readonly packA: (from: Push, rows: Push, to: number) => void
  /** packs panels of B; both pointers and the counter move */
  readonly packB: (from: Local<'i32'>, to: Local<'i32'>, panels: Panels, counter: Local<'i32'>) => void
  /** cuts some windows, the rows of A, from the first one on */
  readonly cut?: (first: Push, count: Push) => void
  /** adds up the windows of an image, which are rows of the product */
  readonly add?: (image: Push) => void
  /** packed rows times packed panels */
  readonly multiply: (rowsOfA: Push, rows: Push, panelsOfB: Push, panels: Panels, to: Push) => void
}

/** where in its scratch memory a product has its pieces, the windows that it cuts, those that it adds up, and their sums */
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

/** The routines must be made before the function that calls them. */
export const callsOf = (product: Product, share: Share, threads: number): Calls => {
  const { p, m, n, a, b, c, depth, images } = product
  const windowCalls = windowCallsOf(product, share, threads)
  const acrossOf = (width: number, together: number): Routine =>
    share(`${together} x ${width} bytes across`, () => packAcross(width, together))
  /** packs groups of lines that lie side by side, most of them several in one go */
  const across = (width: number): ((from: Push, step: number, to: Push, groups: Push) => void) => {
    const [several, one] = [acrossOf(width, groupsTogether), acrossOf(width, 1)]
    return (from, step, to, groups) => {
      const most = i1.div(groups, integer(groupsTogether))
      const done = i1.mul(most, integer(groupsTogether))
      invoke(several, from, integer(step), integer(depth), to, most)
      const [start, target] = [i1.mul(done, integer(width)), i1.mul(done, integer(depth * width))]
      invoke(one, i1.add(from, start), integer(step), integer(depth), i1.add(to, target), i1.sub(groups, done))
    }
  }
  const along = (lines: number): Routine => share(`${lines} lines along, ${p.size} bytes`, () => packAlong(p, lines))
  const wide = panelWidth(product)
  const rest = n % wide

  const aAlong = a.column === p.size || depth === 1
  const rowsAlong = aAlong ? along(blockRows) : undefined
  const rowsAcross = aAlong ? undefined : across(blockRows * p.size)
  const blockBytes = depth * blockRows * p.size
  // windows that are added up come by images
  const left = (images === undefined ? m : images.oh * images.ow) % blockRows
  const leftAlong = aAlong && left > 0 ? along(left) : undefined
  /** rows of A from an address on; those that are missing in the last block do not count */
  const packA = (from: Push, rows: Push, to: number): void => {
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

  const bAcross = b.column === p.size || (n === 1 && b.panel === undefined)
  const lines = p.lanes
  const widths = [...(n >= wide ? [wide] : []), ...(rest > 0 ? [rest] : [])]
  const vectorsOf = (valid: number): number => Math.ceil(valid / p.lanes)
  const panelsAcross = bAcross && !isPacked(product) && n >= wide ? across(blockVectors * 16) : undefined
  const restAcross = bAcross && rest > 0 ? acrossOf(vectorsOf(rest) * 16, 1) : undefined
  if (!bAcross)
    for (const valid of widths) {
      if (valid >= lines) along(lines)
      if (valid % lines > 0) along(1)
    }
  const packB = (from: Local<'i32'>, to: Local<'i32'>, panels: Panels, counter: Local<'i32'>): void => {
    const valid = panels === 'rest' ? rest : wide
    const row = vectorsOf(valid) * 16
    if (bAcross) {
      if (panels !== 'rest') panelsAcross?.(get(from), b.row, get(to), panels)
      else if (restAcross !== undefined)
        invoke(restAcross, get(from), integer(b.row), integer(depth), get(to), integer(1))
      return
    }
    const columns = (together: number, first: number, count: number): void => {
      if (count === 0) return
      const start = i1.add(get(from), integer(first * b.column))
      const target = i1.add(get(to), integer(first * p.size))
      const next = integer(together * p.size)
      const inOne = b.panel === undefined ? depth : wide
      const [k, pieces, skip] = [inOne, depth / inOne, b.panel === undefined ? 0 : b.panel - wide * p.size].map(
        integer
      ) as [Push, Push, Push]
      invoke(along(together), start, integer(b.column), k, pieces, skip, target, integer(row), next, integer(count))
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

  const multiplied = new Map(
    widths.map(valid => {
      const vectors = vectorsOf(valid)
      return [
        valid,
        share(`${vectors} vectors of ${p.lanes}, ${valid} columns`, () => multiplyPanels(p, vectors, valid))
      ]
    })
  )
  const multiply = (from: Push, rows: Push, panel: Push, panels: Panels, to: Push): void => {
    const routine = multiplied.get(panels === 'rest' ? rest : wide) as Routine
    const [count, beside] = [panels === 'rest' ? integer(1) : panels, integer(c.panel ?? wide * p.size)]
    invoke(routine, from, rows, panel, count, to, integer(depth), integer(c.row), beside)
  }
  return { packA, packB, multiply, ...windowCalls }
}
