/** A loop over the memory of compiled programs: tensors are copied in, the programs run, results are copied out. */
import * as E from 'fp-ts/lib/Either.js'
import type { Program } from '../../../expr/program.js'
import { work } from '../../../expr/work.js'
import type { BackendError } from '../../../value/error.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import {
  allocate,
  numbersOf,
  scalarOf,
  tensorView,
  type Aval,
  type DType,
  type Storage,
  type Tensor
} from '../../../value/tensor.js'
import {
  checkCount,
  checkInputs,
  checkPlaces,
  inputsBeside,
  notOpened,
  stacked,
  type Loop,
  type Values
} from '../../backend.js'
import { pack, unpack } from '../../kernel/weight-layout.js'
import type { MemoryPlan, Queue, Queued } from '../../kernel/memory-plan.js'

/** a range of memory as an array of an element type */
export const arrays: { readonly [D in DType]: (b: ArrayBuffer, address: number, n: number) => Storage[D] } = {
  f32: (b, a, n) => new Float32Array(b, a, n),
  f64: (b, a, n) => new Float64Array(b, a, n),
  u8: (b, a, n) => new Uint8Array(b, a, n),
  u32: (b, a, n) => new Uint32Array(b, a, n),
  bool: (b, a, n) => new Uint8Array(b, a, n)
}

/** the memory of a loop, and its programs, each compiled when it first runs */
export interface Instance {
  readonly plan: MemoryPlan
  readonly memory: WebAssembly.Memory
  /** runs a program `count` times, on the first values of its queues */
  readonly run: (which: number, count: number) => E.Either<BackendError, void>
  readonly close: () => void
}

const avals = (values: Values): Readonly<Record<string, Aval>> =>
  Object.fromEntries(Object.entries(values).map(([name, { dtype, shape }]) => [name, { dtype, shape }]))

/**
 * Work (expr/work) that justifies a call: some milliseconds. Between calls the caller does its bookkeeping while all
 * other threads wait.
 */
const workPerCall = 0x1000_0000

/** an input or output that changes in every step */
interface Passing extends Aval {
  readonly name: string
  readonly size: number
  readonly queue: Queue
}
const passing = (values: Readonly<Record<string, Aval>>, queues: ReadonlyMap<string, Queue>): readonly Passing[] =>
  Object.entries(values).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape,
    size: sizeOf(shape),
    queue: queues.get(name) as Queue
  }))

/** a program of a loop, with everything that is the same in each step */
interface Ready {
  readonly which: number
  /** inputs that every step must supply */
  readonly wanted: Readonly<Record<string, Aval>>
  readonly inputs: readonly Passing[]
  readonly outputs: readonly Passing[]
}

/** copies tensors into their places in memory */
const put = ({ plan, memory }: Instance, values: Values): void => {
  for (const [name, t] of Object.entries(values)) {
    const input = plan.inputs.get(name)
    if (input === undefined) continue
    const place = arrays[t.dtype](memory.buffer, input.address, sizeOf(t.shape))
    const panels = plan.panels.get(name)
    if (t.data.length === 1) place.fill(scalarOf(t))
    else if (panels === undefined) place.set(numbersOf(t))
    else pack(numbersOf(t), place, panels)
  }
}

/** copies tensors out of memory; overwrites those of `over` */
const taken = ({ plan, memory }: Instance, wanted: Readonly<Record<string, Aval>>, over: Values | undefined): Values =>
  Object.fromEntries(
    Object.entries(wanted).map(([name, { dtype, shape }]) => {
      const now = arrays[dtype](memory.buffer, plan.inputs.get(name)?.address ?? 0, sizeOf(shape))
      const panels = plan.panels.get(name)
      const old = over?.[name]
      if (old === undefined && panels === undefined) return [name, tensorView(dtype, shape, allocate(dtype, now))]
      const t = old ?? tensorView(dtype, shape, allocate(dtype, now.length))
      if (panels === undefined) numbersOf(t).set(now)
      else unpack(now, numbersOf(t), panels)
      return [name, t]
    })
  )

/** runs `count` steps on inputs that fit; `shapeOf` gives the shape of the results of all steps in one tensor */
const runSteps = (
  { plan, memory: { buffer }, run }: Instance,
  { which, inputs, outputs }: Ready,
  count: number,
  values: Values,
  shapeOf: (one: Dims) => Dims
): E.Either<BackendError, Values> => {
  const mine = inputs.map(({ name }) => numbersOf(values[name] as Tensor))
  const out = outputs.map(({ dtype, size }) => allocate(dtype, count * size))
  for (let done = 0; done < count; done += plan.turns) {
    const turns = Math.min(plan.turns, count - done)
    inputs.forEach(({ dtype, size, queue }, i) => {
      const numbers = mine[i] as Storage[DType]
      arrays[dtype](buffer, queue.address, turns * size).set(numbers.subarray(done * size, (done + turns) * size))
    })
    const ran = run(which, turns)
    if (E.isLeft(ran)) return ran
    outputs.forEach(({ dtype, size, queue }, i) => {
      out[i]?.set(arrays[dtype](buffer, queue.address, turns * size), done * size)
    })
  }
  return E.right(
    Object.fromEntries(
      outputs.map(({ name, dtype, shape }, i) => [name, tensorView(dtype, shapeOf(shape), out[i] as Storage[DType])])
    )
  )
}

/** the loop over an instance, with `start` and `resident` copied into its memory */
export const loopOver = (instance: Instance, programs: readonly Program[], start: Values, resident: Values): Loop => {
  const { plan } = instance
  // keep their types alone: the tensors may be large, and can be collected once they are copied
  const given = avals({ ...resident, ...start })
  const fedBack = avals(start)
  put(instance, { ...resident, ...start })
  const ready = new Map(
    programs.map((p, which): readonly [Program, Ready] => {
      const queued = plan.queued[which] as Queued
      const wanted = inputsBeside(p, given)
      const results = Object.fromEntries(Object.entries(p.outputs).filter(([name]) => !Object.hasOwn(fedBack, name)))
      return [p, { which, wanted, inputs: passing(wanted, queued.inputs), outputs: passing(results, queued.outputs) }]
    })
  )
  return {
    steps: (p, count, inputs) => {
      const r = ready.get(p)
      if (r === undefined) return E.left(notOpened('wasm'))
      const wrong = checkCount(count) ?? checkInputs(stacked(count, r.wanted), inputs)
      return wrong !== undefined ? E.left(wrong) : runSteps(instance, r, count, inputs, shape => [count, ...shape])
    },
    // no more than the queues hold, so that inputs and outputs stay in the nearest caches
    preferredSteps: p => Math.max(1, Math.min(plan.turns, Math.floor(workPerCall / work(p)))),
    step: (p, inputs) => {
      const r = ready.get(p)
      if (r === undefined) return E.left(notOpened('wasm'))
      const wrong = checkInputs(r.wanted, inputs)
      return wrong !== undefined ? E.left(wrong) : runSteps(instance, r, 1, inputs, shape => shape)
    },
    state: over => taken(instance, fedBack, over),
    place: values => {
      const wrong = checkPlaces(given, values)
      if (wrong !== undefined) return E.left(wrong)
      put(instance, values)
      return E.right(undefined)
    },
    close: instance.close
  }
}
