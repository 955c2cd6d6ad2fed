/** Loops over the steps of sequences. */
import { concat, input, reshape, slice } from './build.js'
import { loopResults, noLoop, partOf, type LoopResults } from './loop.js'
import { topological, type Expr } from './op.js'

/** what a body makes in one step */
export interface ScanStep {
  /** the carried values after the step: as many as before it, of the same types */
  readonly carried: readonly Expr[]
  /** outputs that are stacked over the steps */
  readonly stacked?: readonly Expr[]
}
export interface ScanOptions {
  /** the number of steps */
  readonly steps: number
  /** values before the first step, each of which the body replaces */
  readonly carried?: readonly Expr[]
  /** values [steps, ...]: step i receives part i */
  readonly stacked?: readonly Expr[]
  /** from the last step to the first; stacked outputs stay at the places of their steps. Default false. */
  readonly reverse?: boolean
  /**
   * Whether the gradient computes the body again instead of storing what it computed: it then stores what is carried at about each
   * sqrt(steps)-th step, and at each step of one stretch between those. The numbers are the same to the bit. Default false.
   */
  readonly recompute?: boolean
  /** One step: a pure function, which is called twice. It may use any other expressions: these are the same in each step. */
  readonly body: (carried: readonly Expr[], stacked: readonly Expr[]) => ScanStep
}
/** the carried values after the last step, and the stacked outputs */
export type ScanResults = LoopResults

const simple = ({
  steps,
  carried = [],
  stacked = [],
  reverse = false,
  recompute = false,
  body
}: ScanOptions): ScanResults => {
  const before = carried.map(c => input('before', c.dtype, c.shape))
  const parts = stacked.map(partOf)
  const made = body(before, parts)
  // what the body makes in each call belongs to it; all else was there before
  const again = body(before, parts)
  const nodes = ({ carried: after, stacked: outputs = [] }: ScanStep): readonly Expr[] =>
    topological([...after, ...outputs])
  const common = new Set(nodes(again))
  if (made.carried.length !== carried.length) {
    const wrong = noLoop(`${carried.length} carried values after each step`, String(made.carried.length))
    return { carried: carried.map(() => wrong), stacked: (made.stacked ?? []).map(() => wrong) }
  }
  return loopResults({
    steps,
    reverse,
    recompute,
    carried: carried.map((init, i) => ({ init, at: before[i] as Expr, next: made.carried[i] as Expr })),
    stacked: stacked.map((from, i) => ({ from, at: parts[i] as Expr })),
    outputs: made.stacked ?? [],
    outer: new Set(nodes(made).filter(n => common.has(n)))
  })
}

const part = (x: Expr, start: number, count: number): Expr =>
  slice(
    x,
    x.shape.map((_, a) => (a === 0 ? start : 0)),
    [count, ...x.shape.slice(1)]
  )

/** a loop over stretches of steps, and another one over the steps that are left */
const inStretches = (o: ScanOptions): ScanResults => {
  const { steps, carried = [], stacked = [], reverse = false } = o
  const length = Math.ceil(Math.sqrt(steps))
  const stretches = Math.floor(steps / length)
  const [many, left] = [stretches * length, steps % length]
  // the steps that are left come last in the order of the loop
  const [manyAt, leftAt] = reverse ? [left, 0] : [0, many]
  const main = simple({
    steps: stretches,
    reverse,
    recompute: true,
    carried,
    stacked: stacked.map(x => reshape(part(x, manyAt, many), [stretches, length, ...x.shape.slice(1)])),
    body: (before, parts) => simple({ ...o, steps: length, carried: before, stacked: parts, recompute: false })
  })
  const whole = main.stacked.map(y => reshape(y, [many, ...y.shape.slice(2)]))
  if (left === 0) return { carried: main.carried, stacked: whole }
  const rest = simple({
    ...o,
    steps: left,
    carried: main.carried,
    stacked: stacked.map(x => part(x, leftAt, left)),
    recompute: false
  })
  const joined = (y: Expr, i: number): Expr => {
    const z = rest.stacked[i] as Expr
    return concat(reverse ? [z, y] : [y, z], 0)
  }
  return { carried: rest.carried, stacked: whole.map(joined) }
}

/**
 * A loop of a known number of steps. Step i receives the carried values and part i of each stacked value, and gives the next carried values and
 * outputs. With `c` carried, `x` stacked and `y` outputs: `(c[i + 1], y[i]) = body(c[i], x[i])`; the results are `c[steps]` and `y`. The
 * compiled program holds the body once, whatever the number of steps. Its gradient is a loop in the other direction.
 *
 * @example
 * // running sums of the rows of x [3, 2]: y [3, 2]
 * const { stacked: [y] } = scan({
 *   steps: 3,
 *   carried: [constant(0, { dtype: 'f32', shape: [2] })],
 *   stacked: [input('x', 'f32', [3, 2])],
 *   body: ([sum], [row]) => ({ carried: [add(sum, row)], stacked: [add(sum, row)] })
 * })
 * @returns invalid expressions if a stacked value has another first size, or a carried value changes its type
 */
export const scan = (options: ScanOptions): ScanResults =>
  typeof (options as Partial<ScanOptions> | undefined)?.body !== 'function'
    ? { carried: [noLoop('a body, which is a function', 'none')], stacked: [] }
    : options.recompute === true && options.steps > 3
      ? inStretches(options)
      : simple(options)
