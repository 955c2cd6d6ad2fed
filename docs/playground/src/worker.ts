/** The worker of the page: reads run files and trains. Nothing trains before the page asks for it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { exampleCount } from '../../../src/data/dataset.js'
import { predict } from '../../../src/infer/predict.js'
import { layerRows } from '../../../src/model/describe.js'
import { flowOf } from '../../../src/report/flow.js'
import { formulasOf, math, type Formula } from '../../../src/report/formulas.js'
import { openRun, type OpenRun } from '../../../src/run/open.js'
import { parseRunFile, showRunFile, type RunFile } from '../../../src/run/run-file.js'
import { stateDigest } from '../../../src/run/state.js'
import { stepLimit } from '../../../src/run/step-limit.js'
import { encodeWeights } from '../../../src/run/weights.js'
import { scoreParts } from '../../../src/run/execute.js'
import { checkRun } from '../../../src/train/check-data.js'
import { checkTraining } from '../../../src/train/training.js'
import { averagedParams } from '../../../src/train/averaged.js'
import type { TrainingChunk } from '../../../src/train/events.js'
import type { TrainError } from '../../../src/train/divergence.js'
import type { TrainState } from '../../../src/train/state.js'
import { trainIterator, type Trained } from '../../../src/train/train.js'
import { showError, type Problem } from '../../../src/value/error.js'
import { sizeOf, showShape } from '../../../src/value/shape.js'
import { numbersOf, tensorView, type Tensor } from '../../../src/value/tensor.js'
import { members } from './members.js'
import type { Answer, Asked, Checked } from './protocol.js'
import { drawnOf, watchOf, type Watch } from './seen.js'
import { limits, tooMuch } from './work.js'

/** those of a worker; the types of a page would not suit the core, which knows of Node alone */
declare const postMessage: (answer: Answer) => void
declare const addEventListener: (type: 'message', heard: (event: { readonly data: Asked }) => void) => void

const say = (answer: Answer): void => postMessage(answer)
const refuse = (id: number, message: string): void => say({ tag: 'refused', id, message })
const sentence = (e: Problem<string>): string => `${showError(e)}.`

interface Ready {
  readonly run: RunFile
  readonly open: OpenRun
  readonly steps: number
}
/** a run file that the page may train, with its data; or why not */
const readied = async (text: string): Promise<E.Either<string, Ready>> => {
  const parsed = parseRunFile(text, members)
  if (E.isLeft(parsed)) return E.left(sentence(parsed.left))
  const run = parsed.right
  const rows = layerRows(run.model, members)
  if (E.isLeft(rows)) return E.left(sentence(rows.left))
  // before the data are read: with one step an epoch, the least there can be
  const early = tooMuch(rows.right, run.batchSize, 1)
  if (early !== undefined) return E.left(early)
  const open = await openRun(run, members)()
  if (E.isLeft(open)) return E.left(sentence(open.left))
  const epochSteps = Math.ceil(exampleCount(open.right.datasets.train) / run.batchSize)
  const steps = stepLimit(run.stop, epochSteps, members.stopRules)
  const wrong = tooMuch(rows.right, run.batchSize, steps)
  if (wrong !== undefined) return E.left(wrong)
  // what `train` would say of the data, before it is asked to
  const { train: data, validation } = open.right.datasets
  const fits = pipe(
    checkTraining(open.right.training, members),
    E.chainW(c => checkRun({ ...c, allowSingle: true }, { data, ...(validation === undefined ? {} : { validation }) }))
  )
  if (E.isLeft(fits)) return E.left(sentence(fits.left))
  return E.right({ run, open: open.right, steps: steps ?? limits.steps })
}

const shown = (f: readonly Formula[]): readonly (readonly [string, string])[] =>
  f.map(({ of, tex }) => [of, math(tex).markup] as const)

const check = async (id: number, text: string): Promise<void> => {
  const ready = await readied(text)
  if (E.isLeft(ready)) return refuse(id, ready.left)
  const { run, open, steps } = ready.right
  const flow = flowOf(run.model, { registry: members })
  if (E.isLeft(flow)) return refuse(id, sentence(flow.left))
  const formulas = formulasOf(flow.right, open.training, members)
  const byPath = new Map(shown(formulas.layers))
  const plane = drawnOf(open)?.plane
  const checked: Checked = {
    tag: 'checked',
    id,
    text: showRunFile(run, members),
    input: showShape(run.model.input),
    layers: flow.right.rows.map(r => ({
      path: r.path,
      layer: r.layer,
      output: showShape(r.output),
      parameters: r.parameters,
      formula: byPath.get(r.path) ?? ''
    })),
    parameters: flow.right.rows.reduce((n, r) => n + r.parameters, 0),
    formulas: [...shown(formulas.activations), ...shown(formulas.loss), ...shown(formulas.optimizer)],
    steps,
    ...(plane === undefined ? {} : { plane })
  }
  say(checked)
}

// ---- training

type Pulled = Generator<TrainingChunk, E.Either<TrainError, Trained>>
interface Session {
  readonly id: number
  readonly open: OpenRun
  readonly chunks: Pulled
  readonly watch: Watch
}
let session: Session | undefined
/** the training that was asked for last: its data may still be on their way */
let newest: number | undefined
let state: TrainState | undefined
let trainedOpen: OpenRun | undefined
let paused = false
let single = false
let awake: (() => void) | undefined

