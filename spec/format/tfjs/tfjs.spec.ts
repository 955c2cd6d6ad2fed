/** tfjs models: the files that tfjs loaded, the trip out and in, and refusals. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { importTfjs, tfjsPaths, type TfjsFiles } from '../../../src/format/keras/import-tfjs.js'
import { predict, type Examples } from '../../../src/infer/index.js'
import { numbersOf, sameBits, tensorView, type Tensor } from '../../../src/value/tensor.js'
import { treeLeaves } from '../../../src/value/tree.js'
import { left, right } from '../../support/either.js'
import { cases, examplesOf } from '../onnx/cases.js'
import { damagedFiles, filesOf as filesOfFixture, otherwise } from './damage.js'
import { filesOf, referenceOf, type Measured } from './table.js'

const measured = JSON.parse(readFileSync(new URL('measured.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Measured>
>
const written = cases.filter(c => E.isRight(filesOf(c)))
const flat = (x: Examples): readonly Tensor[] =>
  Array.isArray(x) ? (x as readonly Examples[]).flatMap(flat) : [x as Tensor]

describe('a tfjs model', () => {
  test.each(written.filter(c => c.name in measured).map(c => [c.name, c] as const))(
    'of %s is the one that tfjs loaded',
    (name, c) => {
      const { json, weights } = right(filesOf(c))
      const hash = createHash('sha256')
        .update(json)
        .update(weights['weights.bin'] as Uint8Array)
      expect(hash.digest('hex')).toBe(measured[name]?.sha256)
      expect(measured[name]?.difference).toBeLessThan(2e-6)
    }
  )
  test('was loaded for no case that is gone', () => {
    expect(Object.keys(measured).filter(name => !written.some(c => c.name === name))).toEqual([])
  })
  test('has a row in the reference, or a reason there', () => {
    expect(readFileSync('docs/reference/tfjs.md', 'utf8')).toBe(referenceOf(measured))
  })
  test.each(written.map(c => [c.name, c] as const))('predicts the same bits when it was imported: %s', (_, c) => {
    const imported = right(importTfjs(right(filesOf(c))))
    const x = examplesOf(c.model, 3)
    const options = { backend: wasm, registry: c.registry }
    const before = flat(
      right(predict(c.model as never, c.weights.params as never, { ...options, layers: c.weights.layers ?? {} })(x))
    )
    const after = flat(
      right(predict(imported.model as never, imported.params as never, { backend: wasm, layers: imported.layers })(x))
    )
    expect(after.map((t, i) => sameBits(t, before[i] as Tensor) || [...numbersOf(t)])).toEqual(before.map(() => true))
  })
})

interface Numbers {
  readonly x: { readonly shape: readonly number[]; readonly data: readonly number[] }
  readonly y: readonly number[]
}
const numbers = JSON.parse(readFileSync(new URL('fixtures/numbers.json', import.meta.url), 'utf8')) as Readonly<
  Record<'image' | 'words', Numbers>
>
const changed = (name: 'image' | 'words', change: (json: string) => string): TfjsFiles => {
  const { json, weights } = filesOfFixture(name)
  return { json: change(new TextDecoder().decode(json as Uint8Array)), weights }
}
const predictedBy = (files: TfjsFiles, { x }: Numbers): readonly number[] => {
  const net = right(importTfjs(files))
  const data = net.model.dtype === 'u32' ? Uint32Array.from(x.data) : Float32Array.from(x.data)
  const input = tensorView(net.model.dtype ?? 'f32', x.shape, data)
  return flat(
    right(predict(net.model as never, net.params as never, { backend: wasm, layers: net.layers })(input as never))
  ).flatMap(t => [...numbersOf(t)])
}
const worst = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number)))) : Infinity
/** the same model in the words of Keras 3 */
const inKeras3 = (json: string): string =>
  JSON.stringify(
    JSON.parse(json, (key, value: unknown) => {
      if (key === 'inbound_nodes' && Array.isArray(value))
        return (value as readonly (readonly (readonly unknown[])[])[]).map(call => ({
          args: [
            call.map(c => ({
              class_name: '__keras_tensor__',
              config: { shape: [null], dtype: 'float32', keras_history: c.slice(0, 3) }
            }))
          ],
          kwargs: { training: false, mask: null }
        }))
      if (key === 'keras_version') return '3.15.1'
      return value
    })
  )
    .replaceAll('batch_input_shape', 'batch_shape')
    .replaceAll('"class_name":"Dense"', '"module":"keras.layers","registered_name":null,"class_name":"Dense"')

