/** Damaged inputs for every decoder: what they say to them is an Either, within bounded time. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { gzipSync, zipSync } from 'fflate'
import { decodeCsv } from '../../src/data/csv.js'
import { decodeIdx } from '../../src/data/idx.js'
import { decodeLibsvm } from '../../src/data/libsvm.js'
import { decodeNpy, encodeNpy } from '../../src/data/npy.js'
import { decodeNpz } from '../../src/data/npz.js'
import { fitTable, fromRecords, tableSchema } from '../../src/data/table/index.js'
import { decodeArff } from '../../src/data/table/arff.js'
import { fromArrays, fromNdarray } from '../../src/data/arrays.js'
import { gunzip } from '../../src/data/gzip.js'
import { fromTorch, toTorch } from '../../src/format/mapping/torch.js'
import { importOnnx } from '../../src/format/onnx/import/import.js'
import { exportOnnx } from '../../src/format/onnx/onnx.js'
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js'
import { encodeModel, parseModel } from '../../src/model/codec.js'
import { dense, model as modelOf, modelData, relu } from '../../src/layer/index.js'
import { init } from '../../src/model/init.js'
import { bits32, foldIn, drawKey, rootKey } from '../../src/random/index.js'
import { decodePipeline, encodePipeline } from '../../src/run/pipeline/codec.js'
import { pipelineOf } from '../../src/run/pipeline/value.js'
import { parseRunFile } from '../../src/run/run-file.js'
import { parseStudyFile } from '../../src/search/study-file.js'
import { meanSquaredError } from '../../src/train/loss/squared.js'
import { tensor } from '../../src/value/tensor.js'
import { irisStudy } from '../search/helpers.js'
import { right } from '../support/either.js'

export interface Door {
  readonly name: string
  /** an input that is right */
  readonly sound: Uint8Array
  readonly decode: (bytes: Uint8Array) => { readonly _tag: string }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
/** any JSON, or the text where it is none */
const asValue = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(asText(bytes))
  } catch {
    return asText(bytes)
  }
}

const table = right(tensor('f32', [3, 2], [1, 2, 3, 4, 5, 6]))
const idx = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6)
const model = {
  input: [2],
  layers: [
    { tag: 'dense', units: 3 },
    { tag: 'activation', fn: 'relu' }
  ]
}
const run = {
  data: { tag: 'arrays', train: { x: [[0, 1]], y: [[1]] } },
  model,
  loss: 'meanSquaredError',
  optimizer: { tag: 'adam', rate: 0.1 },
  stop: { tag: 'epochs', count: 2 }
}
const schema = tableSchema({
  columns: {
    w: { type: 'number', scaling: 'standardise', missing: 'median' },
    k: { type: 'number' },
    p: { type: 'number' }
  },
  target: 'p'
})
const rows = [1, 2, 4].map(w => ({ w, k: 2 * w, p: w }))
const net = modelOf([2], dense(3), relu, dense(1))
const params = right(init(net, rootKey(1)))
const modules = { dense: 'fc1', dense2: 'fc2' }
const fitted = right(pipe(fromRecords(rows, schema), E.chain(fitTable)))
const categories = { categories: ['a', 'b'] }

