#!/usr/bin/env bash
# regressionLinear of d3-regression and of vega-statistics takes the variance of x as the mean of
# squares less the square of the mean. Ten measurements, one a second, at Unix time 1,700,000,000
# lie on an exact line that rises by 5 a second, and the answer falls by 0.08 with R squared below
# 0. At one a minute it is right to four digits. Sums of differences from the mean keep all digits.
#
# Version: d3-regression 2.2.0, vega-statistics 2.0.0
# Guess: A perfect line over times is found, to some eight digits.
# Seen:
#   step 1 rise a step: d3 -0.0806 vega -0.0806 by differences 5.0000 R2 -0.03 -0.03
#   step 60 rise a step: d3 5.0007 vega 5.0007 by differences 5.0000 R2 1.00 1.00
#   step 86400 rise a step: d3 5.0000 vega 5.0000 by differences 5.0000 R2 1.00 1.00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts d3-regression@2.2.0 vega-statistics@2.0.0 > /dev/null

cat > run.mjs <<'END'
import { regressionLinear } from 'd3-regression'
import * as vega from 'vega-statistics'
for (const step of [1, 60, 86400]) {
  const points = Array.from({ length: 10 }, (_, i) => [1.7e9 + i * step, 5 * i])
  const d3 = regressionLinear()(points)
  const other = vega.regressionLinear(points, (p) => p[0], (p) => p[1])
  const middle = (k) => points.reduce((sum, p) => sum + p[k], 0) / 10
  const [x, y] = [middle(0), middle(1)]
  const slope = points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0) / points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0)
  console.log('step', step, 'rise a step: d3', (d3.a * step).toFixed(4),
    'vega', (other.coef[1] * step).toFixed(4), 'by differences', (slope * step).toFixed(4), 'R2', d3.rSquared.toFixed(2), other.rSquared.toFixed(2))
}
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
step 1 rise a step: d3 -0.0806 vega -0.0806 by differences 5.0000 R2 -0.03 -0.03
step 60 rise a step: d3 5.0007 vega 5.0007 by differences 5.0000 R2 1.00 1.00
step 86400 rise a step: d3 5.0000 vega 5.0000 by differences 5.0000 R2 1.00 1.00
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: regression-line-of-d3-and-vega-over-seconds-since-1970-falls-where-the-data-rise'
