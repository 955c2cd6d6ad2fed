#!/usr/bin/env bash
# The regression package of npm rounds the coefficients to two decimals by default and then predicts
# with the rounded ones. A perfect line of slope 0.001 becomes the constant 0, its r2 negative.
# precision: 6 is needed.
#
# Version: regression 2.0.1
# Guess: Rounding is for the printed text: predictions and r2 of a perfect line are exact.
# Seen:
#   {} y = 0x r2 -1.8 at 1000 0
#   {"precision":6} y = 0.001x r2 1 at 1000 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts regression@2.0.1 > /dev/null

cat > run.cjs <<'END'
const regression = require('regression')
const line = [[0, 0], [1, 0.001], [2, 0.002], [3, 0.003]]
for (const options of [{}, { precision: 6 }]) {
  const fit = regression.linear(line, options)
  console.log(JSON.stringify(options), fit.string, 'r2', fit.r2, 'at 1000', fit.predict(1000)[1])
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
{} y = 0x r2 -1.8 at 1000 0
{"precision":6} y = 0.001x r2 1 at 1000 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: regression-package-rounds-small-slopes-to-zero'
