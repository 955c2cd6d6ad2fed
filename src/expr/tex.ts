/** Formulas as TeX that KaTeX and MathJax can read. */
import { sizeOf } from '../value/shape.js'
import { topological, type Expr, type Op } from './op.js'
import { Level, symbol, type Piece } from './ops/notation.js'
import { rulesOf } from './ops/table.js'

/** deeper nesting is unreadable, and TeX itself refuses it, so a part of a deeper formula gets a name */
const deepest = 12

/** a letter that no input's name begins with */
const freshLetter = (order: readonly Expr[]): string => {
  const taken = new Set(order.map(e => (e.op === 'input' ? (symbol(e.attrs.name).split('_')[0] as string) : '')))
  return ['t', 'u', 'v', 's', 'z', '\\tau'].find(letter => !taken.has(letter)) ?? '\\upsilon'
}

/** nodes that change the storage of numbers and not the numbers: the formula omits them */
const isInvisible = (e: Expr): boolean => {
  const [arg] = e.args
  if (arg === undefined) return false
  const longAxes = (x: Expr): string => x.shape.filter(n => n !== 1).join()
  return (
    e.op === 'broadcast' ||
    (e.op === 'cast' && arg.dtype !== 'bool') ||
    (e.op === 'reshape' && longAxes(e) === longAxes(arg))
  )
}

/** maps each node to the node that is written for it; casts, broadcasts and reshapes by sizes of 1 are skipped */
const written = (order: readonly Expr[]): ReadonlyMap<Expr, Expr> => {
  const core = new Map<Expr, Expr>()
  for (const e of order) core.set(e, isInvisible(e) ? (core.get(e.args[0] as Expr) as Expr) : e)
  return core
}

/**
 * The formula of an expression. A part that is used more than once is defined first, in a separate row, so that a
 * formula is never longer than its graph. Element types, broadcasting and axes of size 1 are omitted. Axes are called
 * i, j, k, ... in order. `A \, B` is a matrix product, `A \odot B` the product number by number.
 *
 * @param name the left-hand side: `L` gives `L = ...`
 * @example tex(div(1, add(1, exp(neg(input('x', 'f32', [3])))))) // \frac{1}{1 + e^{-x}}
 */
export const tex = (e: Expr, name = ''): string => {
  const order = topological([e])
  const core = written(order)
  const at = (x: Expr): Expr => core.get(x) as Expr
  const root = at(e)

  const uses = new Map<Expr, number>()
  for (const n of order) {
    if (at(n) !== n) continue
    const args = n.args.map(at)
    // x times x is a square: x is written once
    const once = n.op === 'mul' ? new Set(args) : args
    for (const a of once) uses.set(a, (uses.get(a) ?? 0) + 1)
  }

  const letter = freshLetter(order)
  const rows: string[] = []
  const pieces = new Map<Expr, Piece & { readonly depth: number }>()
  for (const n of order) {
    if (at(n) !== n) continue
    const args = n.args.map(a => pieces.get(at(a)) as Piece & { readonly depth: number })
    const piece = rulesOf<Op>(n.op).notation(n, args)
    const depth = args.reduce((deep, a) => Math.max(deep, a.depth + 1), 0)
    const one = piece.numeral === true || sizeOf(n.shape) === 1
    const isNamed = n !== root && n.args.length > 0 && ((uses.get(n) ?? 0) > 1 || depth > deepest)
    if (isNamed) rows.push(`${letter}_{${rows.length + 1}} &= ${piece.tex}`)
    pieces.set(
      n,
      isNamed ? { tex: `${letter}_{${rows.length}}`, level: Level.atom, one, depth: 0 } : { ...piece, one, depth }
    )
  }

  const formula = (pieces.get(root) as Piece).tex
  const label = name === '' ? '' : symbol(name)
  if (rows.length === 0) return label === '' ? formula : `${label} = ${formula}`
  const last = label === '' ? `& ${formula}` : `${label} &= ${formula}`
  return ['\\begin{aligned}', [...rows, last].join(' \\\\\n'), '\\end{aligned}'].join('\n')
}