const end = (): void => {
  session?.chunks.return(undefined as never)
  session?.watch.close()
  session = undefined
}

/** a turn of the event loop, without the 4 ms that timers wait */
const channel = new MessageChannel()
let turned: (() => void) | undefined
// setting it starts the port; the types of Node lack it
;(channel.port1 as unknown as { onmessage: () => void }).onmessage = () => turned?.()
const turn = (): Promise<void> =>
  new Promise(resolve => {
    turned = resolve
    channel.port2.postMessage(0)
  })
const asked = (): Promise<void> =>
  new Promise(resolve => {
    awake = resolve
  })

const finish = (s: Session, trained: Trained): void => {
  const o = { backend: wasm, registry: members }
  const scores = scoreParts(s.open, trained.state, o)
  const weights = encodeWeights({ params: trained.params, layers: trained.state.layers })
  if (E.isLeft(scores)) return refuse(s.id, sentence(scores.left))
  if (E.isLeft(weights)) return refuse(s.id, sentence(weights.left))
  say({
    tag: 'finished',
    id: s.id,
    step: trained.state.progress.step,
    reason: trained.reason,
    digest: stateDigest(trained.state),
    ...scores.right,
    weights: weights.right
  })
}

/** says where a run is: the losses since the last time, and what there is to see */
const progress = (s: Session, now: TrainState, losses: readonly number[], deltas: boolean): void => {
  say({
    tag: 'progress',
    id: s.id,
    step: now.progress.step,
    epoch: now.progress.epoch,
    losses: Float64Array.from(losses),
    seen: s.watch.of(now, deltas)
  })
}

/** milliseconds between two pictures */
const rhythm = 60
const pull = async (s: Session): Promise<void> => {
  let losses: number[] = []
  let last = -Infinity
  let lastDeltas = -Infinity
  while (session === s) {
    if (paused && !single) {
      await asked()
      continue
    }
    const next = s.chunks.next()
    if (next.done !== true) {
      for (const e of next.value.events) if (e.tag === 'step') losses.push(e.loss)
      const now = performance.now()
      if (now - last < rhythm && !single) continue
      state = next.value.state()
      const deltas = now - lastDeltas > 1000 || single
      progress(s, state, losses, deltas)
      losses = []
      last = performance.now()
      if (deltas) lastDeltas = last
      single = false
      await turn()
      continue
    }
    if (E.isLeft(next.value)) refuse(s.id, sentence(next.value.left))
    else {
      const trained = next.value.right
      state = trained.state
      progress(s, state, losses, true)
      finish(s, trained)
    }
    if (session === s) end()
  }
}

/** steps of a turn: about 20 ms of products */
const turnSteps = (open: OpenRun, parameters: number): number =>
  Math.min(256, Math.max(1, Math.floor(4e7 / (3 * parameters * open.training.batchSize + 1))))

const train = async (id: number, text: string): Promise<void> => {
  const ready = await readied(text)
  if (newest !== id) return
  if (E.isLeft(ready)) return refuse(id, ready.left)
  const { open, run } = ready.right
  const rows = layerRows(run.model, members)
  const parameters = E.isRight(rows) ? rows.right.reduce((n, r) => n + r.parameters, 0) : 1
  const { validation, train: data } = open.datasets
  const chunks = trainIterator(open.training as never, {
    backend: wasm,
    registry: members,
    singleExamples: 'allow',
    turnSteps: turnSteps(open, parameters),
    keepBest: open.keepBest ?? false,
    ...(validation === undefined ? {} : { validation })
  })(data)
  if (E.isLeft(chunks)) return refuse(id, sentence(chunks.left))
  trainedOpen = open
  session = { id, open, chunks: chunks.right as unknown as Pulled, watch: watchOf(open) }
  void pull(session)
}

/** outputs for an image that was drawn, by the parameters of the newest state */
const recognise = (pixels: Float32Array): void => {
  if (state === undefined || trainedOpen === undefined) return
  const { model, precision } = trainedOpen.training
  const shape = [1, ...(model.input as readonly number[])]
  if (sizeOf(shape) !== pixels.length) return
  const x = tensorView(precision, shape, precision === 'f64' ? Float64Array.from(pixels) : pixels)
  const params = averagedParams(trainedOpen.training as never, state)
  const y = predict(model as never, (E.isRight(params) ? params.right : state.params) as never, {
    backend: wasm,
    layers: state.layers,
    registry: members
  })(x)
  if (E.isRight(y)) say({ tag: 'recognised', outputs: Array.from(numbersOf(y.right as unknown as Tensor)) })
}

addEventListener('message', ({ data: m }) => {
  if (m.tag === 'check') void check(m.id, m.text)
  else if (m.tag === 'train') {
    end()
    newest = m.id
    // now: pause, resume and step may come while the data are read
    paused = m.paused
    single = false
    void train(m.id, m.text)
  } else if (m.tag === 'recognise') recognise(m.pixels)
  else {
    paused = m.tag !== 'resume'
    single = m.tag === 'step'
    awake?.()
  }
})
