#!/usr/bin/env bash
# The dropout layer of convnetjs keeps 1 - p of the numbers in training without scaling, and
# multiplies by p in prediction. The mean fits for p = 0.5 alone: with p = 0.2 predictions see a
# quarter of the values of training, with 0.9 nine times as much.
#
# Version: convnetjs 0.3.0
# Guess: Prediction multiplies by 1 - p, the share that training keeps.
# Seen:
#   p 0.2 mean of ones in training 0.8 in prediction 0.2
#   p 0.5 mean of ones in training 0.5 in prediction 0.5
#   p 0.9 mean of ones in training 0.1 in prediction 0.9
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts convnetjs@0.3.0 > /dev/null

cat > run.cjs <<'END'
const convnetjs = require('convnetjs')
for (const p of [0.2, 0.5, 0.9]) {
  const layer = new convnetjs.DropoutLayer({ in_sx: 1, in_sy: 1, in_depth: 20000, drop_prob: p })
  const mean = (training) => layer.forward(new convnetjs.Vol(1, 1, 20000, 1), training).w.reduce((a, b) => a + b) / 20000
  console.log('p', p, 'mean of ones in training', mean(true).toFixed(1), 'in prediction', mean(false).toFixed(1))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
p 0.2 mean of ones in training 0.8 in prediction 0.2
p 0.5 mean of ones in training 0.5 in prediction 0.5
p 0.9 mean of ones in training 0.1 in prediction 0.9
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: convnetjs-dropout-scales-by-the-dropped-share'
