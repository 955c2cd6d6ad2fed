/** Layers that a file says by several operators: each is found by the whole of its formula, in any order of what is added or multiplied. */
import type { Layer } from '../../../layer/definition.js'
import { activation } from '../../../layer/activation.js'
import { layerNorm } from '../../../layer/layer-norm.js'
import { rmsNorm } from '../../../layer/rms-norm.js'
import type { Tensor } from '../../../value/tensor.js'
import { shortest } from './constants.js'
import { numberIn, wholesIn, type Graph } from './graph.js'

/** a value that is the same everywhere (`x`), a number, numbers by name, or an operator on several of these */
type Pattern = 'x' | number | { readonly number: string } | { readonly numbers: string } | Operator
interface Operator extends ReadonlyArray<unknown> {
  readonly 0: string
}
interface Found {
  readonly x: string
  readonly numbers: Readonly<Record<string, number>>
  readonly tensors: Readonly<Record<string, Tensor>>
}
/** a layer that several nodes are, with its parameters, and the value that it takes */
export interface Fused {
  readonly x: string
  readonly layer: Layer
  readonly tensors: readonly Tensor[]
}

const nothing: Found = { x: '', numbers: {}, tensors: {} }
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 2e-6 * Math.max(1, Math.abs(b))

/** every way in which a value is what a pattern says; a formula has few */
const matches = (g: Graph, p: Pattern, name: string, found: Found): readonly Found[] => {
  if (p === 'x') return found.x === '' || found.x === name ? [{ ...found, x: name }] : []
  const c = g.constant(name)
  if (typeof p === 'number') {
    const n = numberIn(c)
    return n !== undefined && near(n, p) ? [found] : []
  }
  if ('number' in p) {
    const n = numberIn(c)
    return n === undefined ? [] : [{ ...found, numbers: { ...found.numbers, [p.number]: n } }]
  }
  if ('numbers' in p)
    return c?.kind === 'float' ? [{ ...found, tensors: { ...found.tensors, [p.numbers]: c.tensor } }] : []
  const [op, ...of] = p as unknown as readonly [string, ...(readonly Pattern[])]
  const n = g.maker(name)
  if (n?.op !== op || n.domain !== '') return []
  if (op === 'ReduceMean') {
    const axes = n.attributes['axes']?.ints ?? wholesIn(g.constant(n.inputs[1]))
    const kept = n.attributes['keepdims']?.int ?? 1
    const [axis] = axes ?? []
    return axes?.length === 1 && kept === 1 && (found.numbers['axis'] ?? axis) === axis
      ? matches(g, of[0] as Pattern, n.inputs[0] ?? '', {
          ...found,
          numbers: { ...found.numbers, axis: axis as number }
        })
      : []
  }
  const both = (order: readonly Pattern[]): readonly Found[] =>
    order.reduce<readonly Found[]>(
      (all, part, i) => all.flatMap(f => matches(g, part, n.inputs[i] ?? '', f)),
      n.inputs.length === order.length ? [found] : []
    )
  const turned = (op === 'Add' || op === 'Mul') && of.length === 2 ? both([...of].reverse()) : []
  return [...both(of), ...turned]
}

const root = 0.7071067811865476
const erfs: readonly Pattern[] = [
  ['Add', ['Erf', ['Mul', 'x', root]], 1],
  ['Add', ['Erf', ['Div', 'x', 1.4142135623730951]], 1]
]
const twice = 0.7978845608028654
const cube: readonly Pattern[] = [
  ['Mul', ['Mul', 'x', 'x'], 'x'],
  ['Pow', 'x', 3]
]
const tanhs: readonly Pattern[] = [
  ['Add', ['Tanh', ['Mul', ['Mul', 'x', twice], ['Add', ['Mul', ['Mul', 'x', 'x'], 0.044715], 1]]], 1],
  ...cube.map((c): Pattern => ['Add', ['Tanh', ['Mul', ['Add', 'x', ['Mul', c, 0.044715]], twice]], 1])
]
/** x (1 + t) / 2 in each order of its factors */
const halves = (t: Pattern): readonly Pattern[] => [
  ['Mul', ['Mul', 'x', 0.5], t],
  ['Mul', ['Mul', 'x', t], 0.5],
  ['Mul', 'x', ['Mul', t, 0.5]]
]

const centred: Pattern = ['Sub', 'x', ['ReduceMean', 'x']]
const deviation = (square: Pattern): Pattern => ['Sqrt', ['Add', ['ReduceMean', square], { number: 'epsilon' }]]
const gamma: Pattern = { numbers: 'gamma' }
const squares = (of: Pattern): readonly Pattern[] => [
  ['Mul', of, of],
  ['Pow', of, 2]
]
const scaled = (of: Pattern): readonly Pattern[] =>
  squares(of).flatMap((s): readonly Pattern[] => [
    ['Mul', ['Mul', of, ['Div', 1, deviation(s)]], gamma],
    ['Mul', ['Div', of, deviation(s)], gamma]
  ])

interface Row {
  readonly patterns: readonly Pattern[]
  readonly make: (f: Found) => { readonly layer: Layer; readonly tensors: readonly Tensor[] }
}
const plain = (fn: string): Row['make'] => {
  const layer = activation(fn as 'relu')
  return () => ({ layer, tensors: [] })
}
const rows: readonly Row[] = [
  { patterns: [['Mul', 'x', ['Sigmoid', 'x']]], make: plain('silu') },
  { patterns: [['Mul', 'x', ['Tanh', ['Softplus', 'x']]]], make: plain('mish') },
  { patterns: erfs.flatMap(halves), make: plain('gelu') },
  { patterns: tanhs.flatMap(halves), make: plain('geluTanh') },
  {
    patterns: scaled(centred).map((s): Pattern => ['Add', s, { numbers: 'beta' }]),
    make: ({ numbers, tensors }) => ({
      layer: layerNorm({ epsilon: shortest(numbers['epsilon'] ?? 0) }),
      tensors: [tensors['gamma'] as Tensor, tensors['beta'] as Tensor]
    })
  },
  {
    patterns: scaled('x'),
    make: ({ numbers, tensors }) => ({
      layer: rmsNorm({ epsilon: shortest(numbers['epsilon'] ?? 0) }),
      tensors: [tensors['gamma'] as Tensor]
    })
  }
]

/** the layer that a value is the result of, where several nodes are one; `axis` is where the means of a norm are taken */
export const fusedAt = (g: Graph, name: string): (Fused & { readonly axis?: number }) | undefined => {
  const op = g.maker(name)?.op
  if (op !== 'Mul' && op !== 'Add') return undefined
  for (const { patterns, make } of rows)
    for (const p of patterns) {
      const [f] = matches(g, p, name, nothing)
      if (f === undefined || f.x === '') continue
      const axis = f.numbers['axis']
      return { x: f.x, ...make(f), ...(axis === undefined ? {} : { axis }) }
    }
  return undefined
}
