/** Where the expressions of a graph lie, or which view shows them, as kernels are made of it. */
import type { Expr, ExprOf } from '../../expr/op.js'
import { hasRole, type OpOf } from '../../expr/ops/table.js'
import { sizeOf, stridesOf, type Dims } from '../../value/shape.js'
import { isRowMajor, type Buffer, type Kernel, type View } from './ir.js'
import { stridesAs } from './space.js'
import { belowReshapes } from './unroll.js'

const at = (d: Dims, i: number): number => d[i] as number
export const strided = (buffer: Buffer, shape: Dims): View => ({ buffer, shape, stride: stridesOf(shape), offset: 0 })

/** windows, and whether their matrix is transposed */
export interface Cut {
  readonly windows: Expr
  readonly view: View
  readonly transposed: boolean
}
interface InProgress {
  readonly views: Map<Expr, View>
  readonly kernels: Kernel[]
  /** index of the kernel that fills a buffer */
  readonly filledBy: Map<Buffer, number>
  readonly constants: Buffer[]
  /** reshaped windows that nothing needed in memory so far, and their transposes: products cut them for themselves */
  readonly cut: Map<Expr, Cut>
  /** those that something needed */
  readonly stored: Map<Expr, View>
  readonly inputs: Map<string, View>
  next: number
}
/** what is made of a graph so far */
export type State = InProgress

export const make = (
  s: State,
  dtype: Buffer['dtype'],
  size: number,
  role: Buffer['role'] = { kind: 'temporary' }
): Buffer => ({ id: s.next++, dtype, size, role })

export const push = (s: State, k: Kernel, ...buffers: readonly Buffer[]): void => {
  for (const b of buffers) s.filledBy.set(b, s.kernels.length)
  s.kernels.push(k)
}

/** copies what a view shows, row-major */
export const copied = (s: State, n: Expr, from: View): View => {
  const to = strided(make(s, n.dtype, sizeOf(n.shape)), n.shape)
  push(s, { kind: 'map', shape: n.shape, outputs: [{ node: n, to }], reads: new Map([[n, from]]) }, to.buffer)
  return to
}

/** windows that something needs in memory, or a matrix of them */
const storedCut = (s: State, e: Expr, cut: Cut): View => {
  const all = s.stored.get(cut.windows) ?? copied(s, cut.windows, cut.view)
  s.stored.set(cut.windows, all)
  return { ...all, shape: e.shape, stride: cut.transposed ? [1, at(e.shape, 0)] : stridesOf(e.shape) }
}
/** Where an expression lies, or what shows it. Views are found, and copied where they must be, when something reads them. */
export const viewed = (s: State, e: Expr): View => {
  const missing: Expr[] = []
  for (let x = e; !s.views.has(x) && hasRole(x, 'view'); x = x.args[0] as Expr) {
    missing.push(x)
    if (s.cut.has(x)) break
  }
  for (const x of missing.reverse()) {
    const cut = s.cut.get(x)
    s.views.set(x, cut === undefined ? viewOf(s, x as ExprOf<OpOf<'view'>>) : storedCut(s, x, cut))
  }
  return s.views.get(e) as View
}
/** whether an expression is reshaped windows that would have to be copied, or the transpose of their matrix */
export const cutOf = (s: State, n: Expr): Cut | undefined => {
  const x = n.args[0] as Expr
  const below = s.cut.get(x)
  if (n.op === 'reshape') {
    if (below !== undefined) return below.transposed ? undefined : below
    if (x.op !== 'windows') return undefined
    const view = viewed(s, x)
    const copies = stridesAs(view.shape, view.stride, n.shape) === undefined
    return copies ? { windows: x, view, transposed: false } : undefined
  }
  const turns = n.op === 'transpose' && n.shape.length === 2 && n.attrs.permutation[0] === 1
  return turns && below !== undefined ? { ...below, transposed: !below.transposed } : undefined
}

export const leafView = (s: State, n: ExprOf<OpOf<'leaf'>>): View => {
  switch (n.op) {
    case 'input': {
      const known =
        s.inputs.get(n.attrs.name) ??
        strided(make(s, n.dtype, sizeOf(n.shape), { kind: 'input', name: n.attrs.name }), n.shape)
      s.inputs.set(n.attrs.name, known)
      return known
    }
    case 'constant': {
      const { value } = n.attrs
      const buffer = make(s, n.dtype, value.data.length, { kind: 'constant', value })
      s.constants.push(buffer)
      return { buffer, shape: n.shape, stride: value.stride, offset: value.offset }
    }
  }
}

/** Whether it is part of something, reshaped. What was turned is copied: updates join only numbers in order. */
const isPartOf = (n: Expr): boolean => ['windows', 'slice'].includes(belowReshapes(n).op)
const viewOf = (s: State, n: ExprOf<OpOf<'view'>>): View => {
  const from = viewed(s, n.args[0] as Expr)
  switch (n.op) {
    case 'reshape': {
      const stride = isRowMajor(from)
        ? stridesOf(n.shape)
        : isPartOf(n)
          ? stridesAs(from.shape, from.stride, n.shape)
          : undefined
      const plain = stride === undefined ? copied(s, n.args[0] as Expr, from) : from
      return { ...plain, shape: n.shape, stride: stride ?? stridesOf(n.shape) }
    }
    case 'transpose':
      return { ...from, shape: n.shape, stride: n.attrs.permutation.map(i => at(from.stride, i)) }
    case 'broadcast':
      return {
        ...from,
        shape: n.shape,
        stride: from.stride.map((x, i) => (at(from.shape, i) === at(n.shape, i) ? x : 0))
      }
    case 'slice':
      return {
        ...from,
        shape: n.shape,
        offset: n.attrs.start.reduce((o, x, i) => o + x * at(from.stride, i), from.offset)
      }
    case 'windows': {
      const [sn, sh, sw, sc] = [at(from.stride, 0), at(from.stride, 1), at(from.stride, 2), at(from.stride, 3)]
      const w = n.attrs
      return {
        ...from,
        shape: n.shape,
        stride: [sn, sh * w.stride[0], sw * w.stride[1], sh * w.dilation[0], sw * w.dilation[1], sc]
      }
    }
  }
}

/** the windows of images whose matrix a product can cut for itself: their channels lie side by side */
export const windowMatrix = (s: State, e: Expr): Cut | undefined => {
  const cut = s.cut.get(e)
  if (cut === undefined || s.views.has(e) || e.shape.length !== 2) return undefined
  const { shape, stride } = cut.view
  const [windows, places] = [sizeOf(shape.slice(0, 3)), sizeOf(shape.slice(3))]
  const [rows, columns] = cut.transposed ? [places, windows] : [windows, places]
  const fits = e.shape[0] === rows && e.shape[1] === columns
  return fits && cut.view.moves === undefined && (stride[5] === 1 || shape[5] === 1) ? cut : undefined
}

/** a matmul operand: its rows or its columns must lie without gaps, its batches at even distances */
export const matrix = (s: State, e: Expr, v: View): View => {
  const r = v.shape.length
  const [row, col] = [at(v.stride, r - 2), at(v.stride, r - 1)]
  const [m, n] = [at(v.shape, r - 2), at(v.shape, r - 1)]
  const rows = (col === 1 || n === 1) && (row >= n || m === 1)
  const cols = (row === 1 || m === 1) && (col >= m || n === 1)
  const batches = v.stride.slice(0, -2)
  const even = batches.every((x, i) => i === batches.length - 1 || x === at(batches, i + 1) * at(v.shape, i + 1))
  return (rows || cols) && even && v.moves === undefined ? v : copied(s, e, v)
}
