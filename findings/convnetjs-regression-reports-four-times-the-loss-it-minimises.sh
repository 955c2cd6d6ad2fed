#!/usr/bin/env bash
# The regression layer of convnetjs reports two times the square of the error, while its gradient is
# the plain error, the derivative of half the square. The printed loss is four times the one that
# the steps follow.
#
# Version: convnetjs 0.3.0
# Guess: Loss and gradient belong together: half the square and the error.
# Seen:
#   output 3 target 1, reported loss 8 gradient at the output 2
#   difference quotient of the reported loss at the output 8.0000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts convnetjs@0.3.0 > /dev/null

cat > run.cjs <<'END'
const convnetjs = require('convnetjs')
const net = new convnetjs.Net()
net.makeLayers([{ type: 'input', out_sx: 1, out_sy: 1, out_depth: 1 }, { type: 'regression', num_neurons: 1 }])
const layer = net.layers[1]
layer.filters[0].w[0] = 1
const input = new convnetjs.Vol([3])
const output = net.forward(input, true).w[0]
const loss = net.backward([1])
console.log('output', output, 'target 1, reported loss', loss, 'gradient at the output', net.layers[2].in_act.dw[0])
const h = 1e-4
const at = (weight) => { layer.filters[0].w[0] = weight; net.forward(input, true); return net.backward([1]) }
console.log('difference quotient of the reported loss at the output', ((at(1 + h) - at(1 - h)) / (2 * h) / 3).toFixed(4))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
output 3 target 1, reported loss 8 gradient at the output 2
difference quotient of the reported loss at the output 8.0000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: convnetjs-regression-reports-four-times-the-loss-it-minimises'
