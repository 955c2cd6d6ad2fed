#!/usr/bin/env bash
# The layer depthwiseConv2d of tfjs takes dilationRate, saves it and computes as if it were 1. The
# operation tf.depthwiseConv2d with the same numbers dilates, and so does the layer separableConv2d.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: A window of 2 x 2 with a dilation of 2 covers 3 x 3 places, so an image of 3 x 3 gives one number.
# Seen:
#   layer, dilationRate 1: 5421 6532 8754 9865
#   layer, dilationRate 2: 5421 6532 8754 9865 and saved as [2,2]
#   operation, dilation 2: 9731
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const image = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
const kernel = tf.tensor([1, 10, 100, 1000], [2, 2, 1, 1])
const layer = rate => tf.layers.depthwiseConv2d({ kernelSize: 2, dilationRate: rate, useBias: false, weights: [kernel] })
const numbers = y => [...y.dataSync()].join(' ')
const dilated = layer(2)
console.log(`layer, dilationRate 1: ${numbers(layer(1).apply(image))}`)
console.log(`layer, dilationRate 2: ${numbers(dilated.apply(image))} and saved as ${JSON.stringify(dilated.getConfig().dilationRate)}`)
console.log(`operation, dilation 2: ${numbers(tf.depthwiseConv2d(image, kernel, 1, 'valid', 'NHWC', 2))}`)
END
node run.cjs 2> /dev/null | grep -E '^(layer|operation),' > seen.txt

diff seen.txt - <<'END'
layer, dilationRate 1: 5421 6532 8754 9865
layer, dilationRate 2: 5421 6532 8754 9865 and saved as [2,2]
operation, dilation 2: 9731
END
cat seen.txt
