#!/usr/bin/env bash
# A regression tree of ml-cart stops where the best split leaves no error at all. Targets 0, 0, 0,
# 10, 10, 10 give one leaf that answers 5 everywhere. A small disturbance of one target makes the
# same tree find the split.
#
# Version: ml-cart 2.1.1
# Guess: Clean targets are the easy case: one split, answers 0 and 10.
# Seen:
#   targets 0 0 0 10 10 10 answers 5.000 5.000 5.000 5.000 5.000 5.000
#   targets 0 0 0.1 10 10 10 answers 0.033 0.033 0.033 10.000 10.000 10.000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-cart@2.1.1 > /dev/null

cat > run.mjs <<'END'
import { DecisionTreeRegression } from 'ml-cart'
const inputs = [0, 1, 2, 3, 4, 5].map((x) => [x])
for (const targets of [[0, 0, 0, 10, 10, 10], [0, 0, 0.1, 10, 10, 10]]) {
  const tree = new DecisionTreeRegression()
  tree.train(inputs, targets)
  console.log('targets', targets.join(' '), 'answers', tree.predict(inputs).map((y) => y.toFixed(3)).join(' '))
}
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
targets 0 0 0 10 10 10 answers 5.000 5.000 5.000 5.000 5.000 5.000
targets 0 0 0.1 10 10 10 answers 0.033 0.033 0.033 10.000 10.000 10.000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-cart-regression-tree-does-not-split-a-perfect-step'
