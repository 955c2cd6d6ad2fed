/** The activations that ONNX has an operator for, or a short form of several, found by their formulas. */
import { input } from '../../expr/build.js'
import * as f from '../../expr/functions.js'
import type { Expr } from '../../expr/op.js'
import type { OnnxAttribute } from './proto.js'
import { match } from './match.js'
import type { Plan } from './plan.js'
import { commonOrder, computed, loose, looseSizes, type Scope } from './values.js'

interface Writer {
  readonly op: (type: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>) => string
  readonly x: string
  readonly one: (value: number) => string
  /** the axis that is last in the model */
  readonly last: number
}
interface Row {
  readonly formula: (x: Expr) => Expr
  readonly write: (w: Writer) => string
}
const selu = { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }
/** x (1 + t) / 2 */
const halfway = ({ op, x, one }: Writer, t: string): string =>
  op('Mul', [op('Mul', [x, one(0.5)]), op('Add', [t, one(1)])])

const rows: readonly Row[] = [
  { formula: f.relu, write: w => w.op('Relu', [w.x]) },
  { formula: f.relu6, write: w => w.op('Clip', [w.x, w.one(0), w.one(6)]) },
  { formula: f.leakyRelu, write: w => w.op('LeakyRelu', [w.x], { alpha: { float: 0.01 } }) },
  { formula: f.sigmoid, write: w => w.op('Sigmoid', [w.x]) },
  { formula: f.softplus, write: w => w.op('Softplus', [w.x]) },
  { formula: f.softsign, write: w => w.op('Softsign', [w.x]) },
  { formula: f.elu, write: w => w.op('Elu', [w.x], { alpha: { float: 1 } }) },
  { formula: f.selu, write: w => w.op('Selu', [w.x], selu) },
  { formula: f.hardSigmoid, write: w => w.op('HardSigmoid', [w.x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }) },
  { formula: f.silu, write: w => w.op('Mul', [w.x, w.op('Sigmoid', [w.x])]) },
  { formula: f.mish, write: w => w.op('Mul', [w.x, w.op('Tanh', [w.op('Softplus', [w.x])])]) },
  {
    formula: f.gelu,
    write: w => halfway(w, w.op('Erf', [w.op('Mul', [w.x, w.one(0.7071067811865476)])]))
  },
  {
    formula: f.geluTanh,
    write: w => {
      const { op, x, one } = w
      const curve = op('Add', [op('Mul', [op('Mul', [x, x]), one(0.044715)]), one(1)])
      return halfway(w, op('Tanh', [op('Mul', [op('Mul', [x, one(0.7978845608028654)]), curve])]))
    }
  },
  { formula: f.softmax, write: w => w.op('Softmax', [w.x], { axis: { int: w.last } }) },
  { formula: f.logSoftmax, write: w => w.op('LogSoftmax', [w.x], { axis: { int: w.last } }) }
]

/** ops that one of these formulas ends in */
const ends = new Set(rows.map(({ formula }) => formula(input('x', 'f32', [1, 1])).op))

/** an activation as its operator */
export const activationPlan = (n: Expr): Plan | undefined => {
  if (!ends.has(n.op) || n.shape.length === 0 || n.dtype !== 'f32') return undefined
  const x = input('x', n.dtype, n.shape)
  for (const { formula, write } of rows) {
    const pattern = formula(x)
    const of = pattern.op === n.op ? match(pattern, n, [x])?.get(x) : undefined
    if (of === undefined) continue
    return {
      sources: [of],
      write: (s: Scope, sources) => {
        const order = commonOrder(sources, n.shape.length)
        const [held] = sources
        const name = write({
          op: s.graph.op,
          x: held === undefined ? '' : loose(s, held, order),
          one: value => s.graph.number(n.dtype, value),
          last: order.indexOf(n.shape.length - 1)
        })
        return computed(name, n, looseSizes(sources, s.sizes(n)), order)
      }
    }
  }
  return undefined
}
