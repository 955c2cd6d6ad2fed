/** A stored graph by the names of its values: what makes each, and which are known numbers. */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../../value/error.js'
import { numbersOf, scalarOf } from '../../../value/tensor.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import { constantOf, type Constant } from './constants.js'
import type { StoredAttribute, StoredGraph, StoredNode } from './decode.js'

export interface Graph {
  /** the node that gives a value */
  readonly maker: (name: string) => StoredNode | undefined
  /** the numbers of a value, where they are in the file */
  readonly constant: (name: string | undefined) => Constant | undefined
  readonly nodes: readonly StoredNode[]
}

/** nodes in a file: more take longer than two seconds to look through */
const maxNodes = 20_000

/** in messages a node has its name, or the value that it gives */
export const called = (n: StoredNode): string => `${n.name === '' ? (n.outputs[0] ?? '') : n.name} (${n.op})`

const constantNode = (n: StoredNode): E.Either<DecodeError, Constant> | undefined => {
  const { value, value_float, value_int, value_ints, value_floats } = n.attributes
  const stored = { name: called(n), dims: [], floats: [], doubles: [], ints: [], outside: false }
  if (value?.tensor !== undefined) return constantOf(value.tensor)
  if (value_float !== undefined) return constantOf({ ...stored, type: 1, floats: [value_float.float] })
  if (value_int !== undefined) return constantOf({ ...stored, type: 7, ints: [value_int.int] })
  if (value_ints !== undefined)
    return constantOf({ ...stored, type: 7, dims: [value_ints.ints.length], ints: value_ints.ints })
  if (value_floats !== undefined)
    return constantOf({ ...stored, type: 1, dims: [value_floats.floats.length], floats: value_floats.floats })
  return undefined
}

/** the values of a graph; Left where two values have one name, and where a node uses what comes after it */
export const graphOf = (stored: StoredGraph): E.Either<DecodeError, Graph> => {
  const fail = (at: string, expected: string, got: string): E.Either<DecodeError, never> =>
    E.left(decodeError(['onnx', at], expected, got))
  if (stored.nodes.length > maxNodes) return fail('graph', `at most ${maxNodes} nodes`, `${stored.nodes.length}`)
  const initializers = new Map(stored.initializers.map(t => [t.name, t]))
  if (initializers.size < stored.initializers.length) return fail('initializers', 'names that differ', 'one twice')
  const makers = new Map<string, StoredNode>()
  const known = new Set([...stored.inputs.map(i => i.name), ...initializers.keys()])
  for (const n of stored.nodes) {
    const early = n.inputs.find(i => i !== '' && !known.has(i))
    if (early !== undefined) return fail(called(n), 'values that earlier nodes give', early)
    for (const o of n.outputs) {
      if (o === '') continue
      if (known.has(o)) return fail(called(n), 'a name for each value', `${o} twice`)
      known.add(o)
      makers.set(o, n)
    }
  }
  const constants = new Map<string, Constant | undefined>()
  for (const t of stored.initializers) {
    const c = constantOf(t)
    // another element type is said where a layer would need the numbers
    if (E.isRight(c)) constants.set(t.name, c.right)
    else return c
  }
  for (const n of stored.nodes) {
    const c = n.op === 'Constant' ? constantNode(n) : undefined
    if (c !== undefined && E.isLeft(c)) return c
    const same = n.op === 'Identity' ? constants.get(n.inputs[0] ?? '') : undefined
    if (c !== undefined || same !== undefined) constants.set(n.outputs[0] ?? '', c?.right ?? same)
  }
  return E.right({
    nodes: stored.nodes,
    maker: name => makers.get(name),
    constant: name => (name === undefined ? undefined : constants.get(name))
  })
}

/** the only number of a constant */
export const numberIn = (c: Constant | undefined): number | undefined =>
  c === undefined
    ? undefined
    : c.kind === 'whole'
      ? c.numbers.length === 1
        ? c.numbers[0]
        : undefined
      : sizeOf(c.tensor.shape) === 1
        ? scalarOf({ ...c.tensor, offset: c.tensor.offset })
        : undefined
/** whole numbers of a constant */
export const wholesIn = (c: Constant | undefined): readonly number[] | undefined =>
  c?.kind === 'whole' ? c.numbers : undefined
/** the numbers of a constant, and its sizes */
export const floatsIn = (
  c: Constant | undefined
): { readonly dims: Dims; readonly at: ArrayLike<number> } | undefined =>
  c?.kind === 'float' ? { dims: c.tensor.shape, at: numbersOf(c.tensor) } : undefined

type Attributes = Readonly<Record<string, StoredAttribute>>
export const intOf = (a: Attributes, name: string, otherwise: number): number => a[name]?.int ?? otherwise
export const floatOf = (a: Attributes, name: string, otherwise: number): number => a[name]?.float ?? otherwise
export const textOf = (a: Attributes, name: string, otherwise: string): string => a[name]?.text ?? otherwise
export const intsOf = (a: Attributes, name: string): readonly number[] | undefined => a[name]?.ints
