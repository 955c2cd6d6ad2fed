#!/usr/bin/env bash
# LinearRegressor and TreeEnsembleRegressor of onnxruntime do not apply post_transform LOGISTIC
# where there is one target: the answer is the raw score, and nothing says so. With two targets the
# same node applies it to both. A boosted model of probabilities exported as a regressor (one
# target, LOGISTIC) answers log odds.
#
# Version: onnxruntime-node 1.30.0
# Guess: The sigmoid of the score, however many targets there are: 0.5744 for 0.3.
# Seen:
#   LinearRegressor 1 targets, score 0.3: 0.3000
#   LinearRegressor 2 targets, score 0.3: 0.5744 0.5744
#   TreeEnsembleRegressor 1 targets, score 0.3: 0.3000
#   TreeEnsembleRegressor 2 targets, score 0.3: 0.5744 0.5744
#   sigmoid of 0.3 0.5744
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
  const line = (targets, transform) => [floats('coefficients', Array(targets).fill(1)), floats('intercepts', Array(targets).fill(0)), int('targets', targets), word('post_transform', transform)]
  const leaf = (targets, transform) => [
    ints('nodes_treeids', [0]), ints('nodes_nodeids', [0]), ints('nodes_featureids', [0]), { name: 'nodes_modes', type: 8, strings: [Buffer.from('LEAF')] },
    floats('nodes_values', [0]), ints('nodes_truenodeids', [0]), ints('nodes_falsenodeids', [0]),
    ints('target_treeids', Array(targets).fill(0)), ints('target_nodeids', Array(targets).fill(0)), ints('target_ids', [0, 1].slice(0, targets)),
    floats('target_weights', Array(targets).fill(0.3)), int('n_targets', targets), word('post_transform', transform),
  ]
  for (const [name, make] of [['LinearRegressor', line], ['TreeEnsembleRegressor', leaf]]) {
    for (const targets of [1, 2]) {
      const [scores] = await answers(name, make(targets, 'LOGISTIC'), [0.3], [1])
      console.log(name, targets, 'targets, score 0.3:', scores.map((x) => x.toFixed(4)).join(' '))
    }
  }
  console.log('sigmoid of 0.3', (1 / (1 + Math.exp(-0.3))).toFixed(4))
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
LinearRegressor 1 targets, score 0.3: 0.3000
LinearRegressor 2 targets, score 0.3: 0.5744 0.5744
TreeEnsembleRegressor 1 targets, score 0.3: 0.3000
TreeEnsembleRegressor 2 targets, score 0.3: 0.5744 0.5744
sigmoid of 0.3 0.5744
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-regressors-of-one-target-leave-out-logistic'
