/**
 * Makes fixtures/sequences-onnx.json: weights of ONNX nodes, inputs and outputs.
 *
 * In another folder: npm install onnxruntime-node@1.30.0 onnx-proto@8.0.1; node PATH/sequences.mjs (it imports from the folder it is run in)
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(`${process.cwd()}/`)
const { onnx } = require('onnx-proto')
const ort = require('onnxruntime-node')

// 15 bits of Lehmer's generator: numbers from -1 to 1 that f32 has
let state = 7
const draw = () => {
  state = (state * 48271) % 2147483647
  return (state % 32768) / 16384 - 1
}
const numbers = shape => ({ shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw) })
const float = 1
const initializer = ([name, { shape, data }]) => ({ name, dims: shape, dataType: float, floatData: data })
const attribute = (name, value) =>
  typeof value === 'string' ? { name, type: 3, s: new TextEncoder().encode(value) } : { name, type: 2, i: value }
const info = (name, shape) => ({
  name,
  type: { tensorType: { elemType: float, shape: { dim: shape.map(dimValue => ({ dimValue })) } } }
})

const [steps, examples, features, units] = [4, 2, 3, 2]
const run = async ({ kind, gates, direction, reset }) => {
  const sides = direction === 'bidirectional' ? 2 : 1
  const weights = {
    W: numbers([sides, gates * units, features]),
    R: numbers([sides, gates * units, units]),
    B: numbers([sides, 2 * gates * units])
  }
  const x = numbers([steps, examples, features])
  const node = {
    opType: kind,
    input: ['x', 'W', 'R', 'B'],
    output: ['y'],
    attribute: [
      attribute('hidden_size', units),
      attribute('direction', direction),
      ...(reset === undefined ? [] : [attribute('linear_before_reset', reset === 'after' ? 1 : 0)])
    ]
  }
  const graph = {
    name: kind,
    node: [node],
    initializer: Object.entries(weights).map(initializer),
    input: [info('x', x.shape)],
    output: [info('y', [steps, sides, examples, units])]
  }
  const model = { irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }
  const session = await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish())
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x.data), x.shape) })
  return { kind, direction, reset, weights, x, y: { shape: [...y.dims], data: Array.from(y.data) } }
}

const kinds = [
  { kind: 'RNN', gates: 1 },
  { kind: 'LSTM', gates: 4 },
  { kind: 'GRU', gates: 3, reset: 'after' },
  { kind: 'GRU', gates: 3, reset: 'before' }
]
const cases = []
for (const kind of kinds)
  for (const direction of ['forward', 'reverse', 'bidirectional']) cases.push(await run({ ...kind, direction }))
const to = new URL('fixtures/sequences-onnx.json', import.meta.url)
writeFileSync(to, `${JSON.stringify({ library: 'onnxruntime-node 1.30.0', cases })}\n`)
