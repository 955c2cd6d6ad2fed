/** The law of a run: interrupted after any step, written, read and resumed, it gives the bits of an uninterrupted run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import fc from 'fast-check'
import { reference } from '../backend/reference/reference.js'
import { dataset, type Dataset } from '../data/dataset.js'
import { sameData } from '../value/equal.js'
import { tanh } from '../layer/activation.js'
import { dense } from '../layer/dense.js'
import { modelData, type Model } from '../layer/model.js'
import type { TrainingRegistry } from '../train/registry.js'
import { decodeState, encodeState, stateDigest } from '../run/state.js'
import { meanSquaredError } from '../train/loss/index.js'
import type { Optimizer } from '../train/optimizer/index.js'
import { adam } from '../train/optimizer/index.js'
import { tensorsOf, type TrainState } from '../train/state.js'
import { anyOf, steps, type StopRule } from '../train/stop/index.js'
import { train, type Trained } from '../train/train.js'
import type { Dims } from '../value/shape.js'
import { everySample, holds, law, seed, worded, type Law, type Verdict } from './law.js'
import { numbers, sameValues } from './values.js'

/** examples, in batches of 4: the last batch of an epoch is smaller */
const examples = 7
const wholeRun = 6

/** the parts of a run that differ between laws */
export interface Setup {
  readonly model?: Model
  readonly optimizer?: Optimizer
  /** a rule that may end the run before the number of steps */
  readonly stop?: StopRule
  /** whether there is a validation set, for members that read its scores */
  readonly validation?: boolean
  /** for a model of indexes: all of them are below this number */
  readonly indexes?: number
}

/** outputs between -1 and 1, so that no learning rate makes it diverge */
export const smallModel: Model = modelData([3], dense(4), tanh, dense(2), tanh) as unknown as Model
export const smallOutput: Dims = [2]

const dataFor = ({ input }: Model, indexes: number | undefined, from: number): Verdict<Dataset> =>
  worded(
    dataset({
      x:
        indexes === undefined
          ? numbers('f32', [examples, ...(input as Dims)], from)
          : numbers('u32', [examples, ...(input as Dims)], from, [0, indexes]),
      y: numbers('f32', [examples, ...smallOutput], from + 1, [-1, 1])
    })
  )

const runOf =
  (
    { model = smallModel, optimizer = adam(0.01), stop, validation = false, indexes }: Setup,
    registry: TrainingRegistry,
    from: number
  ) =>
  (upTo: number, state?: TrainState): Verdict<Trained> =>
    pipe(
      E.Do,
      E.bind('data', () => dataFor(model, indexes, from)),
      E.bind('other', () => dataFor(model, indexes, from + 2)),
      E.chain(({ data, other }) =>
        worded(
          train(
            {
              model,
              loss: meanSquaredError,
              optimizer,
              batchSize: 4,
              stop: stop === undefined ? steps(upTo) : anyOf(stop, steps(upTo)),
              seed: from
            },
            {
              backend: reference,
              registry,
              ...(validation ? { validation: other } : {}),
              ...(state === undefined ? {} : { from: state })
            }
          )(data)
        )
      )
    )

const sameRest = (a: Trained, b: Trained): Verdict =>
  pipe(
    sameValues(tensorsOf(a.state), tensorsOf(b.state)),
    E.chain(() => {
      const plain = ({ state, reason }: Trained): unknown => [
        reason,
        state.progress,
        state.position,
        state.epochSums,
        state.stop,
        state.settings
      ]
      return holds(
        sameData(plain(a), plain(b)),
        () => `${JSON.stringify(plain(a))} in one go, ${JSON.stringify(plain(b))} after a break`
      )
    })
  )

/** the state after a round trip through bytes */
const reread =
  (registry: TrainingRegistry) =>
  ({ training, state }: Trained): Verdict<TrainState> =>
    pipe(
      worded(decodeState(training, { registry })(encodeState(state))),
      E.chainFirst(read =>
        holds(stateDigest(read) === stateDigest(state), () => 'the state reads back from its bytes as another one')
      )
    )

/**
 * resume: a run of n steps equals one of k steps followed by one of n - k steps from its decoded state, to the bit:
 * `fold(xs ++ ys, s) = fold(ys, decode(encode(fold(xs, s))))`. So the state holds the whole memory of a member, and its
 * bytes hold the whole state.
 */
export const resumeLaw = <S>(samples: readonly S[], registry: TrainingRegistry, setup: (sample: S) => Setup): Law =>
  law('resume', fc.record({ seed, after: fc.integer({ min: 1, max: wholeRun - 1 }) }), ({ seed, after }) =>
    everySample(samples, sample => {
      const run = runOf(setup(sample), registry, seed)
      return pipe(
        E.Do,
        E.bind('whole', () => run(wholeRun)),
        E.bind('broken', () => run(after)),
        E.bind('read', ({ broken }) => reread(registry)(broken)),
        E.bind('rest', ({ read }) => run(wholeRun, read)),
        E.chain(({ whole, rest }) => sameRest(whole, rest))
      )
    })
  )
