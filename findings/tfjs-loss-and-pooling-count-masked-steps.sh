#!/usr/bin/env bash
# Only the recurrent layers of tfjs obey a masking layer. The loss of a model that answers at each
# step counts the masked steps in full, and globalAveragePooling1d takes them into the mean. So
# padding becomes training data without a word.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: Masked steps are left out of loss and mean, as in Keras: mean 2 and loss 1 here.
# Seen:
#   mean of 1, 3 and a masked step 1.333
#   loss of errors 1, 1 and 9 at a masked step 27.667
#   last state of a recurrent layer 3.000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const { layers } = tf
const masked = () => layers.masking({ maskValue: 0, inputShape: [3, 1] })
const padded = tf.tensor3d([[[1], [3], [0]]])
const pooled = tf.sequential({ layers: [masked(), layers.globalAveragePooling1d()] })
console.log('mean of 1, 3 and a masked step', pooled.predict(padded).dataSync()[0].toFixed(3))
const stepwise = tf.sequential({ layers: [masked(), layers.timeDistributed({ layer: layers.dense({ units: 1, kernelInitializer: 'zeros' }) })] })
stepwise.compile({ loss: 'meanSquaredError', optimizer: 'sgd' })
const loss = stepwise.evaluate(padded, tf.tensor3d([[[1], [1], [9]]]))
console.log('loss of errors 1, 1 and 9 at a masked step', loss.dataSync()[0].toFixed(3))
const rnn = tf.sequential({ layers: [masked(), layers.simpleRNN({ units: 1, kernelInitializer: 'ones', recurrentInitializer: 'zeros', activation: 'linear' })] })
console.log('last state of a recurrent layer', rnn.predict(padded).dataSync()[0].toFixed(3))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
mean of 1, 3 and a masked step 1.333
loss of errors 1, 1 and 9 at a masked step 27.667
last state of a recurrent layer 3.000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-loss-and-pooling-count-masked-steps'
