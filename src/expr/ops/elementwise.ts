/** Ops that compute number by number, from arguments of equal shapes. */
import * as E from 'fp-ts/lib/Either.js'
import { sameShape } from '../../value/shape.js'
import { isFloat, type Aval, type DType } from '../../value/tensor.js'
import * as a from './attributes.js'
import { around, at, atom, call, infix, Level, operatorname, parens, raised, relation, type Piece } from './notation.js'
import {
  argument,
  never,
  noGradient,
  type Builders,
  type ExactFold,
  type Group,
  type NodeIn,
  type None
} from './rules.js'
import { all, arg, compare, equalPair, float1, float2, no, show } from './shapes.js'

export interface ElementwiseOps {
  // ---- one argument
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

  // ---- several arguments
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
}

const plain = { role: 'map', exactFold: undefined, callsJs: never, placed: false, readsKey: false } as const
const costs = (cost: number) => ({ ...plain, cost }) as const
/** rounded once, and so the same wherever it is computed */
const exact = (cost: number, exactFold: ExactFold) => ({ ...plain, cost, exactFold }) as const
/** computed by a call of the JavaScript function */
const rare = (cost: number) => ({ ...plain, cost, callsJs: () => true }) as const

const twoOverRootPi = 2 / Math.sqrt(Math.PI)
/** ties share the gradient equally */
const extremum =
  (wins: <N extends Aval>(b: Builders<N>, x: N, y: N) => N) =>
  <N extends Aval>(n: NodeIn<None, N>, g: N, b: Builders<N>): readonly N[] => {
    const [x, y] = [argument(n, 0), argument(n, 1)]
    const tie = b.select(b.equal(x, y), b.mul(g, 0.5), 0)
    return [b.select(wins(b, x, y), g, tie), b.select(wins(b, y, x), g, tie)]
  }

const oneArgument = {
  neg: {
    arity: 1,
    attrs: {},
    shape: float1('neg'),
    gradient: (_, g, b) => [b.neg(g)],
    notation: (_, [x]) => ({ tex: `-${at(x, Level.operator)}`, level: Level.sum }),
    facts: exact(1, x => -x)
  },
  abs: {
    arity: 1,
    attrs: {},
    shape: float1('abs'),
    gradient: (n, g, b) => [b.mul(g, b.sign(argument(n, 0)))],
    notation: around('|', '|'),
    facts: exact(1, Math.abs)
  },
  // its derivative at 0, where it jumps, is 0 as everywhere
  sign: {
    arity: 1,
    attrs: {},
    shape: float1('sign'),
    gradient: noGradient,
    notation: call(operatorname('sign')),
    facts: costs(1)
  },
  floor: {
    arity: 1,
    attrs: {},
    shape: float1('floor'),
    gradient: noGradient,
    notation: around('\\lfloor ', '\\rfloor '),
    facts: costs(1)
  },
  sqrt: {
    arity: 1,
    attrs: {},
    shape: float1('sqrt'),
    gradient: (n, g, b) => [b.div(b.mul(g, 0.5), n)],
    notation: (_, [x]) => ({ tex: `\\sqrt{${at(x, 0)}}`, level: Level.applied }),
    facts: exact(4, Math.sqrt)
  },
  exp: {
    arity: 1,
    attrs: {},
    shape: float1('exp'),
    gradient: (n, g, b) => [b.mul(g, n)],
    notation: (_, [x]) => raised(atom('e'), at(x, 0)),
    facts: costs(12)
  },
  log: {
    arity: 1,
    attrs: {},
    shape: float1('log'),
    gradient: (n, g, b) => [b.div(g, argument(n, 0))],
    notation: call('\\log'),
    facts: costs(14)
  },
  log1p: {
    arity: 1,
    attrs: {},
    shape: float1('log1p'),
    gradient: (n, g, b) => [b.div(g, b.add(argument(n, 0), 1))],
    notation: (_, [x]) => ({ tex: `\\log${parens(`1 + ${at(x, Level.operator)}`)}`, level: Level.applied }),
    facts: costs(16)
  },
  expm1: {
    arity: 1,
    attrs: {},
    shape: float1('expm1'),
    // exp(x), as expm1(x) + 1 where that keeps its digits
    gradient: (n, g, b) => {
      const [x, from] = [argument(n, 0), n.dtype === 'f32' ? -0.5 : -15]
      return [b.mul(g, b.select(b.less(x, from), b.exp(x), b.add(n, 1)))]
    },
    notation: (_, [x]) => ({ tex: `e^{${at(x, 0)}} - 1`, level: Level.sum }),
    facts: costs(14)
  },
  tanh: {
    arity: 1,
    attrs: {},
    shape: float1('tanh'),
    gradient: (n, g, b) => [b.mul(g, b.sub(1, b.square(n)))],
    notation: call('\\tanh'),
    facts: costs(16)
  },
  erf: {
    arity: 1,
    attrs: {},
    shape: float1('erf'),
    gradient: (n, g, b) => [b.mul(g, b.mul(b.exp(b.neg(b.square(argument(n, 0)))), twoOverRootPi))],
    notation: call(operatorname('erf')),
    facts: costs(20)
  },
  sin: {
    arity: 1,
    attrs: {},
    shape: float1('sin'),
    gradient: (n, g, b) => [b.mul(g, b.cos(argument(n, 0)))],
    notation: call('\\sin'),
    facts: rare(30)
  },
  cos: {
    arity: 1,
    attrs: {},
    shape: float1('cos'),
    gradient: (n, g, b) => [b.neg(b.mul(g, b.sin(argument(n, 0))))],
    notation: call('\\cos'),
    facts: rare(30)
  },
  cast: {
    arity: 1,
    attrs: { dtype: a.dtype },
    shape: ({ dtype }, args) => {
      const x = arg(args, 0)
      const fits = isFloat(dtype) || (!isFloat(x.dtype) && dtype === 'u32')
      return fits
        ? E.right({ dtype, shape: x.shape })
        : no('cast', 'a cast to f32 or f64, or from bytes to u32', `${show(x)} to ${dtype}`)
    },
    gradient: (n, g, b) => (isFloat(argument(n, 0).dtype) ? [b.cast(g, argument(n, 0).dtype)] : []),
    notation: around('[', ']'),
    facts: exact(1, x => x)
  },
  stopGradient: {
    arity: 1,
    attrs: {},
    shape: (_, args) => E.right({ dtype: arg(args, 0).dtype, shape: arg(args, 0).shape }),
    gradient: noGradient,
    notation: call(operatorname('sg')),
    facts: costs(1)
  }
} as const satisfies Partial<Group<ElementwiseOps>>

