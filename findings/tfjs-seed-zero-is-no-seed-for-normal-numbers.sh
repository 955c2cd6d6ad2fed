#!/usr/bin/env bash
# Seed 0 gives other numbers at each call of randomNormal and truncatedNormal of tfjs, and of each
# initializer that draws from a normal distribution (orthogonal, heNormal): 0 counts as no seed.
# Seed 1 is one, and seed 0 is one for uniform numbers, glorotUniform and dropout.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: Any whole number is a seed; 0 is the one that most scripts choose.
# Seen:
#   randomUniform seed 0 repeats seed 1 repeats
#   randomNormal seed 0 changes seed 1 repeats
#   truncatedNormal seed 0 changes seed 1 repeats
#   dropout seed 0 repeats seed 1 repeats
#   initializers.glorotUniform seed 0 repeats seed 1 repeats
#   initializers.heNormal seed 0 changes seed 1 repeats
#   initializers.orthogonal seed 0 changes seed 1 repeats
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const { initializers } = tf
const draws = {
  'randomUniform': (seed) => tf.randomUniform([4], 0, 1, 'float32', seed),
  'randomNormal': (seed) => tf.randomNormal([4], 0, 1, 'float32', seed),
  'truncatedNormal': (seed) => tf.truncatedNormal([4], 0, 1, 'float32', seed),
  'dropout': (seed) => tf.dropout(tf.ones([64]), 0.5, undefined, seed),
  'initializers.glorotUniform': (seed) => initializers.glorotUniform({ seed }).apply([2, 2]),
  'initializers.heNormal': (seed) => initializers.heNormal({ seed }).apply([2, 2]),
  'initializers.orthogonal': (seed) => initializers.orthogonal({ seed }).apply([2, 2]),
}
for (const [name, draw] of Object.entries(draws)) {
  console.log(name, ...[0, 1].flatMap((seed) => [`seed ${seed}`, draw(seed).dataSync().join() === draw(seed).dataSync().join() ? 'repeats' : 'changes']))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
randomUniform seed 0 repeats seed 1 repeats
randomNormal seed 0 changes seed 1 repeats
truncatedNormal seed 0 changes seed 1 repeats
dropout seed 0 repeats seed 1 repeats
initializers.glorotUniform seed 0 repeats seed 1 repeats
initializers.heNormal seed 0 changes seed 1 repeats
initializers.orthogonal seed 0 changes seed 1 repeats
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-seed-zero-is-no-seed-for-normal-numbers'
