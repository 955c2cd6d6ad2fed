/**
 * The compiler's check that a loss suits the end of a model, if both types are known. `checkLoss` checks the same at
 * run time.
 */
import type { Fail, IsUnion, Sentence } from '../../layer/types/fail.js'
import type { OutputRangeOf } from '../../layer/types/infer.js'
import type { Loss, ScaleOf } from './loss.js'

type Wrong<S, Ends, Tag extends string> = [S] extends [never]
  ? never
  : [Ends] extends [never]
    ? never
    : [S, Ends] extends ['logits', 'probabilities']
      ? Fail<
          'logits',
          'a model that ends in probabilities',
          'leave out its last activation, which this loss applies itself, or use a loss of probabilities',
          `loss/${Tag}`
        >
      : [S, Ends] extends ['probabilities', 'numbers']
        ? Fail<
            'probabilities',
            'a model that ends in any real numbers',
            'end it with softmax, or use a loss of logits (softmaxCrossEntropy, or sigmoidCrossEntropy for yes or no)',
            `loss/${Tag}`
          >
        : never

/** the loss itself if it suits the model or the compiler can't decide; else the sentence of the error */
export type FittingLoss<L extends Loss, M> =
  IsUnion<L> extends true
    ? L
    : M extends { readonly tag: 'model'; readonly layer: infer B }
      ? Wrong<ScaleOf<L>, OutputRangeOf<B>, L['tag']> extends infer W
        ? [W] extends [never]
          ? L
          : Sentence<W>
        : never
      : L
