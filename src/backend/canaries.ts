/**
 * Whether the processor still computes with the smallest numbers. A native library that was built with -ffast-math makes it flush them
 * to 0 for the thread that loads it, at any time; some set the mode on purpose. So a few products are tried at each opening of a loop
 * and after each of its calls, which includes every checkpoint and the end of a training. It takes nanoseconds.
 */
import * as E from 'fp-ts/lib/Either.js'
import { backendError, type BackendError } from '../value/error.js'
import type { Backend, Loop } from './backend.js'

/** read from arrays, so that no engine computes with them in advance: the least normal f64 and half, the least f64; the same in f32 */
const wide = Float64Array.of(2.2250738585072014e-308, 0.5, 5e-324)
const narrow = Float32Array.of(1.1754943508222875e-38, 0.5)
/** raised into the normal range, for a processor in that mode compares small numbers as 0 too */
const raise = 1.6069380442589903e60

const survives = (): boolean => {
  const [least = 0, half = 0, smallest = 0] = wide
  const [least32 = 0, half32 = 0] = narrow
  return (
    least * half * raise === (least * raise) / 2 &&
    smallest * raise > 0 &&
    Math.fround(least32 * half32) * raise === (least32 * raise) / 2
  )
}

/** what a thread whose processor is in that mode says of itself */
export const flushes = '0: this thread flushes subnormal numbers'
/**
 * Products for the other threads of a loop, whose program is text: the product of the first three numbers is the fourth. The last factor
 * raises it into the normal range.
 */
export const canaries: readonly (readonly [number, number, number, number])[] = [
  [5e-324, 1.5, raise, 1.5878657653273753e-263],
  [2.2250738585072014e-308, 0.5, raise, 1.7877779172606837e-248]
]

/** the error of a processor that flushes small numbers to 0 */
export const flushingAt = (path: readonly string[]): BackendError =>
  backendError(
    path,
    'products of small numbers as IEEE 754 has them',
    flushes,
    'a native library was loaded that changes the mode of the processor (built with -ffast-math, or setting denormals to zero): ' +
      'results here would not be reproducible; load it in another process, or build it without -ffast-math'
  )
/** that error, if the processor of the calling thread does so */
export const flushing = (backend: string): BackendError | undefined =>
  survives() ? undefined : flushingAt([backend, 'processor'])

const checked =
  (backend: string) =>
  <Err, A>(r: E.Either<Err, A>): E.Either<Err | BackendError, A> => {
    const wrong = E.isRight(r) ? flushing(backend) : undefined
    return wrong === undefined ? r : E.left(wrong)
  }

/** loops that look at the mode of the processor when they are opened and after each call */
export const withCanaries =
  (backend: string, open: Backend['loop']): Backend['loop'] =>
  (programs, start, resident) => {
    const wrong = flushing(backend)
    if (wrong !== undefined) return E.left(wrong)
    return E.map((loop: Loop): Loop => ({
      ...loop,
      steps: (program, count, inputs) => checked(backend)(loop.steps(program, count, inputs)),
      step: (program, inputs) => checked(backend)(loop.step(program, inputs))
    }))(open(programs, start, resident))
  }
