/** Muon (Jordan et al. 2024): steps of matrices with all singular values near 1. */
import { add, cast, div, matmul, mul, reshape, sqrt, square, total, transposed } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import { oneOf, positive, size, withDefault } from '../../value/codec.js'
import { defined } from '../../value/defined.js'
import { fractionSetting, positiveSetting, type Setting } from '../schedule/schedule.js'
import { adam, adamw } from './adam.js'
import { get, zeros, type ByPath, type Optimizer, type OptimizerDefinition } from './optimizer.js'
import { isSelected, selectorCodec, type Selector } from './selector.js'

/**
 * How long the step of a matrix [in, out] is, as a factor of the rate:
 * - `original`: sqrt(max(1, out / in)), as in PyTorch's `original` and the authors' code
 * - `likeAdam`: 0.2 sqrt(max(in, out)), so that its root mean square is that of Adam's steps and one rate serves both; PyTorch's
 *   `match_rms_adamw` (Liu et al. 2025)
 */
export type MuonScaling = 'original' | 'likeAdam'
export interface Muon {
  readonly tag: 'muon'
  readonly rate: Setting
  readonly momentum: Setting
  readonly scaling: MuonScaling
  /** steps of the Newton-Schulz iteration */
  readonly iterations: number
  readonly epsilon: number
  /** the matrices meant, of the tensors with two axes or more */
  readonly selector: Selector
  /** for all other parameters */
  readonly others: Optimizer
}
type AnyMuon = Muon
declare module './open.js' {
  interface BuiltInOptimizers {
    readonly muon: AnyMuon
  }
}
export type MuonOptions = Partial<Omit<Muon, 'tag' | 'rate'>>

/**
 * For weights with two axes or more, taken as a matrix of all axes but the last by the last: b <- m b + (1 - m) g,
 * B = (1 - m) g + m b (Nesterov), O = the Newton-Schulz iteration of B / (|B| + epsilon), which brings all singular values near 1:
 * five times X <- 3.4445 X - 4.775 A X + 2.0315 A A X with A = X X^T; then w <- w - rate scale O, see {@link MuonScaling}. All other
 * parameters are moved by `others`.
 *
 * Weight decay is beside it: `chain(muon(0.02), decoupledWeightDecay(0.1, 0.02))`. Embeddings and the last layer are better moved by
 * `others`: `muon(0.02, { selector: { exclude: ['head'] } })`. momentum = 0.95, scaling = 'original', iterations = 5, epsilon = 1e-7,
 * others = adamw(0.001) by default.
 */
export const muon = (rate: Setting = 0.02, options: MuonOptions = {}): Muon =>
  Object.freeze({
    tag: 'muon',
    rate,
    momentum: 0.95,
    scaling: 'original',
    iterations: 5,
    epsilon: 1e-7,
    selector: Object.freeze({}),
    others: adamw(),
    ...defined(options)
  })

/** the rows and columns of a tensor taken as a matrix */
const sidesOf = ({ shape }: Expr): readonly [number, number] => [
  shape.slice(0, -1).reduce((p, n) => p * n, 1),
  shape.at(-1) ?? 1
]
/** a matrix with the same singular vectors whose singular values are near 1 */
const orthogonalised = (matrix: Expr, iterations: number, epsilon: number): Expr => {
  const [rows, columns] = sidesOf(matrix)
  const wide = cast(matrix, 'f64')
  const unit = cast(div(wide, add(sqrt(total(square(wide))), epsilon)), matrix.dtype)
  const tall = rows > columns
  const step = (x: Expr): Expr => {
    const a = matmul(x, transposed(x))
    return add(mul(x, 3.4445), matmul(add(mul(a, -4.775), mul(matmul(a, a), 2.0315)), x))
  }
  const last = Array.from({ length: iterations }).reduce<Expr>(x => step(x), tall ? transposed(unit) : unit)
  return tall ? transposed(last) : last
}
const factors: Readonly<Record<MuonScaling, (rows: number, columns: number) => number>> = {
  original: (rows, columns) => Math.sqrt(Math.max(1, columns / rows)),
  likeAdam: (rows, columns) => 0.2 * Math.sqrt(Math.max(rows, columns))
}

const label = 'others'
export const muonKind: OptimizerDefinition<Muon> = {
  tag: 'muon',
  fields: ({ schedule, optimizer }) => ({
    rate: positiveSetting(schedule, 0.02),
    momentum: fractionSetting(schedule, 0.95),
    scaling: withDefault(oneOf('original', 'likeAdam'), 'original'),
    iterations: withDefault(size, 5),
    epsilon: withDefault(positive, 1e-7),
    selector: withDefault(selectorCodec, {}),
    others: optimizer
  }),
  slots: ({ others }, self) => ({ b: zeros, ...self.slots(others, label) }),
  settings: ({ rate, momentum, others }, self) => ({ rate, momentum, ...self.settings(others, label) }),
  update: (o, given, self) => {
    const selected = isSelected(o.selector, self.role)
    const isMatrix = (path: string): boolean => selected(path) && get(given.params, path).shape.length >= 2
    const others = (all: ByPath): ByPath => new Map([...all].filter(([path]) => !isMatrix(path)))
    const inner = self.update(o.others, label, {
      ...given,
      gradients: others(given.gradients),
      params: others(given.params)
    })
    const [m, rest] = [given.setting('momentum'), (x: Expr, m: Expr): Expr => add(x, mul(x, mul(m, -1)))]
    const before = given.slots('b')
    const stepped = new Map(
      [...given.gradients].flatMap(([path, g]) => {
        if (!isMatrix(path)) return []
        const [rows, columns] = sidesOf(g)
        const share = rest(g, m)
        const b = add(mul(get(before, path), m), share)
        const direction = reshape(add(share, mul(b, m)), [rows, columns])
        const o_ = orthogonalised(direction, o.iterations, o.epsilon)
        const update = mul(mul(given.setting('rate'), factors[o.scaling](rows, columns)), reshape(o_, g.shape))
        return [[path, { b, update }] as const]
      })
    )
    return {
      updates: new Map(
        [...given.gradients].map(([path, g]) => [path, stepped.get(path)?.update ?? inner.updates.get(path) ?? g])
      ),
      slots: {
        ...Object.fromEntries(
          Object.entries(inner.slots).map(([name, part]) => [
            name,
            new Map([...given.slots(name)].map(([path, x]) => [path, part.get(path) ?? x]))
          ])
        ),
        b: new Map([...before].map(([path, x]) => [path, stepped.get(path)?.b ?? x]))
      },
      scalars: inner.scalars
    }
  },
  check: ({ others }, paths, self) => self.check(others, paths),
  tex: 'b \\leftarrow \\mu b + (1 - \\mu) g,\\; W \\leftarrow W - \\eta c \\, \\mathrm{NewtonSchulz}((1 - \\mu) g + \\mu b)',
  samples: [
    muon(0.05, { others: adam(0.01) }),
    muon(0.05, { scaling: 'likeAdam', selector: { exclude: ['dense2'] }, others: adam(0.01) })
  ]
}
