/** Augmentation: what each does to examples; runs repeat to the bit, with threads and resumed in mid-epoch. */
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/backend/backend.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm, wasmThreads } from '../../src/backend/wasm/wasm.js'
import { dataset } from '../../src/data/dataset.js'
import { input as node } from '../../src/expr/build.js'
import { dense } from '../../src/layer/dense.js'
import { flatten } from '../../src/layer/flatten.js'
import { input, model } from '../../src/layer/model.js'
import { augmented, erase, flip, mixup, noise, shift, type Augmentation } from '../../src/train/augment.js'
import { softmaxCrossEntropy } from '../../src/train/loss/index.js'
import { adam } from '../../src/train/optimizer/index.js'
import { tensorsOf, type TrainState } from '../../src/train/state.js'
import { epochs, steps } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import { training, type Training } from '../../src/train/training.js'
import { numbersOf, sameBits, type Tensor } from '../../src/value/tensor.js'
import { left, right } from '../support/either.js'
import { numbers, tensorOf } from '../support/tensors.js'

const shape = [6, 5, 4, 1]
const images = tensorOf(
  'f32',
  shape,
  Array.from({ length: 120 }, (_, i) => i + 1)
)
const rows = tensorOf(
  'f32',
  [6, 3],
  Array.from({ length: 18 }, (_, i) => (i % 3 === Math.floor(i / 3) % 3 ? 1 : 0))
)
/** images and targets after augmentation with a key */
const apply = (all: readonly Augmentation[], key: number) => {
  const of = (name: string, t: Tensor) => node(name, t.dtype, t.shape)
  const out = augmented(all, { x: of('x', images), target: of('t', rows) }, node('key', 'u32', [2]))
  const r = right(
    evaluate(reference)({ x: out.x, target: out.target }, { x: images, t: rows, key: tensorOf('u32', [2], [0, key]) })
  )
  const each = (t: Tensor): readonly (readonly number[])[] => {
    const all = Array.from(numbersOf(t))
    return Array.from({ length: 6 }, (_, i) => all.slice((i * all.length) / 6, ((i + 1) * all.length) / 6))
  }
  return { x: each(r.x), target: each(r.target) }
}
const keys = Array.from({ length: 12 }, (_, i) => i)
const plain = apply([], 0)
const grid = (f: (i: number, j: number) => number): readonly number[] =>
  Array.from({ length: 20 }, (_, n) => f(Math.floor(n / 4), n % 4))
const at = (image: readonly number[], i: number, j: number): number =>
  i >= 0 && i < 5 && j >= 0 && j < 4 ? (image[4 * i + j] as number) : 0

describe('what each does', () => {
  test('flip mirrors some images and leaves others; always with probability 1', () => {
    for (const [direction, mirror] of [
      ['horizontal', (x: readonly number[]) => grid((i, j) => at(x, i, 3 - j))],
      ['vertical', (x: readonly number[]) => grid((i, j) => at(x, 4 - i, j))]
    ] as const) {
      const kinds = new Set<string>()
      for (const key of keys)
        apply([flip(direction)], key).x.forEach((x, i) => {
          const before = plain.x[i] as readonly number[]
          const kind = [before, mirror(before)].findIndex(y => JSON.stringify(y) === JSON.stringify(x))
          kinds.add(String(kind))
        })
      expect([...kinds].sort()).toEqual(['0', '1'])
      expect(apply([flip(direction, 1)], 5).x).toEqual(plain.x.map(mirror))
    }
  })
  test('shift moves each image by its own whole number of pixels, zeros coming in, and reaches every place', () => {
    const seen = new Set<string>()
    for (const key of keys)
      apply([shift(1)], key).x.forEach((x, i) => {
        const before = plain.x[i] as readonly number[]
        const places = [-1, 0, 1].flatMap(a => [-1, 0, 1].map(b => [a, b] as const))
        const found = places.filter(([a, b]) => grid((i, j) => at(before, i - a, j - b)).every((y, n) => y === x[n]))
        expect(found).toHaveLength(1)
        seen.add(String(found[0]))
      })
    expect(seen.size).toBe(9)
  })
  test('erase puts a square of zeros into each image', () => {
    const corners = new Set<number>()
    for (const key of keys)
      apply([erase(2)], key).x.forEach((x, i) => {
        const gone = x.flatMap((y, n) => (y === 0 ? [n] : []))
        const [first = 0] = gone
        expect(gone).toEqual([first, first + 1, first + 4, first + 5])
        expect(x.every((y, n) => y === 0 || y === plain.x[i]?.[n])).toBe(true)
        corners.add(first)
      })
    expect(corners.size).toBe(12)
  })
  test('noise has the deviation asked for, around 0', () => {
    const apart = keys.flatMap(key =>
      apply([noise(2)], key).x.flatMap((x, i) => x.map((y, n) => y - (plain.x[i]?.[n] as number)))
    )
    const mean = apart.reduce((a, b) => a + b, 0) / apart.length
    const variance = apart.reduce((a, b) => a + (b - mean) ** 2, 0) / apart.length
    expect(Math.abs(mean)).toBeLessThan(0.25)
    expect(Math.abs(Math.sqrt(variance) - 2)).toBeLessThan(0.2)
  })
  test('mixup mixes inputs and targets by the same share, at most half', () => {
    const { x, target } = apply([mixup()], 3)
    x.forEach((mixed, i) => {
      const [mine, other] = [plain.x[i], plain.x[5 - i]] as readonly (readonly number[])[]
      const share = ((mixed[0] as number) - (mine?.[0] as number)) / ((other?.[0] as number) - (mine?.[0] as number))
      expect(share).toBeGreaterThanOrEqual(0)
      expect(share).toBeLessThanOrEqual(0.5)
      const [t, u] = [plain.target[i], plain.target[5 - i]] as readonly (readonly number[])[]
      target[i]?.forEach((y, j) => {
        expect(y).toBeCloseTo((t?.[j] as number) * (1 - share) + (u?.[j] as number) * share, 5)
      })
    })
  })
  test('is a function of the key', () => {
    for (const a of [noise(1), flip(), shift(2), erase(2), mixup()]) {
      expect(apply([a], 1)).toEqual(apply([a], 1))
      expect(keys.some(key => JSON.stringify(apply([a], key)) !== JSON.stringify(apply([a], 1)))).toBe(true)
    }
  })
})

