#!/usr/bin/env bash
# BayesianClassifier of simple-statistics adds the products of prior and likelihood over the
# features; Bayes multiplies the likelihoods. A class that never saw a value of one feature keeps
# the score of the others, so that a sure contradiction does not rule it out, and more features make
# larger scores.
#
# Version: simple-statistics 7.12.1
# Guess: Scores are prior times the product of the likelihoods: 0 for a class in which a value never
# occurred.
# Seen:
#   red, round {"apple":1.3333333333333333,"banana":0}
#   red, long (impossible for both) {"apple":0.6666666666666666,"banana":0.3333333333333333}
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts simple-statistics@7.12.1 > /dev/null

cat > run.cjs <<'END'
const { BayesianClassifier } = require('simple-statistics')
const bayes = new BayesianClassifier()
for (const [features, label] of [
  [{ colour: 'red', shape: 'round' }, 'apple'], [{ colour: 'red', shape: 'round' }, 'apple'], [{ colour: 'yellow', shape: 'long' }, 'banana'],
]) bayes.train(features, label)
console.log('red, round', JSON.stringify(bayes.score({ colour: 'red', shape: 'round' })))
console.log('red, long (impossible for both)', JSON.stringify(bayes.score({ colour: 'red', shape: 'long' })))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
red, round {"apple":1.3333333333333333,"banana":0}
red, long (impossible for both) {"apple":0.6666666666666666,"banana":0.3333333333333333}
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: simple-statistics-bayesian-classifier-adds-likelihoods'
