/** Rows of a table, one for each index. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { equal, gather, node, reshape, select } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { count, optional, size, withDefault } from '../../value/codec.js'
import { shapeError } from '../../value/error.js'
import { isDims, showShape } from '../../value/shape.js'
import type { FloatType, Tensor } from '../../value/tensor.js'
import { tensorLayer } from '../compose.js'
import type { LayerDefinition } from '../definition.js'
import { frozen, type Initializer } from '../initializer.js'
import type { OneTensor } from '../types/fail.js'
import { checkSizes, type KnownSize, type Sized, type SizeOf } from '../types/size.js'

export interface Embedding<V extends number = number, N extends number = number> {
  readonly tag: 'embedding'
  /** how many indexes there are: 0 to vocabulary - 1 */
  readonly vocabulary: V
  /** numbers for each index */
  readonly size: N
  /** the index that means nothing: its row is all 0 and does not learn */
  readonly padding?: number | undefined
  readonly initializer: Initializer
}
type AnyEmbedding = Embedding
declare module '../definition.js' {
  interface BuiltInLayers {
    readonly embedding: AnyEmbedding
  }
  interface ShapeRules<L, In> {
    readonly embedding: L extends Embedding<infer V, infer N>
      ? Sized<V, Sized<N, In extends readonly number[] ? [...In, SizeOf<N>] : OneTensor<In>>>
      : never
  }
  interface OutputRangeRules<L> {
    readonly embedding: 'numbers'
  }
  interface ParamRules<L, In> {
    readonly embedding: L extends Embedding<infer V, infer N>
      ? { readonly table: Tensor<[KnownSize<V>, KnownSize<N>], FloatType> }
      : never
  }
}
export interface EmbeddingSettings {
  /** an index whose row counts as 0 and does not learn, such as the index that fills up short texts */
  readonly padding?: number
  /** how the table begins; default leCunNormal, which is N(0, 1) here */
  readonly initializer?: Initializer
}

/**
 * The embedding: y = table[x], a row of numbers for each index. Indexes (u32) of any shape [...] give [..., size]; the table has the
 * shape [vocabulary, size]. The model is one of indexes: `ofIndices(model(...))`. Training, scoring and prediction refuse an index that the
 * vocabulary does not have.
 *
 * The gradient of a row is the sum over all places that have its index, in the order of these places. At the padding index the output is
 * 0 and the gradient too, whatever the table holds there (PyTorch's `padding_idx` gives the row of the table, which begins at 0). The
 * table begins as N(0, 1), as in PyTorch; Keras has uniform numbers up to 0.05.
 *
 * @param vocabulary how many indexes there are
 * @param size numbers for each index
 * @example ofIndices(model(input(8), embedding(1000, 16), flatten, dense(2))) // 8 words of a vocabulary of 1,000
 */
export const embedding = <const V extends number, const N extends number>(
  vocabulary: V,
  size: N,
  settings: EmbeddingSettings = {}
): Embedding<V, N> =>
  Object.freeze({
    tag: 'embedding',
    vocabulary,
    size,
    ...(settings.padding === undefined ? {} : { padding: settings.padding }),
    initializer: frozen(settings.initializer ?? 'leCunNormal')
  })

/** the rows of the indexes, 0 at the padding index */
const rowsAt = (table: Expr, x: Expr, padding: number | undefined): Expr => {
  if (x.dtype !== 'u32')
    return node('invalid', [], {
      error: shapeError([], 'indexes (u32)', x.dtype, 'ofIndices(model) makes a model of indexes')
    })
  const rows = gather(table, x)
  return padding === undefined ? rows : select(reshape(equal(x, padding), [...x.shape, 1]), 0, rows)
}

/** the definition of `embedding`: parameter table [vocabulary, size] */
export const embeddingDefinition: LayerDefinition<Embedding> = {
  tag: 'embedding',
  fields: ({ initializer }) => ({
    vocabulary: size,
    size,
    padding: optional(count),
    initializer: withDefault(initializer, 'leCunNormal')
  }),
  show: ({ vocabulary, size, padding }) =>
    `embedding ${vocabulary} x ${size}${padding === undefined ? '' : `, padding ${padding}`}`,
  place: ({ vocabulary, size, padding, initializer }, input, { dtype }) =>
    pipe(
      checkSizes([vocabulary, size]),
      E.chain(() => {
        if (!isDims(input))
          return E.left(shapeError([], 'one tensor', showShape(input), 'merge the branches before it'))
        if (padding !== undefined && !(padding < vocabulary))
          return E.left(shapeError([], `a padding index below ${vocabulary}`, `${padding}`))
        // as a product with rows of one 1: one number feeds each output
        const fan = { in: 1, out: size }
        return E.right(
          tensorLayer({
            output: [...input, size],
            gives: 'numbers',
            indexes: vocabulary,
            params: { table: { dtype, shape: [vocabulary, size], initializer, fan, role: 'weight' } },
            formula: (x, param) => rowsAt(param('table'), x, padding)
          })
        )
      })
    ),
  samples: [
    { layer: embedding(4, 2), input: [3], indexes: 4 },
    { layer: embedding(3, 2, { padding: 1, initializer: 'glorotUniform' }), input: [2, 2], indexes: 3 }
  ]
}
