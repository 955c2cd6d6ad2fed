/** The compiled backend: a program becomes one WebAssembly SIMD module. The reference's bits, fast. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Program } from '../../expr/program.js'
import { backendError, type BackendError, type ShapeError } from '../../value/error.js'
import { sizeOf } from '../../value/shape.js'
import { allocate, numbersOf, view, type DType, type Storage, type Tensor } from '../../value/tensor.js'
import { checkInputs, type Backend, type Loop, type Values } from '../backend.js'
import { emitProgram, type Emitted, type Shared } from './emit/module.js'
import { lower } from './fuse.js'
import type { Lowered, View } from './kernel.js'
import { plan, type Plan } from './plan.js'
import { split } from './split.js'
import { hasThreads, sleepOn, startTeam } from './threads.js'

const arrays: { readonly [D in DType]: (b: ArrayBuffer, address: number, n: number) => Storage[D] } = {
  f32: (b, a, n) => new Float32Array(b, a, n),
  f64: (b, a, n) => new Float64Array(b, a, n),
  u8: (b, a, n) => new Uint8Array(b, a, n),
  u32: (b, a, n) => new Uint32Array(b, a, n),
  bool: (b, a, n) => new Uint8Array(b, a, n)
}

/** the memory of a loop, and its programs, each compiled when it first runs */
interface Instance {
  readonly plan: Plan
  readonly memory: WebAssembly.Memory
  readonly run: (which: number) => E.Either<BackendError, void>
  readonly close: () => void
}

const pageSize = 65536

const refused = (e: unknown): BackendError =>
  backendError(
    ['wasm'],
    'WebAssembly with SIMD, and leave to compile it',
    e instanceof Error ? e.message : String(e),
    'use the reference backend (gradfold/ndarray)'
  )

type Part = Readonly<Record<'run' | 'barrier', () => void>>
const instances = (parts: readonly Emitted[]): readonly Part[] =>
  parts.map(
    ({ bytes, imports }) => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as unknown as Part
  )

const instantiate = (
  programs: readonly Lowered[],
  fedBack: ReadonlyMap<string, View>,
  threads: number
): E.Either<BackendError, Instance> =>
  E.tryCatch(() => {
    const p = plan(programs, fedBack, threads)
    const pages = Math.ceil(p.bytes / pageSize)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, ...(threads > 1 ? { shared: true } : {}) })
    for (const constant of programs.flatMap(l => l.constants))
      if (constant.role.kind === 'constant')
        arrays[constant.dtype](memory.buffer, p.address.get(constant) as number, constant.size).set(
          constant.role.value.data
        )
    const shared: Shared = { plan: p, memory, pages, threads, sleep: threads > 1 ? sleepOn(memory) : () => 1 }
    const emit = (which: number, thread = 0): readonly Emitted[] =>
      emitProgram(programs[which] as Lowered, p.copies[which] ?? [], shared, thread)
    const compiled = new Map<number, readonly Part[]>()
    const partsOf = (which: number): readonly Part[] => {
      const parts = compiled.get(which) ?? instances(emit(which))
      compiled.set(which, parts)
      return parts
    }
    const others = Array.from({ length: threads - 1 }, (_, i) => i + 1)
    const team =
      threads > 1
        ? startTeam(
            memory,
            others.map(thread => programs.map((_, which) => emit(which, thread)))
          )
        : undefined
    const barrier = (): void => partsOf(0)[0]?.barrier()
    return {
      plan: p,
      memory,
      run: which =>
        E.tryCatch(() => {
          const parts = partsOf(which)
          team?.order(which)
          if (team !== undefined) barrier()
          for (const part of parts) part.run()
        }, refused),
      close: () => team?.dismiss(barrier)
    }
  }, refused)

const write = (i: Instance, name: string, t: Tensor): void => {
  const input = i.plan.inputs.get(name)
  if (input !== undefined) arrays[t.dtype](i.memory.buffer, input.address, sizeOf(t.shape)).set(numbersOf(t))
}
const read = (i: Instance, address: number, like: { readonly dtype: DType; readonly shape: Tensor['shape'] }): Tensor =>
  view(like.dtype, like.shape, allocate(like.dtype, arrays[like.dtype](i.memory.buffer, address, sizeOf(like.shape))))

