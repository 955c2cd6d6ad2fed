#!/usr/bin/env bash
# numeric.norm2 takes matrices, but squares the sum of squares of each row once more. Of 1 2 / 3 4
# it gives the root of 25 + 625 = 25.495: neither the Frobenius norm 5.477 nor the spectral norm
# 5.465. A penalty or a stop criterion on a weight matrix follows fourth powers. Vectors are right.
#
# Version: numeric 1.2.6
# Guess: The Frobenius norm (or the spectral one).
# Seen:
#   vector 3 4 5
#   matrix 25.495
#   Frobenius 5.477 spectral 5.465
#   rows squared again 25.495
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts numeric@1.2.6 > /dev/null

cat > run.cjs <<'END'
const { norm2, svd } = require('numeric')
const x = [[1, 2], [3, 4]]
console.log('vector 3 4', norm2([3, 4]))
console.log('matrix', norm2(x).toFixed(3))
console.log('Frobenius', Math.hypot(...x.flat()).toFixed(3), 'spectral', svd(x).S[0].toFixed(3))
console.log('rows squared again', Math.hypot(...x.map((row) => row.reduce((sum, v) => sum + v * v, 0))).toFixed(3))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
vector 3 4 5
matrix 25.495
Frobenius 5.477 spectral 5.465
rows squared again 25.495
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: numeric-norm2-of-a-matrix-is-neither-norm'
