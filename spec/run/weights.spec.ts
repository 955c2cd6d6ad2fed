/** Weights to a file and back. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js'
import { batchNorm, dense, input, model, relu, tanh } from '../../src/layer/index.js'
import { encodeCheckpoint } from '../../src/run/checkpoint.js'
import { decodeWeights, encodeWeights, loadWeights, saveWeights } from '../../src/run/weights.js'
import { startState } from '../../src/train/start.js'
import { training } from '../../src/train/training.js'
import { filledTensor, numbersOf } from '../../src/value/tensor.js'
import { treeLeaves } from '../../src/value/tree.js'
import { net, small, stateAfter } from './small.js'
import { left, right } from '../support/either.js'

const folder = mkdtempSync(join(tmpdir(), 'gradfold-weights-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const state = stateAfter(7)
const { params, layers } = state
const bytes = right(encodeWeights(state))

describe('weights', () => {
  test('come back to the bit, running statistics too', () =>
    expect(decodeWeights(net)(bytes)).toEqual(E.right({ params, layers })))
  test('in f64 too', () => {
    const f64 = right(startState({ ...small, precision: 'f64' }))
    expect(right(decodeWeights(net)(right(encodeWeights(f64))))).toEqual({ params: f64.params, layers: f64.layers })
  })
  test('are those of a checkpoint', () =>
    expect(decodeWeights(net)(encodeCheckpoint({ state }))).toEqual(E.right({ params, layers })))
  test('go to a file and back, in place of an older one', async () => {
    const path = join(folder, 'deep/er/net.safetensors')
    right(await saveWeights(path)(stateAfter(3))())
    right(await saveWeights(path)(state)())
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes)
    expect(await loadWeights(net)(path)()).toEqual(E.right({ params, layers }))
    expect(existsSync(`${path}.part`)).toBe(false)
  })
  test('need no running statistics where there are none', () => {
    const plain = model(input(2), dense(3), tanh)
    const first = right(startState(training({ ...small, model: plain })))
    expect(right(decodeWeights(plain)(right(encodeWeights({ params: first.params })))).params).toEqual(first.params)
  })
})

describe('an independent reader', () => {
  interface Reader {
    readonly parse: (bytes: Uint8Array) => {
      readonly tensors: Readonly<
        Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
      >
    }
  }
  // by a name that the compiler does not follow: the package's types need a newer library than this project's
  const name: string = '@jax-js/loaders'
  const numbers = async (of: Uint8Array) => {
    const { safetensors } = (await import(name)) as { readonly safetensors: Reader }
    return Object.fromEntries(
      Object.entries(safetensors.parse(of).tensors).map(([name, { shape, data }]) => [
        name,
        { shape, values: Array.from(data) }
      ])
    )
  }
  const expected = Object.fromEntries(
    [...treeLeaves(params, 'params'), ...treeLeaves(layers, 'layers')].map(([name, t]) => [
      name,
      { shape: [...t.shape], values: Array.from(numbersOf(t)) }
    ])
  )
  test('finds the same weights', async () => expect(await numbers(bytes)).toEqual(expected))
  test('finds them in a checkpoint', async () =>
    expect(await numbers(encodeCheckpoint({ state }))).toMatchObject(expected))
})

describe('what does not fit the model is named', () => {
  const { tensors } = right(decodeSafetensors(bytes))
  const edited = (change: object): Uint8Array => right(encodeSafetensors({ ...tensors, ...change }))
  const without = Object.fromEntries(Object.entries(tensors).filter(([name]) => name !== 'params/dense/bias'))
  test.each<[string, Uint8Array, string]>([
    [
      'a shape',
      edited({ 'params/dense/bias': filledTensor('f32', [4], 0) }),
      'params/dense/bias: expected f32[3], got f32[4]; is it of this model?'
    ],
    [
      'an element type',
      edited({ 'params/dense/bias': filledTensor('u32', [3], 0) }),
      'params/dense/bias: expected f32[3], got u32[3]; is it of this model?'
    ],
    [
      'both float types',
      edited({ 'params/dense/bias': filledTensor('f64', [3], 0) }),
      'params/dense/weight: expected f64[2, 3], got f32[2, 3]; is it of this model?'
    ],
    [
      'one missing',
      right(encodeSafetensors(without)),
      'params/dense/bias: expected f32[3], got no tensor of this name; is it of this model?'
    ],
    [
      'one too many',
      edited({ 'params/dense9/bias': filledTensor('f32', [3], 0) }),
      'expected the weights of this model, got "params/dense9/bias"; is it of this model?'
    ]
  ])('%s', (_, of, said) => expect(left(decodeWeights(net)(of))).toBe(said))
  test('another model', () => {
    const other = model(input(2), dense(3), batchNorm(), relu, dense(2))
    expect(left(decodeWeights(other)(bytes))).toBe(
      'params/dense2/weight: expected f32[3, 2], got f32[3, 1]; is it of this model?'
    )
  })
  test('with the file', async () => {
    const path = join(folder, 'bad.safetensors')
    writeFileSync(path, bytes.subarray(0, 50))
    expect(left(await loadWeights(net)(path)())).toContain(`${path}/safetensors: expected a header of`)
    expect(left(await loadWeights(net)(join(folder, 'none'))())).toBe(
      `${folder}/none: expected a file that can be read, got ENOENT`
    )
  })
})
