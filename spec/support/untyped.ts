/** Arguments of callers without a compiler. */
import * as E from 'fp-ts/lib/Either.js'
import { relu } from '../../src/layer/activation.js'

const junk: readonly (readonly unknown[])[] = [
  ...[[], [undefined], [null], [{}], [3], ['x'], [''], [[]], [true], [E.right({})]],
  ...[undefined, null, {}, 3, 'x', '', []].map(u => [u, u, u, u]),
  [E.right({}), {}, E.right({}), {}],
  [{ tag: 'model', input: [3], layer: undefined }, {}, {}],
  [{ tag: 'model', input: [3], layer: { tag: 'sequential' } }, {}, {}],
  [{ tag: 'model', input: undefined, layer: relu }, {}, {}]
]
export type Untyped = (...args: readonly unknown[]) => unknown

/** what a function throws for one of the lists of arguments, or what a function or a task that it gives throws for one */
export const thrownBy = async (f: Untyped, depth = 0): Promise<readonly string[]> => {
  const thrown: string[] = []
  for (const args of junk)
    try {
      const r = await f(...args)
      if (typeof r === 'function' && depth < 2) thrown.push(...(await thrownBy(r as Untyped, depth + 1)))
    } catch (e) {
      thrown.push(String(e))
    }
  return thrown
}
/** those of the functions named that throw for nothing */
export const silentAmong = async (functions: readonly (readonly [string, Untyped])[]): Promise<readonly string[]> => {
  const silent: string[] = []
  for (const [name, f] of functions) if ((await thrownBy(f)).length === 0) silent.push(name)
  return silent
}
