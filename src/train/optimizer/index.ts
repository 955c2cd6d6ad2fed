import { roleOf, type ParamSpec } from '../../layer/definition.js'
import { noMembers } from '../../registry/codecs.js'
import type { Family } from '../../registry/definition.js'
import { inside, settingError, type SettingError } from '../../value/error.js'
import type { FloatType } from '../../value/tensor.js'
import { treeLeaves, type Branch } from '../../value/tree.js'
import { checkRounding, roundedOutOf } from '../check-rounding.js'
import { scheduleInterpreter, type ScheduleTable, type Setting } from '../schedule/index.js'
import { accumulateKind } from './accumulate.js'
import { adabeliefKind } from './adabelief.js'
import { adamaxKind } from './adamax.js'
import { adadeltaKind, adagradKind, rmspropKind } from './adaptive.js'
import { amsgradKind, nadamKind } from './adam-variants.js'
import { adamKind, adamwKind } from './adam.js'
import { emaKind, swaKind } from './average.js'
import { chainKind } from './chain.js'
import { clipByGlobalNormKind, clipByNormKind, clipByValueKind } from './clip.js'
import { lambKind } from './lamb.js'
import { lionKind } from './lion.js'
import { lookaheadKind } from './lookahead.js'
import { freezeKind, maskedKind } from './masked.js'
import { momentumKind, nesterovKind } from './momentum.js'
import { muonKind } from './muon.js'
import type {
  BuiltInOptimizers,
  ByPath,
  UpdateArguments,
  Interpreter,
  Optimizer,
  OptimizerDefinition,
  Updated
} from './optimizer.js'
import { partitionKind } from './partition.js'
import { radamKind } from './radam.js'
import { rpropKind } from './rprop.js'
import { samKind } from './sam.js'
import { scheduleFreeKind } from './schedule-free.js'
import type { RoleOf } from './selector.js'
import { decoupledWeightDecayKind, scaleKind, weightDecayKind } from './scale.js'
import { sgdKind } from './sgd.js'

// TypeScript copies an interface at its first extension: extend it here, so that all entry points share one copy
declare module './open.js' {
  interface Optimizers {}
}

const table = {
  sgd: sgdKind,
  momentum: momentumKind,
  nesterov: nesterovKind,
  adagrad: adagradKind,
  rmsprop: rmspropKind,
  adadelta: adadeltaKind,
  adam: adamKind,
  adamw: adamwKind,
  amsgrad: amsgradKind,
  nadam: nadamKind,
  radam: radamKind,
  adamax: adamaxKind,
  adabelief: adabeliefKind,
  lamb: lambKind,
  scheduleFree: scheduleFreeKind,
  lion: lionKind,
  muon: muonKind,
  rprop: rpropKind,
  chain: chainKind,
  scale: scaleKind,
  clipByValue: clipByValueKind,
  clipByNorm: clipByNormKind,
  clipByGlobalNorm: clipByGlobalNormKind,
  weightDecay: weightDecayKind,
  decoupledWeightDecay: decoupledWeightDecayKind,
  masked: maskedKind,
  freeze: freezeKind,
  partition: partitionKind,
  accumulate: accumulateKind,
  sam: samKind,
  lookahead: lookaheadKind,
  ema: emaKind,
  swa: swaKind
} satisfies { readonly [K in keyof BuiltInOptimizers]: OptimizerDefinition<BuiltInOptimizers[K]> }

export type OptimizerTable = Family<OptimizerDefinition<Optimizer>>
/** the optimizers that gradfold comes with, by tag */
export const optimizers: OptimizerTable = Object.freeze<OptimizerTable>(table)

