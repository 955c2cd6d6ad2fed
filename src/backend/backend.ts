/**
 * The contract of backends: a backend turns a program into something that runs. All backends give the same bits
 * (numerics contract).
 */
import type { Either } from 'fp-ts/lib/Either.js'
import { isLeft, isRight, left, map, right } from 'fp-ts/lib/Either.js'
import { program, type Program } from '../expr/program.js'
import type { Expr } from '../expr/op.js'
import { backendArgument, objectArgument, wrongArgument } from '../value/argument.js'
import { backendError, shapeError, type BackendError, type ShapeError } from '../value/error.js'
import { sameShape, sizeOf } from '../value/shape.js'
import { allocate, isSound, numbersOf, tensorView, type Aval, type Tensor } from '../value/tensor.js'
import { showAval } from '../value/text.js'

export type Values = Readonly<Record<string, Tensor>>

export interface Executable {
  /** inputs by name -> outputs by name; inputs are never changed, and outputs never change afterwards */
  readonly run: (inputs: Values) => Either<ShapeError | BackendError, Values>
}

/**
 * Runs programs repeatedly in memory that the loop owns: an output with the name of an input becomes that input of the
 * next step. This is the only mutable object of gradfold; only the folds of `train/` hold one.
 */
export interface Loop {
  /**
   * Runs one of the programs `count` times in a row. Outputs that are not fed back are stacked along a first axis of
   * that size. Takes inputs and gives outputs by name. Inputs are never changed, and outputs never change afterwards.
   */
  readonly steps: (program: Program, count: number, inputs: Values) => Either<ShapeError | BackendError, Values>
  /**
   * how many steps of a program one call of `steps` should take: enough to make calls cheap, few enough to report often
   */
  readonly preferredSteps: (program: Program) => number
  /** `steps` with a count of 1, nothing stacked */
  readonly step: (program: Program, inputs: Values) => Either<ShapeError | BackendError, Values>
  /** a copy of what is fed back; pass an earlier copy that is no longer used, to reuse its memory */
  readonly state: (over?: Values) => Values
  /** replaces some of the tensors that are fed back or resident, by others of the same element types and shapes */
  readonly place: (values: Values) => Either<ShapeError, void>
  /** releases threads and memory */
  readonly close: () => void
}

export interface Backend {
  /** the name in errors and reports */
  readonly name: string
  /** compiles a program, to be run many times; Left for one that this backend cannot run */
  readonly compile: (program: Program) => Either<BackendError, Executable>
  /** `start` is fed back from step to step; `resident` inputs stay the same for the whole loop (a dataset) */
  readonly loop: (
    programs: readonly Program[],
    start: Values,
    resident: Values
  ) => Either<ShapeError | BackendError, Loop>
}

const notSound = (name: string, t: Tensor): ShapeError | undefined =>
  isSound(t)
    ? undefined
    : shapeError(
        ['input', name],
        `${t.dtype} storage that shape, stride and offset stay inside`,
        'other storage',
        'make it with tensor'
      )
const unlike = (name: string, wanted: Aval, given: Tensor | undefined): ShapeError | undefined =>
  given === undefined
    ? shapeError(['input', name], showAval(wanted), 'nothing', '', 'missing-input')
    : given.dtype !== wanted.dtype || !sameShape(given.shape, wanted.shape)
      ? shapeError(['input', name], showAval(wanted), showAval(given))
      : notSound(name, given)

