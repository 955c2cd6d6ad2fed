/** The self-test knows the right answers, touches every kind of kernel, and sees it when one of them is wrong. */
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { evaluate } from '../../../src/backend/backend.js'
import { reference } from '../../../src/backend/reference/reference.js'
import { toKernels } from '../../../src/backend/kernel/fuse.js'
import type { Kernel } from '../../../src/backend/kernel/ir.js'
import {
  digestOf,
  formulas,
  givenNumbers,
  known,
  makeSelfTest,
  runSelfTest,
  selfTested,
  type SelfTest
} from '../../../src/backend/wasm/runtime/self-test.js'
import { startThreadPool } from '../../../src/backend/wasm/runtime/threads.js'
import { exp, input } from '../../../src/expr/build.js'
import { program } from '../../../src/expr/program.js'
import { numbersOf } from '../../../src/value/tensor.js'
import { left, right } from '../../support/either.js'

const test = right(makeSelfTest())

/** `f32x4.mul` and what takes its place: the same types, other numbers */
const mul = [0xfd, 0xe6, 0x01] as const
const add = [0xfd, 0xe4, 0x01] as const
/** Wasm as an engine would run it that adds four numbers where it should multiply them */
const miscompiled = (bytes: Uint8Array): Uint8Array => {
  const wrong = Uint8Array.from(bytes)
  for (let i = 0; i + 2 < bytes.length; i++) if (mul.every((b, j) => bytes[i + j] === b)) wrong.set(add, i)
  return wrong
}
const planted: SelfTest = { ...test, parts: test.parts.map(p => ({ ...p, bytes: miscompiled(p.bytes) })) }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('self-test', () => {
  it('the known answers are those of the reference backend, none of them NaN, whose bits are nobody’s', () => {
    const answers = right(evaluate(reference)(formulas, givenNumbers))
    expect(Object.fromEntries(Object.entries(answers).map(([name, t]) => [name, digestOf(t)]))).toEqual(known)
    for (const t of Object.values(answers)) expect([...numbersOf(t)].some(Number.isNaN)).toBe(false)
  })

  it('every kind of kernel is in it', () => {
    const kinds: { readonly [K in Kernel['kind']]: true } = {
      map: true,
      reduce: true,
      matmul: true,
      gather: true,
      scatter: true,
      unwindows: true,
      channelSums: true,
      fingerprint: true,
      foldIn: true,
      loop: true
    }
    expect(new Set(toKernels(right(program(formulas))).kernels.map(k => k.kind))).toEqual(new Set(Object.keys(kinds)))
  })

  it('passes here, and names what is wrong: each answer, a canary', () => {
    expect(runSelfTest(test)).toBe(undefined)
    for (const name of Object.keys(formulas)) {
      const answers = test.answers.map(([n, at, words, d]) => [n, at, words, n === name ? d ^ 1 : d] as const)
      expect(runSelfTest({ ...test, answers })).toBe(name)
    }
    // what a processor that flushes small numbers to 0 would say
    expect(runSelfTest({ ...test, canaries: [[5e-324, 1.5, 1, 0]] })).toBe('5e-324 times 1.5')
  })

  it('an engine whose vectors multiply wrongly is found out', () => {
    expect(miscompiled(test.parts[0]?.bytes as Uint8Array)).not.toEqual(test.parts[0]?.bytes)
    expect(left(selfTested(E.right(planted)))).toContain('wasm/self-test: expected the known answer for: matmul')
  })

  it('so is one in another thread', async () => {
    expect(left(await startThreadPool(2, planted)())).toContain(
      'wasm/threads: expected 2 threads, got self-test: matmul'
    )
  })

  it('the backend takes it before its first work, once', async () => {
    const Module = WebAssembly.Module
    const lengths: number[] = []
    class Wrong extends Module {
      constructor(bytes: Uint8Array) {
        super(miscompiled(bytes))
        lengths.push(bytes.length)
      }
    }
    vi.stubGlobal('WebAssembly', Object.assign(Object.create(WebAssembly), { Module: Wrong }))
    const { wasm } = await import('../../../src/backend/wasm/wasm.js')
    const p = right(program({ y: exp(input('x', 'f32', [3])) }))
    for (const _ of [1, 2]) expect(left(wasm.compile(p))).toContain('wasm/self-test: expected the known answer')
    expect(lengths.length).toBe(test.parts.length)
  })
})
