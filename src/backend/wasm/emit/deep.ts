/**
 * Products whose left operand has a column for each window: the gradient of a convolution by its weights. The product is small and its sums are
 * long, so some windows at a time are cut, packed and multiplied, and the sums wait in the product for the next ones. Each number is added up in
 * one order whatever is done together. Threads divide the product: each cuts all windows for its part.
 */
import { br_if, loop } from '../assemble/index.js'
import { blockRows, blockVectors, deepShareOf, deepTilingOf, panelWidth } from '../../kernel/tiling.js'
import { multiplyPanels } from './block.js'
import { get, integer, set, type Push } from './lanes.js'
import { advance } from './loops.js'
import type { Locals, Product } from './matrix.js'
import { groupsTogether, packAcross } from './pack.js'
import type { Sharing } from './panel.js'
import { i1, invoke, smaller, type Routine, type Share } from './routine.js'
import { cutWindows } from './windows.js'

export interface DeepCalls {
  readonly cut: Routine
  /** packs groups of lines that lie side by side */
  readonly across: (width: number, from: Push, step: number, depth: Push, to: Push, groups: number) => void
  /** packed rows times packed panels, or the one that is left over; carried: added to what is there */
  readonly multiply: (carried: boolean, rest: boolean) => Routine
}

const vectorsIn = ({ n, p }: Product): number => Math.ceil((n % (blockVectors * p.lanes)) / p.lanes)

/** the routines of a product of long sums */
export const deepCallsOf = (product: Product, share: Share): DeepCalls => {
  const { p, n, windows } = product
  const wide = panelWidth(product)
  const rest = n % wide
  const packing = (width: number, together: number): Routine =>
    share(`${together} x ${width} bytes across`, () => packAcross(width, together))
  const multiplying = (carried: boolean, valid: number): Routine => {
    const vectors = Math.ceil(valid / p.lanes)
    const how = carried ? ', carried' : ''
    return share(`${vectors} vectors of ${p.lanes}, ${valid} columns${how}`, () =>
      multiplyPanels(p, vectors, valid, carried)
    )
  }
  return {
    cut: cutWindows(windows as NonNullable<typeof windows>, p),
    across: (width, from, step, depth, to, groups) => {
      const most = Math.floor(groups / groupsTogether)
      const done = most * groupsTogether
      if (most > 0) invoke(packing(width, groupsTogether), from, integer(step), depth, to, integer(most))
      if (groups === done) return
      const target = i1.add(to, i1.mul(depth, integer(done * width)))
      invoke(
        packing(width, 1),
        i1.add(from, integer(done * width)),
        integer(step),
        depth,
        target,
        integer(groups - done)
      )
    },
    multiply: (carried, isRest) => multiplying(carried, isRest ? rest : wide)
  }
}

interface Part {
  readonly aAt: number
  readonly bAt: number
  readonly to: number
  readonly rows: number
  /** full panels, whether there is one that is left over, and the bytes from one to the next in the product */
  readonly full: number
  readonly hasRest: boolean
  readonly beside: number
}
/** packed rows times packed panels, `count` numbers to a sum */
const multiplyPart = (
  calls: DeepCalls,
  { c }: Product,
  { aAt, bAt, to, rows, full, hasRest, beside }: Part,
  count: Push,
  carried: boolean
): void => {
  const multiply = (isRest: boolean, b: Push, panels: number, target: number): void => {
    const sizes = [count, integer(c.row), integer(beside)]
    invoke(calls.multiply(carried, isRest), integer(aAt), integer(rows), b, integer(panels), integer(target), ...sizes)
  }
  if (full > 0) multiply(false, integer(bAt), full, to)
  const after = i1.mul(count, integer(full * blockVectors * 16))
  if (hasRest) multiply(true, i1.add(integer(bAt), after), 1, to + full * beside)
}

export const emitDeep = (product: Product, calls: DeepCalls, l: Locals, sharing?: Sharing): void => {
  const { p, m, n, depth, b, c, panel } = product
  const tiling = deepTilingOf(product)
  const { step, cutBytes, aBytes } = tiling
  const mine = deepShareOf(tiling, sharing?.threads ?? 1, sharing?.thread ?? 0)
  const [firstBlock, endBlock] = mine.blocks
  const [firstPanel, endPanel] = mine.panels
  if (firstBlock === endBlock || firstPanel === endPanel) return
  const wide = panelWidth(product)
  const [cutAt, aAt] = [panel, panel + cutBytes]
  const bAt = aAt + aBytes
  const [rowWidth, panelLine] = [blockRows * p.size, blockVectors * 16]
  const rows = Math.min(m, endBlock * blockRows) - firstBlock * blockRows
  const full = Math.min(endPanel, Math.floor(n / wide)) - firstPanel
  const hasRest = endPanel > Math.floor(n / wide)
  const beside = c.panel ?? wide * p.size
  const to = c.base + firstBlock * blockRows * c.row + firstPanel * beside
  const [turn, count] = [l.i(0), l.i(1)]

  const some = (carried: boolean): void => {
    invoke(calls.cut, get(turn), get(count), integer(cutAt))
    calls.across(
      rowWidth,
      integer(cutAt + firstBlock * rowWidth),
      m * p.size,
      get(count),
      integer(aAt),
      endBlock - firstBlock
    )
    const from = i1.add(integer(b.base + firstPanel * wide * p.size), i1.mul(get(turn), integer(b.row)))
    if (full > 0) calls.across(panelLine, from, b.row, get(count), integer(bAt), full)
    if (hasRest) {
      const start = i1.add(from, integer(full * panelLine))
      const target = i1.add(integer(bAt), i1.mul(get(count), integer(full * panelLine)))
      calls.across(vectorsIn(product) * 16, start, b.row, get(count), target, 1)
    }
    multiplyPart(calls, product, { aAt, bAt, to, rows, full, hasRest, beside }, get(count), carried)
  }
  set(turn, integer(0))
  set(count, integer(step))
  some(false)
  if (step >= depth) return
  set(turn, integer(step))
  loop(() => {
    set(count, smaller(integer(step), i1.sub(integer(depth), get(turn))))
    some(true)
    advance(turn, step)
    i1.lt(get(turn), integer(depth))()
    br_if(0)
  })
}
