/** A recorded run, and a copy of its record in which one weight of one checkpoint is the next number up: verify and diff name it. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { showError, numbersOf, tensorView, wasm, type Branch, type Tensor, type TrainState } from 'gradfold'
import { parseRunFile } from 'gradfold/codec'
import { diffRecords, folderAt, recordRun, saveCheckpoint, stateAt, verifyRecord } from 'gradfold/files'

export const claim =
  'one ulp in params/dense/weight after step 12 is named by verify and by diff: step 12, that tensor, 1 ulp'

const runFile = JSON.stringify({
  seed: 1,
  data: 'iris',
  normalise: 'standardise',
  model: {
    input: [4],
    layers: [{ tag: 'dense', units: 8 }, 'relu', { tag: 'dense', units: 3 }]
  },
  loss: 'softmaxCrossEntropy',
  optimizer: { tag: 'adam', rate: 0.01 },
  batchSize: 50,
  stop: { tag: 'epochs', count: 8 }
})
const name = 'params/dense/weight'

/** the state, its first weight the next number up */
const oneUlpUp = (state: TrainState): TrainState => {
  const dense = state.params['dense'] as Branch<Tensor>
  const weight = dense['weight'] as Tensor
  const bits = new Uint32Array(Float32Array.from(numbersOf(weight)).buffer)
  const up = tensorView(
    'f32',
    weight.shape,
    new Float32Array(bits.map((word, i) => (i === 0 ? word + 1 : word)).buffer)
  )
  return { ...state, params: { ...state.params, dense: { ...dense, weight: up } } }
}

const options = { backend: wasm, every: 12, keep: { last: 100 } }
const inFolder = (root: string) => {
  const [honest, copy] = [join(root, 'honest'), join(root, 'copy')]
  return pipe(
    TE.fromEither(parseRunFile(runFile)),
    TE.chainW(run => recordRun(honest, run, options)),
    TE.bindTo('outcome'),
    TE.bindW('before', () => verifyRecord(honest, options)),
    TE.chainFirstTaskK(() => () => cp(honest, copy, { recursive: true })),
    TE.bindW('there', () => stateAt(copy, 12, options)),
    TE.chainFirstW(({ there: { state }, outcome: { id } }) =>
      saveCheckpoint(folderAt(join(copy, 'checkpoints')))({ state: oneUlpUp(state), run: id })
    ),
    TE.bindW('verdict', () => verifyRecord(copy, options)),
    TE.bindW('difference', () => diffRecords(honest, copy)),
    TE.match(
      e => ({ holds: false, text: showError(e) }),
      ({ outcome: { id }, before, verdict, difference: { first } }) => ({
        holds:
          before.tag === 'identical' &&
          verdict.tag === 'different' &&
          [verdict, { ...first, at: first?.at[0] }].every(
            d => d.step === 12 && d.at === name && d.number?.ulps === 1 && d.number.index.every(i => i === 0)
          ),
        text: [
          `run ${id.slice(0, 12)}: ${before.tag}`,
          verdict.tag === 'different'
            ? `verify: different at step ${verdict.step}, ${verdict.at}, ${verdict.number?.ulps} ulp`
            : 'verify: identical',
          `diff: first different step ${first?.step}, ${first?.at.join(', ')}, ${first?.number?.ulps} ulp`
        ].join('\n')
      })
    )
  )()
}

export const run = async () => {
  const root = await mkdtemp(join(tmpdir(), 'gradfold-example-'))
  return inFolder(root).finally(() => rm(root, { recursive: true, force: true }))
}
