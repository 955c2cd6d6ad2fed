#!/usr/bin/env bash
# The derivative that neataptic gives for SOFTSIGN is x / (1 + |x|)^2; the true one is 1 / (1 +
# |x|)^2. It is 0 at 0, where the curve is steepest, and negative for negative x, so that a unit
# learns in the wrong direction there. The other activations of the package agree with their
# difference quotients.
#
# Version: neataptic 1.4.7
# Guess: All fifteen activations pass a check by difference quotients.
# Seen:
#   SOFTSIGN at -2.5 given -0.2041 true 0.0816
#   SOFTSIGN at -0.5 given -0.2222 true 0.4444
#   SOFTSIGN at 0.5 given 0.2222 true 0.4444
#   SOFTSIGN at 2.5 given 0.2041 true 0.0816
#   SOFTSIGN at 0 given 0 true 1.0000
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts neataptic@1.4.7 > /dev/null

cat > run.cjs <<'END'
const { methods } = require('neataptic')
const h = 1e-6
const wrong = []
for (const [name, f] of Object.entries(methods.activation)) {
  for (const x of [-2.5, -0.5, 0.5, 2.5]) {
    const quotient = (f(x + h) - f(x - h)) / (2 * h)
    if (Math.abs(quotient - f(x, true)) > 1e-4) wrong.push([name, 'at', x, 'given', f(x, true).toFixed(4), 'true', quotient.toFixed(4)].join(' '))
  }
}
console.log(wrong.join('\n'))
console.log('SOFTSIGN at 0 given', methods.activation.SOFTSIGN(0, true), 'true', ((methods.activation.SOFTSIGN(h) - methods.activation.SOFTSIGN(-h)) / (2 * h)).toFixed(4))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
SOFTSIGN at -2.5 given -0.2041 true 0.0816
SOFTSIGN at -0.5 given -0.2222 true 0.4444
SOFTSIGN at 0.5 given 0.2222 true 0.4444
SOFTSIGN at 2.5 given 0.2041 true 0.0816
SOFTSIGN at 0 given 0 true 1.0000
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: neataptic-softsign-has-half-its-slope-at-half-and-none-at-zero'
