#!/usr/bin/env bash
# The Trainer of the convnetjs that npm installs has no adam. A method it does not know is no error:
# the weights move exactly as with sgd and its momentum of 0.9, with nesterov too.
#
# Version: convnetjs 0.3.0
# Guess: method: adam is Adam, or an error.
# Seen:
#   sgd 0.9000 0.7300 0.5310
#   adam 0.9000 0.7300 0.5310
#   nesterov 0.9000 0.7300 0.5310
#   adagrad 0.9000 0.8375 0.7909
#   adadelta 0.9955 0.9910 0.9865
#   windowgrad 0.5528 0.5046 0.5003
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts convnetjs@0.3.0 > /dev/null

cat > run.cjs <<'END'
const convnetjs = require('convnetjs')
const path = (method) => {
  const net = new convnetjs.Net()
  net.makeLayers([{ type: 'input', out_sx: 1, out_sy: 1, out_depth: 1 }, { type: 'regression', num_neurons: 1 }])
  net.layers[1].filters[0].w[0] = 1
  const trainer = new convnetjs.Trainer(net, { method, learning_rate: 0.1, batch_size: 1 })
  return [1, 2, 3].map(() => { trainer.train(new convnetjs.Vol([1]), [0]); return net.layers[1].filters[0].w[0].toFixed(4) }).join(' ')
}
for (const method of ['sgd', 'adam', 'nesterov', 'adagrad', 'adadelta', 'windowgrad']) console.log(method, path(method))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
sgd 0.9000 0.7300 0.5310
adam 0.9000 0.7300 0.5310
nesterov 0.9000 0.7300 0.5310
adagrad 0.9000 0.8375 0.7909
adadelta 0.9955 0.9910 0.9865
windowgrad 0.5528 0.5046 0.5003
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: convnetjs-of-npm-takes-adam-for-plain-sgd'
