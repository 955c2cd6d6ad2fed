#!/usr/bin/env bash
# The eigenvalues of pca-js are sums of squares over the number of COLUMNS. They grow with the rows
# and shrink with each column that is added. In the example of its own README, four rows of three
# columns, the number of columns is the rows less one, so there they are variances.
#
# Version: pca-js 2.0.6
# Guess: Sums of squares over the rows less one (or over the rows).
# Seen:
#   4 rows 3 columns: sum of squares is divided by 3.000
#   6 rows 2 columns: sum of squares is divided by 2.000
#   6 rows 3 columns: sum of squares is divided by 3.000
#   6 rows 4 columns: sum of squares is divided by 4.000
#   60 rows 3 columns: sum of squares is divided by 3.000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts pca-js@2.0.6 > /dev/null

cat > run.cjs <<'END'
const module_ = require('pca-js')
const { getEigenVectors } = module_.default ?? module_
for (const [rows, columns] of [[4, 3], [6, 2], [6, 3], [6, 4], [60, 3]]) {
  const x = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => (i * 7 + j * j * 13 + i * j * 5) % 17))
  const squares = x[0].reduce((sum, _, j) => {
    const column = x.map((row) => row[j])
    const mean = column.reduce((a, b) => a + b) / rows
    return sum + column.reduce((a, v) => a + (v - mean) ** 2, 0)
  }, 0)
  const total = getEigenVectors(x).reduce((sum, { eigenvalue }) => sum + eigenvalue, 0)
  console.log(rows, 'rows', columns, 'columns: sum of squares is divided by', (squares / total).toFixed(3))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
4 rows 3 columns: sum of squares is divided by 3.000
6 rows 2 columns: sum of squares is divided by 2.000
6 rows 3 columns: sum of squares is divided by 3.000
6 rows 4 columns: sum of squares is divided by 4.000
60 rows 3 columns: sum of squares is divided by 3.000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: pca-js-divides-variances-by-the-number-of-columns'
