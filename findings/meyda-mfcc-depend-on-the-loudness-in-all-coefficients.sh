#!/usr/bin/env bash
# Meyda takes the logarithm of 1 + x of the mel energies, not of x. So loudness does not drop into
# the first coefficient alone: the same tone at a tenth of the amplitude has MFCCs of 0.42 the size,
# and at a thousandth nearly none. A classifier of one recording level sees other features at
# another.
#
# Version: meyda 5.6.3
# Guess: The logarithm turns a factor into a constant: a quieter tone changes coefficient 0, and the
# others stay.
# Seen:
#   amplitude 1 coefficients 1 to 4 -1.44 -52.10 -4.45 -2.52 size 1.00
#   amplitude 0.1 coefficients 1 to 4 0.74 -20.52 -4.54 -1.33 size 0.42
#   amplitude 0.001 coefficients 1 to 4 0.01 -0.04 -0.03 0.01 size 0.00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts meyda@5.6.3 > /dev/null

cat > run.cjs <<'END'
const Meyda = require('meyda').default ?? require('meyda')
const tone = (amplitude) => Array.from({ length: 512 }, (_, i) => amplitude * (Math.sin(i * 0.3) + 0.5 * Math.sin(i * 0.9)))
const loud = Meyda.extract('mfcc', tone(1))
for (const amplitude of [1, 0.1, 0.001]) {
  const mfcc = Meyda.extract('mfcc', tone(amplitude))
  console.log('amplitude', amplitude, 'coefficients 1 to 4', mfcc.slice(1, 5).map((x) => x.toFixed(2)).join(' '), 'size', (Math.hypot(...mfcc.slice(1)) / Math.hypot(...loud.slice(1))).toFixed(2))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
amplitude 1 coefficients 1 to 4 -1.44 -52.10 -4.45 -2.52 size 1.00
amplitude 0.1 coefficients 1 to 4 0.74 -20.52 -4.54 -1.33 size 0.42
amplitude 0.001 coefficients 1 to 4 0.01 -0.04 -0.03 0.01 size 0.00
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: meyda-mfcc-depend-on-the-loudness-in-all-coefficients'
