#!/usr/bin/env bash
# Range of onnxruntime adds the step to the last number again and again in the type of the input,
# where the ONNX specification says start + i * delta. In float32 the rounding piles up: a grid from
# 0 to 1 in steps of 0.00001 ends at 1.00099, a hundred steps beyond its limit, and one from 0 to
# 1000 in steps of 0.1 is two steps behind.
#
# Version: onnxruntime-node 1.30.0
# Guess: Each number is start + i * delta, rounded once; none passes the limit by more than a
# rounding.
# Seen:
#   to 1 by 0.00001 last 1.0010 by the formula 1.0000
#   to 1000 by 0.1 last 999.8029 by the formula 999.9000
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
  for (const [limit, delta] of [[1, 1e-5], [1000, 0.1]]) {
    const data = await answer('Range', [], [floats([0], []), floats([limit], []), floats([delta], [])])
    const last = data.length - 1
    console.log('to', limit, 'by', delta, 'last', data[last].toFixed(4), 'by the formula', (last * Math.fround(delta)).toFixed(4))
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
to 1 by 0.00001 last 1.0010 by the formula 1.0000
to 1000 by 0.1 last 999.8029 by the formula 999.9000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-range-ends-beyond-its-limit'
