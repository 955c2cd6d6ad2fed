/** One training on three backends, and once more with an interruption: the same bits. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  adam,
  batchNorm,
  dense,
  dropout,
  input,
  treeLeaves,
  showError,
  model,
  numbersOf,
  relu,
  sameBits,
  softmaxCrossEntropy,
  steps,
  train,
  wasm,
  wasmThreads,
  type Backend,
  type Dataset,
  type Tensor,
  type TrainState
} from 'gradfold'
import { loadIris } from 'gradfold/files'
import { reference } from 'gradfold/ndarray'

const settings = {
  model: model(input(4), dense(64), batchNorm(), relu, dropout(0.2), dense(64), relu, dense(3)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 50,
  stop: steps(40),
  seed: 1
}
export const claim =
  '40 steps on one thread, on 2 threads, on the reference backend, and with a break after step 17 give the same bits in every parameter'

const whole = (backend: Backend) => (data: Dataset) => train(settings, { backend })(data)
/** a state is a value: whoever has it can go on from it, here on another backend */
const interrupted = (data: Dataset) =>
  pipe(
    train({ ...settings, stop: steps(17) }, { backend: wasmThreads(2) })(data),
    E.chain(half => train(settings, { backend: wasm, from: half.state })(data))
  )

const ways = {
  'one thread': whole(wasm),
  '2 threads': whole(wasmThreads(2)),
  reference: whole(reference),
  'a break at 17': interrupted
}

const numbers = (s: TrainState): readonly Tensor[] => treeLeaves<Tensor>(s.params).map(([, t]) => t)
const equal = (a: TrainState, b: TrainState): boolean => {
  const others = numbers(b)
  return numbers(a).every((t, i) => sameBits(t, others[i] as Tensor))
}
/** the first weights, as the 32 bits they are */
const bitsOf = (s: TrainState): string =>
  [...new Uint32Array(Float32Array.from(numbersOf(numbers(s)[0] as Tensor)).buffer)]
    .slice(0, 4)
    .map(word => word.toString(16).padStart(8, '0'))
    .join(' ')

export const run = pipe(
  loadIris(),
  TE.chainEitherKW(data =>
    pipe(
      Object.entries(ways),
      E.traverseArray(([name, go]) =>
        pipe(
          go(data),
          E.map(({ state }) => ({ name, state }))
        )
      )
    )
  ),
  TE.match(
    e => ({ holds: false, text: showError(e) }),
    runs => ({
      holds: runs.every(r => equal(r.state, (runs[0] as (typeof runs)[number]).state)),
      text: runs.map(r => `${r.name.padEnd(14)} step ${r.state.progress.step}: ${bitsOf(r.state)} ...`).join('\n')
    })
  )
)
