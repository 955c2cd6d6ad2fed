/** What the page shows of a net while it learns: outputs in the plane, hidden units, weights, what comes back to each layer. */
import * as E from 'fp-ts/lib/Either.js'
import type { Loop } from '../../../src/backend/backend.js'
import { wasm } from '../../../src/backend/wasm/wasm.js'
import { featureValues, gatherExamples, exampleCount } from '../../../src/data/dataset.js'
import type { Expr } from '../../../src/expr/op.js'
import { program, type Program } from '../../../src/expr/program.js'
import { layerRows } from '../../../src/model/describe.js'
import { toExpr } from '../../../src/model/to-expr.js'
import type { OpenRun } from '../../../src/run/open.js'
import { backprop } from '../../../src/train/backprop.js'
import { tensorsOf, type TrainState } from '../../../src/train/state.js'
import { numbersOf, tensorView, type Tensor } from '../../../src/value/tensor.js'
import type { LayerRow } from '../../../src/layer/definition.js'
import { members } from './members.js'
import type { Column, Plane, Seen, UnitImage } from './protocol.js'

/** units of a layer that are shown */
const mostUnits = 10
const side = 28

const range = (xs: readonly number[]): readonly [number, number] => {
  const [low, high] = [Math.min(...xs), Math.max(...xs)]
  const room = 0.12 * (high - low || 1)
  return [low - room, high + room]
}

/** which two inputs are drawn: both, or petal length and width of Iris */
const axesOf = (inputs: number): readonly [number, number] | undefined =>
  inputs === 2 ? [0, 1] : inputs === 4 ? [2, 3] : undefined

interface Drawn {
  readonly plane: Plane
  /** side x side examples, the inputs that are not drawn at their means */
  readonly places: Float64Array
}
export const drawnOf = ({ training, datasets }: OpenRun): Drawn | undefined => {
  const { input, dtype } = training.model
  const [inputs, more] = input as readonly number[]
  const axes = axesOf(inputs ?? 0)
  if (axes === undefined || inputs === undefined || more !== undefined || dtype === 'u32') return undefined
  const count = Math.min(2000, exampleCount(datasets.train))
  const values = numbersOf(featureValues(datasets.train.x))
  const targets = numbersOf(featureValues(datasets.train.y))
  const width = targets.length / exampleCount(datasets.train)
  const rows = Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * inputs, (i + 1) * inputs)))
  const column = (k: number): number[] => rows.map(r => r[k] ?? 0)
  const [x, y] = [range(column(axes[0])), range(column(axes[1]))]
  const means = Array.from({ length: inputs }, (_, k) => column(k).reduce((a, b) => a + b, 0) / count)
  const places = Float64Array.from({ length: side * side * inputs }, (_, i) => {
    const [place, k] = [Math.floor(i / inputs), i % inputs]
    if (k === axes[0]) return x[0] + (((place % side) + 0.5) / side) * (x[1] - x[0])
    if (k === axes[1]) return y[1] - ((Math.floor(place / side) + 0.5) / side) * (y[1] - y[0])
    return means[k] ?? 0
  })
  return {
    places,
    plane: {
      x,
      y,
      names: inputs === 4 ? ['petal length', 'petal width'] : ['x1', 'x2'],
      points: rows.map((r, i) => [r[axes[0]] ?? 0, r[axes[1]] ?? 0, targets[i * width] ?? 0])
    }
  }
}

interface Watched {
  readonly path: string
  readonly inputs: number
  readonly units: number
  /** the value to draw: of the activation behind the layer, where there is one */
  readonly value: Expr | undefined
}
const watchedOf = (
  rows: readonly LayerRow[],
  seen: readonly (readonly [string, unknown])[],
  inputs: readonly number[]
): readonly Watched[] => {
  const values = new Map(seen)
  return rows.flatMap((r, i): readonly Watched[] => {
    const [units, more] = r.output as readonly number[]
    const before = (i === 0 ? inputs : rows[i - 1]?.output) as readonly number[]
    if (!r.layer.startsWith('dense ') || units === undefined || more !== undefined || before.length !== 1) return []
    const next = rows[i + 1]
    const drawn = next !== undefined && members.activations[next.layer] !== undefined ? next : r
    return [{ path: r.path, inputs: before[0] ?? 0, units, value: values.get(drawn.path) as Expr | undefined }]
  })
}

export interface Watch {
  readonly of: (state: TrainState, deltas: boolean) => Seen
  readonly close: () => void
}
const orNone = <A>(e: E.Either<unknown, A>): A | undefined => (E.isRight(e) ? e.right : undefined)

