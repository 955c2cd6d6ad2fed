/**
 * A training step as one program: forward, loss, metrics, backward, optimizer update. Its carried names (`params/...`, `layers/...`,
 * `optimizer/...`) are inputs and outputs alike; a step adds a key, the values of scheduled settings and a batch.
 */
import { add, cast, fingerprint, gather, input, max, mul, oneHot, reduceMax, reshape, total } from '../expr/build.js'
import type { Values } from '../backend/backend.js'
import { gradients } from '../expr/gradient.js'
import type { Expr } from '../expr/op.js'
import { leaves, mapTree, type Branch, type Tree } from '../value/tree.js'
import type { Aval, FloatType } from '../value/tensor.js'
import type { Dataset, Feature } from '../data/dataset.js'
import { batchLoss } from './loss/index.js'
import { areIndexes } from './loss/loss.js'
import { optimizerInterpreter } from './optimizer/index.js'
import { updated } from './optimizer/updated.js'
import { classesOfTargets, noClasses } from './metric/outputs.js'
import type { Checked } from './training.js'
import type { TrainState } from './state.js'

/** where a batch comes from: handed in with each step, or gathered by index from a dataset that stays in the program's memory */
export interface BatchSource {
  readonly x: Expr
  readonly y: Expr
  /** one for each example, where examples have weights */
  readonly weights?: Expr
}

const inputLike = (name: string, a: Aval): Expr => input(name, a.dtype, a.shape)
const inputsLike = (prefix: string, tree: Tree<Aval>): Branch<Expr> =>
  mapTree<Aval, Expr>((a, path) => inputLike(path, a))(tree, prefix) as Branch<Expr>

/** what a model sees of a feature's numbers (data/dataset.ts): bytes are scaled and shifted in f32 */
const seen = (raw: Expr, { scale, shift }: Pick<Feature, 'scale' | 'shift'>, dtype: FloatType): Expr =>
  raw.dtype === 'u8'
    ? cast(add(mul(cast(raw, 'f32'), scale), shift), dtype)
    : raw.dtype === 'u32'
      ? raw
      : cast(raw, dtype)

const unscaled = { scale: 1, shift: 0 }
/** targets: bytes that are one number per example are class indexes */
const seenTarget = (raw: Expr, f: Pick<Feature, 'scale' | 'shift'>, dtype: FloatType): Expr =>
  raw.dtype === 'u8' && raw.shape.length === 1 && f.scale === 1 && f.shift === 0
    ? cast(raw, 'u32')
    : seen(raw, f, dtype)

/** `batch` examples gathered by the input `index` from the resident inputs `data/x` and `data/y` */
export const gathered = ({ x, y, weights }: Dataset, batch: number, dtype: FloatType): BatchSource => {
  const index = input('index', 'u32', [batch])
  const rows = (name: string, f: Feature): Expr => gather(inputLike(name, f.tensor), index)
  return {
    x: seen(rows('data/x', x), x, dtype),
    y: seenTarget(rows('data/y', y), y, dtype),
    ...(weights === undefined ? {} : { weights: cast(seen(rows('data/weights', weights), weights, dtype), dtype) })
  }
}
/** what stays in a program's memory for `gathered` */
export const residentData = ({ x, y, weights }: Dataset): Values => ({
  'data/x': x.tensor,
  'data/y': y.tensor,
  ...(weights === undefined ? {} : { 'data/weights': weights.tensor })
})

/** examples handed in as the inputs `x`, `y` and perhaps `weights`, as a model sees them */
export const handedIn = (
  { x, y, weights }: { readonly x: Aval; readonly y: Aval; readonly weights?: Aval },
  dtype: FloatType
): BatchSource => ({
  x: seen(inputLike('x', x), unscaled, dtype),
  y: seenTarget(inputLike('y', y), unscaled, dtype),
  ...(weights === undefined ? {} : { weights: cast(inputLike('weights', weights), dtype) })
})

/** targets of the output's shape: class indexes become one-hot rows where the loss takes them, and a number is one output */
export const lossTargets = (c: Checked, y: Expr): Expr => {
  const classes = c.output.at(-1) ?? 1
  if (areIndexes(c.loss, c.output, y)) return oneHot(cast(y, 'u32'), classes, c.training.precision)
  return reshape(cast(y, c.training.precision), [y.shape[0] ?? 1, ...c.output])
}

