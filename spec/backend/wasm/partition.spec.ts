/** Kernels in parts for several threads: each part worked out by itself, all of them together are the whole, to the bit. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, type Values } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { emitModule, importsOf } from '../../../src/backend/wasm/emit/module.js'
import { toKernels } from '../../../src/backend/kernel/fuse.js'
import { bytesOf, type Kernel, type KernelProgram, type View } from '../../../src/backend/kernel/ir.js'
import { runPasses, uncompiled } from '../../../src/backend/kernel/compile.js'
import { inPieces, partition } from '../../../src/backend/kernel/partition.js'
import * as b from '../../../src/expr/build.js'
import type { Expr } from '../../../src/expr/op.js'
import { program } from '../../../src/expr/program.js'
import { allocate, isFloat, numbersOf, type DType, type FloatType, type Tensor } from '../../../src/value/tensor.js'
import { runnable, samplesOf } from '../../expr/arbitrary.js'
import { right } from '../../support/either.js'
import { runs } from '../../support/runs.js'

/** runs kernels, one after another, and reads what they leave for the output y */
const ran = (l: KernelProgram, inputs: Values): ArrayLike<number> => {
  const { plan: p, parts } = runPasses(
    { ...uncompiled({ programs: [], resident: Object.keys(l.inputs) }), programs: [l] },
    { from: 'partition' }
  )
  const pages = Math.ceil(p.bytes / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const bytes = new Uint8Array(memory.buffer)
  const put = (at: number, { buffer, byteOffset, byteLength }: ArrayBufferView): void => {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
  }
  for (const [name, { address }] of p.inputs) put(address, numbersOf(inputs[name] as Tensor))
  // as they are stored: kernels know how they lie
  for (const c of l.constants)
    if (c.role.kind === 'constant') put(p.address.get(c) as number, allocate(c.dtype, c.role.value.data))
  for (const part of parts[0]?.[0] ?? []) {
    const emitted = emitModule(part)
    const imports = importsOf(emitted, { memory, sleep: () => 1 })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(emitted.bytes), imports)
    ;(instance.exports as { readonly run: (turn: number) => void }).run(0)
  }
  const { buffer } = l.outputs['y'] as View
  const at = p.address.get(buffer) as number
  const out = allocate(buffer.dtype satisfies DType, buffer.size)
  new Uint8Array(out.buffer).set(bytes.subarray(at, at + buffer.size * bytesOf[buffer.dtype]))
  return out
}

/** how many kernels were cut */
const inParts = (y: Expr, inputs: Values, threads: number): number => {
  const whole = toKernels(right(program({ y })))
  const parts = whole.kernels.map((k): readonly Kernel[] => (inPieces(k, threads) ? [k] : partition(k, threads, 1)))
  const l = { ...whole, kernels: parts.flat(), updates: parts.flat().length }
  const wanted = right(evaluate(reference)({ y }, inputs)).y
  // NaN has many bit patterns, none of them promised
  expect(Array.from(ran(l, inputs))).toEqual(Array.from(numbersOf(wanted)))
  return parts.filter(of => of.length > 1).length
}

/** the axes of which a number says, one for each bit */
const axesIn = (shape: readonly number[], bits: number): readonly number[] =>
  [...shape.keys()].filter(a => ((bits >> a) & 1) === 1)

describe('parts of kernels', () => {
  let cut = 0
  for (const op of runnable)
    for (const dtype of ['f32', 'f64'] satisfies FloatType[])
      it(`${op} ${dtype}`, () => {
        fc.assert(
          fc.property(samplesOf(op, { dtype, numbers: 'any' }), fc.constantFrom(2, 3, 5), (s, threads) => {
            cut += inParts(s.node, s.inputs, threads)
          }),
          { numRuns: runs(15) }
        )
      })

  it('sums and maxima over any axes, of numbers laid out in any way', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FloatType>('f32', 'f64').chain(dtype => samplesOf('transpose', { dtype, numbers: 'any' })),
        fc.integer({ min: 1, max: 31 }),
        fc.constantFrom(b.sum, b.reduceMax),
        fc.constantFrom(2, 3, 5),
        (s, bits, reduce, threads) => {
          if (!isFloat(s.node.dtype)) return
          cut += inParts(reduce(s.node, axesIn(s.node.shape, bits)), s.inputs, threads)
          cut += inParts(reduce(b.abs(s.node), axesIn(s.node.shape, bits)), s.inputs, threads)
        }
      ),
      { numRuns: runs(300) }
    )
  })

  it('there were some', () => {
    expect(cut).toBeGreaterThan(500)
  })
})
