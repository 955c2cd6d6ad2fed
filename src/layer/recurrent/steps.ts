/** The steps of a recurrent layer: written out one by one, or as a loop. */
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { add, concat, iota, less, reshape, select, slice, transpose } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { scan } from '../../expr/scan.js'

/** the state after the last step, or that after each step */
export type Outputs = 'last' | 'all'
/** from the first step to the last, or from the last to the first */
export type Direction = 'forward' | 'backward'
/** what the gradient of a loop does with what the steps computed: it stores it, or computes most of it again */
export type Loop = 'store' | 'recompute'
/** the tensors of a state [n, units]; the first one is the output */
export type State = readonly Expr[]

/** what the steps of a layer are made of */
export interface Steps {
  readonly steps: number
  readonly direction: Direction
  readonly outputs: Outputs
  /** the share of the input in each step [n, steps, columns] */
  readonly shares: Expr
  /** how many steps each example has [n, 1], if the layer knows */
  readonly length: Expr | undefined
  /** step i takes part where i + past is below the length */
  readonly past: number
  readonly start: State
  readonly next: (share: Expr, state: State) => State
}

const outputOf = (state: State | undefined): Expr => (state as State)[0] as Expr
/** the state after a step: where an example takes no part, that before it */
const stateAfter = (next: Steps['next'], share: Expr, mask: Expr | undefined, before: State): State => {
  const state = next(share, before)
  return mask === undefined ? state : state.map((s, k) => select(mask, s, before[k] as Expr))
}
const seenAfter = (state: State | undefined, mask: Expr | undefined): Expr =>
  mask === undefined ? outputOf(state) : select(mask, outputOf(state), 0)

/** the output of the layer with each step as expressions */
export const writtenOut = ({ steps, direction, outputs, shares, length, past, start, next }: Steps): Expr => {
  const [n = 1, , columns = 1] = shares.shape
  const share = (step: number): Expr => reshape(slice(shares, [0, step, 0], [n, 1, columns]), [n, columns])
  const takesPart = (step: number): Expr | undefined => (length === undefined ? undefined : less(step + past, length))
  const inOrder = Array.from({ length: steps }, (_, i) => (direction === 'forward' ? i : steps - 1 - i))
  const parts = inOrder.map(step => ({ step, mask: takesPart(step) }))
  const after = pipe(
    parts,
    RA.scanLeft(start, (before, { step, mask }) => stateAfter(next, share(step), mask, before)),
    RA.dropLeft(1)
  )
  if (outputs === 'last') return outputOf(after[steps - 1])
  const seen = parts.map(({ mask }, i) => seenAfter(after[i], mask))
  const atPlaces = direction === 'forward' ? seen : RA.reverse(seen)
  return concat(
    atPlaces.map(h => reshape(h, [n, 1, h.shape[1] ?? 1])),
    1
  )
}

/** the output of the layer with its steps as a loop, with the bits of `writtenOut` */
export const asLoop = (given: Steps, loop: Loop): Expr => {
  const { steps, direction, outputs, shares, length, past, start, next } = given
  const place = length === undefined ? undefined : iota(length.dtype, [steps])
  const places = place === undefined ? [] : [past === 0 ? place : add(place, past)]
  // Written out, the gradient of a state adds that of the output before those of the next step in this form only. An output that is the
  // state before each step has this order.
  const isShifted = outputs === 'all' && direction === 'backward'
  const { carried, stacked } = scan({
    steps,
    reverse: direction === 'backward',
    recompute: loop === 'recompute',
    carried: start,
    stacked: [transpose(shares, [1, 0, 2]), ...places],
    body: (before, [share, at]) => {
      const mask = length === undefined || at === undefined ? undefined : less(at, length)
      const state = stateAfter(next, share as Expr, mask, before)
      const seen = isShifted ? outputOf(before) : seenAfter(state, mask)
      return { carried: state, stacked: outputs === 'all' ? [seen] : [] }
    }
  })
  if (outputs === 'last') return outputOf(carried)
  const [n = 1, units = 1] = outputOf(carried).shape
  const all = stacked[0] as Expr
  if (!isShifted) return transpose(all, [1, 0, 2])
  const first = reshape(outputOf(carried), [1, n, units])
  const states = steps === 1 ? first : concat([first, slice(all, [0, 0, 0], [steps - 1, n, units])], 0)
  const after = transpose(states, [1, 0, 2])
  return length === undefined
    ? after
    : select(reshape(less(reshape(places[0] as Expr, [1, steps]), length), [n, steps, 1]), after, 0)
}
