/** Programs as text, for people: one line per node. */
import { numbersOf, scalarOf, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'
import { showNumber } from './number-text.js'
import type { Expr } from './op.js'
import type { Program } from './program.js'

/** a name without spaces or quotes as it stands, any other as a JSON string, so that a line stays a line */
const showName = (name: string): string => (/^[\w./-]+$/.test(name) ? name : JSON.stringify(name))

const shown = 6
/** `0.5` for one number everywhere, else the first few */
const showNumbers = (t: Tensor): string => {
  if (t.stride.every((s, i) => s === 0 || t.shape[i] === 1)) return showNumber(scalarOf(t), t.dtype)
  const all = numbersOf(t)
  const some = Array.from(all.subarray(0, shown), x => showNumber(x, t.dtype)).join(' ')
  return all.length > shown ? `${some} ...` : some
}

const showSetting = (u: unknown): string =>
  Array.isArray(u) ? `[${u.map(showSetting).join(', ')}]` : typeof u === 'number' ? showNumber(u, 'f64') : String(u)
/** settings that only repeat the type of the result, and the body of a loop, which has lines of its own */
const repeated: readonly string[] = ['shape', 'dtype', 'body']

const settings = (e: Expr): readonly string[] => {
  if (e.op === 'input') return [showName(e.attrs.name)]
  if (e.op === 'constant') return [showNumbers(e.attrs.value)]
  if (e.op === 'invalid') return [JSON.stringify(e.attrs.error.expected)]
  const own = Object.entries<unknown>({ ...e.attrs }).filter(([name]) => !repeated.includes(name))
  return own.map(([name, value]) => `${name}=${showSetting(value)}`)
}

const indented = (text: string): readonly string[] => text.split('\n').map(line => `  ${line}`)

/**
 * Every node of a program, arguments before users, as `%place = op type arguments settings`; then the outputs. The body of a loop follows its node.
 *
 * @example
 * // for program({ y: sum(exp(input('x', 'f32', [2, 3])), [1]) })
 * // %0 = input f32[2, 3] x
 * // %1 = exp f32[2, 3] %0
 * // %2 = sum f32[2, 1] %1 axes=[1]
 * // y = %2
 */
export const printProgram = ({ order, outputs }: Program): string => {
  const place = new Map<Expr, number>(order.map((e, i) => [e, i]))
  const ref = (e: Expr): string => `%${place.get(e)}`
  const line = (e: Expr): string =>
    [
      [`${ref(e)} = ${e.op} ${showAval(e)}`, ...e.args.map(ref), ...settings(e)].join(' '),
      ...(e.op === 'scan' ? indented(printProgram(e.attrs.body as Program)) : [])
    ].join('\n')
  return [...order.map(line), ...Object.entries(outputs).map(([name, e]) => `${showName(name)} = ${ref(e)}`)].join('\n')
}
