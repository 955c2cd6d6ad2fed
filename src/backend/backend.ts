/** What a backend is: it turns a program into something that runs. All backends give the same bits (numerics contract). */
import type { Either } from 'fp-ts/lib/Either.js'
import { isLeft, isRight, left, right } from 'fp-ts/lib/Either.js'
import { program, type Program } from '../expr/program.js'
import type { Expr } from '../expr/op.js'
import { backendError, shapeError, type BackendError, type ShapeError } from '../value/error.js'
import { sameShape, showShape } from '../value/shape.js'
import { isSound, type Aval, type Tensor } from '../value/tensor.js'

export type Values = Readonly<Record<string, Tensor>>

export interface Executable {
  /** inputs by name -> outputs by name; what was given is never changed, what is returned never changes afterwards */
  readonly run: (inputs: Values) => Either<ShapeError | BackendError, Values>
}

/**
 * Programs whose outputs named like inputs are fed back: the inside of a fold, in memory that the loop owns.
 * The only object of gradfold that changes; `train` alone holds it.
 */
export interface Loop {
  /** runs one of the programs: the inputs that are not fed back -> the outputs that are not fed back */
  readonly step: (program: Program, inputs: Values) => Either<ShapeError | BackendError, Values>
  /** a copy of what is fed back, as it is now */
  readonly state: () => Values
  /** gives back threads and memory */
  readonly close: () => void
}

export interface Backend {
  readonly name: string
  readonly compile: (program: Program) => Either<BackendError, Executable>
  /** `start` is fed back from step to step; `resident` inputs stay the same for the whole loop (a dataset) */
  readonly loop: (
    programs: readonly Program[],
    start: Values,
    resident: Values
  ) => Either<ShapeError | BackendError, Loop>
}

const show = (a: Aval): string => `${a.dtype}${showShape(a.shape)}`

/** the first input that is missing or does not fit, if any */
export const checkInputs = (p: Program, inputs: Values): ShapeError | undefined => {
  for (const [name, wanted] of Object.entries(p.inputs)) {
    const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined
    if (given === undefined) return shapeError(['input', name], show(wanted), 'nothing')
    if (given.dtype !== wanted.dtype || !sameShape(given.shape, wanted.shape))
      return shapeError(['input', name], show(wanted), show(given))
    if (!isSound(given))
      return shapeError(
        ['input', name],
        `${given.dtype} storage that shape, stride and offset stay inside`,
        'other storage',
        'make it with tensor'
      )
  }
  return undefined
}

/** a loop made of single runs, for backends that own no memory */
export const loopOfRuns =
  (compile: Backend['compile']): Backend['loop'] =>
  (programs, start, resident) => {
    const compiled = new Map(programs.map(p => [p, compile(p)] as const))
    const failed = [...compiled.values()].find(isLeft)
    if (failed !== undefined) return failed
    let state = start
    return right({
      step: (p, inputs) => {
        const executable =
          compiled.get(p) ?? left(backendError(['loop'], 'one of the programs the loop was opened with', 'another'))
        if (isLeft(executable)) return executable
        const r = executable.right.run({ ...resident, ...state, ...inputs })
        if (isLeft(r)) return r
        const mine = (fedBack: boolean): Values =>
          Object.fromEntries(Object.entries(r.right).filter(([name]) => Object.hasOwn(start, name) === fedBack))
        state = { ...state, ...mine(true) }
        return right(mine(false))
      },
      state: () => state,
      close: () => undefined
    })
  }

/**
 * Computes expressions: `evaluate(reference)({ y: exp(x) }, { x: tensor })`.
 *
 * @returns Left for mistakes in the expressions or inputs that do not fit them
 */
export const evaluate =
  (backend: Backend) =>
  <K extends string>(
    outputs: Readonly<Record<K, Expr>>,
    inputs: Values = {}
  ): Either<ShapeError | BackendError, Readonly<Record<K, Tensor>>> => {
    const p = program(outputs)
    if (!isRight(p)) return left(p.left)
    const executable = backend.compile(p.right)
    if (!isRight(executable)) return left(executable.left)
    return executable.right.run(inputs)
  }
