/** How every op is written in TeX. Axes are called i, j, k, ... from the first on. */
import { message } from '../../value/error.js'
import { sizeOf, type Dims } from '../../value/shape.js'
import { numbersOf, scalarOf, type DType, type Tensor } from '../../value/tensor.js'
import type { Expr, Node, Op, Window } from '../op.js'
import { showNumber } from '../print.js'

/** how tightly a piece of TeX holds together; a looser piece inside a tighter one gets parentheses */
export const Level = { relation: 0, sum: 1, operator: 2, product: 3, matrix: 4, applied: 5, power: 6, atom: 7 } as const

/** a formula without its surroundings; `one`: it stands for one number, `numeral`: that is known */
export interface Piece {
  readonly tex: string
  readonly level: number
  readonly one?: boolean
  readonly numeral?: boolean
}
export type Notation<K extends Op> = (node: Node<K>, args: readonly Piece[]) => Piece

/** what only changes how numbers are kept, not which: such nodes are not written */
export const isInvisible = (e: Expr): boolean => {
  const [arg] = e.args
  if (arg === undefined) return false
  const longAxes = (x: Expr): string => x.shape.filter(n => n !== 1).join()
  return (
    e.op === 'broadcast' ||
    (e.op === 'cast' && arg.dtype !== 'bool') ||
    (e.op === 'reshape' && longAxes(e) === longAxes(arg))
  )
}

const specials: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}'
}
const text = (s: string): string =>
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

