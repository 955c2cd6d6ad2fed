import { reference } from '../../../src/backend/reference/reference.js'
import { evaluate } from '../../../src/backend/backend.js'
import { input, oneHot } from '../../../src/expr/build.js'
import { gradients } from '../../../src/expr/gradient.js'
import type { Expr } from '../../../src/expr/op.js'
import { batchLoss, knownLoss, losses, type KnownLoss, type Loss } from '../../../src/train/loss/index.js'
import type { Dims } from '../../../src/value/shape.js'
import { numbersOf, type Tensor } from '../../../src/value/tensor.js'
import { right } from '../../support/either.js'

export const allSamples: readonly Loss[] = Object.values(losses).flatMap((k): readonly Loss[] => k.samples)
/** those whose targets have the outputs' shape, whatever it is; `gradfold/laws` holds the others to the same laws */
export const sameShaped: readonly Loss[] = allSamples.filter(l => knownLoss(losses, l).targetShape === undefined)
/** a name for a sample, for the title of a test */
export const nameOf = (l: Loss): string => JSON.stringify(l)
export const known = (l: Loss): KnownLoss => knownLoss(losses, l)

export interface Evaluated {
  readonly value: number
  /** by the outputs */
  readonly gradient: readonly number[]
  readonly perExample: readonly number[]
}
/** a loss of a batch, with its gradient by the outputs */
export const evaluated = (loss: Loss, y: Tensor, t: Tensor, weights?: Tensor): Evaluated => {
  const like = (name: string, x: Tensor): Expr => input(name, x.dtype, x.shape)
  const output = like('y', y)
  const target = t.dtype === 'u32' ? oneHot(like('t', t), y.shape.at(-1) ?? 1, y.dtype as 'f32') : like('t', t)
  const each = known(loss).formula(output, target)
  const value = batchLoss(each, weights === undefined ? undefined : like('w', weights))
  const [gradient] = gradients(value, [output])
  const r = right(
    evaluate(reference)(
      { value, gradient: gradient as Expr, each },
      { y, t, ...(weights === undefined ? {} : { w: weights }) }
    )
  )
  const list = (x: Tensor): readonly number[] => Array.from(numbersOf(x))
  return { value: list(r.value)[0] as number, gradient: list(r.gradient), perExample: list(r.each) }
}

export interface GoldenTensor {
  readonly shape: Dims
  readonly data: readonly number[]
}
/** whether a number agrees with one that is right: relative, and absolute below 1 */
export const close = (got: number, wanted: number, tolerance: number): boolean =>
  Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
