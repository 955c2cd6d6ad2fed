#!/usr/bin/env bash
# Given an array of unequally spaced places, the filter does not fit its polynomial over them. It
# fits over the index and divides by the mean spacing near by. A straight line of slope 3 comes out
# with slopes from 2.64 to 4.05, and smoothing moves its points by up to 1.8. On an equal spacing it
# is exact.
#
# Version: ml-savitzky-golay-generalized 5.0.0
# Guess: A filter of order 1 or more gives back a straight line, and its slope, at any places.
# Seen:
#   equal slopes 3 3 3 3 3 3 3 3 3 3 moved by up to 0.00
#   unequal slopes 4.05 2.78 3.15 3.08 2.67 3.36 3.19 2.64 3.3 2.64 moved by up to 1.80
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-savitzky-golay-generalized@5.0.0 > /dev/null

cat > run.cjs <<'END'
const { sgg } = require('ml-savitzky-golay-generalized')
const places = { equal: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], unequal: [0, 1, 1.5, 3, 3.2, 4, 6, 6.5, 7, 9] }
for (const [name, x] of Object.entries(places)) {
  const y = x.map((v) => 3 * v + 1)
  const slopes = sgg(y, x, { derivative: 1, windowSize: 5, polynomial: 2 })
  const moved = sgg(y, x, { derivative: 0, windowSize: 5, polynomial: 2 }).map((v, i) => Math.abs(v - y[i]))
  console.log(name, 'slopes', slopes.map((v) => v.toFixed(2)).join(' '), 'moved by up to', Math.max(...moved).toFixed(2))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
equal slopes 3 3 3 3 3 3 3 3 3 3 moved by up to 0.00
unequal slopes 4.05 2.78 3.15 3.08 2.67 3.36 3.19 2.64 3.3 2.64 moved by up to 1.80
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-savitzky-golay-generalized-slope-of-a-line-depends-on-the-spacing'