const net = model(input(5, 4, 1), flatten, dense(3))
const y = tensorOf(
  'u32',
  [14],
  Array.from({ length: 14 }, (_, i) => i % 3)
)
const data = right(dataset({ x: numbers('f32', [14, 5, 4, 1], 1), y, classes: 3 }))
const all = [noise(0.1), flip(), shift(1), erase(2), mixup()]
const settings = training({
  model: net,
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 4,
  stop: epochs(3),
  augment: all
})
const same = (a: TrainState, b: TrainState): boolean => {
  const other = tensorsOf(b)
  return Object.entries(tensorsOf(a)).every(([name, t]) => sameBits(t, other[name] as Tensor))
}
describe('in a training', () => {
  const whole = right(train(settings, { backend: wasm })(data))
  test('the same bits with the reference and with 1 and 2 threads; other bits without it', () => {
    for (const backend of [reference, wasmThreads(1), wasmThreads(2)])
      expect(same(right(train(settings, { backend })(data)).state, whole.state)).toBe(true)
    const { augment: _, ...without } = settings
    expect(same(right(train(without, { backend: wasm })(data)).state, whole.state)).toBe(false)
  })
  test('resumed after any step, in mid-epoch too, it ends in the same bits', () => {
    for (let cut = 1; cut < 12; cut++) {
      const part = right(train({ ...settings, stop: steps(cut) }, { backend: wasm })(data))
      const rest = right(train(settings, { backend: wasm, from: { ...part.state, stop: whole.state.stop } })(data))
      expect(same(rest.state, whole.state)).toBe(true)
    }
  })
  test('what does not fit is refused with words', () => {
    const said = (augment: unknown, m: unknown = net): string =>
      left(train({ ...settings, model: m, augment } as Training<typeof net>, { backend: wasm })(data))
    expect([said([noise(0)]), said([{ tag: 'blur' }]), said([mixup(0.7)]), said([{ ...flip(), extra: 1 }])])
      .toMatchInlineSnapshot(`
      [
        "augment/0/deviation: expected a number above 0, got 0",
        "augment/0: expected one of noise, flip, shift, erase, mixup, got blur",
        "augment/0/share: expected a number above 0, at most 0.5, got 0.7",
        "augment/0/extra: expected no field of this name in flip (it has direction, probability), got 1",
      ]
    `)
    const flat = right(dataset({ x: numbers('f32', [14, 20], 1), y, classes: 3 }))
    expect(
      left(train({ ...settings, model: model(input(20), dense(3)), augment: [flip()] }, { backend: wasm })(flat))
    ).toContain('augment/flip: expected images [height, width, channels] of numbers, got [20]')
  })
})
