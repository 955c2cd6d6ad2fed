#!/usr/bin/env bash
# The text and JSON dumps of XGBoost hold the trees and not the base score. xgboost-scorer of npm
# reads such a dump and assumes 0.5, so the probabilities of a model with base_score 0.9 are 0.05
# and 0.65 there, 0.33 and 0.94 in XGBoost. With the default of 0.5 the two agree.
#
# Version: XGBoost 1.7.4 (python3-xgboost of Debian 12) and xgboost-scorer 0.0.4
# Guess: A dump is the whole model: both give the same probabilities to six digits.
# Seen:
#   base_score 0.5 XGBoost 0.227 0.777
#   base_score 0.9 XGBoost 0.329 0.943
#   base_score 0.5 xgboost-scorer 0.227 0.777
#   base_score 0.9 xgboost-scorer 0.052 0.646
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts xgboost-scorer@0.0.4 > /dev/null
for package in python3-xgboost=1.7.4-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.sh <<'END'
cat > train.py <<'PY'
import numpy as np
import xgboost
x = np.arange(40.0).reshape(-1, 1) / 3
y = (x[:, 0] > 6) * 1
for base in (0.5, 0.9):
    model = xgboost.train({'max_depth': 2, 'objective': 'binary:logistic', 'base_score': base}, xgboost.DMatrix(x, y, feature_names=['f']), 3)
    model.dump_model('model%.1f.json' % base, dump_format='json')
    low, high = model.predict(xgboost.DMatrix([[0.0], [12.0]], feature_names=['f']))
    print('base_score', base, 'XGBoost %.3f %.3f' % (low, high))
PY
cat > score.cjs <<'JS'
const Scorer = require('xgboost-scorer').default
;(async () => {
  for (const base of ['0.5', '0.9']) {
    const scorer = await Scorer.create(`model${base}.json`)
    console.log('base_score', base, 'xgboost-scorer', (await scorer.score({ f: 0 })).toFixed(3), (await scorer.score({ f: 12 })).toFixed(3))
  }
})()
JS
/usr/bin/python3 train.py
node score.cjs
END

got=$(bash run.sh 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
base_score 0.5 XGBoost 0.227 0.777
base_score 0.9 XGBoost 0.329 0.943
base_score 0.5 xgboost-scorer 0.227 0.777
base_score 0.9 xgboost-scorer 0.052 0.646
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: xgboost-json-dump-leaves-out-the-base-score'
