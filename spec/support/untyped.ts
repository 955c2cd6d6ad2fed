/** Arguments of callers without a compiler. */
import * as E from 'fp-ts/lib/Either.js'
import { relu } from '../../src/layer/activation.js'

const junk: readonly (readonly unknown[])[] = [
  ...[[], [undefined], [null], [{}], [3], ['x'], [[]], [true]],
  ...[undefined, null, {}, 3, 'x', []].map(u => [u, u, u, u]),
  [E.right({}), {}, E.right({}), {}],
  [{ tag: 'model', input: [3], layer: undefined }, {}, {}],
  [{ tag: 'model', input: [3], layer: { tag: 'sequential' } }, {}, {}],
  [{ tag: 'model', input: undefined, layer: relu }, {}, {}]
]
export type Untyped = (...args: readonly unknown[]) => unknown

/** what a function throws for one of the lists of arguments, or what a function that it gives throws for one */
export const thrownBy = (f: Untyped, depth = 0): readonly string[] =>
  junk.flatMap(args => {
    try {
      const r = f(...args)
      return typeof r === 'function' && depth < 2 ? thrownBy(r as Untyped, depth + 1) : []
    } catch (e) {
      return [String(e)]
    }
  })
