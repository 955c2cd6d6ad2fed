#!/usr/bin/env bash
# The ONNX specification defines MeanVarianceNormalization by a function that adds 1e-9 to the
# deviation, so a constant row is 0. onnxruntime has a kernel of its own without the 1e-9: a
# constant row (padding, a blank picture) is NaN. LayerNormalization gives 0 there.
#
# Version: onnxruntime-node 1.30.0
# Guess: Zeros, as the function of the specification gives.
# Seen:
#   constant row NaN NaN NaN row 1 2 3 -1.2247 0.0000 1.2247
#   LayerNormalization of the constant row 0 0 0
#   by the specification 0 0 0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null

cat > run.cjs <<'END'
const { onnx } = require('onnx-proto')
const ort = require('onnxruntime-node')
const kinds = { float32: 1, int32: 6, int64: 7, string: 8, float64: 11 }
const value = (name, elemType, dims) => ({ name, type: { tensorType: { elemType, shape: dims && { dim: dims.map((dimValue) => ({ dimValue })) } } } })
// A model of one node: what it gives for the inputs.
const answer = async (opType, attribute, inputs, elemType = 1, version = 20) => {
  const model = onnx.ModelProto.create({
    irVersion: 9, opsetImport: [{ domain: '', version }],
    graph: {
      name: 'one', input: inputs.map((x, i) => value('x' + i, kinds[x.type], x.dims)), output: [value('y', elemType)],
      node: [{ opType, attribute, input: inputs.map((_, i) => 'x' + i), output: ['y'] }],
    },
  })
  const session = await ort.InferenceSession.create(Buffer.from(onnx.ModelProto.encode(model).finish()))
  return (await session.run(Object.fromEntries(inputs.map((x, i) => ['x' + i, x])))).y.data
}
const floats = (numbers, dims = [numbers.length]) => new ort.Tensor('float32', Float32Array.from(numbers), dims)
const longs = (numbers) => new ort.Tensor('int64', BigInt64Array.from(numbers), [numbers.length])
const int = (name, i) => ({ name, type: 2, i })

;(async () => {
  const rows = () => floats([5, 5, 5, 1, 2, 3], [2, 3])
  const own = [...await answer('MeanVarianceNormalization', [{ name: 'axes', type: 7, ints: [1] }], [rows()])]
  console.log('constant row', own.slice(0, 3).join(' '), 'row 1 2 3', own.slice(3).map((x) => x.toFixed(4)).join(' '))
  const layer = [...await answer('LayerNormalization', [int('axis', -1)], [rows(), floats([1, 1, 1])])]
  console.log('LayerNormalization of the constant row', layer.slice(0, 3).join(' '))
  console.log('by the specification', [5, 5, 5].map((x) => (x - 5) / (0 + 1e-9)).join(' '))
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
constant row NaN NaN NaN row 1 2 3 -1.2247 0.0000 1.2247
LayerNormalization of the constant row 0 0 0
by the specification 0 0 0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-meanvariancenormalization-of-a-constant-row-is-nan'
