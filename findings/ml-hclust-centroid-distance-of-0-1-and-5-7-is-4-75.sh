#!/usr/bin/env bash
# The method centroid of ml-hclust takes the plain distances of the points by default, and puts them
# into the update formula that holds for squared distances. So the height of a node is no distance
# of centroids: 0 1 and 5 7, with centroids 0.5 and 6, join at 4.75. With squared distances as
# distanceFunction the root of the height is 5.5.
#
# Version: ml-hclust 4.0.0
# Guess: The height is the distance of the two centroids, 5.5, as in scipy.
# Seen:
#   default 4.75 1 2
#   roots of squared 5.5 1 2
#   centroids apart 5.5
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-hclust@4.0.0 > /dev/null

cat > run.cjs <<'END'
const { agnes } = require('ml-hclust')
const heights = (options) => {
  const list = []
  agnes([[0], [1], [5], [7]], { method: 'centroid', ...options }).traverse((node) => node.height > 0 && list.push(node.height))
  return list
}
console.log('default', heights({}).join(' '))
console.log('roots of squared', heights({ distanceFunction: (a, b) => (a[0] - b[0]) ** 2 }).map(Math.sqrt).join(' '))
console.log('centroids apart', Math.abs((0 + 1) / 2 - (5 + 7) / 2))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
default 4.75 1 2
roots of squared 5.5 1 2
centroids apart 5.5
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-hclust-centroid-distance-of-0-1-and-5-7-is-4-75'
