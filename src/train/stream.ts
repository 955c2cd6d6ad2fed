/** Training on data that don't fit in memory. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { listOf, partShape, type ArrangedData, type DatasetOf, type Part, type Several } from '../data/features.js'
import { residentData } from '../data/program-inputs.js'
import { blockCount, readBlock, wrongStream, type DataStream, type StreamError } from '../data/stream.js'
import type { AnyModel } from '../model/model.js'
import { optionsOf } from '../value/argument.js'
import { dataError, failIf, inside, settingError, type DataError, type SettingError } from '../value/error.js'
import { sameShape } from '../value/shape.js'
import { showAval } from '../value/text.js'
import { blocksOf, type Blocks } from './blocks.js'
import { arranged } from './arranged.js'
import { breathe } from './breathe.js'
import { checkData } from './check-data.js'
import type { DataFor } from './data-for.js'
import type { TrainError } from './divergence.js'
import type { BlockNeeded, StreamChunk } from './events.js'
import type { AnyLoss, ReportedMetrics } from './per-output.js'
import type { Metric } from './metric/metric.js'
import type { Progress } from './progress.js'
import { builtInTraining } from './registry.js'
import { purposeKey, type Best, type TrainState } from './state.js'
import { announced, observed } from './observe.js'
import { opened, type Trained, type TrainIteratorOptions } from './train.js'
import { checkTraining, filledIn, type FittingOptions, type TrainingOptions, type ValidTraining } from './training.js'

export type StreamTrainError = TrainError | StreamError

const wrongBlocks = ({ training: { batchSize } }: ValidTraining, s: DataStream): SettingError | undefined =>
  blockCount(s) === 1 || s.blockSize % batchSize === 0
    ? undefined
    : settingError(
        ['stream', 'blockSize'],
        `a multiple of the batch size ${batchSize}`,
        String(s.blockSize),
        'so that no batch is of two blocks'
      )

const named = (name: string, parts: Several<Part>): readonly (readonly [string, Part])[] =>
  listOf(parts).map((part, i) => [Array.isArray(parts) ? `${name}/${i}` : name, part])
const features = ({ x, y, weights }: ArrangedData): readonly (readonly [string, Part])[] => [
  ...named('x', x),
  ...named('y', y),
  ...(weights === undefined ? [] : [['weights', weights] as const])
]
/** whether a block has the features of the first one: the compiled program is made for these */
const unlike = (first: ArrangedData, block: ArrangedData): DataError | undefined => {
  const wanted = new Map(features(first))
  const given = features(block)
  const shown = (f: Part | undefined): string => {
    if (f === undefined) return 'none'
    const { columns, tensor } = f
    const place = columns === undefined ? '' : `, columns from ${columns.from} on of ${tensor.shape[1] ?? 0}`
    return `${showAval({ dtype: tensor.dtype, shape: partShape(f).slice(1) })} for each example${place}`
  }
  const bad = given.find(([name, f]) => {
    const like = wanted.get(name)
    return (
      like === undefined ||
      like.tensor.dtype !== f.tensor.dtype ||
      !sameShape(like.tensor.shape.slice(1), f.tensor.shape.slice(1)) ||
      like.scale !== f.scale ||
      like.shift !== f.shift ||
      like.columns?.from !== f.columns?.from ||
      like.columns?.count !== f.columns?.count
    )
  })
  return bad !== undefined
    ? dataError([bad[0]], `${shown(wanted.get(bad[0]))}, as in the first block, with its scale`, shown(bad[1]))
    : given.length === wanted.size
      ? unlikeTables(first, block)
      : dataError(['weights'], 'weights, as in the first block', 'none')
}

/** parts that see columns of one table in the first block must do so in all: the compiled program reads them there */
const unlikeTables = (first: ArrangedData, block: ArrangedData): DataError | undefined => {
  const tables = (d: ArrangedData): string => Object.keys(residentData(d)).join(', ')
  return tables(first) === tables(block) ? undefined : dataError(['x'], 'the tables of the first block', 'other ones')
}

/** reads one block ahead */
const reader = (stream: DataStream) => {
  let ahead: { readonly block: number; readonly read: Promise<E.Either<StreamError, DatasetOf>> } | undefined
  const begin = (block: number): Promise<E.Either<StreamError, DatasetOf>> => {
    const read = ahead?.block === block ? ahead.read : readBlock(stream, block)()
    ahead = undefined
    return read
  }
  return {
    read: begin,
    prepare: (block: number): void => {
      ahead = { block, read: readBlock(stream, block)() }
    }
  }
}