/** the mean of |dE/dz| of each layer, over the first examples */
const deltasOf = ({ training, datasets }: OpenRun, state: TrainState): Readonly<Record<string, number>> => {
  const count = Math.min(64, exampleCount(datasets.train))
  const rows = tensorView(
    'u32',
    [count],
    Uint32Array.from({ length: count }, (_, i) => i)
  )
  const batch = orNone(gatherExamples(datasets.train, rows))
  const back =
    batch === undefined
      ? undefined
      : orNone(
          backprop(training.model, state.params as never, batch, {
            loss: training.loss as never,
            backend: wasm,
            layers: state.layers
          })
        )
  return Object.fromEntries(
    Object.entries(back?.layers ?? {}).flatMap(([path, { delta }]) => {
      if (Array.isArray(delta)) return []
      const numbers = Float64Array.from(numbersOf(delta as Tensor))
      return [[path, numbers.reduce((n, d) => n + Math.abs(d), 0) / numbers.length]]
    })
  )
}

/** the weights from an image to a unit, as an image */
const weightImage = (weights: ArrayLike<number>, units: number, unit: number): UnitImage => ({
  side: 28,
  values: Float32Array.from({ length: 784 }, (_, i) => weights[i * units + unit] ?? 0)
})

/** compiled once for a run; the parameters are inputs of its program */
export const watchOf = (run: OpenRun): Watch => {
  const { model, precision } = run.training
  const drawn = drawnOf(run)
  const inputs = model.input as readonly number[]
  const rows = orNone(layerRows(model, members)) ?? []
  const graph = orNone(
    toExpr(model, { batch: drawn === undefined ? 1 : side * side, dtype: precision, registry: members })
  )
  const watched = graph === undefined ? [] : watchedOf(rows, graph.seen, inputs)
  const outputs: Readonly<Record<string, Expr>> =
    graph === undefined || drawn === undefined || Array.isArray(graph.value)
      ? {}
      : {
          y: graph.value as Expr,
          ...Object.fromEntries(watched.flatMap((w, i) => (w.value === undefined ? [] : [[`u${i}`, w.value]])))
        }
  const compiled: Program | undefined = 'y' in outputs ? orNone(program(outputs)) : undefined
  const loop: Loop | undefined = compiled === undefined ? undefined : orNone(wasm.loop([compiled], {}, {}))
  const places =
    drawn === undefined
      ? undefined
      : tensorView(
          precision,
          [side * side, ...inputs],
          precision === 'f64' ? drawn.places : Float32Array.from(drawn.places)
        )
  const outputsFor = (tensors: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> => {
    if (loop === undefined || compiled === undefined || places === undefined) return {}
    const needed = Object.fromEntries(
      Object.keys(compiled.inputs).flatMap(name =>
        name === 'x' ? [['x', places]] : tensors[name] === undefined ? [] : [[name, tensors[name]]]
      )
    )
    return orNone(loop.step(compiled, needed)) ?? {}
  }
  const images = (
    w: Watched,
    i: number,
    weights: ArrayLike<number>,
    got: Readonly<Record<string, Tensor>>
  ): readonly UnitImage[] => {
    const shown = Math.min(mostUnits, w.units)
    const value = got[`u${i}`]
    const numbers = value === undefined ? undefined : numbersOf(value)
    if (numbers !== undefined)
      return Array.from({ length: shown }, (_, unit) => ({
        side,
        values: Float32Array.from({ length: side * side }, (_v, p) => numbers[p * w.units + unit] ?? 0)
      }))
    return w.inputs === 784 ? Array.from({ length: shown }, (_, unit) => weightImage(weights, w.units, unit)) : []
  }
  return {
    of: (state, deltas) => {
      const tensors = tensorsOf(state)
      const got = outputsFor(tensors)
      const back = deltas ? deltasOf(run, state) : {}
      const columns = watched.flatMap((w, i): readonly Column[] => {
        const weight = tensors[`params/${w.path}/weight`]
        if (weight === undefined) return []
        const numbers = numbersOf(weight)
        const few = Math.min(mostUnits, w.inputs)
        const shown = Math.min(mostUnits, w.units)
        return [
          {
            path: w.path,
            units: w.units,
            inputs: w.inputs,
            weights: Float32Array.from(
              { length: few * shown },
              (_, k) => numbers[Math.floor(k / shown) * w.units + (k % shown)] ?? 0
            ),
            images: images(w, i, numbers, got),
            ...(back[w.path] === undefined ? {} : { delta: back[w.path] })
          }
        ]
      })
      const y = got['y']
      return {
        columns,
        ...(y === undefined
          ? {}
          : { regions: { side, outputs: y.shape[1] ?? 1, values: Float32Array.from(numbersOf(y)) } })
      }
    },
    close: () => loop?.close()
  }
}
