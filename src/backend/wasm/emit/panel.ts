/**
 * Products of many rows. The smaller operand is packed whole, the other one piece by piece; each piece is multiplied
 * while it is in the nearest caches. Threads take pieces at run time: each first from its own range, then from the
 * ranges of the others. So a slow thread takes fewer, and most data of a thread stay in its caches for the next kernel.
 */
import { block, br, br_if, i32, if_, local, loop, type Local } from '../assemble/index.js'
import { counterBytes } from '../../kernel/thread-memory.js'
import { isPacked, panelWidth, tilingOf, type Layout } from '../../kernel/tiling.js'
import { placesIn, type Calls } from './calls.js'
import { get, integer, set, type Push } from './lanes.js'
import type { Locals, Product } from './matrix.js'
import { advance } from './loops.js'
import { i1, smaller } from './routine.js'

/** how several threads share a kernel: each has a range of the pieces, and then takes pieces of the others */
export interface Sharing {
  readonly threads: number
  readonly thread: number
  /** the address of the counter of the first range's next piece; the counters of the other ranges follow */
  readonly next: number
}
interface PieceLocals {
  readonly turn: Local<'i32'>
  readonly range: Local<'i32'>
  readonly end: Local<'i32'>
}

const eachPieceAlone = (turn: Local<'i32'>, pieces: number, inside: () => void): void => {
  set(turn, integer(0))
  if (pieces === 1) {
    inside()
    return
  }
  loop(() => {
    inside()
    advance(turn, 1)
    i1.lt(get(turn), integer(pieces))()
    br_if(0)
  })
}

/**
 * Runs the inside for each piece that this thread takes; `turn` is the number of the piece. Every thread increments the
 * counter of a range once more than it gets a piece. So the last thread to do so can reset the counter for the next
 * kernel, before all threads meet again.
 */
const eachPieceShared = (
  { turn, range, end }: PieceLocals,
  pieces: number,
  { threads, thread, next }: Sharing,
  inside: () => void
): void => {
  const start = (of: Push): Push => i1.div(i1.mul(of, integer(pieces)), integer(threads))
  const counter = i1.add(integer(next), i1.mul(get(range), integer(counterBytes)))
  set(range, integer(thread))
  loop(() => {
    set(end, start(i1.add(get(range), integer(1))))
    block(() => {
      loop(() => {
        counter()
        i32.const(1)
        i32.atomic.rmw.add({})
        start(get(range))()
        i32.add()
        local.set(turn)
        i1.lt(get(turn), get(end))()
        i32.eqz()
        br_if(1)
        inside()
        br(0)
      })
    })
    i1.eq(get(turn), i1.add(get(end), integer(threads - 1)))()
    if_(() => {
      counter()
      i32.const(0)
      i32.atomic.store({})
    })
    set(range, i1.rem(i1.add(get(range), integer(1)), integer(threads)))
    i1.ne(get(range), integer(thread))()
    br_if(0)
  })
}

const eachPiece = (l: PieceLocals, pieces: number, sharing: Sharing | undefined, inside: () => void): void => {
  if (sharing === undefined) eachPieceAlone(l.turn, pieces, inside)
  else eachPieceShared(l, pieces, sharing, inside)
}

/** what the code of one product uses: its routines, locals and tiles */
interface PanelCode {
  readonly product: Product
  readonly calls: Calls
  readonly l: Locals
  readonly tiling: ReturnType<typeof tilingOf>
  /** columns of a full panel */
  readonly wide: number
  /** see `placesIn` */
  readonly places: ReturnType<typeof placesIn>
  readonly locals: Readonly<Record<'count' | 'from' | 'to' | 'counter' | 'left', Local<'i32'>>>
}

const packWhole = ({ product, calls, l, tiling, wide, locals }: PanelCode): void => {
  const { m, b, panel } = product
  const { byRows, full, rest, panelBytes } = tiling
  const { from, to, counter } = locals
  if (!byRows) {
    calls.packA(get(l.a), integer(m), panel)
    return
  }
  if (isPacked(product)) return
  set(from, get(l.b))
  set(to, integer(panel))
  if (full > 0) calls.packB(from, to, integer(full), counter)
  if (rest === 0) return
  set(from, i1.add(get(l.b), integer(full * wide * b.column)))
  set(to, integer(panel + full * panelBytes))
  calls.packB(from, to, 'rest', counter)
}