/** the loss of a batch; and the sum of the weights of its examples, where they have some */
export const lossOutputs = (
  c: Checked,
  output: Expr,
  { y, weights }: BatchSource
): { readonly loss: Expr; readonly weight?: Expr } => ({
  loss: batchLoss(c.loss.formula(output, lossTargets(c, y)), weights),
  ...(weights === undefined ? {} : { weight: total(cast(weights, 'f64')) })
})

/** class numbers: targets of the output's shape say which class is theirs by their largest number */
const classTargets = (c: Checked, y: Expr): Expr => {
  const t = cast(y, c.training.precision)
  return y.shape.length > c.output.length ? classesOfTargets(t) : t
}

/** the names of the metrics, each once: `accuracy`, `accuracy2` */
export const metricNames = (c: Checked): readonly string[] => {
  const names = c.training.metrics.map(m => c.registry.metrics[m.tag]?.label?.(m) ?? m.tag)
  return names.map((name, i) => {
    const before = names.slice(0, i).filter(other => other === name).length
    return before === 0 ? name : `${name}${before + 1}`
  })
}

/** sums of each metric over a batch, by `metric/<name of the metric>/<name of the sum>` */
export const metricSums = (c: Checked, output: Expr, target: Expr): Readonly<Record<string, Expr>> => {
  const names = metricNames(c)
  return Object.fromEntries(
    c.training.metrics.flatMap((m, i) => {
      const kind = c.registry.metrics[m.tag]
      const ofClasses = kind?.targets === 'classes'
      const sums =
        ofClasses && c.output.length === 0
          ? { classes: noClasses(c.output) }
          : kind?.sums(m, output, ofClasses ? classTargets(c, target) : lossTargets(c, target), c.loss.expects)
      return Object.entries(sums ?? {}).map(([k, e]) => [`metric/${names[i]}/${k}`, e])
    })
  )
}

/** the model's output for a batch, in training or in inference */
export const forward = (
  c: Checked,
  params: Branch<Expr>,
  layers: Branch<Expr>,
  x: Expr,
  training: boolean
): { readonly value: Expr; readonly layers: Tree<Expr> } => {
  const applied = c.placed.apply(
    { params, state: layers, shared: {}, training, key: input('key', 'u32', [2]), path: '' },
    x
  )
  // single input and output were checked with the training
  return { value: applied.value as Expr, layers: applied.state }
}

/** One number that is finite where all parameters are: w * 0 is 0 unless w is infinite or NaN, and NaN is larger than all. */
const finiteOutput = (params: readonly Expr[]): Readonly<Record<string, Expr>> => {
  const [first, ...rest] = params.map(e => reshape(reduceMax(mul(e, 0)), []))
  return first === undefined ? {} : { finite: rest.reduce(max, first) }
}

/** outputs of one step for the state and batch at hand */
export const stepOutputs = (
  c: Checked,
  s: TrainState,
  batch: BatchSource,
  fingerprints = false
): Readonly<Record<string, Expr>> => {
  const params = inputsLike('params', s.params)
  const layers = inputsLike('layers', s.layers)
  const { value: output, layers: nextLayers } = forward(c, params, layers, batch.x, true)
  const losses = lossOutputs(c, output, batch)
  const at = leaves<Expr>(params)
  const gs = gradients(
    losses.loss,
    at.map(([, e]) => e)
  )
  const next = updated(
    optimizerInterpreter(c.registry.optimizers),
    c.training.optimizer,
    { params: new Map(at), slots: inputsLike('optimizer', s.optimizer) },
    new Map(at.map(([path], i) => [path, gs[i] as Expr])),
    c.training.precision
  )
  return {
    ...Object.fromEntries([...next.params].map(([path, e]) => [`params/${path}`, e])),
    ...Object.fromEntries(leaves<Expr>(nextLayers, 'layers')),
    ...Object.fromEntries(leaves<Expr>(next.slots, 'optimizer')),
    ...losses,
    ...metricSums(c, output, batch.y),
    ...finiteOutput([...next.params.values()]),
    ...(fingerprints
      ? Object.fromEntries([...next.params].map(([path, e]) => [`fingerprint/${path}`, fingerprint(e)]))
      : {})
  }
}
