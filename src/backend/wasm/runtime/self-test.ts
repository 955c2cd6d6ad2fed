/**
 * A self-test: every kind of kernel on fixed numbers, and products below the normal range, against known answers.
 * Engines have shipped wrong SIMD, and native libraries in the process can make the processor flush small numbers to 0.
 * Each thread runs the test once, before its first work.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as b from '../../../expr/build.js'
import type { Expr } from '../../../expr/op.js'
import { scan } from '../../../expr/scan.js'
import { program } from '../../../expr/program.js'
import { backendError, showError, type BackendError } from '../../../value/error.js'
import { sizeOf, type Dims } from '../../../value/shape.js'
import { allocate, numbersOf, tensorView, type DType, type Tensor } from '../../../value/tensor.js'
import type { Values } from '../../backend.js'
import { canaries } from '../../canaries.js'
import { emitModule, portable, type Portable } from '../emit/module.js'
import { compile } from '../../kernel/compile.js'
import { bytesOf, type KernelProgram, type View } from '../../kernel/ir.js'

// ---- what is computed

const made = (dtype: DType, shape: Dims, f: (i: number) => number): Tensor =>
  tensorView(
    dtype,
    shape,
    allocate(
      dtype,
      Array.from({ length: sizeOf(shape) }, (_, i) => f(i))
    )
  )
/** numbers from -3 to 3, never 0 */
const spread =
  (step: number) =>
  (i: number): number =>
    (((i * step) % 101) - 50.5) / 17
const least = 1.401298464324817e-45
/** f32 numbers at and below the smallest normal one, of both signs */
const tiny = (i: number): number => (i % 2 === 0 ? 1 : -1) * least * (i < 12 ? i + 1 : 0x800000 + 7 - i)

/** @internal inputs of the formulas */
export const givenNumbers: Values = {
  a: made('f32', [6, 19], spread(37)),
  b: made('f32', [19, 21], spread(53)),
  wide: made('f64', [23], i => spread(29)(i) / 3),
  tiny: made('f32', [20], tiny),
  index: made('u32', [9], i => (i * 4) % 6),
  key: made('u32', [2], i => 1234567 * (i + 1))
}
const [a, c, wide, small, index, key] = ['a', 'b', 'wide', 'tiny', 'index', 'key'].map(name => {
  const { dtype, shape } = givenNumbers[name] as Tensor
  return b.input(name, dtype, shape)
}) as [Expr, Expr, Expr, Expr, Expr, Expr]

const image = b.reshape(a, [1, 6, 19, 1])
const byChannels = (x: Expr): Expr => b.transpose(x, [1, 0, 2])
/** of each of 19 channels the windows [4, 2], transposed */
const channelWindows = b.transpose(
  b.reshape(
    b.transpose(b.reshape(b.windows(b.reshape(a, [1, 2, 3, 19]), [1, 2]), [4, 2, 19, 1]), [2, 0, 1, 3]),
    [19, 4, 2]
  ),
  [0, 2, 1]
)
const overlapping = { size: [2, 3], stride: [1, 1], dilation: [1, 1] } as const

/** running sums, last row first, whose numbers depend on the order of the steps */
const [loop] = scan({
  steps: 6,
  reverse: true,
  carried: [b.constant(0.5, { dtype: 'f32', shape: [19] })],
  stacked: [a],
  body: ([sum], [row]) => {
    const next = b.add(b.mul(sum as Expr, 0.75), row as Expr)
    return { carried: [next], stacked: [next] }
  }
}).stacked as [Expr]

/** @internal by the names that an error gives them */
export const formulas: Readonly<Record<string, Expr>> = {
  matmul: b.matmul(a, c),
  'sum of rows': b.sum(a, [1]),
  'sum of columns': b.sum(a, [0]),
  'largest of rows': b.reduceMax(a, [1]),
  arithmetic: b.sub(b.div(b.mul(a, a), b.sqrt(b.abs(a))), 0.1),
  exp: b.exp(a),
  log: b.log(b.abs(a)),
  'arithmetic f64': b.sub(b.div(b.mul(wide, wide), b.sqrt(b.abs(wide))), 0.1),
  'subnormal numbers': b.add(small, b.mul(small, 0.75)),
  gather: b.gather(a, index),
  scatter: b.scatterAdd(b.gather(a, index), index, 6),
  'windows added up': b.unwindows(b.windows(image, overlapping.size), overlapping, 6, 19),
  'sums of channels': b.matmul(channelWindows, byChannels(b.reshape(b.slice(c, [0, 0], [4, 19]), [4, 19, 1]))),
  'random bits': b.random(b.foldIn(key, 3), 'uniform', [13]),
  fingerprint: b.fingerprint(a),
  loop
}

