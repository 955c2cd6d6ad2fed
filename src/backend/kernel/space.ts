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
 * Drops axes of size 1 and merges neighbouring axes that every walker passes through without a gap. Axes in different
 * segments are never merged (`segment` gives the segment of each axis).
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
