/** Sizes that a graph computes from shapes, as programs write them that look at the batch. */
import type { Dims } from '../../../value/shape.js'
import { intOf, intsOf, numberIn, wholesIn, type Graph } from './graph.js'

type Sizes = readonly (number | null)[]
/** operators in a row that are looked through */
const maxDepth = 32

/** the sizes that a value says, null for the batch; undefined for what is computed otherwise */
export const sizesIn = (
  g: Graph,
  shapeOf: (name: string) => Dims | undefined,
  name: string | undefined,
  depth = 0
): Sizes | undefined => {
  const known = wholesIn(g.constant(name))
  if (known !== undefined || name === undefined || depth > maxDepth) return known
  const n = g.maker(name)
  const of = (i: number): Sizes | undefined => sizesIn(g, shapeOf, n?.inputs[i], depth + 1)
  switch (n?.op) {
    case 'Shape': {
      const sizes = shapeOf(n.inputs[0] ?? '')
      const all: Sizes | undefined = sizes && [null, ...sizes]
      return all?.slice(intOf(n.attributes, 'start', 0), n.attributes['end']?.int)
    }
    case 'Gather': {
      const [all, at] = [of(0), numberIn(g.constant(n.inputs[1]))]
      const found = at === undefined ? undefined : all?.at(at)
      return found === undefined || intOf(n.attributes, 'axis', 0) !== 0 ? undefined : [found]
    }
    case 'Unsqueeze':
    case 'Squeeze':
    case 'Cast':
    case 'Identity':
      return of(0)
    case 'Slice': {
      const all = of(0)
      const [from, to] = [1, 2].map(i => numberIn(g.constant(n.inputs[i])))
      const [a, b] = [intsOf(n.attributes, 'starts')?.[0] ?? from, intsOf(n.attributes, 'ends')?.[0] ?? to]
      const step = (n.inputs[4] ?? '') === '' ? 1 : numberIn(g.constant(n.inputs[4]))
      return a === undefined || b === undefined || step !== 1 ? undefined : all?.slice(a, b)
    }
    case 'Concat': {
      const parts = n.inputs.map((_, i) => of(i))
      return parts.every(p => p !== undefined) ? parts.flat() : undefined
    }
    default:
      return undefined
  }
}
