#!/usr/bin/env bash
# The Hellinger and Matusita distances of ml-distance take the root of 1 (or 2) less the sum of
# sqrt(p q), without a floor at 0. Where the numbers of a distribution add up to a little more than
# 1, the distance to itself is NaN: for one in six softmax outputs of ten classes. Besides,
# hellinger is twice the usual one, so the largest distance is 2.
#
# Version: ml-distance 5.0.0
# Guess: A distribution is at distance 0 from itself, and Hellinger lies between 0 and 1.
# Seen:
#   hellinger of p and p is NaN in more than 100 of 1000 true
#   matusita of p and p is NaN in more than 100 of 1000 true
#   hellinger of two distributions without a common class 2
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-distance@5.0.0 > /dev/null

cat > run.mjs <<'END'
import { distance } from 'ml-distance'
let state = 7
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296
const count = { hellinger: 0, matusita: 0 }
for (let i = 0; i < 1000; i++) {
  const logits = Array.from({ length: 10 }, () => Math.exp(Math.round(random() * 256) / 64))
  const total = logits.reduce((a, b) => a + b)
  const p = logits.map((x) => x / total)
  for (const name of Object.keys(count)) if (Number.isNaN(distance[name](p, p))) count[name]++
}
for (const name of Object.keys(count)) console.log(name, 'of p and p is NaN in more than 100 of 1000', count[name] > 100)
console.log('hellinger of two distributions without a common class', distance.hellinger([1, 0], [0, 1]))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
hellinger of p and p is NaN in more than 100 of 1000 true
matusita of p and p is NaN in more than 100 of 1000 true
hellinger of two distributions without a common class 2
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-distance-hellinger-of-a-distribution-and-itself-is-nan'
