#!/usr/bin/env bash
# PCA of DruidJS finds the right axes (of the centred data), but multiplies them with the data as it
# is. The coordinates have the means of the raw data: points around 100 lie around 141, and the sign
# of a coordinate no longer tells the side of the mean. Variances are right.
#
# Version: @saehrimnir/druidjs 0.9.0
# Guess: Coordinates with mean 0, as in scikit-learn, R prcomp and ml-pca.
# Seen:
#   mean of the first coordinate 141.421 length of the mean of the data 141.421
#   variance 4.500 of the data along its axis 4.500
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @saehrimnir/druidjs@0.9.0 > /dev/null

cat > run.mjs <<'END'
import { PCA } from '@saehrimnir/druidjs'
const rows = [[98, 99], [99, 98], [100, 100], [101, 102], [102, 101]]
const first = [...new PCA(rows, { d: 1 }).transform()].map((p) => Math.abs(p[0]))
const mean = first.reduce((a, b) => a + b) / 5
console.log('mean of the first coordinate', mean.toFixed(3), 'length of the mean of the data', Math.hypot(100, 100).toFixed(3))
console.log('variance', (first.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 4).toFixed(3), 'of the data along its axis', (2.5 * (1 + 0.8)).toFixed(3))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
mean of the first coordinate 141.421 length of the mean of the data 141.421
variance 4.500 of the data along its axis 4.500
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: druidjs-pca-does-not-take-the-mean-off'