const product = (_: unknown, args: readonly Piece[]): Piece => {
  const [a, b] = args
  if (a === b) return raised(a, '2')
  const isOne = (p?: Piece): boolean => p?.numeral === true && p.tex === '1'
  if (b !== undefined && isOne(a)) return b
  if (a !== undefined && isOne(b)) return a
  const isScaled = a?.one === true || b?.one === true
  // numerals first: x * 2 and 2 * x are the same number to the bit
  const inOrder = b?.numeral === true && a?.numeral !== true ? [b, a as Piece] : args
  return infix(isScaled ? '\\cdot' : '\\odot', Level.product, Level.product, Level.matrix)(_, inOrder)
}

const severalArguments = {
  add: {
    arity: 2,
    attrs: {},
    shape: float2('add'),
    gradient: (_, g) => [g, g],
    notation: infix('+', Level.sum, Level.sum, Level.operator),
    facts: exact(1, (x, y) => x + y)
  },
  sub: {
    arity: 2,
    attrs: {},
    shape: float2('sub'),
    gradient: (_, g, b) => [g, b.neg(g)],
    notation: infix('-', Level.sum, Level.sum, Level.operator),
    facts: exact(1, (x, y) => x - y)
  },
  mul: {
    arity: 2,
    attrs: {},
    shape: float2('mul'),
    gradient: (n, g, b) => [b.mul(g, argument(n, 1)), b.mul(g, argument(n, 0))],
    notation: product,
    facts: exact(1, (x, y) => x * y)
  },
  div: {
    arity: 2,
    attrs: {},
    shape: float2('div'),
    gradient: (n, g, b) => [b.div(g, argument(n, 1)), b.neg(b.div(b.mul(g, n), argument(n, 1)))],
    notation: (_, [x, y]) => ({ tex: `\\frac{${at(x, 0)}}{${at(y, 0)}}`, level: Level.applied }),
    facts: exact(3, (x, y) => x / y)
  },
  max: {
    arity: 2,
    attrs: {},
    shape: float2('max'),
    gradient: extremum((b, x, y) => b.less(y, x)),
    notation: call('\\max'),
    facts: exact(1, Math.max)
  },
  min: {
    arity: 2,
    attrs: {},
    shape: float2('min'),
    gradient: extremum((b, x, y) => b.less(x, y)),
    notation: call('\\min'),
    facts: exact(1, Math.min)
  },
  pow: {
    arity: 2,
    attrs: {},
    shape: float2('pow'),
    // y x^(y-1) and x^y log x, with 0 where the other factor is 0 (0^0 = 1 is constant in neither direction that stays real)
    gradient: (n, g, b) => {
      const [x, y] = [argument(n, 0), argument(n, 1)]
      const flat = b.equal(y, 0)
      return [
        b.mul(g, b.select(flat, 0, b.mul(y, b.pow(x, b.sub(b.select(flat, 1, y), 1))))),
        b.mul(g, b.select(b.less(0, x), b.mul(n, b.log(b.select(b.less(0, x), x, 1))), 0))
      ]
    },
    notation: (_, [x, y]) => raised(x, at(y, 0)),
    facts: rare(40)
  },
  equal: {
    arity: 2,
    attrs: {},
    shape: compare('equal'),
    gradient: noGradient,
    notation: relation('='),
    facts: costs(1)
  },
  less: {
    arity: 2,
    attrs: {},
    shape: compare('less'),
    gradient: noGradient,
    notation: relation('<'),
    facts: costs(1)
  },
  lessEqual: {
    arity: 2,
    attrs: {},
    shape: compare('lessEqual'),
    gradient: noGradient,
    notation: relation('\\le'),
    facts: costs(1)
  },
  select: {
    arity: 3,
    attrs: {},
    shape: (_, args) => {
      const [c, x, y] = [arg(args, 0), arg(args, 1), arg(args, 2)]
      return c.dtype === 'bool' && sameShape(c.shape, x.shape)
        ? equalPair('select', x, y)
        : no('select', 'a condition (bool) of the same shape as the two values', all(args))
    },
    gradient: (n, g, b) => [undefined, b.select(argument(n, 0), g, 0), b.select(argument(n, 0), 0, g)],
    notation: (_, [c, x, y]) => ({
      tex: `\\begin{cases} ${at(x, 0)} & \\text{if } ${at(c, 0)} \\\\ ${at(y, 0)} & \\text{otherwise} \\end{cases}`,
      level: Level.relation
    }),
    facts: costs(1)
  }
} as const satisfies Partial<Group<ElementwiseOps>>

export const elementwise = { ...oneArgument, ...severalArguments } as const satisfies Group<ElementwiseOps>
