/**
 * The closed language: every computation of gradfold is a graph of these nodes. Only they have a shape rule, a gradient and an
 * evaluation in each backend; whatever else has a name (layers, losses, optimizers, sigmoid) is a formula over them.
 */
import type { Problem } from '../value/error.js'
import type { Dims } from '../value/shape.js'
import type { Aval, DType, FloatType, Tensor } from '../value/tensor.js'

export type Distribution = 'bits' | 'uniform' | 'normal'

/** Every op with its settings. Adding a row makes the compiler list the tables that lack it. */
export interface Ops {
  // ---- leaves
  /** a value that is given when the program runs */
  readonly input: { readonly name: string; readonly dtype: DType; readonly shape: Dims }
  /** a value that is known now */
  readonly constant: { readonly value: Tensor }
  /** 0, 1, 2, ... along an axis */
  readonly iota: { readonly dtype: DType; readonly shape: Dims; readonly axis: number }
  /** an expression that cannot be: it passes through every op, so that the first mistake is what is reported */
  readonly invalid: { readonly error: Problem<'ShapeError'> }

  // ---- elementwise, one argument
  readonly neg: None
  readonly abs: None
  readonly sign: None
  readonly floor: None
  readonly sqrt: None
  readonly exp: None
  readonly log: None
  readonly log1p: None
  readonly expm1: None
  readonly tanh: None
  readonly erf: None
  readonly sin: None
  readonly cos: None
  readonly cast: { readonly dtype: DType }
  readonly stopGradient: None

  // ---- elementwise, equal shapes
  readonly add: None
  readonly sub: None
  readonly mul: None
  readonly div: None
  readonly max: None
  readonly min: None
  readonly pow: None
  readonly equal: None
  readonly less: None
  readonly lessEqual: None
  /** (condition, then, otherwise) */
  readonly select: None

  // ---- reductions: the reduced axes stay, with size 1
  readonly sum: { readonly axes: Dims }
  readonly reduceMax: { readonly axes: Dims }

  // ---- linear algebra: the last two axes, all others equal
  readonly matmul: None

  // ---- shape
  readonly reshape: { readonly shape: Dims }
  readonly transpose: { readonly permutation: Dims }
  /** sizes of 1 become the sizes asked for */
  readonly broadcast: { readonly shape: Dims }
  readonly slice: { readonly start: Dims; readonly shape: Dims }
  readonly concat: { readonly axis: number }
  readonly pad: { readonly low: Dims; readonly high: Dims; readonly value: number }

  // ---- indexing
  /** (table [n, ...r], index u32 [...i]) -> [...i, ...r] */
  readonly gather: None
  /** (values [...i, ...r], index u32 [...i]) -> [rows, ...r]: adds up the values that go to the same row */
  readonly scatterAdd: { readonly rows: number }
  /** index u32 [...i] -> [...i, depth] */
  readonly oneHot: { readonly depth: number; readonly dtype: FloatType }

  // ---- images [n, h, w, c]
  /** -> [n, oh, ow, kh, kw, c]: every window that fits */
  readonly windows: Window
  /** [n, oh, ow, kh, kw, c] -> [n, h, w, c]: adds up overlapping windows */
  readonly unwindows: Window & { readonly height: number; readonly width: number }

  // ---- identity
  /** numbers -> u32 [2]: 64 bits that tell their bits apart (value/fingerprint), low half first */
  readonly fingerprint: None

  // ---- randomness: keys are u32 [2]
  readonly foldIn: { readonly data: number }
  readonly random: { readonly distribution: Distribution; readonly shape: Dims }
}
export type None = Readonly<Record<never, never>>
export interface Window {
  readonly size: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
}

export type Op = keyof Ops

/** One node: a frozen record. Graphs share nodes, so identity matters: the same record is the same value. */
export interface Node<K extends Op> extends Aval {
  readonly op: K
  readonly args: readonly Expr[]
  readonly attrs: Ops[K]
}
export type Expr = { readonly [K in Op]: Node<K> }[Op]

/** All nodes below these, each once, arguments before users. Iterative, since graphs are thousands of nodes deep. */
export const topological = (roots: readonly Expr[]): readonly Expr[] => {
  const done = new Set<Expr>()
  const out: Expr[] = []
  const stack: { readonly node: Expr; next: number }[] = []
  for (const root of roots) {
    if (done.has(root)) continue
    done.add(root)
    stack.push({ node: root, next: 0 })
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly node: Expr; next: number }
      const arg = top.node.args[top.next++]
      if (arg === undefined) {
        out.push(top.node)
        stack.pop()
      } else if (!done.has(arg)) {
        done.add(arg)
        stack.push({ node: arg, next: 0 })
      }
    }
  }
  return out
}