describe('a network that tfjs saved', () => {
  test.each(['image', 'words'] as const)('predicts what it predicted there: %s', name => {
    expect(worst(predictedBy(filesOfFixture(name), numbers[name]), numbers[name].y)).toBeLessThan(1e-6)
  })
  test('is read from all of its bytes in one piece too', () => {
    const { json, weights } = filesOfFixture('image')
    const bytes = Uint8Array.from(Object.values(weights).flatMap(b => [...b]))
    expect(importTfjs({ json, weights: bytes })).toEqual(importTfjs(filesOfFixture('image')))
  })
  test('is the same model in the words of Keras 3', () => {
    const net = right(importTfjs(changed('image', inKeras3)))
    expect(net).toEqual(right(importTfjs(filesOfFixture('image'))))
  })
  test('has the numbers of tfjs where its weights are quantized', () => {
    const names = JSON.stringify({
      format: 'layers-model',
      modelTopology: {
        class_name: 'Sequential',
        config: { layers: [{ class_name: 'Dense', config: { name: 'd', units: 2, batch_input_shape: [null, 1] } }] }
      },
      weightsManifest: [
        {
          paths: ['a'],
          weights: [
            {
              name: 'd/kernel',
              shape: [1, 2],
              dtype: 'float32',
              quantization: { dtype: 'uint8', scale: 0.1, min: -1 }
            },
            { name: 'd/bias', shape: [2], dtype: 'float32', quantization: { dtype: 'float16' } }
          ]
        }
      ]
    })
    const net = right(importTfjs({ json: names, weights: { a: Uint8Array.of(0, 255, 0, 0x3c, 0, 0xc0) } }))
    expect(treeLeaves(net.params).map(([path, t]) => [path, [...numbersOf(t)]])).toEqual([
      ['dense/weight', [-1, 24.5]],
      ['dense/bias', [1, -2]]
    ])
  })
})

describe('what a model.json may not say', () => {
  const refused = (name: 'image' | 'words', change: (json: string) => string): string =>
    left(importTfjs(changed(name, change)))
  test.each([
    [
      'a gate that no layer here has',
      refused('words', s => s.replace('"recurrent_activation":"sigmoid"', '"recurrent_activation":"hard_sigmoid"')),
      'keras/bidirectional_Bidirectional1 (Bidirectional): expected sigmoid as recurrent_activation, got hard_sigmoid'
    ],
    [
      'a layer of another library, by the names of all of them',
      refused('image', s => s.replaceAll('"class_name":"BatchNormalization"', '"class_name":"../evil"')),
      'keras/batch_normalization_BatchNormalization1 (../evil): expected a layer that is known here, got ../evil'
    ],
    [
      'a custom layer with the name of a known one',
      refused('image', s =>
        s.replaceAll('"class_name":"Dense"', '"registered_name":"Mine>Dense","class_name":"Dense"')
      ),
      'keras/dense_Dense1: expected a layer of Keras itself, got Mine>Dense; custom layers and operations are not read'
    ],
    [
      'layers that are called twice',
      refused('image', s => s.replace('[["input1",0,0,{}]]', '[["input1",0,0,{}]],[["input1",0,0,{}]]')),
      'keras/conv2d_Conv2D1: expected layers that are called once, got one that is called 2 times; layers with shared weights are not read'
    ],
    [
      'a weight of another shape',
      refused('words', s => s.replace('"shape":[7,3]', '"shape":[3,7]')),
      'keras/embedding_Embedding1 (Embedding): expected [7, 3] for embedding_Embedding1/embeddings, got [3, 7]'
    ],
    [
      'files that are not there',
      left(importTfjs({ json: filesOfFixture('words').json, weights: {} })),
      'tfjs/words.1.bin: expected the bytes of this file, by its name, got none'
    ],
    [
      'a slope that leakyRelu does not have',
      refused('words', s =>
        s.replace(
          '"layers":[',
          '"layers":[{"class_name":"LeakyReLU","config":{"name":"l","alpha":0.3,"batch_input_shape":[null,5]}},'
        )
      ),
      'keras/l (LeakyReLU): expected the slope 0.01 left of 0, got 0.3; leakyRelu has this one; write a custom activation'
    ]
  ])('%s', (_, got, wanted) => {
    expect(got.split('\n')[0]).toBe(wanted)
  })
  test('the names of binary files are texts, which nothing opens', () => {
    expect(right(tfjsPaths('{"weightsManifest":[{"paths":["../../etc/passwd"],"weights":[]}]}'))).toEqual([
      '../../etc/passwd'
    ])
  })
  test('damaged files end in errors, or in numbers that they hold', () => {
    const wrong = Array.from({ length: 150 }, (_, seed) => [seed, otherwise(damagedFiles(seed))]).filter(
      ([, said]) => said !== undefined
    )
    expect(wrong).toEqual([])
  })
})
