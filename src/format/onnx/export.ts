/** A model with its parameters as an ONNX file. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { wasm } from '../../backend/wasm/wasm.js'
import { input, node as build } from '../../expr/build.js'
import { row, topological, type Expr } from '../../expr/op.js'
import { program } from '../../expr/program.js'
import { withoutLoops } from '../../expr/unroll-loops.js'
import type { Value } from '../../layer/definition.js'
import { isExpr, mapValue } from '../../layer/compose.js'
import type { ModelGraph } from '../../model/to-expr.js'
import type { BackendError, SettingError, ShapeError } from '../../value/error.js'
import {
  filledTensor,
  numbersOf,
  permutedView,
  repeatedView,
  scalarOf,
  tensorView,
  type Tensor
} from '../../value/tensor.js'
import { inOrder, isKnown, type Graph, type Held, type Known } from './graph.js'
import { filled } from './match.js'
import { planOf } from './named.js'
import { ops } from './ops.js'
import type { Plan } from './plan.js'
import type { Sizes } from './sizes.js'
import { computed, full, type Scope } from './values.js'

export type OnnxFailure = ShapeError | SettingError | BackendError

/** the tensors of a value, in order */
export const leavesOf = (x: Value): readonly Expr[] => (isExpr(x) ? [x] : x.flatMap(leavesOf))

/** The same graph with its loops written out step by step: other programs need not know what a loop is here. */
export const loopless = (graph: ModelGraph): ModelGraph => {
  const all = [graph.value, ...graph.seen.map(([, v]) => v)].flatMap(leavesOf)
  const now = new Map(withoutLoops(all).map((e, i) => [all[i] as Expr, e]))
  const written = (v: Value): Value => mapValue(e => now.get(e) as Expr, v)
  return { ...graph, value: written(graph.value), seen: graph.seen.map(([path, v]) => [path, written(v)] as const) }
}

/** which part of the model a node belongs to: the first one whose value needs it */
export const pathsOf = (seen: readonly (readonly [string, Value])[]): ReadonlyMap<Expr, string> => {
  const paths = new Map<Expr, string>()
  for (const [path, value] of seen) {
    const stack = [...leavesOf(value)]
    for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
      if (paths.has(n)) continue
      paths.set(n, path)
      for (const a of n.args) stack.push(a)
    }
  }
  return paths
}

/** nodes that no input of the model reaches */
const constantsOf = (order: readonly Expr[], inputs: ReadonlySet<string>): ReadonlySet<Expr> => {
  const found = new Set<Expr>()
  for (const n of order)
    if (n.op === 'input' ? !inputs.has(n.attrs.name) : n.args.every(a => found.has(a))) found.add(n)
  return found
}
const usesOf = (order: readonly Expr[]): ReadonlyMap<Expr, number> => {
  const uses = new Map<Expr, number>()
  for (const n of order) for (const a of n.args) uses.set(a, (uses.get(a) ?? 0) + 1)
  return uses
}

/** a node of known numbers, as any backend computes it; the reference one makes code from text, which pages forbid */
const evaluated = (n: Expr, args: readonly Known[]): E.Either<ShapeError | BackendError, Tensor> => {
  const y = build(
    n.op,
    args.map(({ tensor }, i) => input(`${i}`, tensor.dtype, tensor.shape)),
    n.attrs
  )
  return pipe(
    program({ y }),
    E.chainW(wasm.compile),
    E.chainW(({ run }) => run(Object.fromEntries(args.map(({ tensor }, i) => [`${i}`, tensor])))),
    E.map(values => values['y'] as Tensor)
  )
}

/** known numbers seen in another way, without a copy where that is possible */
const viewOf = (n: Expr, x: Known): Known | undefined => {
  const { tensor, label } = x
  switch (n.op) {
    case 'transpose':
      return { label, tensor: permutedView(tensor, n.attrs.permutation) }
    case 'broadcast':
      return { label, tensor: repeatedView(tensor, n.shape) }
    case 'reshape':
      return filled(tensor)
        ? { label, tensor: filledTensor(tensor.dtype, n.shape, scalarOf(tensor)) }
        : { label, tensor: tensorView(tensor.dtype, n.shape, numbersOf(tensor)) }
    default:
      return undefined
  }
}

