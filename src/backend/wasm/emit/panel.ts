/**
 * Products of many rows. The smaller operand is packed whole; the other one a piece at a time, which is multiplied while it is in the
 * nearest caches. Pieces are what threads share out among them: each takes the next one of its own range until none is left, then of the
 * others' ranges, so a slow one takes fewer, and what a thread made in one kernel is mostly in its own caches in the next one.
 */
import { block, br, br_if, i32, if_, local, loop, type Local } from 'wasmati'
import { counterBytes } from '../../kernel/thread-memory.js'
import { isPacked, panelWidth, tilingOf, type Layout } from '../../kernel/tiling.js'
import { placesIn, type Calls } from './calls.js'
import { get, integer, set, type Push } from './lanes.js'
import type { Locals, Product } from './matrix.js'
import { advance } from './loops.js'
import { i1, smaller } from './routine.js'

/** how several threads work on one kernel: each has a range of the pieces, and helps the others when it is through with that */
export interface Sharing {
  readonly threads: number
  readonly thread: number
  /** where the number of the next piece of the first range lies; those of the others come after it */
  readonly next: number
}
/**
 * Does the inside for each piece, `turn` saying which. Threads that share the work each ask for a number of a range once more than
 * they get one: whoever asks last sets the next one back to 0, before all meet again.
 */
const eachPiece = (
  { turn, range, end }: { readonly turn: Local<'i32'>; readonly range: Local<'i32'>; readonly end: Local<'i32'> },
  pieces: number,
  sharing: Sharing | undefined,
  inside: () => void
): void => {
  if (sharing === undefined) {
    set(turn, integer(0))
    if (pieces === 1) {
      inside()
      return
    }
    loop({}, () => {
      inside()
      advance(turn, 1)
      i1.lt(get(turn), integer(pieces))()
      br_if(0)
    })
    return
  }
  const { threads, thread, next } = sharing
  const start = (of: Push): Push => i1.div(i1.mul(of, integer(pieces)), integer(threads))
  const counter = i1.add(integer(next), i1.mul(get(range), integer(counterBytes)))
  set(range, integer(thread))
  loop({}, () => {
    set(end, start(i1.add(get(range), integer(1))))
    block({}, () => {
      loop({}, () => {
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
    if_({}, () => {
      counter()
      i32.const(0)
      i32.atomic.store({})
    })
    set(range, i1.rem(i1.add(get(range), integer(1)), integer(threads)))
    i1.ne(get(range), integer(thread))()
    br_if(0)
  })
}

export const emitPanels = (
  product: Product,
  { packA, packB, multiply, cut, add }: Calls,
  l: Locals,
  sharing?: Sharing
): void => {
  const { p, m, a, b, c, batches, panel } = product
  const { byRows, full, rest, piece, pieces, panelBytes } = tilingOf(product, sharing?.threads ?? 1)
  const [turn, count, from, to, counter, left, packed] = [l.i(0), l.i(1), l.i(2), l.i(3), l.i(4), l.i(5), l.i(6)]
  const places = { turn, range: l.i(7), end: l.i(8) }
  const { pieceAt, cutAt, addedAt } = placesIn(product, sharing?.threads ?? 1)
  const wide = panelWidth(product)
  const restAt = full * panelBytes

  const packWhole = (): void => {
    if (!byRows) {
      packA(get(l.a), integer(m), panel)
      return
    }
    if (isPacked(product)) return
    set(from, get(l.b))
    set(to, integer(panel))
    if (full > 0) packB(from, to, integer(full), counter)
    if (rest === 0) return
    set(from, i1.add(get(l.b), integer(full * wide * b.column)))
    set(to, integer(panel + restAt))
    packB(from, to, 'rest', counter)
  }

  /** some rows, against all panels, a few of these at a time */
  const rows = (first: Push): void => {
    set(count, smaller(integer(piece), i1.sub(integer(m), first)))
    cut?.(first, get(count))
    packA(cut === undefined ? i1.add(get(l.a), i1.mul(first, integer(a.row))) : integer(cutAt), get(count), pieceAt)
    set(to, add === undefined ? i1.add(get(l.c), i1.mul(first, integer(c.row))) : integer(addedAt))
    set(from, isPacked(product) ? get(l.b) : integer(panel))
    if (full > 0) {
      multiply(integer(pieceAt), get(count), get(from), integer(full), get(to))
      advance(from, restAt)
      advance(to, full * wide * p.size)
    }
    if (rest > 0) multiply(integer(pieceAt), get(count), get(from), 'rest', get(to))
    add?.(i1.div(first, integer(piece)))
  }

  /** some panels, against all rows */
  const columns = (first: Push): void => {
    const multiplied = (start: Push, panels: Push | 'rest'): void => {
      set(left, start)
      const target = i1.add(get(l.c), i1.mul(get(left), integer(c.panel ?? wide * p.size)))
      if (isPacked(product)) {
        set(from, i1.add(get(l.b), i1.mul(get(left), integer(panelBytes))))
        multiply(integer(panel), integer(m), get(from), panels, target)
        return
      }
      set(from, i1.add(get(l.b), i1.mul(get(left), integer(wide * b.column))))
      set(to, integer(pieceAt))
      packB(from, to, panels, counter)
      multiply(integer(panel), integer(m), integer(pieceAt), panels, target)
    }
    const some = (): void => {
      set(count, smaller(integer(piece), i1.sub(integer(full), first)))
      multiplied(first, get(count))
    }
    if (rest === 0) some()
    else if (full === 0) multiplied(integer(full), 'rest')
    else {
      i1.lt(first, integer(full))()
      if_({}, some, () => {
        multiplied(integer(full), 'rest')
      })
    }
  }

  const begin = (batch: Push): void => {
    const pointers: readonly (readonly [Local<'i32'>, Layout])[] = [
      [l.a, a],
      [l.b, b],
      [l.c, c]
    ]
    for (const [pointer, at] of pointers)
      set(pointer, batches === 1 ? integer(at.base) : i1.add(integer(at.base), i1.mul(batch, integer(at.batch))))
    packWhole()
  }
  const some = byRows ? rows : columns
  if (batches === 1) {
    begin(integer(0))
    eachPiece(places, pieces, sharing, () => {
      some(i1.mul(get(turn), integer(piece)))
    })
    return
  }
  // pieces of one batch come together; whoever meets a new batch packs what is packed whole
  set(packed, integer(-1))
  eachPiece(places, batches * pieces, sharing, () => {
    const batch = i1.div(get(turn), integer(pieces))
    i1.ne(batch, get(packed))()
    if_({}, () => {
      set(packed, batch)
      begin(get(packed))
    })
    some(i1.mul(i1.rem(get(turn), integer(pieces)), integer(piece)))
  })
}
