#!/usr/bin/env bash
# The gradient of tf.abs at 0 is -1 in tfjs, and so an L1 penalty moves weights that are exactly 0:
# plain descent of |w| from 0 with rate 0.1 rests in no step. maximum(x, 0) has slope 1 at 0 where
# relu has 0, and clipByValue 1 at both ends where relu6 has 0 at its lower.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: The slope of |x| at 0 is 0, the sign of 0, as in PyTorch, TensorFlow and JAX.
# Seen:
#   abs at -1, 0, 1: -1 -1 1
#   descent of |w| from 0: 0.1 0 0.1 0
#   at 0: relu 0 maximum(x, 0) 1 relu6 0 clipByValue(0, 6) 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const slope = (f, x) => tf.grad((t) => f(t).sum())(tf.tensor1d([x])).dataSync()[0]
console.log('abs at -1, 0, 1:', [-1, 0, 1].map((x) => slope(tf.abs, x)).join(' '))
let w = 0
const path = [1, 2, 3, 4].map(() => (w = Math.round((w - 0.1 * slope(tf.abs, w)) * 1e4) / 1e4))
console.log('descent of |w| from 0:', path.join(' '))
console.log('at 0: relu', slope(tf.relu, 0), 'maximum(x, 0)', slope((x) => tf.maximum(x, 0), 0), 'relu6', slope(tf.relu6, 0), 'clipByValue(0, 6)', slope((x) => tf.clipByValue(x, 0, 6), 0))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
abs at -1, 0, 1: -1 -1 1
descent of |w| from 0: 0.1 0 0.1 0
at 0: relu 0 maximum(x, 0) 1 relu6 0 clipByValue(0, 6) 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-slope-of-abs-at-zero-is-minus-one'
