/**
 * `npm run sweep:tfjs`: every exported case is loaded by tfjs, and the worst differences become the table of docs/reference/tfjs.md and
 * spec/format/tfjs/measured.json. tfjs is not among the packages of this project: TFJS names a folder with its node_modules
 * (`npm install @tensorflow/tfjs@4.22.0`), and without it this sweep is skipped. WRITE=1 writes the table anew.
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { reference } from '../../src/ndarray.js'
import { predict, type Examples } from '../../src/infer/index.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { cases, examplesOf } from '../format/onnx/cases.js'
import { filesOf, referenceOf, type Measured } from '../format/tfjs/table.js'
import { right } from '../support/either.js'
import { expectMeasured, worstOf } from './compare.js'

const folder = process.env['TFJS']
const file = new URL('../format/tfjs/measured.json', import.meta.url)
const page = new URL('../../docs/reference/tfjs.md', import.meta.url)
const measured: Record<string, Measured> = {}
const batch = 5

interface Loaded {
  readonly shape: readonly number[]
  readonly dataSync: () => ArrayLike<number>
}
interface Tfjs {
  readonly setBackend: (name: string) => Promise<boolean>
  readonly tensor: (data: unknown, shape: readonly number[], dtype: string) => Loaded
  readonly loadLayersModel: (
    handler: object
  ) => Promise<{ readonly predict: (x: unknown) => Loaded | readonly Loaded[] }>
}
const flat = (x: Examples): readonly Tensor[] =>
  Array.isArray(x) ? (x as readonly Examples[]).flatMap(flat) : [x as Tensor]
const written = cases.filter(c => E.isRight(filesOf(c)))

describe.skipIf(folder === undefined)('tfjs', () => {
  test.each(written.map(c => [c.name, c] as const))('predicts the same for %s', async (name, c) => {
    const tf = createRequire(import.meta.url)(join(folder ?? '', 'node_modules/@tensorflow/tfjs')) as Tfjs
    await tf.setBackend('cpu')
    const files = right(filesOf(c))
    const bytes = files.weights['weights.bin'] as Uint8Array
    const json = JSON.parse(files.json) as {
      readonly modelTopology: object
      readonly weightsManifest: readonly { readonly weights: readonly object[] }[]
    }
    const net = await tf.loadLayersModel({
      load: () =>
        Promise.resolve({
          modelTopology: json.modelTopology,
          weightSpecs: json.weightsManifest.flatMap(g => g.weights),
          weightData: bytes.slice().buffer
        })
    })
    const x = examplesOf(c.model, batch)
    const given = flat(x).map(t =>
      tf.tensor(
        t.dtype === 'u32' ? Int32Array.from(numbersOf(t)) : Float32Array.from(numbersOf(t)),
        t.shape,
        t.dtype === 'u32' ? 'int32' : 'float32'
      )
    )
    const got = [net.predict(given.length === 1 ? given[0] : given)].flat() as readonly Loaded[]
    const wanted = flat(
      right(
        predict(c.model as never, c.weights.params as never, {
          backend: reference,
          registry: c.registry,
          layers: c.weights.layers ?? {}
        })(x)
      )
    )
    let worst = 0
    expect(got.map(t => t.shape)).toEqual(wanted.map(t => [...t.shape]))
    for (const [k, t] of wanted.entries()) {
      worst = Math.max(worst, worstOf(numbersOf(t), got[k]?.dataSync() ?? []))
    }
    expect(worst).toBeLessThan(2e-6)
    measured[name] = {
      sha256: createHash('sha256').update(files.json).update(bytes).digest('hex'),
      difference: Number(worst.toPrecision(2))
    }
  })
  test('the table is the one that was measured last', () => {
    expectMeasured(measured, file, page, () => referenceOf(measured))
  })
})
