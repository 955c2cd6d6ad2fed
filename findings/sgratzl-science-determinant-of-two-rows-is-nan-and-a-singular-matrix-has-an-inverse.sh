#!/usr/bin/env bash
# lin.determinant of the science library computes 4 by 4 only: 2 by 2 and 3 by 3 are NaN.
# lin.inverse stops its elimination where no pivot is left and returns what stands there, so
# singular matrices have an inverse, and it is no pseudo-inverse either.
#
# Version: @sgratzl/science 2.0.0
# Guess: -2 and 24 as determinants; null or an error for the inverse of a singular matrix.
# Seen:
#   determinants NaN NaN 24
#   inverse of [[1,2],[2,4]] [[0,1],[1,-0.5]]
#   times the matrix [[2,0],[4,0]]
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @sgratzl/science@2.0.0 > /dev/null

cat > run.cjs <<'END'
const { lin } = require('@sgratzl/science')
const shown = (x) => JSON.stringify(x)
console.log('determinants', lin.determinant([[1, 2], [3, 4]]), lin.determinant([[4, 0, 0], [0, 3, 0], [0, 0, 2]]), lin.determinant([[4, 0, 0, 0], [0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]))
const singular = [[1, 2], [2, 4]]
const inverse = lin.inverse(singular)
console.log('inverse of', shown(singular), shown(inverse))
console.log('times the matrix', shown(lin.multiply(singular, inverse)))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
determinants NaN NaN 24
inverse of [[1,2],[2,4]] [[0,1],[1,-0.5]]
times the matrix [[2,0],[4,0]]
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: sgratzl-science-determinant-of-two-rows-is-nan-and-a-singular-matrix-has-an-inverse'