/** a piece of rows times all panels */
const multiplyRows = ({ product, calls, l, tiling, wide, places, locals }: PanelCode, first: Push): void => {
  const { pieceAt, cutAt, addedAt } = places
  const { p, m, a, c, panel } = product
  const { full, rest, piece, panelBytes } = tiling
  const { count, from, to } = locals
  set(count, smaller(integer(piece), i1.sub(integer(m), first)))
  calls.cut?.(first, get(count))
  const rowsAt = calls.cut === undefined ? i1.add(get(l.a), i1.mul(first, integer(a.row))) : integer(cutAt)
  calls.packA(rowsAt, get(count), pieceAt)
  set(to, calls.add === undefined ? i1.add(get(l.c), i1.mul(first, integer(c.row))) : integer(addedAt))
  set(from, isPacked(product) ? get(l.b) : integer(panel))
  if (full > 0) {
    calls.multiply(integer(pieceAt), get(count), get(from), integer(full), get(to))
    advance(from, full * panelBytes)
    advance(to, full * wide * p.size)
  }
  if (rest > 0) calls.multiply(integer(pieceAt), get(count), get(from), 'rest', get(to))
  calls.add?.(i1.div(first, integer(piece)))
}

/** all rows times a piece of panels */
const multiplyColumns = ({ product, calls, l, tiling, wide, places, locals }: PanelCode, first: Push): void => {
  const { pieceAt } = places
  const { p, m, b, c, panel } = product
  const { full, rest, piece, panelBytes } = tiling
  const { count, from, to, counter, left } = locals
  const multiplied = (start: Push, panels: Push | 'rest'): void => {
    set(left, start)
    const target = i1.add(get(l.c), i1.mul(get(left), integer(c.panel ?? wide * p.size)))
    if (isPacked(product)) {
      set(from, i1.add(get(l.b), i1.mul(get(left), integer(panelBytes))))
      calls.multiply(integer(panel), integer(m), get(from), panels, target)
      return
    }
    set(from, i1.add(get(l.b), i1.mul(get(left), integer(wide * b.column))))
    set(to, integer(pieceAt))
    calls.packB(from, to, panels, counter)
    calls.multiply(integer(panel), integer(m), integer(pieceAt), panels, target)
  }
  const some = (): void => {
    set(count, smaller(integer(piece), i1.sub(integer(full), first)))
    multiplied(first, get(count))
  }
  if (rest === 0) some()
  else if (full === 0) multiplied(integer(full), 'rest')
  else {
    i1.lt(first, integer(full))()
    if_(some, () => {
      multiplied(integer(full), 'rest')
    })
  }
}

export const emitPanels = (product: Product, calls: Calls, l: Locals, sharing?: Sharing): void => {
  const { a, b, c, batches } = product
  const tiling = tilingOf(product, sharing?.threads ?? 1)
  const { byRows, piece, pieces } = tiling
  const [turn, count, from, to, counter, left, packed] = [l.i(0), l.i(1), l.i(2), l.i(3), l.i(4), l.i(5), l.i(6)]
  const turns = { turn, range: l.i(7), end: l.i(8) }
  const locals = { count, from, to, counter, left }
  const places = placesIn(product, sharing?.threads ?? 1)
  const code: PanelCode = { product, calls, l, tiling, wide: panelWidth(product), places, locals }
  const begin = (batch: Push): void => {
    const pointers: readonly (readonly [Local<'i32'>, Layout])[] = [
      [l.a, a],
      [l.b, b],
      [l.c, c]
    ]
    for (const [pointer, at] of pointers)
      set(pointer, batches === 1 ? integer(at.base) : i1.add(integer(at.base), i1.mul(batch, integer(at.batch))))
    packWhole(code)
  }
  const multiply = (first: Push): void => (byRows ? multiplyRows : multiplyColumns)(code, first)
  if (batches === 1) {
    begin(integer(0))
    eachPiece(turns, pieces, sharing, () => {
      multiply(i1.mul(get(turn), integer(piece)))
    })
    return
  }
  // the pieces of a batch are consecutive: a thread that comes to a new batch packs its whole operand
  set(packed, integer(-1))
  eachPiece(turns, batches * pieces, sharing, () => {
    const batch = i1.div(get(turn), integer(pieces))
    i1.ne(batch, get(packed))()
    if_(() => {
      set(packed, batch)
      begin(get(packed))
    })
    multiply(i1.mul(i1.rem(get(turn), integer(pieces)), integer(piece)))
  })
}