const under = (label: string, name: string): string => (label === '' ? name : `${label}.${name}`)
const relabel = <A>(label: string, r: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(Object.entries(r).map(([name, a]) => [under(label, name), a]))
const scoped = (label: string, given: UpdateArguments): UpdateArguments => ({
  ...given,
  slots: (name): ByPath => given.slots(under(label, name)),
  scalar: name => given.scalar(under(label, name)),
  setting: name => given.setting(under(label, name))
})

/**
 * Interprets optimizers by their definitions. The slots and settings of a part have its label as a prefix.
 *
 * @param role the role of each parameter (default: its label)
 * @param more a further check of each optimizer
 */
export const optimizerInterpreter = (
  definitions: OptimizerTable,
  role: RoleOf = path => roleOf(path),
  more: (o: Optimizer, kind: OptimizerDefinition<Optimizer>) => SettingError | undefined = () => undefined
): Interpreter => {
  const kindOf = (o: Optimizer): OptimizerDefinition<Optimizer> => definitions[o.tag] as OptimizerDefinition<Optimizer>
  const self: Interpreter = {
    slots: (o, label) => relabel(label, kindOf(o).slots(o, self)),
    settings: (o, label): Readonly<Record<string, Setting>> => relabel(label, kindOf(o).settings(o, self)),
    update: (o, label, given): Updated => {
      const r = kindOf(o).update(o, scoped(label, given), self)
      return { updates: r.updates, slots: relabel(label, r.slots), scalars: relabel(label, r.scalars) }
    },
    check: (o, paths) => more(o, kindOf(o)) ?? kindOf(o).check?.(o, paths, self),
    freezes: (o, path) => kindOf(o).freezes?.(o, path, self) ?? false,
    lookAt: (o, label, given) => kindOf(o).lookAt?.(o, scoped(label, given), self) ?? new Map(),
    average: (o, label, path) => {
      const name = kindOf(o).average?.(o, path, self)
      return name === undefined ? undefined : under(label, name)
    },
    role
  }
  return self
}

/** the first setting whose schedule leaves the valid range of numbers, before or after rounding */
const outOfRange = (
  kind: OptimizerDefinition<Optimizer>,
  o: Optimizer,
  own: Interpreter,
  highest: (s: Setting) => number,
  precision: FloatType
): SettingError | undefined => {
  const fields = kind.fields(noMembers)
  const scheduled = Object.entries(kind.settings(o, own)).flatMap(([name, s]) => {
    const range = fields[name]
    if (typeof s === 'number' || range === undefined) return []
    // a setting with an unbounded schedule needs an unbounded range
    const endless = highest(s) === Infinity
    const most = endless ? Number.MAX_VALUE : highest(s)
    const fits: boolean = range.is(most)
    const got = `${s.tag}, which reaches ${most}`
    if (!fits) return [settingError([o.tag, name], range.name, got, 'each of its values is the setting for a while')]
    return endless ? [] : (checkRounding(o.tag, name, range, most, precision) ?? [])
  })
  return scheduled[0] ?? roundedOutOf(o, fields, precision)
}

/** the roles of a model's parameters, by path */
export const rolesOf = (params: Branch<ParamSpec>): RoleOf => {
  const roles = new Map(treeLeaves<ParamSpec>(params).map(([path, spec]) => [path, roleOf(path, spec)]))
  return path => roles.get(path) ?? roleOf(path)
}

/** checks that an optimizer suits a model with these parameters, and that its settings stay in their ranges */
export const checkOptimizer = (
  definitions: OptimizerTable,
  schedules: ScheduleTable,
  o: Optimizer,
  params: Branch<ParamSpec>,
  precision: FloatType
): SettingError | undefined => {
  const paths = treeLeaves<ParamSpec>(params).map(([path]) => path)
  const own: Interpreter = { ...optimizerInterpreter(definitions), settings: () => ({}) }
  const { highest } = scheduleInterpreter(schedules)
  const { check } = optimizerInterpreter(definitions, rolesOf(params), (part, kind) =>
    outOfRange(kind, part, own, highest, precision)
  )
  const wrong = check(o, paths)
  return wrong === undefined ? undefined : inside('optimizer')(wrong)
}

export type { Optimizer, OptimizerDefinition, Optimizers, UpdateArguments, Updated, Slot, ByPath } from './optimizer.js'
export { perParameter } from './optimizer.js'
export { accumulate, type Accumulate } from './accumulate.js'
export {
  adadelta,
  adagrad,
  rmsprop,
  type Adadelta,
  type AdadeltaOptions,
  type Adagrad,
  type AdagradOptions,
  type Rmsprop,
  type RmspropOptions
} from './adaptive.js'
export { amsgrad, nadam, type Amsgrad, type AmsgradOptions, type Nadam, type NadamOptions } from './adam-variants.js'
export { adam, adamw, type Adam, type AdamForm, type AdamOptions, type Adamw, type AdamwOptions } from './adam.js'
export { chain, OptimizerMonoid, type Chain } from './chain.js'
export {
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  type ClipByGlobalNorm,
  type ClipByNorm,
  type ClipByValue
} from './clip.js'
export { adabelief, type Adabelief, type AdabeliefOptions } from './adabelief.js'
export { adamax, type Adamax, type AdamaxOptions } from './adamax.js'
export { ema, swa, type Ema, type EmaOptions, type Swa, type SwaOptions } from './average.js'
export { lamb, type Lamb, type LambOptions } from './lamb.js'
export { lookahead, type Lookahead, type LookaheadOptions } from './lookahead.js'
export { muon, type Muon, type MuonOptions, type MuonScaling } from './muon.js'
export { partition, type Partition } from './partition.js'
export { radam, type Radam, type RadamOptions } from './radam.js'
export { rprop, type Rprop, type RpropOptions } from './rprop.js'
export { sam, type Sam, type SamOptions } from './sam.js'
export { scheduleFree, type ScheduleFree, type ScheduleFreeOptions } from './schedule-free.js'
export { lion, type Lion, type LionOptions } from './lion.js'
export { freeze, masked, type Freeze, type Masked } from './masked.js'
export { momentum, nesterov, type Momentum, type Nesterov } from './momentum.js'
export {
  decoupledWeightDecay,
  scaleBy,
  weightDecay,
  type DecoupledWeightDecay,
  type ScaleBy,
  type WeightDecay
} from './scale.js'
export { exceptBiasAndNorm, type Selector } from './selector.js'
export { sgd, type Sgd } from './sgd.js'
