#!/usr/bin/env bash
# The exponential fit of the regression package minimises the squared errors of the logarithms, each
# weighted by the target itself. Its answer is neither the least squares fit of the logarithms (the
# trend line of a spreadsheet) nor that of the targets.
#
# Version: regression 2.0.1
# Guess: The straight line through the logarithms: 1.31 e^(1.5 x) for 1, 10, 20.
# Seen:
#   package 3.034 0.971
#   logarithms 1.308 1.498
#   logarithms weighted by the target 3.034 0.971
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts regression@2.0.1 > /dev/null

cat > run.cjs <<'END'
const regression = require('regression')
const points = [[0, 1], [1, 10], [2, 20]]
const fit = (weight) => {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0]
  for (const [a, b] of points) { const k = weight(b); w += k; x += k * a; y += k * Math.log(b); xx += k * a * a; xy += k * a * Math.log(b) }
  const slope = (w * xy - x * y) / (w * xx - x * x)
  return [Math.exp((y - slope * x) / w), slope].map((n) => n.toFixed(3)).join(' ')
}
console.log('package', regression.exponential(points, { precision: 6 }).equation.map((n) => n.toFixed(3)).join(' '))
console.log('logarithms', fit(() => 1))
console.log('logarithms weighted by the target', fit((y) => y))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
package 3.034 0.971
logarithms 1.308 1.498
logarithms weighted by the target 3.034 0.971
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: regression-package-weighs-an-exponential-fit-by-its-targets'
