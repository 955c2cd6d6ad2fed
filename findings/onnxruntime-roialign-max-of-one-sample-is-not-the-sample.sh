#!/usr/bin/env bash
# RoiAlign with mode max does not take the largest of the interpolated samples. It takes the largest
# of their weighted corners, so a bin of one sample in the middle of 1 2 3 4 gives 4 / 4 = 1, where
# the sample (and mode avg) is 2.5. A warning in its log says that this is mended in version 1.13;
# 1.30 does it still.
#
# Version: onnxruntime-node 1.30.0
# Guess: Max over one sample is the sample, as avg over one sample is.
# Seen:
#   avg of one sample 2.5
#   max of one sample 1
#   the sample 2.5 largest weighted corner 1
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
  const corners = [1, 2, 3, 4]
  for (const mode of ['avg', 'max']) {
    const attribute = [int('output_height', 1), int('output_width', 1), int('sampling_ratio', 1), { name: 'mode', type: 3, s: Buffer.from(mode) },
      { name: 'coordinate_transformation_mode', type: 3, s: Buffer.from('output_half_pixel') }]
    const data = await answer('RoiAlign', attribute, [floats(corners, [1, 1, 2, 2]), floats([0, 0, 1, 1], [1, 4]), longs([0n])], 1, 16)
    console.log(mode, 'of one sample', data[0])
  }
  console.log('the sample', corners.reduce((sum, x) => sum + x / 4, 0), 'largest weighted corner', Math.max(...corners) / 4)
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
avg of one sample 2.5
max of one sample 1
the sample 2.5 largest weighted corner 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-roialign-max-of-one-sample-is-not-the-sample'