/** an error for the first input that is missing or does not fit */
export const checkInputs = (wanted: Readonly<Record<string, Aval>>, inputs: Values): ShapeError | undefined => {
  for (const name of Object.keys(wanted)) {
    const wrong = unlike(name, wanted[name] as Aval, Object.hasOwn(inputs, name) ? inputs[name] : undefined)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
/** an error for the first tensor whose name is not among the places, or whose element type or shape differs */
export const checkPlaces = (places: Readonly<Record<string, Aval>>, values: Values): ShapeError | undefined => {
  for (const [name, t] of Object.entries(values)) {
    const place = Object.hasOwn(places, name) ? places[name] : undefined
    const wrong =
      place === undefined
        ? shapeError(['input', name], 'the name of a tensor that the loop was opened with', 'another')
        : unlike(name, place, t)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** an error for the first output whose element type or shape differs from the tensor that it replaces */
export const checkFedBack = (programs: readonly Program[], start: Values): ShapeError | undefined => {
  for (const { outputs } of programs)
    for (const [name, { dtype, shape }] of Object.entries(outputs)) {
      const state = Object.hasOwn(start, name) ? start[name] : undefined
      if (state !== undefined && (dtype !== state.dtype || !sameShape(shape, state.shape)))
        return shapeError(
          ['output', name],
          showAval(state),
          showAval({ dtype, shape }),
          'what is fed back keeps its shape'
        )
    }
  return undefined
}
/** an error for an invalid number of steps */
export const checkCount = (count: number): ShapeError | undefined =>
  Number.isInteger(count) && count > 0
    ? undefined
    : shapeError(['count'], 'a whole number of steps, at least 1', String(count), '', 'not-a-size')

/** a program's inputs without those that are given at the start */
export const inputsBeside = (p: Program, given: Readonly<Record<string, unknown>>): Readonly<Record<string, Aval>> =>
  Object.fromEntries(Object.entries(p.inputs).filter(([name]) => !Object.hasOwn(given, name)))

// ---- values of several steps, stacked along a first axis

/** the types of a single step's tensors when they are stacked */
export const stacked = (count: number, avals: Readonly<Record<string, Aval>>): Readonly<Record<string, Aval>> =>
  Object.fromEntries(Object.entries(avals).map(([k, a]) => [k, { dtype: a.dtype, shape: [count, ...a.shape] }]))
/** the tensors of a single step, stacked */
const stackedOnce = (values: Values): Values =>
  Object.fromEntries(
    Object.entries(values).map(([k, t]) => [k, { ...t, shape: [1, ...t.shape], stride: [0, ...t.stride] }])
  )
/** the tensors of step i */
export const unstacked = (values: Values, i: number): Values =>
  Object.fromEntries(
    Object.entries(values).map(([k, t]) => [
      k,
      { ...t, shape: t.shape.slice(1), stride: t.stride.slice(1), offset: t.offset + i * (t.stride[0] as number) }
    ])
  )
/** `step` of a loop that has `steps` and was opened with these tensors */
const stepOnce =
  (steps: Loop['steps'], given: Readonly<Record<string, unknown>>): Loop['step'] =>
  (p, inputs) => {
    const wrong = checkInputs(inputsBeside(p, given), inputs)
    return wrong !== undefined
      ? left(wrong)
      : map((outputs: Values) => unstacked(outputs, 0))(steps(p, 1, stackedOnce(inputs)))
  }

const stack = (results: readonly Values[]): Values =>
  Object.fromEntries(
    Object.entries(results[0] ?? {}).map(([k, { dtype, shape }]) => {
      const size = sizeOf(shape)
      const data = allocate(dtype, results.length * size)
      results.forEach((r, i) => data.set(numbersOf(r[k] as Tensor), i * size))
      return [k, tensorView(dtype, [results.length, ...shape], data)]
    })
  )

/** makes a loop from single runs, for backends that own no memory */
export const loopOfRuns =
  (compile: Backend['compile']): Backend['loop'] =>
  (programs, start, resident) => {
    const unfit = checkFedBack(programs, start)
    if (unfit !== undefined) return left(unfit)
    const compiled = new Map(programs.map(p => [p, compile(p)] as const))
    const failed = [...compiled.values()].find(isLeft)
    if (failed !== undefined) return failed
    let given = { ...resident, ...start }
    const steps: Loop['steps'] = (p, count, inputs) => {
      const executable = compiled.get(p) ?? left(notOpened('loop'))
      if (isLeft(executable)) return executable
      const wrong = checkCount(count) ?? checkInputs(stacked(count, inputsBeside(p, given)), inputs)
      if (wrong !== undefined) return left(wrong)
      let now = given
      const results: Values[] = []
      for (let i = 0; i < count; i++) {
        const r = executable.right.run({ ...now, ...unstacked(inputs, i) })
        if (isLeft(r)) return r
        const mine = (fedBack: boolean): Values =>
          Object.fromEntries(Object.entries(r.right).filter(([name]) => Object.hasOwn(start, name) === fedBack))
        now = { ...now, ...mine(true) }
        results.push(mine(false))
      }
      given = now
      return right(stack(results))
    }
    return right({
      steps,
      preferredSteps: () => 1,
      step: stepOnce(steps, given),
      state: () => Object.fromEntries(Object.keys(start).map(name => [name, given[name] as Tensor])),
      place: values => {
        const wrong = checkPlaces(given, values)
        if (wrong !== undefined) return left(wrong)
        given = { ...given, ...values }
        return right(undefined)
      },
      close: () => undefined
    })
  }
export const notOpened = (backend: string): BackendError =>
  backendError([backend], 'one of the programs the loop was opened with', 'another')

/**
 * Computes expressions: `evaluate(reference)({ y: exp(x) }, { x: tensor })`.
 *
 * @returns Left for mistakes in the expressions, and for inputs that don't fit them
 */
export const evaluate =
  (backend: Backend) =>
  <K extends string>(
    outputs: Readonly<Record<K, Expr>>,
    inputs: Values = {}
  ): Either<ShapeError | BackendError, Readonly<Record<K, Tensor>>> => {
    const unfit = wrongArgument(backendError, [backendArgument(backend), objectArgument('inputs', inputs)])
    if (unfit !== undefined) return left(unfit)
    const p = program(outputs)
    if (!isRight(p)) return left(p.left)
    const executable = backend.compile(p.right)
    if (!isRight(executable)) return left(executable.left)
    return executable.right.run(inputs)
  }
