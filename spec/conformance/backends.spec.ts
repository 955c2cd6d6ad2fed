/** Whole trainings on both backends: the same bits in every tensor of the state, for random networks, losses, optimizers and batches. */
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import type { Dataset } from '../../src/data/dataset.js'
import { networks, type Network } from '../../src/laws/networks.js'
import { losses, type Loss } from '../../src/train/loss/index.js'
import { optimizers, type Optimizer } from '../../src/train/optimizer/index.js'
import { tensorsOf } from '../../src/train/state.js'
import { steps } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import type { Tensor } from '../../src/value/tensor.js'
import { numbersOf } from '../../src/value/tensor.js'
import { minutes, runs } from '../support/runs.js'
import { numbers, seed } from '../support/tensors.js'

const optimizer = fc.constantFrom(...Object.values(optimizers).flatMap((k): readonly Optimizer[] => k.samples))
const loss = fc.constantFrom(...Object.values(losses).flatMap((k): readonly Loss[] => k.samples))

/** from 0 to 1, which every loss of numbers accepts */
const targets = (shape: readonly number[], s: number): Dataset['y']['tensor'] => {
  const drawn = numbers('f32', shape, s, 1)
  return { ...drawn, data: Float32Array.from(numbersOf(drawn), Math.abs) } as Dataset['y']['tensor']
}
const dataFor = (net: Network, examples: number, s: number): Dataset => ({
  x: {
    tensor: numbers('f32', [examples, ...(net.model.input as readonly number[])], s) as Dataset['x']['tensor'],
    scale: 1,
    shift: 0
  },
  y: { tensor: targets([examples, ...net.output], s + 1), scale: 1, shift: 0 }
})

/** everything a run hands out, as bits; a run that diverges must diverge alike */
const outcome = (
  net: Network,
  l: Loss,
  o: Optimizer,
  batchSize: number,
  s: number,
  precision: 'f32' | 'f64',
  backend: Backend
): unknown => {
  const r = train(
    { model: net.model, loss: l, optimizer: o, batchSize, stop: steps(5), seed: s, precision },
    { backend }
  )(dataFor(net, batchSize + Math.floor(batchSize / 2), s))
  const bits = (tensors: Readonly<Record<string, Tensor>>): unknown =>
    Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, Array.from(numbersOf(t))]))
  if (E.isRight(r)) return { bits: bits(tensorsOf(r.right.state)), progress: r.right.state.progress }
  return r.left._tag === 'Diverged'
    ? { step: r.left.step, at: r.left.path, bits: bits(tensorsOf(r.left.state)) }
    : r.left
}

describe('the compiled engine against the reference', () => {
  it('trains random networks to the same bits', { timeout: minutes(60) }, () => {
    const ended = { well: 0 }
    fc.assert(
      fc.property(
        networks({ depth: 2 }),
        loss,
        optimizer,
        fc.integer({ min: 1, max: 67 }),
        seed,
        fc.constantFrom('f32' as const, 'f64' as const),
        (net, l, o, batch, s, precision) => {
          const [a, b] = [reference, wasm].map(backend => outcome(net, l, o, batch, s, precision, backend))
          expect(b).toEqual(a)
          if (typeof a === 'object' && a !== null && 'progress' in a) ended.well++
        }
      ),
      { numRuns: runs(60) }
    )
    expect(ended.well).toBeGreaterThan(runs(60) / 2)
  })
})
