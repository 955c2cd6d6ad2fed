/** Operators that move numbers, or see them in another shape. */
import { flatten } from '../../../layer/flatten.js'
import { reshape } from '../../../layer/reshape.js'
import { sameShape, showShape, sizeOf, type Dims } from '../../../value/shape.js'
import { intOf, intsOf, wholesIn } from './graph.js'
import { applied, inOrder, missing, sameOrder, stored, type Held, type Result, type Row, type Site } from './site.js'

/** sizes as they are stored, without the batch */
export const storedSizes = ({ sizes, order, ones, lead = 0 }: Held): Dims => [
  ...Array.from({ length: lead }, () => 1),
  ...order.slice(1).map(i => sizes[i - 1] as number),
  ...Array.from({ length: ones }, () => 1)
]

const transpose: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const rank = x.order.length
  const order = intsOf(s.node.attributes, 'perm') ?? [...inOrder(rank)].reverse()
  const whole = order.length === rank && inOrder(rank).every(i => order.includes(i))
  return x.ones === 0 && x.flat === undefined && whole && order[0] === 0
    ? { held: { ...x, order: order.map(i => x.order[i] as number) }, alias: s.value(0) }
    : missing('axes of examples in another order', order.join(', '))
}

/** the same numbers as a list, in the order that they are stored in */
const flat = (s: Site, x: Held): Result => {
  const n = sizeOf(x.sizes)
  const moved = x.order.filter(axis => axis > 0 && x.sizes[axis - 1] !== 1)
  const rank = x.sizes.length
  if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number)))
    return rank === 1
      ? { held: { ...stored([n]), ...(x.flat === undefined ? {} : { flat: x.flat }) }, alias: s.value(0) }
      : applied(s, flatten, { ...x, ones: 0, order: inOrder(rank + 1) })
  if (!sameOrder(x.order, [0, rank, ...inOrder(rank).slice(1)]))
    return missing('an image with the channels first or last', 'another order')
  const result = applied(s, flatten, x)
  return 'expected' in result ? result : { ...result, held: { ...stored([n]), flat: x.sizes } }
}
const shaped = (s: Site, x: Held, sizes: Dims): Result => {
  if (sizes.length === 1) return flat(s, x)
  // [n] as [n, 1, 1]
  if (x.sizes.length === 1 && sizes[0] === x.sizes[0] && sizes.slice(1).every(n => n === 1))
    return { held: { ...x, ones: sizes.length - 1 }, alias: s.value(0) }
  if (!sameOrder(x.order, inOrder(x.order.length)) || x.ones > 0 || x.flat !== undefined)
    return missing('numbers in the order of the model', 'an image with the channels first')
  return sameShape(sizes, x.sizes) ? { held: x, alias: s.value(0) } : applied(s, reshape(...(sizes as number[])), x)
}

/** the sizes of an example that are asked for; the first one counts examples */
const targetOf = (s: Site, x: Held): Dims | undefined => {
  const given = s.sizes(s.node.inputs[1]) ?? intsOf(s.node.attributes, 'shape')
  if (given === undefined) return undefined
  const n = sizeOf(x.sizes)
  const there = storedSizes(x)
  const copies = intOf(s.node.attributes, 'allowzero', 0) === 0
  const all = given.map((k, i) => (k === 0 && copies ? (i === 0 ? null : (there[i - 1] ?? 0)) : k))
  const [first, ...rest] = all
  const open = rest.filter(k => k === -1).length
  if (rest.some(k => k === null) || open > 1) return undefined
  const known = sizeOf(rest.map(k => (k === -1 || k === null ? 1 : k)))
  // -1 is the batch where all others are there
  const batch = first === null || (first !== undefined && first === s.batch) || (first === -1 && open === 0)
  if (!batch || known === 0 || !Number.isSafeInteger(known)) return undefined
  const sizes = rest.map(k => (k === -1 ? n / known : (k as number)))
  return sizeOf(sizes) === n && sizes.every(k => Number.isSafeInteger(k) && k > 0) ? sizes : undefined
}
const reshaped: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const sizes = targetOf(s, x)
  return sizes === undefined
    ? missing('sizes of examples, the batch left as it is', 'others', `the value is ${showShape(x.sizes)}`)
    : shaped(s, x, sizes)
}
const flattened: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const axis = intOf(s.node.attributes, 'axis', 1)
  return axis === 1 || axis === 1 - (x.order.length + x.ones + (x.lead ?? 0))
    ? flat(s, x)
    : missing('axis = 1', `${axis}`)
}
const squeeze: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const { lead = 0, ...rest } = x
  const rank = x.order.length + x.ones + lead
  const axes = (intsOf(s.node.attributes, 'axes') ?? wholesIn(s.graph.constant(s.node.inputs[1])))?.map(a =>
    a < 0 ? a + rank : a
  )
  if (lead > 0 && axes?.length === lead && axes.every(a => a > 0 && a <= lead)) return { held: rest, alias: s.value(0) }
  if (
    lead > 0 ||
    axes === undefined ||
    axes.length === 0 ||
    axes.some(a => a < x.order.length || a >= rank) ||
    new Set(axes).size < axes.length
  )
    return missing('axes of size 1 at the end', axes?.join(', ') ?? 'all')
  return { held: { ...x, ones: x.ones - axes.length }, alias: s.value(0) }
}
const unsqueeze: Row = s => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const axes = intsOf(s.node.attributes, 'axes') ?? wholesIn(s.graph.constant(s.node.inputs[1])) ?? []
  const rank = x.order.length + x.ones + axes.length
  const sorted = axes.map(a => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
  return x.sizes.length === 1 && sorted.length > 0 && sorted.every((a, i) => a === rank - sorted.length + i)
    ? { held: { ...x, ones: x.ones + axes.length }, alias: s.value(0) }
    : missing('axes of size 1 at the end', axes.join(', '))
}

export const shapeRows: Readonly<Record<string, Row>> = {
  Transpose: transpose,
  Reshape: reshaped,
  Flatten: flattened,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze
}