/** a block in the order of the model, where it suits the training and is like the first one */
const blockOf =
  (c: ValidTraining, like: ArrangedData, read: (block: number) => Promise<E.Either<StreamError, DatasetOf>>) =>
  async (block: number): Promise<E.Either<StreamTrainError, ArrangedData>> =>
    pipe(
      await read(block),
      E.chainW(data =>
        pipe(
          arranged(c, data),
          E.chainFirstW(block => failIf<StreamTrainError>(unlike(like, block))),
          E.chainFirstW(block => checkData(c, block)),
          E.mapLeft(inside(`block ${block}`))
        )
      )
    )

/** the block after the one of a position, in this epoch or the next */
const blockAfter = (blocks: Blocks, batches: number, epoch: number, position: number): number => {
  const next = position + blocks.left(position)
  return next < batches ? blocks.at(epoch, next) : blocks.at(epoch + 1, 0)
}

/** pulls a training to its end, and gives it the blocks that it needs */
const driven = async <A>(
  run: Generator<StreamChunk, E.Either<TrainError, A>>,
  each: (chunk: StreamChunk) => E.Either<TrainError, void>,
  blockFor: (block: number) => Promise<E.Either<StreamTrainError, ArrangedData>>,
  given: (place: BlockNeeded) => void
): Promise<E.Either<StreamTrainError, A>> => {
  try {
    for (;;) {
      const next = run.next()
      if (next.done === true) return next.value
      const seen = each(next.value)
      if (E.isLeft(seen)) return seen
      const { needs } = next.value
      if (needs === undefined) await breathe()
      else {
        const placed: E.Either<StreamTrainError, void> = pipe(
          await blockFor(needs.block),
          E.chainW(data => needs.give(data))
        )
        if (E.isLeft(placed)) return placed
        given(needs)
      }
    }
  } finally {
    run.return(undefined as never)
  }
}

/** where a state of an untyped caller is; what is wrong with it is said later */
const placeOf = (from: TrainState | undefined): { readonly epoch: number; readonly position: number } => {
  const { progress, position } = optionsOf<Partial<TrainState>>(from ?? {})
  const { epoch } = optionsOf<Partial<Progress>>(progress ?? {})
  return isCount(epoch) && isCount(position) ? { epoch, position } : { epoch: 0, position: 0 }
}
const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0

/**
 * Trains on a stream as `train` does on a dataset: the same settings, options, reports and result. In memory are a block in the backend and
 * the next one. The order is a function of (seed, epoch): whole blocks in a random order, the shorter last one at the end, and the examples
 * of a block in a random order. The state within an epoch is the number of batches taken: a run that resumes `from` a state has the bits
 * of one that was never interrupted. A stream of one block gives the bits of `train`.
 *
 * @example await trainStream(settings, { backend: wasm })(streamOf({ examples: 1e6, blockSize: 4096, example }))()
 * @returns Left as for `train`; for blocks that cannot be read, have other examples than the stream says or other features than the first
 * one, and for a block size that is no multiple of the batch size
 */
export const trainStream =
  <
    M extends AnyModel,
    const L extends AnyLoss,
    const K extends boolean | Best = false,
    const Ms extends readonly Metric[] = readonly []
  >(
    options: FittingOptions<M, L, Ms>,
    o: TrainIteratorOptions<K>
  ) =>
  (stream: DataStream): TaskEither<StreamTrainError, Trained<M, K, ReportedMetrics<L, Ms>>> =>
  async () => {
    const given = optionsOf(o) as TrainIteratorOptions<K>
    const checked = pipe(
      failIf<StreamTrainError>(wrongStream(stream)),
      E.chainW(() =>
        checkTraining(filledIn(options as unknown as TrainingOptions<M, Ms>), given.registry ?? builtInTraining)
      ),
      E.filterOrElseW(
        c => wrongBlocks(c, stream) === undefined,
        c => wrongBlocks(c, stream) as SettingError
      )
    )
    if (E.isLeft(checked)) return checked
    const { batchSize, seed } = checked.right.training
    const batches = Math.ceil(stream.examples / batchSize)
    const blocks = blocksOf(stream, batchSize, purposeKey(seed, 'shuffle'))
    const place = placeOf(given.from)
    const { read, prepare } = reader(stream)
    const first = pipe(
      await read(blocks.at(place.epoch, Math.min(place.position, batches - 1))),
      E.chainW(data => arranged(checked.right, data))
    )
    if (E.isLeft(first)) return first
    const like = first.right
    const how = { emitEvents: given.observe !== undefined, acrossEpochs: false }
    const run = opened<M, L, K, Ms>(options, o, how, { examples: stream.examples, blocks })(
      like as unknown as DataFor<M, L>
    )
    if (E.isLeft(run)) return run
    const readNext = (place: { readonly epoch: number; readonly position: number }): void => {
      if (blockCount(stream) > 1) prepare(blockAfter(blocks, batches, place.epoch, place.position))
    }
    readNext(place)
    const ended = await driven(run.right, observed(given.observe), blockOf(checked.right, like, read), readNext)
    return pipe(ended, E.chainW(announced(given.observe)))
  }
