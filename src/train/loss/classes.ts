/** What may be done to the losses of classes: smoothed labels, weights of classes. Losses made of a loss. */
import { add, constant, equal, mul, node, select } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { fraction, list, nonNegative, those } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { showShape } from '../../value/shape.js'
import { allocate, tensorView, type FloatType } from '../../value/tensor.js'
import { sigmoidCrossEntropy, softmaxCrossEntropy } from './cross-entropy.js'
import { exampleSum, type Interpreter, type Loss, type LossDefinition, type ScaleOf } from './loss.js'

export interface Smoothed<L extends Loss = Loss> {
  readonly tag: 'smoothed'
  readonly loss: L
  /** the share of each target that is spread evenly over all classes */
  readonly amount: number
}
export interface ClassWeighted<L extends Loss = Loss> {
  readonly tag: 'classWeighted'
  readonly loss: L
  /** one for each class */
  readonly weights: readonly number[]
}
type AnySmoothed = Smoothed
type AnyClassWeighted = ClassWeighted
declare module './open.js' {
  interface BuiltInLosses {
    readonly smoothed: AnySmoothed
    readonly classWeighted: AnyClassWeighted
  }
  interface ScaleRules<L> {
    readonly smoothed: L extends Smoothed<infer I> ? ScaleOf<I> : never
    readonly classWeighted: L extends ClassWeighted<infer I> ? ScaleOf<I> : never
  }
}

/**
 * Label smoothing (Szegedy et al. 2016): the loss for the targets (1 - a) t + a / J instead of t, over J classes. A class whose logit
 * is -Infinity (a mask) keeps its target.
 *
 * For labels, as of `sigmoidCrossEntropy`, J is 2: (1 - a) t + a / 2.
 *
 * @param loss one of classes: `softmaxCrossEntropy`, `crossEntropy`; or of labels: `sigmoidCrossEntropy`
 * @param amount a, from 0 up to, not including, 1
 * @example smoothed(softmaxCrossEntropy, 0.1)
 */
export const smoothed = <const L extends Loss>(loss: L, amount: number): Smoothed<L> =>
  Object.freeze({ tag: 'smoothed', loss, amount })

/**
 * The loss of each example times the weight of its class, sum_j t_j w_j: for classes that are rare. The mean stays over
 * the number of examples (as Keras has it; PyTorch divides by the sum of the weights instead, which weights of examples
 * do here).
 *
 * @param loss one of classes: `softmaxCrossEntropy`, `crossEntropy`
 * @param weights one for each class, 0 or more
 * @example classWeighted(softmaxCrossEntropy, [1, 1, 5])
 */
export const classWeighted = <const L extends Loss>(loss: L, weights: readonly number[]): ClassWeighted<L> =>
  Object.freeze({ tag: 'classWeighted', loss, weights: Object.freeze([...weights]) })

const no = (tag: string, expected: string, got: string, hint = ''): Expr =>
  node('invalid', [], { error: shapeError(['loss', tag], expected, got, hint) })
/** a formula for losses of classes, and of labels where it says so */
const ofClasses = (tag: string, loss: Loss, self: Interpreter, formula: () => Expr, alsoLabels = false): Expr => {
  const { classIndexes, labels = false, ignore } = self.takes(loss)
  if (ignore !== undefined)
    return no(tag, 'a loss without places that do not count', loss.tag, 'sequenceCrossEntropy has its own smoothing')
  if (classIndexes || (labels && alsoLabels)) return formula()
  const hint = labels ? 'weightedSigmoidCrossEntropy has weights of labels' : ''
  return no(tag, 'a loss of classes, such as softmaxCrossEntropy', loss.tag, hint)
}

export const smoothedKind: LossDefinition<Smoothed> = {
  tag: 'smoothed',
  fields: ({ loss }) => ({ loss, amount: fraction }),
  inner: ({ loss }) => loss,
  formula: ({ loss, amount }, y, t, self) => {
    const smooth = (): Expr => {
      // a label has two classes, yes and no
      const classes = self.takes(loss).labels === true ? 2 : (t.shape.at(-1) ?? 1)
      const spread = add(mul(t, 1 - amount), amount / classes)
      // a class that a logit of -Infinity excludes gets no share
      const excluded = equal(y, -Infinity)
      return self.formula(loss, y, select(excluded, t, spread))
    }
    return ofClasses('smoothed', loss, self, smooth, true)
  },
  tex: 't_{kj} \\leftarrow (1 - \\alpha) t_{kj} + \\frac{\\alpha}{J}',
  samples: [smoothed(softmaxCrossEntropy, 0.1), smoothed(sigmoidCrossEntropy, 0.2)]
}

const classWeights = those(list(nonNegative), 'at least one number above 0', weights => weights.some(w => w > 0))

export const classWeightedKind: LossDefinition<ClassWeighted> = {
  tag: 'classWeighted',
  fields: ({ loss }) => ({ loss, weights: classWeights }),
  inner: ({ loss }) => loss,
  formula: ({ loss, weights }, y, t, self) =>
    ofClasses('classWeighted', loss, self, () => {
      const [, classes] = t.shape
      if (t.shape.length !== 2 || classes !== weights.length)
        return no(
          'classWeighted',
          `outputs of shape [${weights.length}], one for each weight`,
          showShape(t.shape.slice(1))
        )
      const dtype = t.dtype as FloatType
      const w = constant(tensorView(dtype, [weights.length], allocate(dtype, weights)))
      return mul(self.formula(loss, y, t), exampleSum(mul(t, w)))
    }),
  tex: '\\ell_k \\leftarrow \\left(\\sum_j t_{kj} w_j\\right) \\ell_k',
  samples: [classWeighted(softmaxCrossEntropy, [1, 2, 0.5])]
}
