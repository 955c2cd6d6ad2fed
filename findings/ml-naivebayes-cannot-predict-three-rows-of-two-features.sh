#!/usr/bin/env bash
# GaussianNB.predict of ml-naivebayes compares the number of ROWS to predict with the number of
# features plus one, and throws where they are equal: three rows of two features, four of three. The
# message speaks of features. Two or four of the same rows are answered. A row so far away that all
# densities are 0 gets class -1.
#
# Version: ml-naivebayes 4.0.0
# Guess: Any number of rows can be predicted, and each gets one of the classes trained.
# Seen:
#   1 rows 0
#   2 rows 0 0
#   3 rows the dataset must have the same features as the training set
#   4 rows 0 0 0 0
#   far away -1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-naivebayes@4.0.0 > /dev/null

cat > run.cjs <<'END'
const { GaussianNB } = require('ml-naivebayes')
const model = new GaussianNB()
model.train([[1, 1], [1.2, 2], [5, 5], [5.5, 6]], [0, 0, 1, 1])
for (const rows of [1, 2, 3, 4]) {
  try {
    console.log(rows, 'rows', model.predict(Array(rows).fill([1, 1])).join(' '))
  } catch (error) {
    console.log(rows, 'rows', error.message)
  }
}
console.log('far away', model.predict([[100, 100]]).join(' '))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
1 rows 0
2 rows 0 0
3 rows the dataset must have the same features as the training set
4 rows 0 0 0 0
far away -1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-naivebayes-cannot-predict-three-rows-of-two-features'
