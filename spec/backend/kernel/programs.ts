/** Small programs that the passes are shown on. */
import * as b from '../../../src/expr/build.js'
import { gradients } from '../../../src/expr/gradient.js'
import type { Expr } from '../../../src/expr/op.js'
import { scan } from '../../../src/expr/scan.js'
import { program, type Program } from '../../../src/expr/program.js'
import { right } from '../../support/either.js'

const turned = (e: Expr): Expr => b.transpose(e, [1, 0])
const made = (outputs: Readonly<Record<string, Expr>>): Program => right(program(outputs))

/** what could be written shorter, and one node twice */
const redundant = (): Program => {
  const x = b.input('x', 'f32', [2, 3])
  const twice = (): Expr => b.exp(b.mul(x, 1))
  return made({ y: b.add(twice(), b.mul(b.neg(b.neg(twice())), b.add(b.constant(1), 2))) })
}

/** an elementwise chain around a matrix product, and a sum of it */
const layer = (): Program => {
  const [x, w, c] = [b.input('x', 'f32', [4, 8]), b.input('w', 'f32', [8, 8]), b.input('b', 'f32', [8])]
  const h = b.tanh(b.add(b.matmul(x, w), b.broadcast(b.reshape(c, [1, 8]), [4, 8])))
  return made({ h, total: b.sum(b.mul(h, h), [0, 1]) })
}

/** a step of gradient descent with momentum over two layers; whether all that it computes is finite */
const step = (n: number, hidden: number): Program => {
  const x = b.input('x', 'f32', [4, n])
  const [w1, w2] = [b.input('w1', 'f32', [n, hidden]), b.input('w2', 'f32', [hidden, 8])]
  const [s1, s2] = [b.input('s1', 'f32', [n, hidden]), b.input('s2', 'f32', [hidden, 8])]
  const h = b.matmul(x, w1)
  const y = b.matmul(h, w2)
  const [g2, g1] = [b.matmul(turned(h), y), b.matmul(turned(x), b.matmul(y, turned(w2)))]
  const [t1, t2] = [b.add(b.mul(s1, 0.5), g1), b.add(b.mul(s2, 0.5), g2)]
  const next = { w1: b.sub(w1, b.mul(t1, 0.01)), w2: b.sub(w2, b.mul(t2, 0.01)) }
  const largest = (e: Expr): Expr => b.reduceMax(b.abs(e), [0, 1])
  return made({
    loss: b.sum(b.mul(y, y), [0, 1]),
    ...next,
    s1: t1,
    s2: t2,
    finite: b.max(largest(next.w1), largest(next.w2))
  })
}

/** the largest number of each window, and the gradient of half its square */
const pool = (): Program => {
  const x = b.input('x', 'f32', [1, 4, 4, 8])
  const all = b.reshape(b.windows(x, [2, 2], [2, 2]), [1, 2, 2, 4, 8])
  const y = b.reduceMax(all, [3])
  const g = b.select(b.equal(all, y), y, 0)
  const window = { size: [2, 2], stride: [2, 2], dilation: [1, 1] } as const
  return made({ y, g: b.unwindows(b.reshape(g, [1, 2, 2, 2, 2, 8]), window, 4, 4) })
}

/** a convolution, and its gradients by the image and by the weights */
const convolution = (): Program => {
  const [x, w] = [b.input('x', 'f32', [2, 5, 6, 8]), b.input('w', 'f32', [72, 8])]
  const window = { size: [3, 3], stride: [1, 1], dilation: [1, 1] } as const
  const all = b.reshape(b.windows(x, [3, 3]), [24, 72])
  const y = b.matmul(all, w)
  const gx = b.unwindows(b.reshape(b.matmul(y, turned(w)), [2, 3, 4, 3, 3, 8]), window, 5, 6)
  return made({ y, gx, gw: b.matmul(turned(all), y) })
}

/** a step of gradient descent through a loop over a sequence, whose gradient is a loop backwards; with stretches that are computed again */
const sequence = (steps: number, units: number, recompute: boolean): Program => {
  const x = b.input('x', 'f32', [steps, 16, units])
  const w = b.input('w', 'f32', [units, units])
  const { carried, stacked } = scan({
    steps,
    recompute,
    carried: [b.constant(0, { dtype: 'f32', shape: [16, units] })],
    stacked: [x],
    body: ([h], [part]) => {
      const next = b.tanh(b.add(b.matmul(h as Expr, w), part as Expr))
      return { carried: [next], stacked: [b.mul(next, 2)] }
    }
  })
  const loss = b.add(b.total(b.square(carried[0] as Expr)), b.total(stacked[0] as Expr))
  const [g] = gradients(loss, [w]) as [Expr]
  return made({ loss, w: b.sub(w, b.mul(g, 0.01)) })
}

/** by name, each with the threads that it is compiled for */
export const programs: Readonly<Record<string, { readonly program: Program; readonly threads: number }>> = {
  redundant: { program: redundant(), threads: 1 },
  convolution: { program: convolution(), threads: 1 },
  pool: { program: pool(), threads: 1 },
  layer: { program: layer(), threads: 1 },
  step: { program: step(8, 8), threads: 1 },
  loop: { program: sequence(5, 64, false), threads: 2 },
  stretches: { program: sequence(11, 64, true), threads: 2 },
  'large step': { program: step(256, 64), threads: 2 }
}
