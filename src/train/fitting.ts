/**
 * The compiler's check that a loss suits the end of a model, if both types are known. `checkLoss` checks the same at
 * run time.
 */
import type { output } from '../layer/model.js'
import type { Fail, Inside, IsUnion, Sentence, Show } from '../layer/types/fail.js'
import type { BranchesOf, OutputRangeOf } from '../layer/types/infer.js'
import type { Dims } from '../value/shape.js'
import type { Loss, ScaleOf } from './loss/loss.js'
import type { AnyLoss, OutputLoss, PerOutput } from './per-output.js'

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

/** whether a shape is that of one tensor: true, false, or boolean where the compiler does not know */
type IsOne<S> = S extends Dims ? (S extends readonly [] ? true : number extends S['length'] ? boolean : true) : false
/** of a model that ends in layer B and has the output O */
type WrongOne<L extends Loss, B, O> = [IsOne<O>] extends [false]
  ? Fail<'a loss for each output', `the loss ${L['tag']}`, 'give each output its loss with perOutput', 'loss'>
  : Wrong<ScaleOf<L>, OutputRangeOf<B>, L['tag']>

/** the first loss that does not suit its branch */
type WrongEach<Os, Branches> = Os extends readonly [infer H extends OutputLoss, ...infer T]
  ? Branches extends readonly [infer B, ...infer BT]
    ? Wrong<ScaleOf<H['loss']>, OutputRangeOf<B>, H['loss']['tag']> extends infer W
      ? [W] extends [never]
        ? WrongEach<T, BT>
        : Inside<H['name'], W>
      : never
    : never
  : never
type WrongSeveral<Os extends readonly OutputLoss[], B, O> = [IsOne<O>] extends [true]
  ? Fail<'the loss of one output', 'losses of several', '', 'loss/perOutput'>
  : O extends readonly unknown[]
    ? number extends Os['length'] | O['length']
      ? never
      : Os['length'] extends O['length']
        ? O extends readonly Dims[]
          ? WrongEach<Os, BranchesOf<B>>
          : Fail<'one tensor for each output', Show<O>, 'merge the tuples inside of it', 'loss/perOutput'>
        : Fail<`${O['length']} losses, one for each output`, `${Os['length']}`, '', 'loss/perOutput'>
    : never

type WrongLoss<L extends AnyLoss, B, O> =
  L extends PerOutput<infer Os> ? WrongSeveral<Os, B, O> : L extends Loss ? WrongOne<L, B, O> : never
/** the loss itself if it suits the model or the compiler can't decide; else the sentence of the error */
export type FittingLoss<L extends AnyLoss, M> =
  IsUnion<L> extends true
    ? L
    : M extends { readonly tag: 'model'; readonly layer: infer B; readonly [output]: infer O }
      ? // a type parameter holds what is wrong, so that the compiler does not look into it while it infers L
        WrongLoss<L, B, O> extends infer W
        ? [W] extends [never]
          ? L
          : Sentence<W>
        : never
      : L
