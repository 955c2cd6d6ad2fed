#!/usr/bin/env bash
# LinearClassifier with two classes, one row of coefficients and no post_transform returns 1 - s and
# s as scores, but takes the class by s > 0. For s between 0 and 0.5 the class is 1 while the score
# of 0 is the larger, and for negative s a score is above 1. With LOGISTIC both agree.
#
# Version: onnxruntime-node 1.30.0
# Guess: The class is that with the largest score.
# Seen:
#   NONE s -0.3 class 0 scores 1.300 -0.300
#   NONE s 0.3 class 1 scores 0.700 0.300
#   NONE s 0.6 class 1 scores 0.400 0.600
#   LOGISTIC s -0.3 class 0 scores 0.574 0.426
#   LOGISTIC s 0.3 class 1 scores 0.426 0.574
#   LOGISTIC s 0.6 class 1 scores 0.354 0.646
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null

cat > run.cjs <<'END'
const { onnx } = require('onnx-proto')
const ort = require('onnxruntime-node')
const value = (name, elemType, dims) => ({ name, type: { tensorType: { elemType, shape: dims && { dim: dims.map((dimValue) => ({ dimValue })) } } } })
const floats = (name, list) => ({ name, type: 6, floats: list })
const ints = (name, list) => ({ name, type: 7, ints: list })
const int = (name, i) => ({ name, type: 2, i })
const word = (name, text) => ({ name, type: 3, s: Buffer.from(text) })
// A model of one node of ai.onnx.ml: its outputs for a column of numbers.
const answers = async (opType, attribute, column, kinds) => {
  const model = onnx.ModelProto.create({
    irVersion: 8, opsetImport: [{ domain: '', version: 17 }, { domain: 'ai.onnx.ml', version: 3 }],
    graph: {
      name: 'one', input: [value('x', 1, [column.length, 1])], output: kinds.map((kind, i) => value('y' + i, kind)),
      node: [{ opType, domain: 'ai.onnx.ml', attribute, input: ['x'], output: kinds.map((_, i) => 'y' + i) }],
    },
  })
  const session = await ort.InferenceSession.create(Buffer.from(onnx.ModelProto.encode(model).finish()))
  const result = await session.run({ x: new ort.Tensor('float32', Float32Array.from(column), [column.length, 1]) })
  return kinds.map((_, i) => Array.from(result['y' + i].data, Number))
}

;(async () => {
  for (const transform of ['NONE', 'LOGISTIC']) {
    const attribute = [floats('coefficients', [1]), floats('intercepts', [0]), ints('classlabels_ints', [0, 1]), word('post_transform', transform)]
    const column = [-0.3, 0.3, 0.6]
    const [labels, scores] = await answers('LinearClassifier', attribute, column, [7, 1])
    column.forEach((s, i) => console.log(transform, 's', s, 'class', labels[i], 'scores', scores.slice(2 * i, 2 * i + 2).map((x) => x.toFixed(3)).join(' ')))
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
NONE s -0.3 class 0 scores 1.300 -0.300
NONE s 0.3 class 1 scores 0.700 0.300
NONE s 0.6 class 1 scores 0.400 0.600
LOGISTIC s -0.3 class 0 scores 0.574 0.426
LOGISTIC s 0.3 class 1 scores 0.426 0.574
LOGISTIC s 0.6 class 1 scores 0.354 0.646
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-linearclassifier-answers-1-with-the-larger-score-for-0'
