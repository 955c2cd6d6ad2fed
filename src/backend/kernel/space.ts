/** Iteration spaces: the smallest number of nested loops that the strides of all walkers allow. */
import type { Dims } from '../../value/shape.js'

export interface Space {
  /** loop counts, outermost first; no axis of size 1 */
  readonly counts: Dims
  /** for each walker: its step along each of the loops */
  readonly steps: readonly Dims[]
  /** for each loop, the last of the original axes that were merged into it */
  readonly axes: Dims
}

/**
 * The strides of the same numbers in another shape; undefined where none give their order.
 */
export const stridesAs = (shape: Dims, stride: Dims, as: Dims): Dims | undefined => {
  const { counts, steps } = collapse(shape, [stride])
  const found = as.map(() => 0)
  let axis = 0
  for (const [i, count] of counts.entries()) {
    const first = axis
    let size = 1
    while (size < count && axis < as.length) size *= as[axis++] as number
    if (size !== count) return undefined
    let step = steps[0]?.[i] as number
    for (let a = axis - 1; a >= first; a--) {
      found[a] = step
      step *= as[a] as number
    }
  }
  return found
}

/**
 * Drops axes of size 1 and joins neighbours that every way of walking passes through without a gap. Axes in different segments are
 * never joined (`segment` names each axis').
 */
export const collapse = (shape: Dims, steps: readonly Dims[], segment: (axis: number) => number = () => 0): Space => {
  const loops: { count: number; axis: number; steps: number[] }[] = []
  shape.forEach((n, axis) => {
    if (n === 1) return
    const mine = steps.map(s => s[axis] as number)
    const outer = loops.at(-1)
    if (
      outer !== undefined &&
      segment(outer.axis) === segment(axis) &&
      outer.steps.every((s, i) => s === (mine[i] as number) * n)
    ) {
      loops[loops.length - 1] = { count: outer.count * n, axis, steps: mine }
    } else loops.push({ count: n, axis, steps: mine })
  })
  return {
    counts: loops.map(l => l.count),
    steps: steps.map((_, i) => loops.map(l => l.steps[i] as number)),
    axes: loops.map(l => l.axis)
  }
}
