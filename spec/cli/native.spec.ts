/** `--backend native` and `--backend auto`, with native products and without. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { build, folder, without } from '../backend/native/built.js'
import { gradfold } from './helpers.js'

const at = vi.hoisted(() => ({ file: '' }))
vi.mock('../../src/backend/native/addon.js', async original => {
  const real = await original<typeof import('../../src/backend/native/addon.js')>()
  return { ...real, nativeProducts: () => real.productsFrom({ file: at.file }) }
})

const addon = join(folder, 'command.node')
const run = join(folder, 'run.json')
writeFileSync(
  run,
  JSON.stringify({
    data: 'iris',
    model: { input: [4], layers: [{ tag: 'dense', units: 64 }, 'relu', { tag: 'dense', units: 3 }] },
    loss: 'softmaxCrossEntropy',
    optimizer: { tag: 'adam', rate: 0.01 },
    batchSize: 40,
    stop: { tag: 'steps', count: 8 },
    seed: 1
  })
)
const train = (backend: string) => gradfold(['train', run, '--json', '--threads', '1', '--backend', backend])

beforeEach(() => {
  at.file = join(folder, 'none.node')
})

describe('without native products', () => {
  test('--backend native ends with 1, and says how to build them', async () => {
    const { code, out, err } = await train('native')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^{"tag":"error","error":"BackendError","path":\["native"\]/)
    ])
    expect(err).toMatch(/^gradfold: [^\n]*native: expected the native products[^\n]*npm run build:native[^\n]*\n$/)
  })
  test('--backend auto uses wasm, and says why once', async () => {
    const [wasm, auto] = [await train('wasm'), await train('auto')]
    expect([auto.code, auto.out]).toEqual([0, wasm.out])
    expect(auto.err).toMatch(/^gradfold: on the wasm backend, since native: expected the native products[^\n]*\n$/)
  })
})

describe.skipIf(without !== '')(`with native products${without}`, () => {
  test.each(['native', 'auto'])('--backend %s gives the same numbers, and says nothing more', async backend => {
    expect(build('--file', addon)).toBe('')
    const wasm = await train('wasm')
    expect([wasm.code, wasm.err]).toEqual([0, ''])
    at.file = addon
    expect(await train(backend)).toEqual(wasm)
  })
})
