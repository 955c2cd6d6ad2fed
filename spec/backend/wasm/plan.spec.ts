/** What becomes of whole training steps: modules made once, pieces that do not change with the batch, threads that never touch the same numbers unasked. */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Backend } from '../../../src/backend/backend.js'
import { compile } from '../../../src/backend/kernel/compile.js'
import { partText } from '../../../src/backend/wasm/runtime/cache.js'
import type { Part } from '../../../src/backend/kernel/thread-programs.js'
import { emitModule } from '../../../src/backend/wasm/emit/module.js'
import { bytesOf, readsOf, resultsOf, type View } from '../../../src/backend/kernel/ir.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { dataset } from '../../../src/data/dataset.js'
import { program, type Program } from '../../../src/expr/program.js'
import { gelu, relu } from '../../../src/layer/activation.js'
import { batchNorm } from '../../../src/layer/batch-norm.js'
import { dense } from '../../../src/layer/dense.js'
import { dropout } from '../../../src/layer/dropout.js'
import { input, model } from '../../../src/layer/model.js'
import { softmaxCrossEntropy } from '../../../src/train/loss/index.js'
import { adam } from '../../../src/train/optimizer/index.js'
import { steps } from '../../../src/train/stop/index.js'
import { train } from '../../../src/train/train.js'
import { runnable, samplesOf } from '../../expr/arbitrary.js'
import { right } from '../../support/either.js'
import { numbers } from '../../support/tensors.js'

const net = model(input(130), dense(160), batchNorm(), relu, dropout(0.2), dense(96), gelu, dense(64), relu, dense(10))
const data = right(dataset({ x: numbers('f32', [230, 130], 4), y: numbers('u32', [230], 5, 10), classes: 10 }))

/** trains, and tells with what the loop was opened */
const opened = (batchSize: number, precision: 'f32' | 'f64' = 'f32') => {
  const loops: Parameters<Backend['loop']>[] = []
  const backend: Backend = {
    ...wasm,
    loop: (...given) => {
      loops.push(given)
      return wasm.loop(...given)
    }
  }
  right(
    train(
      { model: net, loss: softmaxCrossEntropy, optimizer: adam(0.01), batchSize, stop: steps(3), seed: 3, precision },
      { backend }
    )(data)
  )
  return loops[0] as Parameters<Backend['loop']>
}
/** the parts of each program of a training, for each thread */
const partsFor = (batchSize: number, threads: number): readonly (readonly (readonly Part[])[])[] => {
  const [programs, start, resident] = opened(batchSize)
  return compile({ programs, carried: start, resident: Object.keys(resident), threads }).parts
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** how many modules are compiled meanwhile */
const compiled = (work: () => void): number => {
  const spy = vi.spyOn(WebAssembly, 'Module')
  work()
  const { length } = spy.mock.calls
  spy.mockRestore()
  return length
}

describe('modules', () => {
  it('are made once: the same training again compiles nothing', () => {
    expect(compiled(() => opened(46))).toBeGreaterThan(2)
    expect(compiled(() => opened(46))).toBe(0)
  })

  it('with another size of the batch, what updates the parameters is not compiled again', () => {
    const [pieces, again] = [partsFor(46, 1)[0]?.[0]?.length ?? 0, compiled(() => opened(23))]
    expect(again).toBeGreaterThan(0)
    expect(again).toBeLessThan(pieces)
    const texts = (batchSize: number): readonly string[] => (partsFor(batchSize, 1)[0]?.[0] ?? []).map(partText)
    const [a, b] = [new Set(texts(46)), texts(115)]
    expect(b.filter(t => a.has(t)).length).toBe(pieces - again)
  })

  it('are told apart by their texts: the same text is the same code', () => {
    const codes = new Map<string, string>()
    const codeOf = (p: Program): void => {
      for (const part of compile({ programs: [p] }).parts[0]?.[0] ?? []) {
        const code = Buffer.from(emitModule(part).bytes).toString('latin1')
        const text = partText(part)
        expect(codes.get(text) ?? code).toBe(code)
        codes.set(text, code)
      }
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...runnable).chain(op => samplesOf(op, { dtype: 'f32', numbers: 'any' })),
        s => {
          codeOf(right(program({ y: s.node })))
        }
      ),
      { numRuns: 800 }
    )
    expect(codes.size).toBeGreaterThan(200)
  })
})

// ---- threads

/** the numbers that a view shows, by address */
const places = (v: View, at: (v: View) => number, visit: (address: number) => void): void => {
  const size = bytesOf[v.buffer.dtype]
  const walk = (axis: number, offset: number): void => {
    if (axis === v.shape.length) visit(at(v) + offset * size)
    else
      for (let i = 0; i < (v.shape[axis] as number); i++)
        walk(axis + 1, offset + (v.stride[axis] === 0 ? 0 : i * (v.stride[axis] as number)))
  }
  walk(0, v.offset)
}

describe('threads', () => {
  it.each([2, 3])('%i of them never touch a number that another one writes, unless they met in between', threads => {
    let shared = 0
    let pieces = 0
    for (const byThread of partsFor(46, threads)) {
      const work = byThread.map(parts => parts.flatMap(p => p.work))
      const { address } = byThread[0]?.[0] as Part
      const at = (v: View): number => address(v.buffer)
      /** who wrote and who read a place since all met */
      let writers = new Map<number, number>()
      let readers = new Map<number, Set<number>>()
      const kernels = work[0]?.length ?? 0
      for (let i = 0; i < kernels; i++) {
        if (work[0]?.[i]?.barrier === true) {
          writers = new Map()
          readers = new Map()
        }
        expect(new Set(work.map(w => w[i]?.barrier)).size).toBe(1)
        if (work.every(w => w[i]?.kernel !== undefined)) shared++
        work.forEach((w, thread) => {
          const kernel = w[i]?.kernel
          if (kernel === undefined) return
          for (const v of readsOf(kernel))
            places(v, at, a => {
              if ((writers.get(a) ?? thread) !== thread) expect.fail(`kernel ${i}, ${kernel.kind}: read at ${a}`)
              const who = readers.get(a) ?? new Set()
              readers.set(a, who.add(thread))
            })
        })
        work.forEach((w, thread) => {
          const kernel = w[i]?.kernel
          if (kernel === undefined) return
          if (w[i]?.next !== undefined) {
            // done in pieces: nobody knows who writes a number, so after this nobody may touch it unasked
            if (thread === 0)
              for (const v of resultsOf(kernel))
                places(v, at, a => {
                  if (readers.has(a) || writers.has(a)) expect.fail(`kernel ${i}, in pieces: written at ${a}`)
                  writers.set(a, -1)
                })
            pieces++
            return
          }
          for (const v of resultsOf(kernel))
            places(v, at, a => {
              const others = [...(readers.get(a) ?? [])].some(t => t !== thread)
              if (others || (writers.get(a) ?? thread) !== thread)
                expect.fail(`kernel ${i}, ${kernel.kind}: written at ${a}`)
              writers.set(a, thread)
            })
        })
      }
      expect(work[0]?.filter(w => w.barrier).length).toBeLessThan(kernels)
    }
    expect(shared).toBeGreaterThan(4)
    expect(pieces).toBeGreaterThan(4)
  })
})
