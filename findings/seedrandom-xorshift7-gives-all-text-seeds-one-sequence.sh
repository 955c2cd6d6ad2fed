#!/usr/bin/env bash
# The generator xorshift7 of seedrandom uses a whole number as its seed. Every text seed, and every
# seed with a fraction, gives the sequence of seed 0. The other generators of the package tell text
# seeds apart.
#
# Version: seedrandom 3.0.5
# Guess: Other text, other sequence, as the main generator of the package does.
# Seen:
#   xorshift7 0 0.74044 0.01794 0.16706
#   xorshift7 1 0.21241 0.94509 0.99576
#   xorshift7 "weights" 0.74044 0.01794 0.16706
#   xorshift7 "shuffle" 0.74044 0.01794 0.16706
#   xorshift7 "1" 0.74044 0.01794 0.16706
#   xorshift7 0.5 0.74044 0.01794 0.16706
#   alea "weights" 0.18384 0.05410 0.96267
#   alea "shuffle" 0.84804 0.66455 0.48703
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts seedrandom@3.0.5 > /dev/null

cat > run.cjs <<'END'
const seedrandom = require('seedrandom')
const show = (make, seed) => { const next = make(seed); return [next(), next(), next()].map((x) => x.toFixed(5)).join(' ') }
for (const seed of [0, 1, 'weights', 'shuffle', '1', 0.5]) console.log('xorshift7', JSON.stringify(seed), show(seedrandom.xorshift7, seed))
for (const seed of ['weights', 'shuffle']) console.log('alea', JSON.stringify(seed), show(seedrandom.alea, seed))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
xorshift7 0 0.74044 0.01794 0.16706
xorshift7 1 0.21241 0.94509 0.99576
xorshift7 "weights" 0.74044 0.01794 0.16706
xorshift7 "shuffle" 0.74044 0.01794 0.16706
xorshift7 "1" 0.74044 0.01794 0.16706
xorshift7 0.5 0.74044 0.01794 0.16706
alea "weights" 0.18384 0.05410 0.96267
alea "shuffle" 0.84804 0.66455 0.48703
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: seedrandom-xorshift7-gives-all-text-seeds-one-sequence'
