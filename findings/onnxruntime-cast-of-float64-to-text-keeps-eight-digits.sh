#!/usr/bin/env bash
# Cast from double to string in onnxruntime writes eight digits, as many as for float, where a
# double needs up to 17. Two keys of a look-up (an id, a time in seconds) that differ in the ninth
# digit become one text, and the way back gives another number.
#
# Version: onnxruntime-node 1.30.0
# Guess: A double becomes a text that reads back as the same double.
# Seen:
#   123456787 text 1.2345679e+08 and back 123456790
#   123456788 text 1.2345679e+08 and back 123456790
#   0.1234567891 text 0.12345679 and back 0.12345679
#   0.3333333333333333 text 0.33333333 and back 0.33333333
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
  const numbers = [123456787, 123456788, 0.1234567891, 1 / 3]
  const to = (i) => [int('to', i)]
  const texts = await answer('Cast', to(8), [new ort.Tensor('float64', Float64Array.from(numbers), [4])], 8)
  const back = await answer('Cast', to(11), [new ort.Tensor('string', texts, [4])], 11)
  numbers.forEach((x, i) => console.log(String(x), 'text', texts[i], 'and back', String(back[i])))
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
123456787 text 1.2345679e+08 and back 123456790
123456788 text 1.2345679e+08 and back 123456790
0.1234567891 text 0.12345679 and back 0.12345679
0.3333333333333333 text 0.33333333 and back 0.33333333
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-cast-of-float64-to-text-keeps-eight-digits'
