#!/usr/bin/env bash
# ml-svm scales each feature by its standard deviation unless whitening is false. A constant feature
# has deviation 0, its scaled value is 0 / 0, so every margin is NaN, and predict answers -1 for all
# rows, of the training set too, without an error.
#
# Version: ml-svm 2.1.2
# Guess: A constant feature has no effect.
# Seen:
#   one feature whitening true answers -1 -1 1 1 margin a number
#   one feature whitening false answers -1 -1 1 1 margin a number
#   and a constant whitening true answers -1 -1 -1 -1 margin NaN
#   and a constant whitening false answers -1 -1 1 1 margin a number
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-svm@2.1.2 > /dev/null

cat > run.cjs <<'END'
const SVM = require('ml-svm')
const side = [-1, -1, 1, 1]
let state = 4
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296
for (const [name, rows] of [['one feature', [[0], [1], [4], [5]]], ['and a constant', [[0, 7], [1, 7], [4, 7], [5, 7]]]]) {
  for (const whitening of [true, false]) {
    const model = new SVM({ C: 10, kernel: 'linear', whitening, random })
    model.train(rows, side)
    console.log(name, 'whitening', whitening, 'answers', model.predict(rows).join(' '), 'margin', Number.isNaN(model.margin(rows)[0]) ? 'NaN' : 'a number')
  }
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
one feature whitening true answers -1 -1 1 1 margin a number
one feature whitening false answers -1 -1 1 1 margin a number
and a constant whitening true answers -1 -1 -1 -1 margin NaN
and a constant whitening false answers -1 -1 1 1 margin a number
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-svm-with-a-constant-feature-answers-minus-one-always'
