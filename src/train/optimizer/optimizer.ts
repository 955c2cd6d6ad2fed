/**
 * Optimizers: transformations of gradients into updates, w <- w - update. They compose from left to right (`chain`);
 * the empty chain is plain w <- w - gradient. A member is data; its definition here writes the transformation as
 * expressions, so that a whole training step is one program.
 */
import { add, constant, mul, sub } from '../../expr/build.js'
import type { Expr } from '../../expr/op.js'
import type { SettingError } from '../../value/error.js'
import type { Definition } from '../../registry/definition.js'
import { scalarOf } from '../../value/tensor.js'
import type { Setting } from '../schedule/schedule.js'
import type { RoleOf } from './selector.js'
import type { Optimizers } from './open.js'

export type { BuiltInOptimizers, Optimizers } from './open.js'

export type Optimizer = Optimizers[keyof Optimizers]
declare module '../../registry/families.js' {
  interface FamilyMembers {
    readonly optimizer: Optimizer
  }
}

/** a value that is kept between steps: one tensor for each parameter, or one number */
export interface Slot {
  readonly per: 'parameter' | 'run'
  /** the initial value of every number; 'parameter': the parameter itself, before the first step */
  readonly value: number | 'parameter'
}
/** where parameters are to be, by path: of those that move */
export type Moved = ByPath

/** the tensors of a tree, by path */
export type ByPath = ReadonlyMap<string, Expr>

export interface UpdateArguments {
  readonly gradients: ByPath
  readonly params: ByPath
  /** a slot of each parameter */
  readonly slots: (name: string) => ByPath
  /** a slot that is one number for the run */
  readonly scalar: (name: string) => Expr
  /** a setting as a scalar: a constant, or the value of its schedule in this step */
  readonly setting: (name: string) => Expr
}
export interface Updated {
  readonly updates: ByPath
  readonly slots: Readonly<Record<string, ByPath>>
  readonly scalars: Readonly<Record<string, Expr>>
}

/** for optimizers made of optimizers: each part has a label */
export interface Interpreter {
  readonly slots: (part: Optimizer, label: string) => Readonly<Record<string, Slot>>
  readonly update: (part: Optimizer, label: string, given: UpdateArguments) => Updated
  readonly settings: (part: Optimizer, label: string) => Readonly<Record<string, Setting>>
  readonly check: (part: Optimizer, paths: readonly string[]) => SettingError | undefined
  /** whether a part leaves the parameter at a path unchanged */
  readonly freezes: (part: Optimizer, path: string) => boolean
  /** where a part wants the gradients to be taken, of parameters that are elsewhere */
  readonly lookAt: (part: Optimizer, label: string, given: UpdateArguments) => Moved
  /** the slot of a part that holds the parameter to predict with at a path, where that is not the trained one */
  readonly average: (part: Optimizer, label: string, path: string) => string | undefined
  /** the role of a parameter, by its path */
  readonly role: RoleOf
}

export interface OptimizerDefinition<O extends { readonly tag: string }> extends Definition {
  readonly tag: O['tag']
  slots(optimizer: O, self: Interpreter): Readonly<Record<string, Slot>>
  /** the settings that may be schedules, by the names that `update` uses */
  settings(optimizer: O, self: Interpreter): Readonly<Record<string, Setting>>
  update(optimizer: O, given: UpdateArguments, self: Interpreter): Updated
  /** a check beyond the ranges of settings: whether it suits a model whose parameters have these paths */
  check?(optimizer: O, paths: readonly string[], self: Interpreter): SettingError | undefined
  /** whether it leaves the parameter at a path unchanged (default: false) */
  freezes?(optimizer: O, path: string, self: Interpreter): boolean
  /**
   * Where the gradients are to be taken, of parameters that are elsewhere (sharpness-aware minimisation). `given.gradients` are those
   * at the parameters; one without this takes them there.
   */
  lookAt?(optimizer: O, given: UpdateArguments, self: Interpreter): Moved
  /** the slot that holds the parameter to predict with at a path; one without this predicts with the trained one */
  average?(optimizer: O, path: string, self: Interpreter): string | undefined
  /** the update of one number as TeX */
  readonly tex: string
  readonly samples: readonly O[]
}

export const mapByPath = (m: ByPath, f: (x: Expr, path: string) => Expr): ByPath =>
  new Map([...m].map(([path, x]) => [path, f(x, path)] as const))
/** the tensor at a path that must exist: all maps of one step have the same paths */
export const get = (m: ByPath, path: string): Expr => m.get(path) as Expr

/** zeros for each parameter */
export const zeros: Slot = Object.freeze({ per: 'parameter', value: 0 })
/** a copy of each parameter */
export const copied: Slot = Object.freeze({ per: 'parameter', value: 'parameter' })
/** 0 for the run */
export const none: Slot = Object.freeze({ per: 'run', value: 0 })
/** 1 for the run */
export const one: Slot = Object.freeze({ per: 'run', value: 1 })

/** 1 - x, computed now if x is constant: the same bits */
export const complement = (x: Expr): Expr =>
  x.op === 'constant' && x.shape.length === 0 ? constant(1 - scalarOf(x.attrs.value), x) : sub(1, x)
/** a running average: b a + (1 - b) x */
export const average = (b: Expr, a: Expr, x: Expr): Expr => add(mul(a, b), mul(x, complement(b)))

interface AtParameter {
  readonly gradient: Expr
  readonly param: Expr
  readonly slot: (name: string) => Expr
}
interface ParameterUpdated {
  readonly update: Expr
  readonly slots?: Readonly<Record<string, Expr>>
}

/**
 * An optimizer that updates each parameter independently of the others.
 *
 * @param scalars the slots that are one number for the run, after this step
 */
export const perParameter =
  (f: (at: AtParameter) => ParameterUpdated, scalars: Readonly<Record<string, Expr>> = {}) =>
  (given: UpdateArguments): Updated => {
    const results = [...given.gradients].map(([path, gradient]) => {
      const slot = (name: string): Expr => get(given.slots(name), path)
      return [path, f({ gradient, param: get(given.params, path), slot })] as const
    })
    const names = [...new Set(results.flatMap(([, r]) => Object.keys(r.slots ?? {})))]
    const slot = (name: string): ByPath => new Map(results.map(([path, r]) => [path, r.slots?.[name] as Expr] as const))
    return {
      updates: new Map(results.map(([path, r]) => [path, r.update] as const)),
      slots: Object.fromEntries(names.map(name => [name, slot(name)])),
      scalars
    }
  }

/** an optimizer without slots, as a transformation of each gradient */
export const plain = (f: (gradient: Expr, param: Expr) => Expr): ((given: UpdateArguments) => Updated) =>
  perParameter(({ gradient, param }) => ({ update: f(gradient, param) }))
