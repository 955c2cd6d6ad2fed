#!/usr/bin/env bash
# HDBSCAN of hdbscan-ts gives equal points different labels. Five copies of one place and five of
# another place far off, with clusters from three points on: three copies of each are in a cluster,
# two are noise (-1).
#
# Version: hdbscan-ts 1.0.17
# Guess: Two clusters of five; copies of a point have one label.
# Seen:
#   first place 0 -1 -1 0 0
#   second place 1 -1 -1 1 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts hdbscan-ts@1.0.17 > /dev/null

cat > run.cjs <<'END'
const { HDBSCAN } = require('hdbscan-ts')
const rows = [...Array(5).fill([0, 0]), ...Array(5).fill([9, 9])]
const labels = new HDBSCAN({ minClusterSize: 3, minSamples: 3 }).fit(rows)
console.log('first place', labels.slice(0, 5).join(' '))
console.log('second place', labels.slice(5).join(' '))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
first place 0 -1 -1 0 0
second place 1 -1 -1 1 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: hdbscan-ts-calls-some-copies-of-a-point-noise'