/** Threads where the platform has some and there is work to share out. What feeds nothing back is one pass over data: threads would take longer to start. */
const useful = (programs: readonly Lowered[], isLoop: boolean, threads: number): number =>
  isLoop && hasThreads() && programs.some(p => p.kernels.some(k => split(k, threads).length > 1)) ? threads : 1

const loopOn =
  (threads: number): Backend['loop'] =>
  (programs, start, resident) => {
    const lowered = programs.map(lower)
    const fedBack = new Map(
      Object.entries(start).map(([name, t], i) => {
        const buffer = { id: -1 - i, dtype: t.dtype, size: sizeOf(t.shape), role: { kind: 'input', name } } as const
        return [name, { buffer, shape: t.shape, stride: t.stride, offset: 0 }] as const
      })
    )
    const given = { ...start, ...resident }
    for (const p of programs) {
      const known = {
        ...p,
        inputs: Object.fromEntries(Object.entries(p.inputs).filter(([name]) => Object.hasOwn(given, name)))
      }
      const wrong = checkInputs(known, given)
      if (wrong !== undefined) return E.left(wrong)
    }
    return pipe(
      instantiate(lowered, fedBack, useful(lowered, fedBack.size > 0, threads)),
      E.map((instance): Loop => {
        for (const [name, t] of Object.entries(given)) write(instance, name, t)
        const out = programs.map((p, i) =>
          Object.entries(p.outputs)
            .filter(([name]) => !fedBack.has(name))
            .map(
              ([name, e]) =>
                [
                  name,
                  e,
                  instance.plan.address.get((lowered[i] as Lowered).outputs[name]?.buffer as View['buffer']) as number
                ] as const
            )
        )
        const needed = programs.map(p => ({
          ...p,
          inputs: Object.fromEntries(Object.entries(p.inputs).filter(([name]) => !Object.hasOwn(given, name)))
        }))
        return {
          step: (p, inputs) => {
            const which = programs.indexOf(p)
            if (which < 0)
              return E.left(backendError(['wasm'], 'one of the programs the loop was opened with', 'another'))
            const wrong: ShapeError | undefined = checkInputs(needed[which] as Program, inputs)
            if (wrong !== undefined) return E.left(wrong)
            for (const name of Object.keys(inputs)) write(instance, name, inputs[name] as Tensor)
            const ran = instance.run(which)
            if (E.isLeft(ran)) return ran
            const results: Values = Object.fromEntries(
              (out[which] as NonNullable<(typeof out)[number]>).map(([name, e, address]) => [
                name,
                read(instance, address, e)
              ])
            )
            return E.right(results)
          },
          state: () =>
            Object.fromEntries(
              Object.entries(start).map(([name, t]) => [
                name,
                read(instance, instance.plan.inputs.get(name)?.address ?? 0, t)
              ])
            ),
          close: instance.close
        }
      })
    )
  }

const backendOn = (threads: number): Backend => ({
  name: threads === 1 ? 'wasm' : `wasm, ${threads} threads`,
  compile: p =>
    pipe(
      loopOn(1)([p], {}, {}),
      E.mapLeft((e): BackendError =>
        e._tag === 'BackendError' ? e : backendError(['wasm', ...e.path], e.expected, e.got, e.hint)
      ),
      E.map(l => ({ run: inputs => l.step(p, inputs) }))
    ),
  loop: loopOn(threads)
})

/** WebAssembly SIMD on one thread */
export const wasm: Backend = backendOn(1)

/**
 * The same on several threads, which share out the work of large kernels: the same bits, whatever their number. In Node; the calling
 * thread is one of them.
 *
 * @example train(settings, { backend: wasmThreads(2) })
 */
export const wasmThreads = (threads: number): Backend => backendOn(Math.max(1, Math.min(64, Math.floor(threads))))
