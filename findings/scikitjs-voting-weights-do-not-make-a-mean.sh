#!/usr/bin/env bash
# VotingRegressor of scikitjs with weights returns the weighted sum and does not divide by the
# weights: estimators that answer 0 and 10 with weights 1 and 3 vote 30, more than either; with
# weights 1 and 1 they vote 10. Without weights the vote is their mean.
#
# Version: scikitjs 1.24.0 on @tensorflow/tfjs 4.22.0
# Guess: The weighted mean, 7.5, as in scikit-learn.
# Seen:
#   weights none vote 5
#   weights [1,1] vote 10
#   weights [1,3] vote 30
#   weights [0.25,0.75] vote 7.5
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts scikitjs@1.24.0 @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const sk = require('scikitjs')
sk.setBackend(require('@tensorflow/tfjs'))
const constant = (value) => new sk.DummyRegressor({ strategy: 'constant', constant: value })
;(async () => {
  for (const weights of [undefined, [1, 1], [1, 3], [0.25, 0.75]]) {
    const vote = new sk.VotingRegressor({ estimators: [['low', constant(0)], ['high', constant(10)]], weights })
    await vote.fit([[1], [1]], [0, 0])
    console.log('weights', JSON.stringify(weights) ?? 'none', 'vote', vote.predict([[1]]).dataSync()[0])
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
weights none vote 5
weights [1,1] vote 10
weights [1,3] vote 30
weights [0.25,0.75] vote 7.5
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikitjs-voting-weights-do-not-make-a-mean'
