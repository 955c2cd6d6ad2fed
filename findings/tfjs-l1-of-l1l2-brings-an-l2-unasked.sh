#!/usr/bin/env bash
# tf.regularizers.l1l2({ l1: 0.1 }) penalises the squares too, with 0.01: the part that is not named
# has a default of its own. l2: 0 must be written. Likewise l1l2({ l2: 0.1 }) penalises the absolute
# values.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: A part that is not named is absent.
# Seen:
#   {"l1":0.1} penalty of 1, -2: 0.35
#   {"l1":0.1,"l2":0} penalty of 1, -2: 0.30
#   {"l2":0.1} penalty of 1, -2: 0.53
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const weights = tf.tensor1d([1, -2])
for (const options of [{ l1: 0.1 }, { l1: 0.1, l2: 0 }, { l2: 0.1 }]) {
  console.log(JSON.stringify(options), 'penalty of 1, -2:', tf.regularizers.l1l2(options).apply(weights).dataSync()[0].toFixed(2))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
{"l1":0.1} penalty of 1, -2: 0.35
{"l1":0.1,"l2":0} penalty of 1, -2: 0.30
{"l2":0.1} penalty of 1, -2: 0.53
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-l1-of-l1l2-brings-an-l2-unasked'
