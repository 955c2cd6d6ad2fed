/** The nodes of a graph in turn: the layer that each is, and how its value is stored. */
import * as E from 'fp-ts/lib/Either.js'
import { decodeError, type DecodeError } from '../../../value/error.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import type { FloatType } from '../../../value/tensor.js'
import { placedAs } from '../../import/missing.js'
import type { Step } from '../../import/tree.js'
import type { StoredNode } from './decode.js'
import { called, type Graph } from './graph.js'
import { fusedAt, type Fused } from './patterns.js'
import { poolRows } from './pools.js'
import { denseRows } from './rows-dense.js'
import { shapeRows, storedSizes } from './rows-shape.js'
import { spatialRows } from './rows-spatial.js'
import {
  applied,
  isMissing,
  meantAxis,
  missing,
  type Held,
  type Missing,
  type Result,
  type Row,
  type Site
} from './site.js'
import { sizesIn } from './sizes.js'

type Fusion = Fused & { readonly axis?: number }
const rows: Readonly<Record<string, Row>> = { ...denseRows, ...poolRows, ...spatialRows, ...shapeRows }

export interface Live {
  readonly nodes: readonly StoredNode[]
  readonly fused: ReadonlyMap<string, Fusion>
  readonly uses: ReadonlyMap<string, number>
}
/** what the outputs need, and which nodes together are one layer */
export const liveOf = (graph: Graph, outputs: readonly string[]): Live => {
  const fused = new Map<string, Fusion>()
  const uses = new Map<string, number>()
  const reached = new Set<StoredNode>()
  const stack = [...outputs]
  for (const o of outputs) uses.set(o, (uses.get(o) ?? 0) + 1)
  while (stack.length > 0) {
    const name = stack.pop() as string
    const node = graph.maker(name)
    if (node === undefined || reached.has(node)) continue
    reached.add(node)
    const one = fusedAt(graph, name)
    if (one !== undefined) fused.set(name, one)
    for (const input of one === undefined ? node.inputs : [one.x]) {
      uses.set(input, (uses.get(input) ?? 0) + 1)
      stack.push(input)
    }
  }
  return { nodes: graph.nodes.filter(n => reached.has(n)), fused, uses }
}

/** operators that only say sizes where they do not get a value: those are read by `sizesIn` */
const sizing = ['Shape', 'Gather', 'Unsqueeze', 'Squeeze', 'Cast', 'Concat', 'Slice', 'Identity', 'Constant']

export interface Walk {
  readonly steps: ReadonlyMap<string, Step>
  readonly helds: ReadonlyMap<string, Held>
  readonly root: (name: string) => string
}
type Trouble = readonly [node: StoredNode, missing: Missing]

const problemOf = ([first, ...others]: readonly Trouble[]): DecodeError => {
  const error = ([node, { expected, got, hint = '' }]: Trouble): DecodeError =>
    decodeError(['onnx', called(node)], expected, got, hint)
  const one = error(first as Trouble)
  return others.length === 0 ? one : { ...one, others: others.map(error) }
}

/** a layer that several nodes are */
const fusedRow = (s: Site, { layer, tensors, axis }: Fusion): Result => {
  const x = s.held(0)
  if (x === undefined) return missing('a value that depends on the input', 'numbers')
  const last = axis === undefined || (meantAxis(x, axis) === x.sizes.length && x.order.at(-1) === x.sizes.length)
  if (!last || (tensors.length > 0 && (x.flat !== undefined || x.ones > 0)))
    return missing('means over the last axis', `axis ${axis}`)
  return applied(
    s,
    layer,
    x,
    tensors.map(t => ({ ...t, shape: [sizeOf(t.shape)], stride: [1] }))
  )
}

const unknown = ({ op, domain }: StoredNode): Missing =>
  missing('an operator that a layer has', domain === '' ? op : `${domain}.${op}`)

