#!/usr/bin/env bash
# Unique of onnxruntime gives 1 and 3 for 3, 1, 3, NaN, NaN: the NaNs are counted as ones and mapped
# back to 1. Whether they vanish depends on the order: NaN first and they swallow the others.
#
# Version: onnxruntime-node 1.30.0
# Guess: NaN is a value of its own, once (NumPy) or as often as it occurs (PyTorch); the inverse map
# restores the input.
# Seen:
#   3 1 3 NaN NaN | values 1 3 | counts 3 2 | mapped back 3 1 3 1 1
#   NaN 3 1 3 | values NaN | counts 4 | mapped back NaN NaN NaN NaN
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
  for (const x of [[3, 1, 3, NaN, NaN], [NaN, 3, 1, 3]]) {
    const [values, , back, counts] = await answers('Unique', '', [], new ort.Tensor('float32', x, [x.length]), [1, 7, 7, 7])
    console.log(x.join(' '), '| values', values.join(' '), '| counts', counts.join(' '), '| mapped back', back.map((i) => values[i]).join(' '))
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
3 1 3 NaN NaN | values 1 3 | counts 3 2 | mapped back 3 1 3 1 1
NaN 3 1 3 | values NaN | counts 4 | mapped back NaN NaN NaN NaN
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-unique-loses-nan-in-another-number'
