#!/usr/bin/env bash
# The seed of RandomNormal is a float by the ONNX specification. onnxruntime cuts it to a whole
# number: seeds 1, 1.2 and 1.9 give one sequence. Whole seeds above 16777216 collide as well, since
# the attribute has 24 bits: 16777217 is 16777216.
#
# Version: onnxruntime-node 1.30.0
# Guess: A float seed has as many sequences as it has values, and any whole number below 2^31 is
# one.
# Seen:
#   seeds 1 and 1.2 equal
#   seeds 1.2 and 1.9 equal
#   seeds 1.9 and 2 differ
#   seeds 16777216 and 16777217 equal
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null

cat > run.cjs <<'END'
const { onnx } = require('onnx-proto')
const ort = require('onnxruntime-node')
// A model of one node: what it gives for one float input (or none).
const answers = async (opType, domain, attribute, input, outputs) => {
  const value = (name, elemType) => ({ name, type: { tensorType: { elemType } } })
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }, { domain: 'ai.onnx.ml', version: 3 }],
    graph: {
      name: 'one', input: input ? [value('x', 1)] : [], output: outputs.map((type, i) => value('y' + i, type)),
      node: [{ opType, domain, attribute, input: input ? ['x'] : [], output: outputs.map((_, i) => 'y' + i) }],
    },
  })
  const session = await ort.InferenceSession.create(Buffer.from(onnx.ModelProto.encode(model).finish()))
  const result = await session.run(input ? { x: input } : {})
  return outputs.map((_, i) => Array.from(result['y' + i].data, Number))
}

;(async () => {
  const draw = async (seed) => {
    const attribute = [{ name: 'shape', type: 7, ints: [4] }, { name: 'seed', type: 1, f: seed }]
    return (await answers('RandomNormal', '', attribute, null, [1]))[0].join()
  }
  for (const [a, b] of [[1, 1.2], [1.2, 1.9], [1.9, 2], [16777216, 16777217]]) {
    console.log('seeds', a, 'and', b, (await draw(a)) === (await draw(b)) ? 'equal' : 'differ')
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
seeds 1 and 1.2 equal
seeds 1.2 and 1.9 equal
seeds 1.9 and 2 differ
seeds 16777216 and 16777217 equal
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-cuts-the-fraction-of-a-random-seed'
