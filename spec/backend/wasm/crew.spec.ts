/** Threads that wait for work, and what becomes of a training whose threads fail: an error, never a wait without end. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Backend, Loop } from '../../../src/backend/backend.js'
import * as selfTest from '../../../src/backend/wasm/runtime/self-test.js'
import * as threads from '../../../src/backend/wasm/runtime/threads.js'
import { wasm, wasmThreadPool, wasmThreads } from '../../../src/backend/wasm/wasm.js'
import { dataset } from '../../../src/data/dataset.js'
import { input as expressionInput, matmul } from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { relu } from '../../../src/layer/activation.js'
import { dense } from '../../../src/layer/dense.js'
import { input, model } from '../../../src/layer/model.js'
import { softmaxCrossEntropy } from '../../../src/train/loss/index.js'
import { adam } from '../../../src/train/optimizer/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train, trainIterator } from '../../../src/train/train.js'
import { left, right } from '../../support/either.js'
import { numbers } from '../../support/tensors.js'

const data = right(dataset({ x: numbers('f32', [230, 300], 4), y: numbers('u32', [230], 5, 10), classes: 10 }))
const settings = (seed: number, count = 7) => ({
  model: model(input(300), dense(160), relu, dense(96), relu, dense(10)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 100,
  stop: steps(count),
  seed
})
const trained = (backend: Backend, seed: number): unknown => right(train(settings(seed), { backend })(data)).state

/** the threads that are started from now on */
const watched = (): readonly { readonly terminate: () => Promise<number>; readonly works: number }[] => {
  const node = process.getBuiltinModule('node:worker_threads')
  const started: Watched[] = []
  class Watched extends node.Worker {
    /** how often it was given work */
    works = 0
    override postMessage(orders: unknown): void {
      this.works++
      super.postMessage(orders)
    }
    constructor(...args: ConstructorParameters<typeof node.Worker>) {
      super(...args)
      started.push(this)
    }
  }
  const getBuiltinModule = process.getBuiltinModule.bind(process)
  vi.spyOn(process, 'getBuiltinModule').mockImplementation((id: string) =>
    id === 'node:worker_threads' ? { ...node, Worker: Watched } : getBuiltinModule(id)
  )
  return started
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.doUnmock('../../../src/backend/wasm/runtime/self-test.js')
  vi.doUnmock('../../../src/backend/wasm/runtime/threads.js')
  vi.resetModules()
})

describe('a crew', () => {
  it('trains again and again with the same threads and the bits of one', async () => {
    const started = watched()
    const crew = right(await wasmThreadPool(3)())
    expect(crew.threads).toBe(3)
    for (const seed of [1, 2, 1]) expect(trained(crew, seed)).toEqual(trained(wasm, seed))
    expect(started.length).toBe(2)
    crew.close()
  })

  it('a training beside one that has the threads does without, and so does one after they were closed', async () => {
    const crew = right(await wasmThreadPool(2)())
    const first = right(trainIterator(settings(1), { backend: crew })(data))
    first.next()
    expect(trained(crew, 2)).toEqual(trained(wasm, 2))
    let last = first.next()
    while (last.done !== true) last = first.next()
    expect(right(last.value).state).toEqual(trained(wasm, 1))
    crew.close()
    expect(trained(crew, 3)).toEqual(trained(wasm, 3))
  })

  it('is one thread where none can be started', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    const crew = right(await wasmThreadPool(4)())
    expect(crew.threads).toBe(1)
    expect(trained(crew, 1)).toEqual(trained(wasm, 1))
  })
})

/** the programs of a training with large kernels, as a loop of a backend */
const opened = (backend: Backend): { readonly loop: Loop; readonly turn: () => ReturnType<Loop['step']> } => {
  const [w, x] = [expressionInput('w', 'f32', [160, 160]), expressionInput('x', 'f32', [160, 160])]
  const p = right(program({ w: matmul(w, x) }))
  const loop = right(backend.loop([p], { w: numbers('f32', [160, 160], 1) }, { x: numbers('f32', [160, 160], 2) }))
  return { loop, turn: () => loop.step(p, {}) }
}