const number = (x: number, dtype: DType): Piece => {
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
const constant = (t: Tensor): Piece => {
  const isUniform = t.stride.every((s, i) => s === 0 || t.shape[i] === 1)
  if (isUniform) return number(scalarOf(t), t.dtype)
  const all = Array.from(numbersOf(t), x => number(x, t.dtype).tex)
  const width = t.shape.at(-1) as number
  if (all.length > shownEntries || t.shape.length > 2) return atom(`\\text{constant}_{${times(t.shape)}}`)
  const rows = Array.from({ length: all.length / width }, (_, r) => all.slice(r * width, (r + 1) * width).join(' & '))
  return atom(`\\begin{bmatrix} ${rows.join(' \\\\ ')} \\end{bmatrix}`)
}

const atom = (tex: string): Piece => ({ tex, level: Level.atom })
const times = (d: Dims): string => d.join(' \\times ')
const axis = (a: number): string => 'ijklmnpq'[a] ?? `a_{${a}}`
const axes = (d: Dims): string => (d.length === 0 ? '\\varnothing' : d.map(axis).join(', '))

const parens = (tex: string): string => `\\left(${tex}\\right)`
/** in parentheses where it is looser than asked for */
const at = (p: Piece | undefined, level: number): string =>
  p === undefined ? '' : p.level >= level ? p.tex : parens(p.tex)

const call =
  (name: string) =>
  (_: unknown, args: readonly Piece[]): Piece => ({
    tex: name + parens(args.map(p => p.tex).join(', ')),
    level: Level.applied
  })
const operatorname = (name: string, index: string | number = ''): string =>
  `\\operatorname{${name}}${index === '' ? '' : `_{${index}}`}`
const infix =
  (sign: string, level: number, left: number, right: number) =>
  (_: unknown, [a, b]: readonly Piece[]): Piece => ({ tex: `${at(a, left)} ${sign} ${at(b, right)}`, level })
const relation = (sign: string): Notation<Op> => infix(sign, Level.relation, Level.sum, Level.sum)
const around =
  (open: string, close: string) =>
  (_: unknown, [x]: readonly Piece[]): Piece =>
    atom(`\\left${open}${at(x, 0)}\\right${close}`)
/** over some axes: all that follows, up to the next sum */
const over =
  (sign: string) =>
  (n: Node<'sum' | 'reduceMax'>, [x]: readonly Piece[]): Piece => ({
    tex: `${sign}_{${axes(n.attrs.axes)}} ${at(x, Level.operator)}`,
    level: Level.operator
  })
const raised = (x: Piece | undefined, exponent: string): Piece => ({
  tex: `${at(x, Level.atom)}^{${exponent}}`,
  level: Level.power
})
/** one number in every place of a matrix is no scalar */
const matrix = (p: Piece | undefined, shape: Dims = [], level: number): string =>
  p?.one === true && sizeOf(shape) > 1 ? `${at(p, Level.atom)}_{${times(shape)}}` : at(p, level)
const windowed =
  (name: string) =>
  (n: Node<Op> & { readonly attrs: Window }, args: readonly Piece[]): Piece =>
    call(operatorname(name, times(n.attrs.size)))(n, args)

export const notations: { readonly [K in Op]: Notation<K> } = {
  input: n => atom(symbol(n.attrs.name)),
  constant: n => constant(n.attrs.value),
  iota: n => ({ tex: operatorname('iota', axis(n.attrs.axis)), level: Level.applied }),
  invalid: n => atom(text(message(n.attrs.error))),

  neg: (_, [x]) => ({ tex: `-${at(x, Level.operator)}`, level: Level.sum }),
  abs: around('|', '|'),
  sign: call(operatorname('sign')),
  floor: around('\\lfloor ', '\\rfloor '),
  sqrt: (_, [x]) => ({ tex: `\\sqrt{${at(x, 0)}}`, level: Level.applied }),
  exp: (_, [x]) => raised(atom('e'), at(x, 0)),
  log: call('\\log'),
  log1p: (_, [x]) => ({ tex: `\\log${parens(`1 + ${at(x, Level.operator)}`)}`, level: Level.applied }),
  expm1: (_, [x]) => ({ tex: `e^{${at(x, 0)}} - 1`, level: Level.sum }),
  tanh: call('\\tanh'),
  erf: call(operatorname('erf')),
  sin: call('\\sin'),
  cos: call('\\cos'),
  cast: around('[', ']'),
  stopGradient: call(operatorname('sg')),

  add: infix('+', Level.sum, Level.sum, Level.operator),
  sub: infix('-', Level.sum, Level.sum, Level.operator),
  mul: (n, args) => {
    const [a, b] = args
    if (a === b) return raised(a, '2')
    const isOne = (p?: Piece): boolean => p?.numeral === true && p.tex === '1'
    if (b !== undefined && isOne(a)) return b
    if (a !== undefined && isOne(b)) return a
    const isScaled = a?.one === true || b?.one === true
    // numerals first: x * 2 and 2 * x are the same number to the bit
    const inOrder = b?.numeral === true && a?.numeral !== true ? [b, a as Piece] : args
    return infix(isScaled ? '\\cdot' : '\\odot', Level.product, Level.product, Level.matrix)(n, inOrder)
  },
  div: (_, [a, b]) => ({ tex: `\\frac{${at(a, 0)}}{${at(b, 0)}}`, level: Level.applied }),
  max: call('\\max'),
  min: call('\\min'),
  pow: (_, [x, y]) => raised(x, at(y, 0)),
  equal: relation('='),
  less: relation('<'),
  lessEqual: relation('\\le'),
  select: (_, [c, x, y]) => ({
    tex: `\\begin{cases} ${at(x, 0)} & \\text{if } ${at(c, 0)} \\\\ ${at(y, 0)} & \\text{otherwise} \\end{cases}`,
    level: Level.relation
  }),

  sum: over('\\sum'),
  reduceMax: over('\\max'),
  matmul: (n, [a, b]) => ({
    tex: `${matrix(a, n.args[0]?.shape, Level.matrix)} \\, ${matrix(b, n.args[1]?.shape, Level.applied)}`,
    level: Level.matrix
  }),

  reshape: (n, args) => call(operatorname('reshape', times(n.shape)))(n, args),
  transpose: (n, args) => {
    const { permutation } = n.attrs
    const rank = permutation.length
    const isMatrix = rank > 1 && permutation.every((p, i) => p === (i < rank - 2 ? i : 2 * rank - 3 - i))
    return isMatrix ? raised(args[0], '\\top') : call(operatorname('transpose', axes(permutation)))(n, args)
  },
  broadcast: (_, [x]) => x ?? atom(''),
  slice: (n, [x]) => {
    const range = (s: number, i: number): string => `${s}{:}${s + (n.shape[i] as number)}`
    return { tex: `${at(x, Level.atom)}_{\\left[${n.attrs.start.map(range).join(', ')}\\right]}`, level: Level.power }
  },
  concat: (n, args) => call(operatorname('concat', axis(n.attrs.axis)))(n, args),
  pad: (n, args) => {
    const { low, high, value } = n.attrs
    const sides = low.map((l, i) => `(${l}, ${high[i]})`).join(', ')
    return call(operatorname('pad', sides))(n, value === 0 ? args : [...args, number(value, n.dtype)])
  },

  gather: call(operatorname('gather')),
  scatterAdd: (n, args) => call(operatorname('scatter', n.attrs.rows))(n, args),
  oneHot: (n, args) => call(operatorname('onehot', n.attrs.depth))(n, args),

  windows: windowed('windows'),
  unwindows: windowed('unwindows'),

  fingerprint: call(operatorname('fingerprint')),

  foldIn: (n, args) => call(operatorname('foldIn', n.attrs.data))(n, args),
  random: (n, args) => call(operatorname(n.attrs.distribution, times(n.shape)))(n, args)
}
