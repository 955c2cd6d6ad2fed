#!/usr/bin/env bash
# With p = 0 and q = 0 the arima package (ctsa in WebAssembly) forecasts wrong numbers and says
# nothing. A random walk (0, 1, 0) does not begin at the last value, a mean (0, 0, 0) changes from
# step to step. With p = 1 or q = 1 the forecasts are sound.
#
# Version: arima 0.2.8
# Guess: (0, 1, 0) repeats the last value, (0, 0, 0) the mean.
# Seen:
#   (0,1,0): forecasts equal to the last value 0 of 6
#   (0,0,0): forecasts equal to the mean 3 of 6
#   (0,1,1): forecasts equal to each other 6 of 6
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts arima@0.2.8 > /dev/null

cat > run.cjs <<'END'
const ARIMA = require('arima')
const series = Array.from({ length: 40 }, (_, i) => [1, 5, 2, 8][i % 4] + i / 10)
const last = series.at(-1)
const mean = series.reduce((a, b) => a + b) / 40
const forecast = (p, d, q) => new ARIMA({ p, d, q, verbose: false }).train(series).predict(6)[0]
const near = (list, value) => list.filter((x) => Math.abs(x - value) < 0.01).length
console.log('(0,1,0): forecasts equal to the last value', near(forecast(0, 1, 0), last), 'of 6')
console.log('(0,0,0): forecasts equal to the mean', near(forecast(0, 0, 0), mean), 'of 6')
const one = forecast(0, 1, 1)
console.log('(0,1,1): forecasts equal to each other', near(one, one[0]), 'of 6')
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
(0,1,0): forecasts equal to the last value 0 of 6
(0,0,0): forecasts equal to the mean 3 of 6
(0,1,1): forecasts equal to each other 6 of 6
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: arima-package-random-walk-does-not-forecast-the-last-value'
