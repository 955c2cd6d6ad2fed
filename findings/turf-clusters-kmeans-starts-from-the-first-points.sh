#!/usr/bin/env bash
# clustersKmeans of Turf takes the first k points as the first centres and has no restarts. Two
# pairs of points 10 degrees apart are parted across the pairs where the first two points belong to
# one pair; in another order of the same points the answer is the right one. (The package is
# deterministic, for this reason.)
#
# Version: @turf/clusters-kmeans 7.4.0
# Guess: Starts are spread by k-means++, as in its peers, so that two far pairs are found in any
# order.
# Seen:
#   [0,0] 0  [0,1] 1  [10,0] 0  [10,1] 1
#   [0,0] 0  [10,0] 1  [0,1] 0  [10,1] 1
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @turf/clusters-kmeans@7.4.0 > /dev/null

cat > run.mjs <<'END'
import { clustersKmeans } from '@turf/clusters-kmeans'
const run = (points) => {
  const features = points.map((coordinates) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates } }))
  return clustersKmeans({ type: 'FeatureCollection', features }, { numberOfClusters: 2 }).features.map((f, i) => `[${points[i]}] ${f.properties.cluster}`).join('  ')
}
console.log(run([[0, 0], [0, 1], [10, 0], [10, 1]]))
console.log(run([[0, 0], [10, 0], [0, 1], [10, 1]]))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
[0,0] 0  [0,1] 1  [10,0] 0  [10,1] 1
[0,0] 0  [10,0] 1  [0,1] 0  [10,1] 1
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: turf-clusters-kmeans-starts-from-the-first-points'
