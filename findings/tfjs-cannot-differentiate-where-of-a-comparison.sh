#!/usr/bin/env bash
# A loss with tf.where(x.greater(0), a, b) has no gradient in tfjs: the tape counts the comparison
# among the steps that lead from x and stops with an error, since comparisons have no gradient. A
# condition made of a second tensor of the same numbers, outside the tape of x, works.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: A comparison is a constant for the gradient, as in TensorFlow, PyTorch and JAX.
# Seen:
#   where(x > 0) Cannot compute gradient: gradient function not found for Greater.
#   where(other > 0) 0.10 6.00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const numbers = [-2, 3]
const attempt = (name, condition) => {
  try {
    const gradient = tf.grad((x) => tf.where(condition(x), x.square(), x.mul(0.1)).sum())(tf.tensor1d(numbers))
    console.log(name, Array.from(gradient.dataSync(), (v) => v.toFixed(2)).join(' '))
  } catch (error) { console.log(name, error.message.split('\n')[0]) }
}
attempt('where(x > 0)', (x) => x.greater(0))
const other = tf.tensor1d(numbers)
attempt('where(other > 0)', () => other.greater(0))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
where(x > 0) Cannot compute gradient: gradient function not found for Greater.
where(other > 0) 0.10 6.00
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-cannot-differentiate-where-of-a-comparison'
