#!/usr/bin/env bash
# numeric.svd has no answer for some matrices of rank one: the singular values of 1 2 / 2 4 come out
# as 0 and NaN and U is NaN, with one row more too. 2 1 / 4 2, its columns the other way round, is
# right, and so is a matrix of ones.
#
# Version: numeric 1.2.6
# Guess: 5 and 0: a decomposition of singular values is made for matrices without full rank.
# Seen:
#   [[1,2],[2,4]] S 0.000 NaN largest should be 5.000
#   [[1,2],[2,4],[3,6]] S 0.000 NaN largest should be 8.367
#   [[2,1],[4,2]] S 5.000 0.000 largest should be 5.000
#   [[1,1],[1,1]] S 2.000 0.000 largest should be 2.000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts numeric@1.2.6 > /dev/null

cat > run.cjs <<'END'
const { svd } = require('numeric')
for (const x of [[[1, 2], [2, 4]], [[1, 2], [2, 4], [3, 6]], [[2, 1], [4, 2]], [[1, 1], [1, 1]]]) {
  const { S } = svd(x)
  const frobenius = Math.sqrt(x.flat().reduce((sum, v) => sum + v * v, 0))
  console.log(JSON.stringify(x), 'S', S.map((s) => s.toFixed(3)).join(' '), 'largest should be', frobenius.toFixed(3))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
[[1,2],[2,4]] S 0.000 NaN largest should be 5.000
[[1,2],[2,4],[3,6]] S 0.000 NaN largest should be 8.367
[[2,1],[4,2]] S 5.000 0.000 largest should be 5.000
[[1,1],[1,1]] S 2.000 0.000 largest should be 2.000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: numeric-svd-of-a-rank-one-matrix-is-nan'
