import { codecsOf } from '../../../src/registry/codecs.js'
import { evaluate, type Backend, type Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { constant, input, mul } from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { optimizerInterpreter, optimizers, type Optimizer } from '../../../src/train/optimizer/index.js'
import { updated } from '../../../src/train/optimizer/updated.js'
import { schedules } from '../../../src/train/schedule/index.js'
import type { Codec } from '../../../src/value/codec.js'
import { filledTensor, numbersOf, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import { treeLeaves, type Branch, type Tree } from '../../../src/value/tree.js'
import { right } from '../../support/either.js'
import { tensorOf } from '../../support/tensors.js'

export const self = optimizerInterpreter(optimizers)
export const codec: Codec<Optimizer> = codecsOf({ optimizers, schedules }).optimizer
export const allSamples: readonly Optimizer[] = Object.values(optimizers).flatMap(
  (k): readonly Optimizer[] => k.samples
)
export const nameOf = (o: Optimizer): string => JSON.stringify(o)

/** parameters by path, as numbers */
export type Params = Readonly<Record<string, readonly number[]>>
/** the gradient of each parameter, by its path */
export type Gradient = (w: Expr, path: string, step: Expr) => Expr

/** what is known before the first step: parameters and slots, by the names that a program carries */
export const startOf = (o: Optimizer, params: Params, dtype: FloatType): Values => {
  const tensors = Object.entries(params).map(([path, w]) => [path, tensorOf(dtype, [w.length], w)] as const)
  const slots = Object.entries(self.slots(o, '')).flatMap(([name, slot]): readonly (readonly [string, Tensor])[] =>
    slot.per === 'run'
      ? [[`optimizer/${name}`, filledTensor(dtype, [], Number(slot.value))]]
      : tensors.map(([path, w]) => [
          `optimizer/${name}/${path}`,
          tensorOf(
            dtype,
            w.shape,
            slot.value === 'parameter' ? numbersOf(w) : Array.from(numbersOf(w), () => Number(slot.value))
          )
        ])
  )
  return Object.fromEntries([...tensors.map(([path, w]) => [`params/${path}`, w] as const), ...slots])
}

/** flat names -> a tree of inputs of those names; paths of parameters have one level here */
const inputTree = (values: Values, prefix: string): Branch<Expr> => {
  const names = Object.keys(values).filter(k => k.startsWith(prefix))
  const tree: Record<string, Tree<Expr>> = {}
  for (const name of names) {
    const [slot = '', ...path] = name.slice(prefix.length).split('/')
    const leaf = input(name, (values[name] as Tensor).dtype, (values[name] as Tensor).shape)
    tree[slot] = path.length === 0 ? leaf : { ...(tree[slot] as Branch<Expr> | undefined), [path.join('/')]: leaf }
  }
  return tree
}

export interface RunOptions {
  readonly dtype?: FloatType
  readonly steps?: number
  readonly backend?: Backend
  /** values of scheduled settings in each step */
  readonly settings?: (step: number) => Readonly<Record<string, number>>
}
/** the values before the first step and after each one, the gradient being a formula of the parameters and of the step (from 0) */
export const states = (
  o: Optimizer,
  params: Params,
  gradient: Gradient,
  { dtype = 'f64', steps = 30, backend = reference, settings = () => ({}) }: RunOptions = {}
): readonly Values[] => {
  const first = startOf(o, params, dtype)
  const ws = new Map(
    Object.keys(params).map(
      path => [path, input(`params/${path}`, dtype, [(params[path] as readonly number[]).length])] as const
    )
  )
  const step = input('step', dtype, [])
  const gs = new Map([...ws].map(([path, w]) => [path, gradient(w, path, step)] as const))
  const after = updated(self, o, { params: ws, slots: inputTree(first, 'optimizer/') }, gs, dtype)
  const outputs = Object.fromEntries([
    ...[...after.params].map(([path, e]) => [`params/${path}`, e] as const),
    ...treeLeaves<Expr>(after.slots, 'optimizer')
  ])
  const run = evaluate(backend)
  const out: Values[] = [first]
  for (let i = 0; i < steps; i++) {
    const scheduled = Object.fromEntries(
      Object.entries(settings(i)).map(([name, v]) => [`setting/${name}`, filledTensor(dtype, [], v)])
    )
    out.push(right(run(outputs, { ...out[i], ...scheduled, step: filledTensor(dtype, [], i) })))
  }
  return out
}

export const numbersAt = (state: Values, name: string): readonly number[] =>
  Array.from(numbersOf(state[name] as Tensor))
/** the parameters only, after each step */
export const trajectory = (...args: Parameters<typeof states>): readonly Params[] =>
  states(...args)
    .slice(1)
    .map(s => Object.fromEntries(Object.keys(args[1]).map(path => [path, numbersAt(s, `params/${path}`)])))

/** a bowl: the gradient is a curvature times w, number by number */
export const bowl =
  (curvatures: Params, dtype: FloatType = 'f64'): Gradient =>
  (w, path) =>
    mul(w, constantOf(curvatures[path] as readonly number[], dtype))
const constantOf = (xs: readonly number[], dtype: FloatType): Expr => constant(tensorOf(dtype, [xs.length], xs))

/** the largest difference of two trajectories */
export const apart = (a: readonly Params[], b: readonly Params[]): number =>
  Math.max(
    ...a.flatMap((p, i) =>
      Object.entries(p).flatMap(([path, w]) => w.map((x, j) => Math.abs(x - (b[i]?.[path]?.[j] ?? NaN))))
    )
  )
