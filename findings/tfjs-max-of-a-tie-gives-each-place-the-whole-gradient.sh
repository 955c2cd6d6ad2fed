#!/usr/bin/env bash
# The gradient of tf.max over a row in which k places share the largest number is 1 at each of them,
# so that it sums to k. tf.min does likewise, and after a ReLU rows of zeros are common. PyTorch and
# TensorFlow share the 1 out, or give it to the first place.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: The parts of the gradient of a maximum sum to 1.
# Seen:
#   max 1 2 3 gradient 0 0 1
#   max 2 2 1 gradient 1 1 0
#   max 0 0 0 0 gradient 1 1 1 1
#   min 1 2 3 gradient 1 0 0
#   min 2 2 1 gradient 0 0 1
#   min 0 0 0 0 gradient 1 1 1 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const rows = [[1, 2, 3], [2, 2, 1], [0, 0, 0, 0]]
for (const name of ['max', 'min']) {
  for (const row of rows) console.log(name, row.join(' '), 'gradient', tf.grad((x) => tf[name](x))(tf.tensor1d(row)).dataSync().join(' '))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
max 1 2 3 gradient 0 0 1
max 2 2 1 gradient 1 1 0
max 0 0 0 0 gradient 1 1 1 1
min 1 2 3 gradient 1 0 0
min 2 2 1 gradient 0 0 1
min 0 0 0 0 gradient 1 1 1 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-max-of-a-tie-gives-each-place-the-whole-gradient'
