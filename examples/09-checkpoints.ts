/** A training that saves its state to disk, is broken off, finds its newest checkpoint damaged, and goes on from the one before. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import {
  adam,
  batchNorm,
  dense,
  dropout,
  input,
  showError,
  model,
  relu,
  softmaxCrossEntropy,
  steps,
  train,
  training,
  trainIterator,
  wasm,
  type Dataset,
  type Problem
} from 'gradfold'
import { stateDigest } from 'gradfold/codec'
import { folderAt, latestCheckpoint, loadIris, pruneCheckpoints, saveCheckpoint, type Folder } from 'gradfold/files'

const settings = {
  model: model(input(4), dense(16), batchNorm(), relu, dropout(0.2), dense(3)),
  loss: softmaxCrossEntropy,
  optimizer: adam(0.01),
  batchSize: 50,
  stop: steps(60),
  seed: 1
}
export const claim =
  'broken off after step 37, with the checkpoint of step 30 damaged, it goes on from step 20 and ends with the same bits'

/** trains up to a step, and saves the state after every tenth; the last three stay */
const untilBroken = (folder: Folder, step: number) => (data: Dataset) =>
  pipe(
    trainIterator({ ...settings, stop: steps(step) }, { backend: wasm, pauseAt: n => n % 10 === 0 })(data),
    TE.fromEither,
    TE.chainW(pulled => async (): Promise<E.Either<Problem<string>, unknown>> => {
      for (let next = pulled.next(); ; next = pulled.next()) {
        if (next.done === true) return next.value
        const state = next.value.state()
        if (state.progress.step % 10 !== 0) continue
        const saved = await pipe(
          saveCheckpoint(folder)({ state }),
          TE.chainW(() => pruneCheckpoints(folder, { last: 3 }))
        )()
        if (E.isLeft(saved)) return saved
      }
    })
  )

/** one bit of a file */
const damage = (path: string) => async (): Promise<void> => {
  const bytes = await readFile(path)
  await writeFile(
    path,
    bytes.map((b, i) => (i === bytes.length - 1 ? b ^ 1 : b))
  )
}

const inFolder = (path: string) => {
  const folder = folderAt(join(path, 'checkpoints'))
  return pipe(
    loadIris(),
    TE.bindTo('data'),
    TE.bindW('whole', ({ data }) => TE.fromEither(train(settings, { backend: wasm })(data))),
    TE.chainFirstW(({ data }) => untilBroken(folder, 37)(data)),
    TE.chainFirstTaskK(() => damage(join(path, 'checkpoints', 'step-000000000030.safetensors'))),
    TE.bindW('latest', () => latestCheckpoint(folder, training(settings))),
    TE.bindW('resumed', ({ data, latest: { found } }) =>
      TE.fromEither(train(settings, { backend: wasm, ...(found && { from: found.checkpoint.state }) })(data))
    ),
    TE.match(
      e => ({ holds: false, text: showError(e) }),
      ({ whole, latest: { found, skipped }, resumed }) => ({
        holds: stateDigest(resumed.state) === stateDigest(whole.state),
        text: [
          'broken off after step 37',
          ...skipped.map(({ step, error }) => `step ${step} passed over: ${showError(error)}`),
          `gone on from step ${found?.step ?? 0}`,
          `in one go  ${stateDigest(whole.state)}`,
          `resumed    ${stateDigest(resumed.state)}`
        ].join('\n')
      })
    )
  )()
}

export const run = async () => {
  const path = await mkdtemp(join(tmpdir(), 'gradfold-example-'))
  return inFolder(path).finally(() => rm(path, { recursive: true, force: true }))
}