/** a hash of words in memory: a change of any single word changes it */
const digest = (words: Uint32Array): number => words.reduce((h, w) => Math.imul(h ^ w, 0x01000193), 0x811c9dc5) >>> 0
/** @internal */
export const digestOf = (t: Tensor): number => {
  const { buffer, byteOffset, byteLength } = Uint8Array.from(new Uint8Array(numbersOf(t).buffer))
  return digest(new Uint32Array(buffer, byteOffset, byteLength / 4))
}

/** @internal the results, which are the same on every machine (a spec compares them with the reference backend) */
export const known: Readonly<Record<string, number>> = {
  matmul: 3831187592,
  'sum of rows': 220464360,
  'sum of columns': 3214579745,
  'largest of rows': 1849577090,
  arithmetic: 3914909545,
  exp: 974322096,
  log: 1664727666,
  'arithmetic f64': 383171130,
  'subnormal numbers': 1725457201,
  gather: 1764205504,
  scatter: 664783626,
  'windows added up': 1601812171,
  'sums of channels': 839945365,
  'random bits': 1626022133,
  fingerprint: 2574015765,
  loop: 1754897084
}

// ---- as modules that run anywhere

/** everything that a thread needs to test itself */
export interface SelfTest {
  readonly parts: readonly Portable[]
  /** the initial memory */
  readonly image: Uint8Array
  /** name, address, number of words, and their expected digest */
  readonly answers: readonly (readonly [name: string, at: number, words: number, digest: number])[]
  /** three numbers and their product, for the thread's own arithmetic; see canaries.ts */
  readonly canaries: readonly (readonly [number, number, number, number])[]
}

const pageSize = 65536

/** compiles the test; Left would mean a mistake in the formulas above */
export const makeSelfTest = (outputs = formulas, answers = known): E.Either<BackendError, SelfTest> =>
  pipe(
    program(outputs),
    E.mapLeft(e => backendError(['wasm', 'self-test'], 'formulas that fit together', showError(e))),
    E.chain(made =>
      E.tryCatch(
        () => {
          const compiled = compile({ programs: [made], resident: Object.keys(givenNumbers) })
          const { plan } = compiled
          const program = compiled.programs[0] as KernelProgram
          const pages = Math.ceil(plan.bytes / pageSize)
          const image = new Uint8Array(pages * pageSize)
          const put = (at: number, t: Tensor): void => {
            const x = numbersOf(t)
            image.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), at)
          }
          for (const [name, input] of plan.inputs) put(input.address, givenNumbers[name] as Tensor)
          for (const c of program.constants)
            if (c.role.kind === 'constant') put(plan.address.get(c) as number, c.role.value)
          return {
            parts: (compiled.parts[0]?.[0] ?? []).map(part => portable(emitModule(part))),
            image,
            answers: Object.keys(outputs).map(name => {
              const { buffer } = program.outputs[name] as View
              const words = (buffer.size * bytesOf[buffer.dtype]) / 4
              return [name, plan.address.get(buffer) as number, words, answers[name] as number] as const
            }),
            canaries
          }
        },
        e => notRunning(e)
      )
    )
  )

/** WebAssembly is missing, lacks SIMD, or must not be compiled here */
export const notRunning = (e: unknown): BackendError =>
  backendError(
    ['wasm'],
    'WebAssembly with SIMD, and leave to compile it',
    e instanceof Error ? e.message : String(e),
    "allow it ('wasm-unsafe-eval' in the Content-Security-Policy of a page), or use the reference backend (gradfold/ndarray)"
  )

/**
 * the name of the first wrong answer, if any. Throws what WebAssembly throws. worker-text.ts does the same in other
 * threads.
 */
export const runSelfTest = ({ parts, image, answers, canaries }: SelfTest): string | undefined => {
  const off = canaries.find(([x, y, raise, product]) => x * y * raise !== product)
  if (off !== undefined) return `${off[0]} times ${off[1]}`
  const pages = image.length / pageSize
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  new Uint8Array(memory.buffer).set(image)
  for (const { bytes, memory: m } of parts) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { [m[0]]: { [m[1]]: memory } })
    ;(instance.exports as { readonly run: (turn: number) => void }).run(0)
  }
  return answers.find(([, at, words, wanted]) => digest(new Uint32Array(memory.buffer, at, words)) !== wanted)?.[0]
}

/** tests this thread: gives the test for other threads, or the error */
export const selfTested = (test: E.Either<BackendError, SelfTest>): E.Either<BackendError, SelfTest> =>
  pipe(
    test,
    E.chain(t =>
      pipe(
        E.tryCatch(() => runSelfTest(t), notRunning),
        E.chain(wrong => (wrong === undefined ? E.right(t) : E.left(failed(wrong))))
      )
    )
  )
const failed = (what: string): BackendError =>
  backendError(
    ['wasm', 'self-test'],
    `the known answer for: ${what}`,
    'another one',
    'this engine or processor computes wrongly, or a native library has changed its rounding; try the reference backend (gradfold/ndarray), whose results should then be compared with those of another machine'
  )
