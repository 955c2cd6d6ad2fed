#!/usr/bin/env bash
# A model of tfjs with the activation gelu_new predicts and is saved, but the saved files cannot be
# loaded: texts of the saved settings are turned into camel case, and geluNew is no activation.
# Each other activation of the library comes back.
#
# Version: @tensorflow/tfjs 4.22.0, cpu
# Guess: What tf.LayersModel.save writes, tf.loadLayersModel reads.
# Seen:
#   hardSigmoid: the same prediction
#   gelu: the same prediction
#   gelu_new: Unknown activation: geluNew
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const tf = require('@tensorflow/tfjs')
const x = tf.tensor([[-1, 0.5, 2]])
const trip = async activation => {
  const model = tf.sequential({ layers: [tf.layers.activation({ activation, inputShape: [3] })] })
  const before = [...model.predict(x).dataSync()].join()
  let files
  await model.save(tf.io.withSaveHandler(async saved => ((files = saved), { modelArtifactsInfo: {} })))
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(files))
  return [...loaded.predict(x).dataSync()].join() === before ? 'the same prediction' : 'another prediction'
}
const all = async () => {
  for (const name of ['hardSigmoid', 'gelu', 'gelu_new'])
    console.log(`${name}: ${await trip(name).catch(e => e.message.split('.')[0])}`)
}
all()
END
node run.cjs 2> /dev/null | grep -E '^(hardSigmoid|gelu|gelu_new):' > seen.txt

diff seen.txt - <<'END'
hardSigmoid: the same prediction
gelu: the same prediction
gelu_new: Unknown activation: geluNew
END
cat seen.txt
