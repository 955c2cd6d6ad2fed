/**
 * Formulas that ONNX has an operator for. Each is found by the formula of the layer itself, so never another one that only looks alike;
 * what is not found is written op by op.
 */
import { add, mul, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { inverseDeviation } from '../../layer/normalised.js'
import { scalarOf } from '../../value/tensor.js'
import { activationPlan } from './activations.js'
import { channelsFirst, inOrder, type Held } from './graph.js'
import { sameFormula } from './match.js'
import type { Find } from './plan.js'
import { reductionPlan } from './reductions.js'
import { convolutionPlan, placesPlan, poolPlan, transposedPlan } from './spatial.js'
import { computed, full } from './values.js'

const arg = (n: Expr | undefined, i: number): Expr | undefined => n?.args[i]
const held = (all: readonly Held[], i: number): Held => all[i] as Held

/** what was repeated along the leading axes: a bias, or what belongs to each channel */
const repeatedVector = (n: Expr | undefined): Expr | undefined => {
  let x = n
  while (x !== undefined && (x.op === 'broadcast' || x.op === 'reshape') && x.shape.length !== 1) x = x.args[0]
  return x?.shape.length === 1 ? x : undefined
}

/** x W + b with known weights: weights stored [outputs, inputs], since some readers ignore another form */
const gemmPlan: Find = (n, { uses, isConstant }) => {
  const [product, bias] = [arg(n, 0), repeatedVector(arg(n, 1))]
  const [x, weight] = [arg(product, 0), arg(product, 1)]
  if (n.op !== 'add' || product?.op !== 'matmul' || uses(product) > 1 || x === undefined || weight === undefined)
    return undefined
  if (bias === undefined || n.shape.length !== 2 || !isConstant(weight) || !isConstant(bias) || isConstant(x))
    return undefined
  if (!sameFormula(add(product, bias), n)) return undefined
  return {
    sources: [x, weight, bias],
    write: (s, all) => {
      const inputs = [
        full(s, held(all, 0), s.sizes(x)),
        full(s, held(all, 1), s.sizes(weight), [1, 0]),
        full(s, held(all, 2), s.sizes(bias))
      ]
      const attributes = { alpha: { float: 1 }, beta: { float: 1 }, transA: { int: 0 }, transB: { int: 1 } }
      return computed(s.graph.op('Gemm', inputs, attributes), n, s.sizes(n))
    }
  }
}

/** batch normalisation by running statistics, with the epsilon that its formula has */
const batchNormPlan: Find = (n, { isConstant }) => {
  const [scaled, shift] = [arg(n, 0), repeatedVector(arg(n, 1))]
  const [centred, factor] = [arg(scaled, 0), repeatedVector(arg(scaled, 1))]
  const [x, mean] = [arg(centred, 0), repeatedVector(arg(centred, 1))]
  const [inverse, gamma] = [arg(factor, 0), arg(factor, 1)]
  const within = arg(arg(inverse, 1), 0)
  const variance = arg(within, 0)
  const epsilon = arg(within, 1)
  if (n.op !== 'add' || x === undefined || mean === undefined || shift === undefined || gamma === undefined)
    return undefined
  if (variance === undefined || epsilon?.op !== 'constant' || n.shape.length < 2 || isConstant(x)) return undefined
  const eps = scalarOf(epsilon.attrs.value)
  const all = [gamma, shift, mean, variance]
  if (!all.every(isConstant)) return undefined
  const formula = add(mul(sub(x, mean), mul(inverseDeviation(variance, eps), gamma)), shift)
  if (!sameFormula(formula, n)) return undefined
  return {
    sources: [x, ...all],
    write: (s, [image, ...vectors]) => {
      const order = n.shape.length === 2 ? inOrder(2) : channelsFirst(n.shape.length)
      const inputs = [
        full(s, image as Held, s.sizes(x), order),
        ...vectors.map((h, i) => full(s, h, s.sizes(all[i] as Expr)))
      ]
      const attributes = { epsilon: { float: eps }, momentum: { float: 0.9 }, training_mode: { int: 0 } }
      return computed(s.graph.op('BatchNormalization', inputs, attributes), n, s.sizes(n), order)
    }
  }
}

/** a convolution with its bias */
const biasedPlan: Find = (n, around) => {
  const [product, bias] = [arg(n, 0), repeatedVector(arg(n, 1))]
  if (n.op !== 'add' || product === undefined || bias === undefined || around.uses(product) > 1) return undefined
  const found = convolutionPlan(product) ?? placesPlan(product)
  if (found === undefined || !sameFormula(add(product, bias), n)) return undefined
  return { sources: [...found.sources, bias], write: found.write }
}

const finders: readonly Find[] = [
  n => activationPlan(n),
  n => poolPlan(n),
  reductionPlan,
  gemmPlan,
  batchNormPlan,
  biasedPlan,
  n => convolutionPlan(n),
  n => transposedPlan(n),
  n => placesPlan(n)
]
/** the operator for a node, where there is one */
export const planOf: Find = (n, around) => {
  for (const find of finders) {
    const plan = find(n, around)
    if (plan !== undefined) return plan
  }
  return undefined
}
