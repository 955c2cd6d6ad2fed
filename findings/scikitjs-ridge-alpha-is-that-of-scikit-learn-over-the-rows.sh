#!/usr/bin/env bash
# RidgeRegression of scikitjs adds alpha w^2 to the mean of the squared errors, scikit-learn to
# their sum. With three rows alpha 1 shrinks the slope 1 to 0.4 in the one and 0.67 in the other;
# alpha divided by the number of rows brings them together, but for the inexact fit of scikitjs. The
# API is otherwise copied name by name.
#
# Version: scikitjs 1.24.0 on @tensorflow/tfjs 4.22.0; scikit-learn 1.2.1 (Debian 12) as the second
# opinion
# Guess: alpha: 1 means the same in the copy of an API.
# Seen:
#   scikitjs alpha 1.00 slope below 0.5
#   scikitjs alpha 0.33 slope above 0.5
#   scikit-learn alpha 1.00 slope above 0.5
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts scikitjs@1.24.0 @tensorflow/tfjs@4.22.0 > /dev/null
for package in python3-sklearn=1.2.1+dfsg-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
cat > run.cjs <<'JS'
const sk = require('scikitjs')
sk.setBackend(require('@tensorflow/tfjs'))
;(async () => {
  for (const alpha of [1, 1 / 3]) {
    const ridge = new sk.RidgeRegression({ alpha })
    await ridge.fit([[0], [1], [2]], [0, 1, 2])
    const slope = ridge.coef.dataSync()[0]
    console.log('scikitjs alpha', alpha.toFixed(2), 'slope', slope < 0.5 ? 'below 0.5' : 'above 0.5')
  }
})()
JS
node run.cjs
/usr/bin/python3 -c "
from sklearn.linear_model import Ridge
slope = Ridge(alpha=1).fit([[0], [1], [2]], [0, 1, 2]).coef_[0]
print('scikit-learn alpha 1.00 slope', 'below 0.5' if slope < 0.5 else 'above 0.5')"
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
scikitjs alpha 1.00 slope below 0.5
scikitjs alpha 0.33 slope above 0.5
scikit-learn alpha 1.00 slope above 0.5
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikitjs-ridge-alpha-is-that-of-scikit-learn-over-the-rows'
