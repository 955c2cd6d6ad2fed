#!/usr/bin/env bash
# jStat answers 1, 1.4375 and 1.75 for the lower quartile of 1, 2, 3, 4: quartiles, quantiles and
# percentile follow three definitions. The middle of quartiles is 2, an element, while median is
# 2.5.
#
# Version: jstat 1.9.6
# Guess: One package has one definition of a quantile, and the second quartile is the median.
# Seen:
#   quartiles 1 2 3
#   quantiles 1.4375 2.5 3.5625
#   percentile 1.75 2.5 3
#   median 2.5
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts jstat@1.9.6 > /dev/null

cat > run.cjs <<'END'
const { jStat } = require('jstat')
const numbers = [1, 2, 3, 4]
console.log('quartiles', jStat.quartiles(numbers).join(' '))
console.log('quantiles', jStat.quantiles(numbers, [0.25, 0.5, 0.75]).join(' '))
console.log('percentile', [0.25, 0.5, 0.75].map((p) => jStat.percentile(numbers, p)).join(' '))
console.log('median', jStat.median(numbers))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
quartiles 1 2 3
quantiles 1.4375 2.5 3.5625
percentile 1.75 2.5 3
median 2.5
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: jstat-has-three-lower-quartiles-of-1-2-3-4'
