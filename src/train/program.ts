/**
 * A training step as one program: forward, loss, metrics, backward, optimizer update. Its carried names (`params/...`, `layers/...`,
 * `optimizer/...`) are inputs and outputs alike; a step adds a key, the values of scheduled settings and a batch.
 */
import { cast, fingerprint, input, max, mul, reduceMax, reshape } from '../expr/build.js'
import { inputsLike } from '../expr/inputs.js'
import type { Expr } from '../expr/op.js'
import { treeLeaves, mapTree, type Branch, type Tree } from '../value/tree.js'
import { listOf, type Several } from '../data/features.js'
import type { BatchSource } from '../data/program-inputs.js'
import { augmented } from './augment.js'
import { optimizerInterpreter, rolesOf } from './optimizer/index.js'
import type { ByPath, Moved } from './optimizer/optimizer.js'
import { argumentsOf, updated } from './optimizer/updated.js'
import { gradientsByPath, headLossSums, lossTargets, passBatch, passOf, type Pass } from './pass.js'
import { classesOfTargets, noClasses } from './metric/outputs.js'
import type { Metric } from './metric/metric.js'
import { namedMetrics } from './training/heads.js'
import type { Head, ValidTraining } from './training.js'
import type { TrainState } from './state.js'

/** class numbers: targets of the output's shape say which class is theirs by their largest number */
const classTargets = (c: ValidTraining, { output }: Head, y: Expr, masks: boolean): Expr => {
  const t = cast(y, c.training.precision)
  return y.shape.length > output.length ? classesOfTargets(t, masks) : t
}

/** the sums of a metric over a batch, from the output and the targets that it is of */
const sumsOf = (
  c: ValidTraining,
  head: Head,
  m: Metric,
  output: Expr,
  target: Expr
): Readonly<Record<string, Expr>> => {
  const kind = c.registry.metrics[m.tag]
  const ofClasses = kind?.targets === 'classes'
  const { values, expects } = head.loss
  // parameters of a distribution are compared with targets by its mean
  const asValues = kind?.reads === 'values' && values !== undefined
  return ofClasses && head.output.length === 0
    ? { classes: noClasses(head.output) }
    : (kind?.sums(
        m,
        asValues ? values(output) : output,
        ofClasses ? classTargets(c, head, target, kind.masks === true) : lossTargets(c, head, target),
        asValues ? 'values' : expects
      ) ?? {})
}

/** the sums of each metric over a batch, by `metric/<name of the metric>/<name of the sum>`, and of several outputs those of each loss */
export const metricSums = (
  c: ValidTraining,
  output: Several<Expr>,
  { y, weights }: Pick<BatchSource, 'y' | 'weights'>
): Readonly<Record<string, Expr>> => {
  const [outputs, targets] = [listOf(output), listOf(y)]
  return Object.fromEntries(
    namedMetrics(c).flatMap(({ name, head, metric }) => {
      const i = c.heads.indexOf(head)
      const [mine, target] = [outputs[i] as Expr, targets[i] as Expr]
      const sums =
        metric === undefined
          ? headLossSums(head, mine, lossTargets(c, head, target), weights)
          : sumsOf(c, head, metric, mine, target)
      return Object.entries(sums).map(([k, e]) => [`metric/${name}/${k}`, e])
    })
  )
}

/** One number that is finite where all of these are: w * 0 is 0 unless w is infinite or NaN, and NaN is larger than all. */
const finiteOutput = (name: string, tensors: readonly Expr[]): Readonly<Record<string, Expr>> => {
  const [first, ...rest] = tensors.map(e => reshape(reduceMax(mul(e, 0)), []))
  return first === undefined ? {} : { [name]: rest.reduce(max, first) }
}
/**
 * Whether all that is carried on stays finite: an infinite slot can hold a weight for ever while loss and parameters look sound. One
 * output for each group that one update kernel writes, so that the largest is found on the way.
 */
