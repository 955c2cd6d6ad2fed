#!/usr/bin/env bash
# ma of timeseries-analysis puts at each place the mean of the period BEFORE it, without the value
# itself, and copies the first values unchanged. Of 1 2 3 4 5 6 with period 3 the answer is 1 2 3 2
# 3 4: the curve falls back where the mean begins, and it is one step late. lwma does the same.
#
# Version: timeseries-analysis 1.0.12
# Guess: Empty (or shorter means) for the first two places, then the mean of a value and the two
# before: 2 3 4 5.
# Seen:
#   ma 1 2 3 2 3 4
#   lwma 1 2 3 1.667 2.667 3.667
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts timeseries-analysis@1.0.12 > /dev/null

cat > run.cjs <<'END'
const { main, adapter } = require('timeseries-analysis')
const series = () => new main(adapter.fromArray([1, 2, 3, 4, 5, 6]))
for (const name of ['ma', 'lwma']) console.log(name, series()[name]({ period: 3 }).data.map((point) => Number(point[1].toFixed(3))).join(' '))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
ma 1 2 3 2 3 4
lwma 1 2 3 1.667 2.667 3.667
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: timeseries-analysis-moving-average-leaves-out-the-present'
