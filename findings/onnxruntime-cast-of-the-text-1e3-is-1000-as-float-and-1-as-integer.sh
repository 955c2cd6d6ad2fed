#!/usr/bin/env bash
# Cast from string to an integer in onnxruntime stops at the first character that is no digit and
# says nothing: 1e3 is 1, 7.9 is 7, 12 px is 12. To float it stops likewise, so a decimal comma cuts
# (1,5 is 1), and it reads hexadecimal text (0x10 is 16).
#
# Version: onnxruntime-node 1.30.0
# Guess: A text that is no whole number, or has something left over, is an error; 1e3 is 1000 in
# both types.
# Seen:
#   "1e3" as int32 1 as float 1000
#   "7.9" as int32 7 as float 7.900000095367432
#   "12 px" as int32 12 as float 12
#   "1,5" as int32 1 as float 1
#   "0x10" as int32 0 as float 16
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
  const texts = ['1e3', '7.9', '12 px', '1,5', '0x10']
  const input = () => [new ort.Tensor('string', texts, [texts.length])]
  const whole = await answer('Cast', [int('to', 6)], input(), 6)
  const real = await answer('Cast', [int('to', 1)], input())
  texts.forEach((text, i) => console.log(JSON.stringify(text), 'as int32', whole[i], 'as float', real[i]))
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
"1e3" as int32 1 as float 1000
"7.9" as int32 7 as float 7.900000095367432
"12 px" as int32 12 as float 12
"1,5" as int32 1 as float 1
"0x10" as int32 0 as float 16
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-cast-of-the-text-1e3-is-1000-as-float-and-1-as-integer'