export const doors: readonly Door[] = [
  {
    name: 'csv',
    sound: utf8('w,k,at\n1.5,a,17\n"2",b,1e3\n'),
    decode: b => decodeCsv(asText(b), { columns: { w: 'number', k: categories, at: { scale: 2 } }, target: 'k' })
  },
  { name: 'npy', sound: encodeNpy(table), decode: b => decodeNpy(b) },
  { name: 'packed npy', sound: gzipSync(encodeNpy(table)), decode: b => decodeNpy(b) },
  {
    name: 'npz',
    sound: zipSync({ 'x.npy': encodeNpy(table), 'y.npy': [encodeNpy(table), { level: 0 }] }),
    decode: b => decodeNpz(b)
  },
  {
    name: 'libsvm',
    sound: utf8('+1 1:0.5 3:2\n-1 2:1e3 # note\n'),
    decode: b => decodeLibsvm(asText(b), { classes: [-1, 1] })
  },
  {
    name: 'arff',
    sound: utf8(`@relation r\n@attribute w real\n@attribute 'k l' {a, "b c"}\n@data\n1.5,a\n{0 2, 1 'b c'}\n`),
    decode: b => decodeArff(asText(b), { target: 'k l' })
  },
  { name: 'idx', sound: idx, decode: b => decodeIdx(b) },
  { name: 'gzip', sound: gzipSync(idx), decode: b => gunzip(b) },
  {
    name: 'safetensors',
    sound: right(encodeSafetensors({ 'dense/weight': table }, { made: 'here' })),
    decode: b => decodeSafetensors(b)
  },
  {
    name: 'model JSON',
    sound: utf8(JSON.stringify(encodeModel(modelData([2], dense(3))))),
    decode: b => parseModel(asText(b))
  },
  { name: 'run file', sound: utf8(JSON.stringify(run)), decode: b => parseRunFile(asText(b)) },
  {
    name: 'tensor',
    sound: utf8(JSON.stringify(['f32', [2], [1, 2]])),
    decode: b => {
      const u = asValue(b)
      return tensor(...((Array.isArray(u) ? u : [u]) as unknown as Parameters<typeof tensor>))
    }
  },
  {
    name: 'ndarray',
    sound: utf8(JSON.stringify({ data: [1, 2], shape: [2], stride: [1], offset: 0 })),
    decode: b => fromNdarray(asValue(b) as Parameters<typeof fromNdarray>[0])
  },
  {
    name: 'arrays',
    sound: utf8(
      JSON.stringify([
        [1, 2],
        [3, 4]
      ])
    ),
    decode: b => fromArrays(asValue(b) as never, [[1], [2]])
  },
  { name: 'study file', sound: utf8(JSON.stringify(irisStudy)), decode: b => parseStudyFile(asText(b)) },
  { name: 'onnx', sound: right(exportOnnx(net)({ params })), decode: b => importOnnx(b) },
  {
    name: 'torch state dict',
    sound: right(encodeSafetensors(right(toTorch(net, { modules })({ params })))),
    decode: b =>
      pipe(
        decodeSafetensors(b),
        E.chainW(({ tensors }) => fromTorch(net, { modules })(tensors))
      )
  },
  {
    name: 'pipeline',
    sound: right(encodePipeline(right(pipelineOf({ fitted, model: net, params, layers: {}, loss: meanSquaredError })))),
    decode: b => decodePipeline()(b)
  }
]

/** the input with one to four damages, each drawn from the seed: a byte changed, cut out, doubled, inserted, or a piece repeated */
export const damaged = ({ sound }: Door, seed: number): Uint8Array => {
  const draws = bits32(drawKey(foldIn(rootKey(7), seed)), 13)
  const draw = (i: number, n: number): number => (draws[i] as number) % n
  let bytes = Array.from(sound)
  for (let k = 0; k <= draw(0, 4); k++) {
    const [kind, at, value] = [draw(1 + 3 * k, 6), draw(2 + 3 * k, bytes.length + 1), draw(3 + 3 * k, 256)]
    const piece = bytes.slice(at, at + 1 + (value % 32))
    bytes =
      kind === 0
        ? bytes.map((b, i) => (i === at ? value : b))
        : kind === 1
          ? bytes.slice(0, at)
          : kind === 2
            ? [...bytes.slice(0, at), value, ...bytes.slice(at)]
            : kind === 3
              ? [...bytes.slice(0, at), ...bytes.slice(at + 1 + (value % 8))]
              : kind === 4
                ? [...bytes.slice(0, at), ...new Array<number[]>(value).fill(piece).flat(), ...bytes.slice(at)]
                : bytes.map((b, i) => (i === at ? b ^ (1 << (value % 8)) : b))
  }
  return Uint8Array.from(bytes)
}

/** what went wrong: inputs that made a decoder throw, or take longer than two seconds of the processor */
export const sweep = (times: number): readonly string[] => {
  const wrong: string[] = []
  for (let seed = 0; seed < times; seed++) {
    const door = doors[seed % doors.length] as Door
    const bytes = damaged(door, seed)
    const before = process.cpuUsage()
    try {
      const { _tag } = door.decode(bytes)
      if (_tag !== 'Left' && _tag !== 'Right') wrong.push(`${door.name} ${seed}: no Either`)
    } catch (e) {
      wrong.push(`${door.name} ${seed}: ${String(e)}`)
    }
    if (process.cpuUsage(before).user > 2_000_000) wrong.push(`${door.name} ${seed}: slow`)
  }
  return wrong
}
