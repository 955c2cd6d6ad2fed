#!/usr/bin/env bash
# Doubling a row 0 0 1 1 gives three answers in tfjs: the layer upSampling2d puts the corner of the
# first pixel at the start (0.5 between), the layer resizing lines up the end pixels (0.29, 0.71),
# and resizeBilinear with half pixel centres gives 0.25, 0.75, which is what Keras, OpenCV and
# PyTorch compute. A model whose one layer is exchanged for the other computes other features.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: Two layers of one library, both bilinear, give the same numbers.
# Seen:
#   layer upSampling2d 0.00 0.00 0.00 0.50 1.00 1.00 1.00 1.00
#   layer resizing 0.00 0.00 0.00 0.29 0.71 1.00 1.00 1.00
#   resizeBilinear, half pixel centres 0.00 0.00 0.00 0.25 0.75 1.00 1.00 1.00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const row = tf.tensor4d([0, 0, 1, 1], [1, 1, 4, 1])
const show = (name, t) => console.log(name, Array.from(t.dataSync(), (v) => v.toFixed(2)).join(' '))
show('layer upSampling2d', tf.layers.upSampling2d({ size: [1, 2], interpolation: 'bilinear' }).apply(row))
show('layer resizing', tf.layers.resizing({ height: 1, width: 8, interpolation: 'bilinear' }).apply(row))
show('resizeBilinear, half pixel centres', tf.image.resizeBilinear(row, [1, 8], false, true))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
layer upSampling2d 0.00 0.00 0.00 0.50 1.00 1.00 1.00 1.00
layer resizing 0.00 0.00 0.00 0.29 0.71 1.00 1.00 1.00
resizeBilinear, half pixel centres 0.00 0.00 0.00 0.25 0.75 1.00 1.00 1.00
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: tfjs-has-three-bilinear-resizes'
