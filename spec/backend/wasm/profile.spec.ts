/** A profile measures what is computed, and changes none of it. */
import { describe, expect, it } from 'vitest'
import { profileOn } from '../../../src/backend/wasm/profile.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import type { Backend } from '../../../src/backend/backend.js'
import { dataset } from '../../../src/data/dataset.js'
import { input as expression, matmul, tanh } from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { relu } from '../../../src/layer/activation.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { softmaxCrossEntropy } from '../../../src/train/loss/index.js'
import { adam } from '../../../src/train/optimizer/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { right } from '../../support/either.js'
import { numbers } from '../../support/tensors.js'

const data = right(dataset({ x: numbers('f32', [230, 300], 4), y: numbers('u32', [230], 5, 10), classes: 10 }))
const settings = {
  model: model(input(300), dense(160), relu, dense(10)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 100,
  stop: steps(4),
  seed: 3
}
const trained = (backend: Backend): unknown => right(train(settings, { backend })(data)).state
/** each reading is 3 milliseconds after the one before */
const clock = (): (() => number) => {
  let time = 0
  return () => (time += 3)
}

describe('a profile', () => {
  it('of a training has its bits, and a time for each of its kernels', () => {
    const profile = profileOn(1, clock())
    expect(profile.table()).toBe('')
    expect(trained(profile.backend)).toEqual(trained(wasm))
    const [head = '', , ...lines] = profile.table().split('\n')
    const rows = lines.filter(line => line.startsWith('|')).map(line => line.split('|').map(cell => cell.trim()))
    const column = head
      .split('|')
      .map(cell => cell.trim())
      .indexOf('ms')
    expect(rows.filter(cells => cells[2] === 'matmul')).toHaveLength(5)
    expect(rows.map(cells => cells[column])).toEqual(rows.map(() => '3.0000'))
    // three of the four steps are over full batches
    expect(lines.at(-1)).toBe(
      `${(3 * rows.length).toFixed(4)} ms for a step of ${rows.length} kernels: medians of 3 steps on 1 thread`
    )
  })

  it('on two threads has the bits of one, and is of the parts that they run', () => {
    const [w, x] = [expression('w', 'f32', [160, 160]), expression('x', 'f32', [160, 160])]
    const p = right(program({ w: tanh(matmul(w, x)) }))
    const given = [{ w: numbers('f32', [160, 160], 1) }, { x: numbers('f32', [160, 160], 2) }] as const
    const after = (backend: Backend): unknown => {
      const loop = right(backend.loop([p], ...given))
      for (let i = 0; i < 3; i++) right(loop.step(p, {}))
      const state = loop.state()
      loop.close()
      return state
    }
    const profile = profileOn(2, clock())
    expect(after(profile.backend)).toEqual(after(wasm))
    expect(profile.table()).toContain('6.0000 ms for a step of 2 kernels: medians of 3 steps on 2 threads')
  })
})
