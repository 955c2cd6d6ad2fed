#!/usr/bin/env bash
# The alphaDropout layer of tfjs does not keep the mean of its input. 50,000 numbers of mean 0 and
# variance 1 leave it with mean 1.6 at rate 0.5 and 0.3 at rate 0.1; the variance stays. Keeping
# both is what the layer is for: it goes with selu.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: Mean 0 and variance 1 come out again, as from AlphaDropout of Keras and PyTorch.
# Seen:
#   input mean 0.0 variance 1.0
#   rate 0.1 mean 0.3 variance 1.0
#   rate 0.5 mean 1.6 variance 1.0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const x = tf.randomNormal([1, 50000], 0, 1, 'float32', 4)
const show = (name, t) => {
  const { mean, variance } = tf.moments(t)
  console.log(name, 'mean', mean.dataSync()[0].toFixed(1), 'variance', variance.dataSync()[0].toFixed(1))
}
show('input', x)
for (const rate of [0.1, 0.5]) show('rate ' + rate, tf.layers.alphaDropout({ rate }).apply(x, { training: true }))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
input mean 0.0 variance 1.0
rate 0.1 mean 0.3 variance 1.0
rate 0.5 mean 1.6 variance 1.0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-alpha-dropout-moves-the-mean'