/** what an operator of ONNX itself is read by */
const rowOf = ({ op, domain }: StoredNode): Row | undefined =>
  (domain === '' || domain === 'ai.onnx') && Object.hasOwn(rows, op) ? rows[op] : undefined
/** what was found of the nodes so far */
interface Book {
  readonly helds: Map<string, Held>
  readonly aliases: Map<string, string>
  readonly steps: Map<string, Step>
  /** values that are not there, since a node before them has no layer */
  readonly failed: Set<string>
}
const rootIn = ({ aliases }: Book, name: string): string => {
  let n = name
  for (let to = aliases.get(n); to !== undefined; to = aliases.get(n)) n = to
  return n
}
/** the layer that gives a value, if the value has one use, under all of its names */
const onlyUse = ({ aliases, steps }: Book, uses: ReadonlyMap<string, number>, name: string): Step | undefined => {
  let n = name
  for (; aliases.has(n); n = aliases.get(n) as string) if (uses.get(n) !== 1) return undefined
  return uses.get(n) === 1 ? steps.get(n) : undefined
}

export interface WalkOptions {
  readonly opset: number
  /** the batch, where the file is for one size alone */
  readonly batch: number | undefined
  readonly dtype: FloatType
}
/** operators that take values with axes of size 1 in front */
const takesLead = ['Reshape', 'Flatten', 'Squeeze']

/** what one node is: undefined where it only says sizes */
const readNode = (site: Site, names: readonly string[], one: Fusion | undefined): Result | undefined => {
  const { node } = site
  const values = names.map((_, i) => site.held(i)).filter(h => h !== undefined)
  if (one === undefined && ((values.length === 0 && sizing.includes(node.op)) || node.op === 'Shape')) return undefined
  if ((node.outputs[0] ?? '') === '') return missing('a node whose first output is used', 'another')
  if (one !== undefined) return fusedRow(site, one)
  const row = rowOf(node)
  if (row === undefined) return unknown(node)
  return values.some(h => (h.lead ?? 0) > 0) && !takesLead.includes(node.op)
    ? missing('a value without axes of size 1 in front', 'another')
    : row(site)
}

/** all nodes in turn: the layer that each is, or every node that is none */
export const walk = (
  graph: Graph,
  { nodes, fused, uses }: Live,
  inputs: ReadonlyMap<string, Held>,
  { opset, batch, dtype }: WalkOptions
): E.Either<DecodeError, Walk> => {
  const book: Book = { helds: new Map(inputs), aliases: new Map(), steps: new Map(), failed: new Set() }
  const { helds, aliases, steps, failed } = book
  const troubles: Trouble[] = []
  const place = placedAs(dtype)
  const shapeOf = (name: string): Dims | undefined => {
    const held = helds.get(name)
    return held && storedSizes(held)
  }
  for (const node of nodes) {
    const [output = ''] = node.outputs
    const one = fused.get(output)
    const names = one === undefined ? node.inputs : [one.x]
    if (names.some(n => failed.has(n))) {
      failed.add(output)
      if (one === undefined && rowOf(node) === undefined) troubles.push([node, unknown(node)])
      continue
    }
    const result = readNode(
      {
        node,
        graph,
        opset,
        batch,
        place,
        held: i => helds.get(names[i] ?? ''),
        value: i => rootIn(book, names[i] ?? ''),
        before: i => onlyUse(book, uses, names[i] ?? ''),
        sizesOf: name => helds.get(name)?.sizes,
        sizes: name => sizesIn(graph, shapeOf, name)
      },
      names,
      one
    )
    if (result === undefined) continue
    if (isMissing(result)) {
      troubles.push([node, result])
      if (output !== '') failed.add(output)
      continue
    }
    helds.set(output, result.held)
    if ('alias' in result) aliases.set(output, result.alias)
    else steps.set(output, { ...result.step, inputs: result.step.inputs.map(name => rootIn(book, name)) })
  }
  return troubles.length > 0 ? E.left(problemOf(troubles)) : E.right({ steps, helds, root: name => rootIn(book, name) })
}
