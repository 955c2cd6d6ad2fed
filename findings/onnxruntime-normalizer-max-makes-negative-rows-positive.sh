#!/usr/bin/env bash
# The Normalizer of ai.onnx.ml with norm MAX divides by the largest number of the row in
# onnxruntime, sign and all; the Normalizer of scikit-learn with norm max divides by the largest
# absolute value. A row of negative numbers comes out positive.
#
# Version: onnxruntime-node 1.30.0; scikit-learn 1.2.1 (Debian 12) as the second opinion
# Guess: A norm is never negative: both divide by the largest absolute value.
# Seen:
#   onnxruntime -4 2 gives -2 1
#   onnxruntime -4 -2 gives 2 1
#   onnxruntime 1 4 gives 0.25 1
#   scikit-learn -4 2 gives -1.0 0.5
#   scikit-learn -4 -2 gives -1.0 -0.5
#   scikit-learn 1 4 gives 0.25 1.0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0 onnx-proto@8.0.1 > /dev/null
for package in python3-sklearn=1.2.1+dfsg-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
cat > run.cjs <<'JS'
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
  for (const row of [[-4, 2], [-4, -2], [1, 4]]) {
    const [y] = await answers('Normalizer', 'ai.onnx.ml', [{ name: 'norm', type: 3, s: Buffer.from('MAX') }], new ort.Tensor('float32', row, [1, 2]), [1])
    console.log('onnxruntime', row.join(' '), 'gives', y.join(' '))
  }
})()
JS
node run.cjs
/usr/bin/python3 -c "
from sklearn.preprocessing import Normalizer
for row in ([-4, 2], [-4, -2], [1, 4]):
    print('scikit-learn', *row, 'gives', *Normalizer(norm='max').fit_transform([row])[0])"
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
onnxruntime -4 2 gives -2 1
onnxruntime -4 -2 gives 2 1
onnxruntime 1 4 gives 0.25 1
scikit-learn -4 2 gives -1.0 0.5
scikit-learn -4 -2 gives -1.0 -0.5
scikit-learn 1 4 gives 0.25 1.0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: onnxruntime-normalizer-max-makes-negative-rows-positive'