describe('a loop', () => {
  it('that is closed twice gives its threads back once', async () => {
    const started = watched()
    const crew = right(await wasmThreadPool(2)())
    const first = opened(crew)
    right(first.turn())
    first.loop.close()
    const second = opened(crew)
    first.loop.close()
    right(second.turn())
    // the threads are still the second one's
    expect(trained(crew, 1)).toEqual(trained(wasm, 1))
    expect(started[0]?.works).toBe(2)
    right(second.turn())
    second.loop.close()
    crew.close()
  })

  it('that was closed does no more steps on threads, and keeps its state', () => {
    const { loop, turn } = opened(wasmThreads(3))
    right(turn())
    const before = loop.state()
    loop.close()
    expect(left(turn())).toContain('got a loop that was closed')
    expect(loop.state()).toEqual(before)
  })

  it('whose threads were closed ends with an error that says so', async () => {
    const crew = right(await wasmThreadPool(3)())
    const { loop, turn } = opened(crew)
    right(turn())
    crew.close()
    expect(left(turn())).toContain('got threads that were closed')
    loop.close()
    crew.close()
    expect(trained(crew, 1)).toEqual(trained(wasm, 1))
  })

  it('that is forgotten gives its threads back when it is collected', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const started = watched()
    const crew = right(await wasmThreadPool(2)())
    const forget = (): void => void right(opened(crew).turn())
    forget()
    trained(crew, 1)
    expect(started[0]?.works).toBe(1)
    for (let tries = 0; started[0]?.works === 1 && tries < 50; tries++) {
      collect()
      await new Promise(resolve => setTimeout(resolve, 20))
      opened(crew).loop.close()
    }
    expect(started[0]?.works).toBe(2)
    expect(trained(crew, 1)).toEqual(trained(wasm, 1))
    expect(started[0]?.works).toBe(3)
    crew.close()
  })
})

describe('threads that the platform refuses', () => {
  const refused = (): void => {
    const node = process.getBuiltinModule('node:worker_threads')
    const getBuiltinModule = process.getBuiltinModule.bind(process)
    class Refused {
      constructor() {
        throw new Error('access to threads is restricted')
      }
    }
    vi.spyOn(process, 'getBuiltinModule').mockImplementation((id: string) =>
      id === 'node:worker_threads' ? { ...node, Worker: Refused } : getBuiltinModule(id)
    )
  }
  it('are an error that gives its reason, in a crew and in a training', async () => {
    refused()
    expect(left(await wasmThreadPool(3)())).toContain(
      'wasm/threads: expected 3 threads, got access to threads is restricted'
    )
    expect(left(train(settings(1), { backend: wasmThreads(3) })(data))).toContain('got access to threads is restricted')
  })
})

describe('a thread that dies', () => {
  it('between two turns: the training ends with an error, and the next one runs on one thread', async () => {
    const started = watched()
    const crew = right(await wasmThreadPool(2)())
    const pulled = right(trainIterator(settings(1, 50), { backend: crew, turnSteps: 2 })(data))
    expect(pulled.next().done).toBe(false)
    await started[0]?.terminate()
    let last = pulled.next()
    while (last.done !== true) last = pulled.next()
    expect(left(last.value)).toContain(
      'wasm/threads: expected every thread to do its share, got the end of one of them'
    )
    expect(trained(crew, 2)).toEqual(trained(wasm, 2))
  })

  it('while the others compute: the training ends with an error when they have waited long enough', async () => {
    const started = watched()
    vi.doMock('../../../src/backend/wasm/runtime/threads.js', () => ({
      ...threads,
      ownThreads: {
        ...threads.ownThreads,
        sleepOn: (memory: WebAssembly.Memory) => threads.sleepOn(memory, 2000)
      }
    }))
    const { wasmThreads } = await import('../../../src/backend/wasm/wasm.js')
    const ended = train(settings(1, 5000), {
      backend: wasmThreads(2),
      observe: e => {
        if (e.tag === 'epoch' && e.epoch === 1) void started[0]?.terminate()
      }
    })(data)
    expect(started.length).toBe(1)
    expect(left(ended)).toContain('wasm/threads: expected every thread to do its share, got no answer from one of them')
  })

  it('with something to say: that is in the error', async () => {
    const test = right(selfTest.makeSelfTest())
    const failing = { ...test, canaries: [[5e-324, 1.5, 1, 0]] } as const
    vi.doMock('../../../src/backend/wasm/runtime/self-test.js', () => ({
      ...selfTest,
      selfTested: () => ({ _tag: 'Right', right: failing })
    }))
    const { wasmThreads } = await import('../../../src/backend/wasm/wasm.js')
    expect(left(train(settings(1), { backend: wasmThreads(3) })(data))).toContain(
      'wasm/threads/processor: expected products of small numbers as IEEE 754 has them, got 0: this thread flushes'
    )
  })
})
