#!/usr/bin/env bash
# ReduceMean of onnxruntime sums float32 in float32, without pairs or compensation. The mean of a
# million numbers 0.1 is 0.0999 along a row and 0.1010 down a column of the same size. Down a column
# one running sum is kept, which is off by one percent; along a row a few stand side by side.
#
# Version: onnxruntime-node 1.30.0, CPU
# Guess: A mean of equal numbers is that number to six digits, whichever axis it runs along.
# Seen:
#   down a column 0.1010
#   along a row 0.0999
#   one running sum in float32 0.1010
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
  const rows = 1000000
  const attribute = [int('keepdims', 0)]
  const column = await answer('ReduceMean', attribute, [floats(Array(2 * rows).fill(0.1), [rows, 2]), longs([0n])])
  const row = await answer('ReduceMean', attribute, [floats(Array(2 * rows).fill(0.1), [2, rows]), longs([1n])])
  console.log('down a column', column[0].toFixed(4))
  console.log('along a row', row[0].toFixed(4))
  let sum = 0
  for (let i = 0; i < rows; i++) sum = Math.fround(sum + Math.fround(0.1))
  console.log('one running sum in float32', (sum / rows).toFixed(4))
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
down a column 0.1010
along a row 0.0999
one running sum in float32 0.1010
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-mean-of-a-million-equal-numbers-depends-on-the-axis'
