/** Pieces of TeX from which the notation of an op is built. Axes are called i, j, k, ... in order. */
import { sizeOf, type Dims } from '../../value/shape.js'
import { numbersOf, scalarOf, type DType, type Tensor } from '../../value/tensor.js'
import { showNumber } from '../number-text.js'

/** precedence of a piece of TeX; a piece of lower precedence inside one of higher precedence gets parentheses */
export const Level = { relation: 0, sum: 1, operator: 2, product: 3, matrix: 4, applied: 5, power: 6, atom: 7 } as const

/** a formula without its context; `one`: its value is one number; `numeral`: that number is known */
export interface Piece {
  readonly tex: string
  readonly level: number
  readonly one?: boolean
  readonly numeral?: boolean
}

const specials: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}'
}
export const text = (s: string): string =>
  `\\text{${s.replace(/\s+/g, ' ').replace(/[\\^~]|[{}$%&#_]/g, c => specials[c] ?? `\\${c}`)}}`

const greek =
  /^(alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega)$/
/** `x` -> x, `w1` and `w_1` -> w_{1}, `beta` -> \beta, `hidden/weight` -> \text{hidden/weight} */
export const symbol = (name: string): string => {
  const [, base = '', index = ''] = /^([A-Za-z]+)_?(\d*)$/.exec(name) ?? []
  const letter = greek.test(base) ? `\\${base}` : base
  return letter.length === 0 || (base.length > 1 && letter === base)
    ? text(name)
    : index === ''
      ? letter
      : `${letter}_{${index}}`
}

export const number = (x: number, dtype: DType): Piece => {
  if (Number.isNaN(x)) return { ...atom('\\text{NaN}'), numeral: true }
  const minus = x < 0 || Object.is(x, -0)
  const size = Math.abs(x)
  const [digits = '', exponent] = showNumber(size, dtype).split('e')
  const power = exponent === undefined ? '' : `10^{${Number(exponent)}}`
  const tex =
    size === Infinity ? '\\infty' : power === '' ? digits : digits === '1' ? power : `${digits} \\cdot ${power}`
  const level = power === '' ? Level.atom : digits === '1' ? Level.power : Level.product
  return { tex: minus ? `-${tex}` : tex, level: minus ? Level.sum : level, numeral: true }
}
const shownEntries = 9
export const constant = (t: Tensor): Piece => {
  const isUniform = t.stride.every((s, i) => s === 0 || t.shape[i] === 1)
  if (isUniform) return number(scalarOf(t), t.dtype)
  const all = Array.from(numbersOf(t), x => number(x, t.dtype).tex)
  const width = t.shape.at(-1) as number
  if (all.length > shownEntries || t.shape.length > 2) return atom(`\\text{constant}_{${times(t.shape)}}`)
  const rows = Array.from({ length: all.length / width }, (_, r) => all.slice(r * width, (r + 1) * width).join(' & '))
  return atom(`\\begin{bmatrix} ${rows.join(' \\\\ ')} \\end{bmatrix}`)
}

export const atom = (tex: string): Piece => ({ tex, level: Level.atom })
export const times = (d: Dims): string => d.join(' \\times ')
export const axis = (a: number): string => 'ijklmnpq'[a] ?? `a_{${a}}`
export const axes = (d: Dims): string => (d.length === 0 ? '\\varnothing' : d.map(axis).join(', '))

export const parens = (tex: string): string => `\\left(${tex}\\right)`
/** adds parentheses if the precedence is lower than `level` */
export const at = (p: Piece | undefined, level: number): string =>
  p === undefined ? '' : p.level >= level ? p.tex : parens(p.tex)

export const call =
  (name: string) =>
  (_: unknown, args: readonly Piece[]): Piece => ({
    tex: name + parens(args.map(p => p.tex).join(', ')),
    level: Level.applied
  })
export const operatorname = (name: string, index: string | number = ''): string =>
  `\\operatorname{${name}}${index === '' ? '' : `_{${index}}`}`
export const infix =
  (sign: string, level: number, left: number, right: number) =>
  (_: unknown, [a, b]: readonly Piece[]): Piece => ({ tex: `${at(a, left)} ${sign} ${at(b, right)}`, level })
export const relation = (sign: string): ReturnType<typeof infix> => infix(sign, Level.relation, Level.sum, Level.sum)
export const around =
  (open: string, close: string) =>
  (_: unknown, [x]: readonly Piece[]): Piece =>
    atom(`\\left${open}${at(x, 0)}\\right${close}`)
/** a sum over some axes: it covers everything that follows, up to the next sum */
export const over =
  (sign: string) =>
  (n: { readonly attrs: { readonly axes: Dims } }, [x]: readonly Piece[]): Piece => ({
    tex: `${sign}_{${axes(n.attrs.axes)}} ${at(x, Level.operator)}`,
    level: Level.operator
  })
export const raised = (x: Piece | undefined, exponent: string): Piece => ({
  tex: `${at(x, Level.atom)}^{${exponent}}`,
  level: Level.power
})
/** a matrix filled with one number must not look like a scalar */
export const matrix = (p: Piece | undefined, shape: Dims = [], level: number): string =>
  p?.one === true && sizeOf(shape) > 1 ? `${at(p, Level.atom)}_{${times(shape)}}` : at(p, level)
