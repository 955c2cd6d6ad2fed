#!/usr/bin/env bash
# A classification tree of ml-cart splits only where the split itself lowers the impurity. On XOR no
# single split does, so the root stays a leaf, with one example a node allowed and with a gain
# threshold of 0 or below too, and every answer is class 0. One more example on one corner makes the
# same tree learn all four.
#
# Version: ml-cart 2.1.1
# Guess: A tree without a depth limit fits every consistent table, XOR first of all, as the tree of
# scikit-learn does.
# Seen:
#   {} xor 0 0 0 0
#   {"minNumSamples":1} xor 0 0 0 0
#   {"minNumSamples":1,"gainThreshold":0} xor 0 0 0 0
#   {"minNumSamples":1,"gainThreshold":-1} xor 0 0 0 0
#   first corner twice 0 1 1 0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-cart@2.1.1 > /dev/null

cat > run.mjs <<'END'
import { DecisionTreeClassifier } from 'ml-cart'
const inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
const classes = [0, 1, 1, 0]
for (const options of [{}, { minNumSamples: 1 }, { minNumSamples: 1, gainThreshold: 0 }, { minNumSamples: 1, gainThreshold: -1 }]) {
  const tree = new DecisionTreeClassifier(options)
  tree.train(inputs, classes)
  console.log(JSON.stringify(options), 'xor', tree.predict(inputs).join(' '))
}
const tree = new DecisionTreeClassifier({ minNumSamples: 1 })
tree.train([...inputs, [0, 0]], [...classes, 0])
console.log('first corner twice', tree.predict(inputs).join(' '))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
{} xor 0 0 0 0
{"minNumSamples":1} xor 0 0 0 0
{"minNumSamples":1,"gainThreshold":0} xor 0 0 0 0
{"minNumSamples":1,"gainThreshold":-1} xor 0 0 0 0
first corner twice 0 1 1 0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-cart-classifier-refuses-xor'
