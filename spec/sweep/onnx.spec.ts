/**
 * `npm run sweep:onnx`: every exported case is run in onnxruntime, and the worst differences become the table of
 * docs/reference/onnx.md and spec/format/onnx/measured.json. onnxruntime-node takes 290 MB, so it is not among the packages of this project:
 * ONNXRUNTIME names a folder with its node_modules, and without it this sweep is skipped. WRITE=1 writes the table anew.
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportOnnx } from '../../src/format/onnx/onnx.js'
import { reference } from '../../src/ndarray.js'
import { numbersOf, type Tensor } from '../../src/value/tensor.js'
import { predict, type Examples } from '../../src/infer/index.js'
import { cases, examplesOf } from '../format/onnx/cases.js'
import { referenceOf, type Measured } from '../format/onnx/table.js'
import { right } from '../support/either.js'
import { expectMeasured, worstOf } from './compare.js'

const folder = process.env['ONNXRUNTIME']
const file = new URL('../format/onnx/measured.json', import.meta.url)
const page = new URL('../../docs/reference/onnx.md', import.meta.url)
const measured: Record<string, Measured> = {}
const batch = 5

interface Runtime {
  readonly InferenceSession: {
    readonly create: (
      bytes: Uint8Array,
      options: object
    ) => Promise<{
      readonly run: (
        feeds: object
      ) => Promise<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>
    }>
  }
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => unknown
}
const flat = (name: string, x: Examples): readonly (readonly [string, Tensor])[] =>
  Array.isArray(x) ? (x as readonly Examples[]).flatMap((part, i) => flat(`${name}/${i}`, part)) : [[name, x as Tensor]]

describe.skipIf(folder === undefined)('onnxruntime', () => {
  // the tests of a skipped suite are collected all the same, where the package is not there
  const loaded = (): Runtime =>
    createRequire(import.meta.url)(join(folder ?? '', 'node_modules/onnxruntime-node')) as Runtime
  for (const opset of [17, 18, 19, 20, 21] as const)
    describe(`with opset ${opset}`, () => {
      test.each(cases.map(c => [c.name, c] as const))('runs %s', async (name, { model, weights, registry }) => {
        const ort = loaded()
        const bytes = right(exportOnnx(model, { opset, registry })(weights))
        const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'all', logSeverityLevel: 3 })
        const x = examplesOf(model, batch)
        const feeds = Object.fromEntries(
          flat('x', x).map(([key, t]) => [
            key,
            t.dtype === 'u32'
              ? new ort.Tensor('int64', BigInt64Array.from([...numbersOf(t)].map(BigInt)), t.shape)
              : new ort.Tensor('float32', Float32Array.from(numbersOf(t)), t.shape)
          ])
        )
        const got = await session.run(feeds)
        const wanted = right(
          predict(model as never, weights.params as never, {
            backend: reference,
            registry,
            layers: weights.layers ?? {}
          })(x)
        )
        let worst = 0
        for (const [key, t] of flat('y', wanted)) {
          expect(got[key]?.dims).toEqual(t.shape)
          worst = Math.max(worst, worstOf(numbersOf(t), got[key]?.data ?? []))
        }
        expect(worst).toBeLessThan(2e-6)
        if (opset === 17)
          measured[name] = {
            sha256: createHash('sha256').update(bytes).digest('hex'),
            difference: Number(worst.toPrecision(2))
          }
      })
    })
  test('the table is the one that was measured last', () => {
    expectMeasured(measured, file, page, () => referenceOf(measured))
  })
})
