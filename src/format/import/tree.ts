/** Layers with the values between them as a model: one after the other, and side by side where paths part and meet again. */
import * as E from 'fp-ts/lib/Either.js'
import { identity } from '../../layer/activation.js'
import { fanOut, parallel } from '../../layer/combinator/branches.js'
import { residual } from '../../layer/combinator/residual.js'
import { sequential } from '../../layer/combinator/sequential.js'
import type { Layer } from '../../layer/definition.js'
import { maxNesting } from '../../model/build.js'
import { decodeError, type DecodeError } from '../../value/error.js'
import type { Tensor } from '../../value/tensor.js'

/** a layer with its numbers, and the values that it takes */
export interface Step {
  readonly layer: Layer
  readonly tensors: readonly Tensor[]
  readonly states: readonly Tensor[]
  readonly inputs: readonly string[]
}
export const inSequence = (layers: readonly Layer[]): Layer =>
  layers.length === 1 ? (layers[0] as Layer) : sequential(...layers)

/** the input of a graph, or of several the tuple of them */
const start = ''

/** for each value the last one that all paths from the input to it go through */
const gatesOf = (steps: ReadonlyMap<string, Step>, inputs: readonly string[]): ReadonlyMap<string, string> => {
  const gate = new Map<string, string>()
  const depth = new Map<string, number>([[start, 0]])
  const enter = (name: string, to: string): void => {
    gate.set(name, to)
    depth.set(name, (depth.get(to) ?? 0) + 1)
  }
  for (const name of inputs) enter(name, start)
  const meet = (a: string, b: string): string => {
    let [p, q] = [a, b]
    while (p !== q) {
      if ((depth.get(p) ?? 0) >= (depth.get(q) ?? 0)) p = gate.get(p) ?? start
      else q = gate.get(q) ?? start
    }
    return p
  }
  for (const [name, step] of steps) enter(name, step.inputs.reduce(meet))
  return gate
}

/** a list of layers, and the steps that have their numbers, in the same order */
export interface Tree {
  readonly layers: readonly Layer[]
  readonly steps: readonly Step[]
}
interface Paths {
  /** the first word of the paths of errors */
  readonly format: string
  readonly steps: ReadonlyMap<string, Step>
  readonly inputs: readonly string[]
  readonly gates: ReadonlyMap<string, string>
  /** values that are part of a list already */
  readonly used: Set<string>
}
type Listed = E.Either<DecodeError, Tree>
const fail = ({ format }: Paths, at: string, expected: string, got: string): E.Either<DecodeError, never> =>
  E.left(decodeError([format, at], expected, got))

/** the last value that all paths to these values go through */
const gateOf = ({ gates }: Paths, names: readonly string[]): string => {
  const path = (name: string): readonly string[] => {
    const all: string[] = [name]
    for (let n = name; n !== start;) {
      n = gates.get(n) ?? start
      all.push(n)
    }
    return all
  }
  const others = names.slice(1).map(n => new Set(path(n)))
  return path(names[0] ?? start).find(n => others.every(o => o.has(n))) ?? start
}

/** the layers from a value to another one */
const between = (p: Paths, from: string, to: string, depth: number): Listed => {
  if (depth > maxNesting) return fail(p, to, `paths that part at most ${maxNesting} times`, 'more')
  const parts: Tree[] = []
  let name = to
  while (name !== from) {
    const step = p.steps.get(name)
    if (step === undefined) {
      // the only input is the start itself
      if (p.inputs.length === 1 && from === start) break
      return fail(p, name, 'a value of this path', 'another input')
    }
    if (p.used.has(name))
      return fail(p, name, 'paths that meet before they part again', 'a value that several paths use')
    p.used.add(name)
    const gate = p.gates.get(name) ?? start
    const part =
      step.inputs.length === 1 ? E.right({ layers: [step.layer], steps: [step] }) : joined(p, step, gate, depth)
    if (E.isLeft(part)) return part
    parts.push(part.right)
    name = gate
  }
  parts.reverse()
  return E.right({ layers: parts.flatMap(q => q.layers), steps: parts.flatMap(q => q.steps) })
}

/** branches that take one value, or each an input */
const branchesTo = (p: Paths, names: readonly string[], gate: string, depth: number): Listed => {
  const each = p.inputs.length > 1 && gate === start
  if (each && names.length !== p.inputs.length)
    return fail(p, names[0] ?? '', `${p.inputs.length} branches, one for each input`, `${names.length}`)
  const all: Tree[] = []
  for (const [i, name] of names.entries()) {
    const part = between(p, each ? (p.inputs[i] as string) : gate, name, depth + 1)
    if (E.isLeft(part)) return part
    all.push(part.right)
  }
  const steps = all.flatMap(q => q.steps)
  if (each && all.every(q => q.layers.length === 0)) return E.right({ layers: [], steps })
  const layers = all.map(q => (q.layers.length === 0 ? identity : inSequence(q.layers)))
  return E.right({ layers: [each ? parallel(...layers) : (fanOut(...layers) as Layer)], steps })
}

/** branches and the layer that joins them; x + f(x) is a layer of its own kind */
const joined = (p: Paths, step: Step, gate: string, depth: number): Listed => {
  const branches = branchesTo(p, step.inputs, gate, depth)
  if (E.isLeft(branches)) return branches
  const { layers, steps } = branches.right
  const [outer] = layers
  const adds = (step.layer as { readonly by?: string }).by === 'add'
  const both = outer?.tag === 'fanOut' && adds ? outer.layers : []
  const [inner, another] = both.filter(l => l !== identity)
  return both.length === 2 && inner !== undefined && another === undefined
    ? E.right({ layers: [residual(inner)], steps })
    : E.right({ layers: [...layers, step.layer], steps: [...steps, step] })
}

/** the layers from the input of a graph to its outputs; Left for paths that part and meet in a way that no layer has */
export const treeOf = (
  format: string,
  steps: ReadonlyMap<string, Step>,
  inputs: readonly string[],
  outputs: readonly string[]
): Listed => {
  const p: Paths = { format, steps, inputs, gates: gatesOf(steps, inputs), used: new Set() }
  if (outputs.length === 1) {
    const [output = start] = outputs
    return inputs.length > 1 && inputs.includes(output)
      ? fail(p, output, 'an output that depends on all inputs', 'one input')
      : between(p, start, output, 0)
  }
  const gate = gateOf(p, outputs)
  const branches = branchesTo(p, outputs, gate, 0)
  if (E.isLeft(branches) || gate === start) return branches
  const before = between(p, start, gate, 0)
  return E.isLeft(before)
    ? before
    : E.right({
        layers: [...before.right.layers, ...branches.right.layers],
        steps: [...before.right.steps, ...branches.right.steps]
      })
}
