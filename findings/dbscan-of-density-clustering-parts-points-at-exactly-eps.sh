#!/usr/bin/env bash
# DBSCAN of density-clustering joins two points only where their distance is less than eps. Points
# whose distance is exactly eps are noise, so a grid of whole numbers with eps 1 has no cluster.
# scikit-learn and the paper join them.
#
# Version: density-clustering 1.3.0
# Guess: A chain 0, 1, 2 is one cluster with eps 1 and two points a neighbourhood, as in
# scikit-learn.
# Seen:
#   eps 1 clusters [] noise [0,1,2]
#   eps 1.001 clusters [[0,1,2]] noise []
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts density-clustering@1.3.0 > /dev/null

cat > run.cjs <<'END'
const { DBSCAN } = require('density-clustering')
const chain = [[0], [1], [2]]
for (const eps of [1, 1.001]) {
  const dbscan = new DBSCAN()
  console.log('eps', eps, 'clusters', JSON.stringify(dbscan.run(chain, eps, 2)), 'noise', JSON.stringify(dbscan.noise))
}
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
eps 1 clusters [] noise [0,1,2]
eps 1.001 clusters [[0,1,2]] noise []
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: dbscan-of-density-clustering-parts-points-at-exactly-eps'
