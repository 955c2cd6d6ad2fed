/** A native library built with -ffast-math makes the processor flush small numbers to 0: no loop may go on then. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, expect, test } from 'vitest'
import { flushing, withCanaries } from '../../src/backend/canaries.js'
import { reference } from '../../src/backend/reference/reference.js'
import { wasm } from '../../src/backend/wasm/wasm.js'
import { input, square } from '../../src/expr/build.js'
import { program } from '../../src/expr/program.js'
import { describeWith } from '../support/components.js'
import { right } from '../support/either.js'
import { tensorOf } from '../support/tensors.js'

test.each([wasm, reference])('a loop of $name opens and runs where the processor is sound', backend => {
  expect(flushing(backend.name)).toBeUndefined()
  const p = right(program({ y: square(input('x', 'f32', [1])) }))
  const loop = right(withCanaries('any', backend.loop)([p], {}, {}))
  expect(E.isRight(loop.step(p, { x: tensorOf('f32', [1], [3]) }))).toBe(true)
  loop.close()
})

const root = join(import.meta.dirname, '../..')
// -ffast-math changes the processor's mode so there; elsewhere the start-up code that does it is missing
const isLinux = process.arch === 'x64' && process.platform === 'linux'
const isBuilt = existsSync(join(root, 'dist/node/index.js'))
const folder = mkdtempSync(join(tmpdir(), 'gradfold-canaries-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

// the library registers nothing, so loading it fails, but what -ffast-math starts has run by then
const script = (when: 'before' | 'within') =>
  `
  const g = await import(${JSON.stringify(join(root, 'dist/node/index.js'))})
  const { reference } = await import(${JSON.stringify(join(root, 'dist/node/ndarray.js'))})
  const load = () => { try { process.dlopen({ exports: {} }, ${JSON.stringify(join(folder, 'fast.node'))}) } catch {} }
  const data = g.fromArrays([[1], [2]], [[1], [2]]).right
  const t = { model: g.model(g.input(1), g.dense(1)), loss: g.meanSquaredError, optimizer: g.sgd(0.01), batchSize: 2, stop: g.steps(4) }
  for (const backend of [g.wasm, reference]) {
    const pulled = g.trainIterator(t, { backend, turnSteps: 1 })(data)
    if (pulled._tag === 'Left') { console.log(g.showError(pulled.left)); continue }
    pulled.right.next()
    load()
    let last = pulled.right.next()
    while (!last.done) last = pulled.right.next()
    console.log(last.value._tag === 'Left' ? g.showError(last.value.left) : 'nothing was seen')
  }`.replace('for (const backend', when === 'before' ? 'load()\n  for (const backend' : 'for (const backend')

/** loads the library in the other threads of a process alone: as they start, or once a file is there and they wait for work */
const inThreads = (flag: string) => `
  const { isMainThread } = require('node:worker_threads')
  const { existsSync } = require('node:fs')
  const load = () => { try { process.dlopen({ exports: {} }, ${JSON.stringify(join(folder, 'fast.node'))}) } catch {} }
  const looking = isMainThread ? undefined : setInterval(() => {
    if (!existsSync(${JSON.stringify(flag)})) return
    clearInterval(looking)
    load()
  }, 5)
  if (!isMainThread && existsSync(${JSON.stringify(flag)})) load()`
const poolScript = (flag: string) => `
  const g = await import(${JSON.stringify(join(root, 'dist/node/index.js'))})
  const { existsSync, writeFileSync } = await import('node:fs')
  // enough work for two threads
  const row = i => Array.from({ length: 300 }, (_, j) => ((i * 31 + j * 17) % 23) / 23)
  const data = g.fromArrays(Array.from({ length: 100 }, (_, i) => row(i)), Array.from({ length: 100 }, () => [1])).right
  const model = g.model(g.input(300), g.dense(160), g.relu, g.dense(96), g.relu, g.dense(1))
  const t = { model, loss: g.meanSquaredError, optimizer: g.sgd(0.01), batchSize: 100, stop: g.steps(4) }
  const said = r => r._tag === 'Left' ? g.showError(r.left) : 'nothing was seen'
  const pool = await g.wasmThreadPool(2)()
  if (pool._tag === 'Left') console.log(said(pool))
  else {
    const backend = pool.right
    console.log(said(g.train(t, { backend })(data)))
    writeFileSync(${JSON.stringify(flag)}, '')
    await new Promise(resolve => setTimeout(resolve, 200))
    console.log(said(g.train(t, { backend })(data)))
    backend.close()
  }
  console.log(said(g.train(t, { backend: g.wasmThreads(2) })(data)))`

describeWith('gcc')('a library with -ffast-math', () => {
  test.runIf(isLinux && isBuilt)(
    'in another thread alone ends a training, in a pool and in threads of the loop',
    () => {
      const [flag, preload] = [join(folder, 'now'), join(folder, 'preload.cjs')]
      writeFileSync(join(folder, 'fast.c'), 'int gradfold_canary(void) { return 1; }\n')
      execFileSync('gcc', ['-shared', '-fPIC', '-ffast-math', '-o', join(folder, 'fast.node'), join(folder, 'fast.c')])
      writeFileSync(preload, inThreads(flag))
      const run = ['--require', preload, '--input-type=module', '-e', poolScript(flag)]
      const said = execFileSync(process.execPath, run, { encoding: 'utf8' }).trim().split('\n')
      const seen: unknown = expect.stringMatching(
        /threads\/processor: .* flushes subnormal numbers; a native library was loaded/
      )
      expect(said).toEqual(['nothing was seen', seen, seen])
      // threads that are new start in that mode
      const again = execFileSync(process.execPath, run, { encoding: 'utf8' }).trim().split('\n')
      expect(again).toEqual([seen, seen])
    }
  )

  test.runIf(isLinux && isBuilt).each(['before', 'within'] as const)(
    'loaded %s a training ends it, on both backends',
    when => {
      writeFileSync(join(folder, 'fast.c'), 'int gradfold_canary(void) { return 1; }\n')
      execFileSync('gcc', ['-shared', '-fPIC', '-ffast-math', '-o', join(folder, 'fast.node'), join(folder, 'fast.c')])
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script(when)], { encoding: 'utf8' })
      const lines = said.trim().split('\n')
      expect(lines).toHaveLength(2)
      for (const line of lines) expect(line).toMatch(/flushes subnormal numbers; a native library was loaded/)
    }
  )
})