const finiteOutputs = (params: ByPath, layers: Tree<Expr>, slots: Branch<Expr>): Readonly<Record<string, Expr>> => ({
  ...finiteOutput('finite', [...params.values()]),
  ...finiteOutput(
    'finite/layers',
    treeLeaves<Expr>(layers).map(([, e]) => e)
  ),
  // slots of the run are powers and counts
  ...Object.fromEntries(
    Object.entries(slots).flatMap(([name, tree]) => {
      const tensors = treeLeaves<Expr>(tree).filter(([path]) => path !== '')
      return Object.entries(
        finiteOutput(
          `finite/${name}`,
          tensors.map(([, e]) => e)
        )
      )
    })
  )
})
/** the outputs of a step that are finite only where what is carried on is */
export const isFiniteName = (name: string): boolean => name === 'finite' || name.startsWith('finite/')

/**
 * Which running statistics stay as they are: those beside parameters that are all frozen, and where a layer has none, those at a path
 * that is frozen itself.
 */
const frozenState = (params: readonly string[], freezes: (path: string) => boolean): ((path: string) => boolean) => {
  const placeOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
  return path => {
    const beside = params.filter(p => placeOf(p) === placeOf(path))
    return (beside.length === 0 ? [path] : beside).every(freezes)
  }
}

/** the gradients of a step by path, where its optimizer wants them: a second pass takes those that it wants elsewhere */
const stepGradients = (
  passAt: (params: Branch<Expr>) => Pass,
  params: Branch<Expr>,
  pass: Pass,
  lookAt: (gradients: ByPath) => Moved
): ByPath => {
  const first = gradientsByPath(pass, params)
  const moved = lookAt(first)
  if (moved.size === 0) return first
  const elsewhere = mapTree<Expr, Expr>((w, path) => moved.get(path) ?? w)(params) as Branch<Expr>
  return gradientsByPath(passAt(elsewhere), elsewhere)
}

/** outputs of one step for the state and batch at hand */
export const stepOutputs = (
  c: ValidTraining,
  s: TrainState,
  batch: BatchSource,
  fingerprints = false
): Readonly<Record<string, Expr>> => {
  const { optimizer, precision } = c.training
  const params = inputsLike('params', s.params)
  const layers = inputsLike('layers', s.layers)
  const { augment = [] } = c.training
  const plain = passBatch(c, batch)
  const { x, target } =
    augment.length === 0
      ? plain
      : // one input and one output were checked with the training
        augmented(augment, plain as { readonly x: Expr; readonly target: Expr }, input('key', 'u32', [2]))
  const passAt = (at: Branch<Expr>): Pass => passOf(c, at, layers, { x, target, weights: batch.weights }, true)
  const pass = passAt(params)
  const at = treeLeaves<Expr>(params)
  const before = new Map(treeLeaves<Expr>(layers))
  const self = optimizerInterpreter(c.registry.optimizers, rolesOf(c.placed.params))
  const isFrozen = frozenState(
    at.map(([path]) => path),
    path => self.freezes(optimizer, path)
  )
  const keptLayers = mapTree<Expr, Expr>((now, path) => (isFrozen(path) ? (before.get(path) as Expr) : now))(
    pass.layers
  )
  const carried = { params: new Map(at), slots: inputsLike('optimizer', s.optimizer) }
  const gs = stepGradients(passAt, params, pass, first =>
    self.lookAt(optimizer, '', argumentsOf(self, optimizer, carried, first, precision))
  )
  const next = updated(self, optimizer, carried, gs, precision)
  return {
    ...Object.fromEntries([...next.params].map(([path, e]) => [`params/${path}`, e])),
    ...Object.fromEntries(treeLeaves<Expr>(keptLayers, 'layers')),
    ...Object.fromEntries(treeLeaves<Expr>(next.slots, 'optimizer')),
    loss: pass.loss,
    ...(pass.weight === undefined ? {} : { weight: pass.weight }),
    ...metricSums(c, pass.output, batch),
    ...finiteOutputs(next.params, keptLayers, next.slots),
    ...(fingerprints
      ? Object.fromEntries([...next.params].map(([path, e]) => [`fingerprint/${path}`, fingerprint(e)]))
      : {})
  }
}
