#!/usr/bin/env bash
# mmulStrassen of ml-matrix equals mmul up to 512 rows, where it is the plain product. From 513 on,
# where it begins to split, the answer is another matrix: a matrix times the identity is not itself,
# and no error says so.
#
# Version: ml-matrix 6.15.1
# Guess: Strassen differs from the plain product in the last digits.
# Seen:
#   rows 4 x times identity is off by: mmul 0 mmulStrassen 0
#   rows 512 x times identity is off by: mmul 0 mmulStrassen 0
#   rows 513 x times identity is off by: mmul 0 mmulStrassen 10
#   rows 600 x times identity is off by: mmul 0 mmulStrassen 7
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-matrix@6.15.1 > /dev/null

cat > run.cjs <<'END'
const { Matrix } = require('ml-matrix')
for (const size of [4, 512, 513, 600]) {
  const x = new Matrix(size, size)
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) x.set(i, j, (i * 7 + j * 13) % 11)
  const wrong = (product) => product.sub(x).abs().max()
  console.log('rows', size, 'x times identity is off by: mmul', wrong(x.mmul(Matrix.eye(size))), 'mmulStrassen', wrong(x.mmulStrassen(Matrix.eye(size))))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
rows 4 x times identity is off by: mmul 0 mmulStrassen 0
rows 512 x times identity is off by: mmul 0 mmulStrassen 0
rows 513 x times identity is off by: mmul 0 mmulStrassen 10
rows 600 x times identity is off by: mmul 0 mmulStrassen 7
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-matrix-strassen-product-is-wrong-from-513-rows-on'