/** a node without inputs of the model as known numbers, if its size does not depend on the batch */
const knownOf = (
  n: Expr,
  args: readonly Known[],
  fixed: boolean,
  label: string
): E.Either<ShapeError | BackendError, Known> | undefined => {
  if (n.op === 'constant') return E.right({ tensor: n.attrs.value, label: '' })
  const [first] = args
  if (first !== undefined && (n.op !== 'reshape' || fixed || filled(first.tensor))) {
    const seen = viewOf(n, first)
    if (seen !== undefined) return E.right(seen)
  }
  return fixed
    ? pipe(
        evaluated(n, args),
        E.map(tensor => ({ tensor, label }))
      )
    : undefined
}

export interface Written {
  readonly outputs: readonly Expr[]
  readonly sizes: ReadonlyMap<Expr, Sizes>
  readonly paths: ReadonlyMap<Expr, string>
  /** names of the inputs of the model */
  readonly inputs: readonly Expr[]
  /** tensors of parameters and running statistics by the names of their inputs */
  readonly tensors: Readonly<Record<string, Tensor>>
}

/** nodes that are written, arguments before users, each with what it is written from */
const plansOf = ({ outputs, inputs }: Written): readonly (readonly [Expr, Plan | undefined])[] => {
  const order = topological(outputs)
  const names = new Set(inputs.map(n => (n.op === 'input' ? n.attrs.name : '')))
  const constants = constantsOf(order, names)
  const uses = usesOf(order)
  const around = { uses: (n: Expr) => uses.get(n) ?? 0, isConstant: (n: Expr) => constants.has(n) }
  const plans = new Map<Expr, Plan | undefined>()
  const stack = [...outputs]
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    if (plans.has(n)) continue
    const plan = constants.has(n) ? undefined : planOf(n, around)
    plans.set(n, plan)
    for (const a of plan?.sources ?? n.args) stack.push(a)
  }
  return order.filter(n => plans.has(n)).map(n => [n, plans.get(n)])
}

const labelOf = (name: string): string => name.replace(/^(params|layers)\//, '')

/** writes the nodes of a model into a graph; Left names the part that ONNX has no form for */
export const writeGraph = (graph: Graph, written: Written): E.Either<OnnxFailure, readonly string[]> => {
  const { sizes, paths, tensors, outputs } = written
  const scope: Scope = { graph, sizes: n => sizes.get(n) ?? n.shape }
  const helds = new Map<Expr, Held>()
  const heldOf = (n: Expr): Held => helds.get(n) as Held
  for (const [n, plan] of plansOf(written)) {
    const path = paths.get(n) ?? ''
    graph.at(path)
    if (n.op === 'input') {
      const tensor = tensors[n.attrs.name]
      helds.set(
        n,
        tensor === undefined ? computed(n.attrs.name, n, scope.sizes(n)) : { tensor, label: labelOf(n.attrs.name) }
      )
      continue
    }
    const sources = (plan?.sources ?? n.args).map(heldOf)
    const fixed = scope.sizes(n).every(k => k >= 0)
    const known =
      plan === undefined && sources.every(isKnown) ? knownOf(n, sources, fixed, `${path}/constant`) : undefined
    if (known !== undefined) {
      if (E.isLeft(known)) return known
      helds.set(n, known.right)
      continue
    }
    const made = plan === undefined ? row(ops, n)(n, scope, sources) : plan.write(scope, sources)
    if ('_tag' in made)
      return E.left({ ...made, path: ['onnx', ...path.split('/').filter(part => part !== ''), ...made.path] })
    helds.set(n, made)
  }
  graph.at('')
  return E.right(outputs.map(n => full(scope, heldOf(n), scope.sizes(n), inOrder(n.shape.length))))
}
