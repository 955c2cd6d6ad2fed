/** Where WebAssembly, its SIMD or the leave to compile it is missing, the engine says so, and the reference backend can stand in. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { evaluate, type Backend } from '../../src/backend/backend.js'
import { withFallback } from '../../src/backend/fallback.js'
import { reference } from '../../src/backend/reference/reference.js'
import { dataset } from '../../src/data/dataset.js'
import { exp, input as expressionInput } from '../../src/expr/build.js'
import { tanh } from '../../src/layer/activation.js'
import { dense } from '../../src/layer/dense.js'
import { input, model } from '../../src/layer/model.js'
import { softmaxCrossEntropy } from '../../src/train/loss/index.js'
import { adam } from '../../src/train/optimizer/index.js'
import { steps } from '../../src/train/stop/index.js'
import { train } from '../../src/train/train.js'
import { backendError, type BackendError } from '../../src/value/error.js'
import { left, right } from '../support/either.js'
import { numbers } from '../support/tensors.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

const x = expressionInput('x', 'f32', [3])

const data = right(dataset({ x: numbers('f32', [40, 6], 4), y: numbers('u32', [40], 5, 3), classes: 3 }))
const settings = {
  model: model(input(6), dense(5), tanh, dense(3)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 8,
  stop: steps(7),
  seed: 3
}
const trained = (backend: Backend): unknown => right(train(settings, { backend })(data)).state

/** WebAssembly as a page finds it whose policy forbids to compile */
const forbidden = (): unknown =>
  Object.assign(Object.create(WebAssembly), {
    Module: class {
      constructor() {
        throw new WebAssembly.CompileError('Wasm code generation disallowed by embedder')
      }
    }
  })
/** how one comes to an engine that cannot run, and what it says */
const missing = {
  'no WebAssembly': [(): unknown => undefined, /expected WebAssembly with SIMD.* got .*reference backend/],
  'compilation forbidden': [forbidden, /expected WebAssembly with SIMD.* got .*disallowed.*reference backend/]
} as const

describe('an engine that cannot run', () => {
  for (const [name, [stub, says]] of Object.entries(missing)) {
    it(`${name}: says so in an error that names the reference backend`, async () => {
      vi.stubGlobal('WebAssembly', stub())
      const { wasm, wasmThreads } = await import('../../src/backend/wasm/wasm.js')
      expect(left(evaluate(wasm)({ y: exp(x) }))).toMatch(says)
      for (const backend of [wasm, wasmThreads(2)]) expect(left(train(settings, { backend })(data))).toMatch(says)
    })

    it(`${name}: the reference backend stands in, with its bits, and the reason is told`, async () => {
      const wanted = trained(reference)
      vi.stubGlobal('WebAssembly', stub())
      const { wasm } = await import('../../src/backend/wasm/wasm.js')
      const told: BackendError[] = []
      expect(trained(withFallback(wasm, reference, e => told.push(e)))).toEqual(wanted)
      expect(told.length).toBeGreaterThan(0)
      for (const e of told) expect(e._tag).toBe('BackendError')
    })
  }
})

describe('withFallback', () => {
  const never: Backend = {
    name: 'never',
    compile: () => ({ _tag: 'Left', left: backendError(['never'], 'to be asked', 'a question') }),
    loop: () => ({ _tag: 'Left', left: backendError(['never'], 'to be asked', 'a question') })
  }

  it('a backend that runs is the one that does', () => {
    expect(trained(withFallback(reference, never))).toEqual(trained(reference))
    expect(withFallback(never, reference).name).toBe('never, else reference')
  })
  it('where neither runs, the second one’s error comes out', () => {
    expect(left(evaluate(withFallback(never, never))({ y: exp(x) }))).toContain('never: expected to be asked')
  })
  it('inputs that do not fit are not a reason to change', () => {
    const told: BackendError[] = []
    const backend = withFallback(reference, never, e => told.push(e))
    expect(left(evaluate(backend)({ y: exp(x) }))).toContain('nothing')
    expect(told).toEqual([])
  })
})
