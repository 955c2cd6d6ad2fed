#!/usr/bin/env bash
# getFolds (and so kFold) of ml-cross-validation makes parts of floor(n / k) rows until no row is
# left, and keeps the first k parts. Whole parts beyond k are dropped: of 10 rows in 4 folds two
# rows, in 7 folds three rows are in no test part and in no training part. With 3 folds the one row
# that remains joins the last fold.
#
# Version: ml-cross-validation 1.3.0
# Guess: Each row is tested once, whatever k is.
# Seen:
#   3 folds of 3 3 4 rows tested 10 rows used 10
#   4 folds of 2 2 2 2 rows tested 8 rows used 8
#   5 folds of 2 2 2 2 2 rows tested 10 rows used 10
#   7 folds of 1 1 1 1 1 1 1 rows tested 7 rows used 7
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-cross-validation@1.3.0 > /dev/null

cat > run.cjs <<'END'
const { getFolds } = require('ml-cross-validation')
const rows = Array.from({ length: 10 }, (_, i) => [i])
for (const k of [3, 4, 5, 7]) {
  const folds = getFolds(rows, k)
  const tested = new Set(folds.flatMap(({ testIndex }) => testIndex))
  const used = new Set(folds.flatMap(({ testIndex, trainIndex }) => [...testIndex, ...trainIndex]))
  console.log(k, 'folds of', folds.map(({ testIndex }) => testIndex.length).join(' '), 'rows tested', tested.size, 'rows used', used.size)
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
3 folds of 3 3 4 rows tested 10 rows used 10
4 folds of 2 2 2 2 rows tested 8 rows used 8
5 folds of 2 2 2 2 2 rows tested 10 rows used 10
7 folds of 1 1 1 1 1 1 1 rows tested 7 rows used 7
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-cross-validation-leaves-rows-out-of-all-folds'
