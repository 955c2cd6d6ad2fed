#!/usr/bin/env bash
# MDS of DruidJS returns the eigenvectors without the roots of their eigenvalues. All axes have the
# same length, so distances are lost: a triangle of 3, 4 and 5 becomes one of three equal sides, a
# rectangle of 10 by 1 a square. SMACOF of the same package keeps them.
#
# Version: @saehrimnir/druidjs 0.9.0
# Guess: Classical scaling of points of a plane into two dimensions keeps all distances.
# Seen:
#   triangle 3.00 4.00 5.00
#   by MDS 1.41 1.41 1.41
#   by SMACOF, to a percent 3 4 5
#   rectangle 10.00 1.00 10.00 by MDS 1.00 1.00 1.00
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @saehrimnir/druidjs@0.9.0 > /dev/null

cat > run.mjs <<'END'
import { MDS, SMACOF } from '@saehrimnir/druidjs'
const sides = (points) => points.slice(1).map((p, i) => Math.hypot(...p.map((v, k) => v - points[i][k])).toFixed(2)).join(' ')
const triangle = [[3, 0], [0, 0], [0, 4], [3, 0]]
const rectangle = [[0, 0], [10, 0], [10, 1], [0, 1]]
console.log('triangle', sides(triangle))
const mapped = [...new MDS(triangle.slice(0, 3), { d: 2 }).transform()]
console.log('by MDS', sides([...mapped, mapped[0]]))
const smacof = [...new SMACOF(triangle.slice(0, 3), { d: 2 }).transform()]
console.log('by SMACOF, to a percent', sides([...smacof, smacof[0]].map((p) => [...p])).split(' ').map((v) => Math.round(v)).join(' '))
console.log('rectangle', sides(rectangle), 'by MDS', sides([...new MDS(rectangle, { d: 2 }).transform()]))
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
triangle 3.00 4.00 5.00
by MDS 1.41 1.41 1.41
by SMACOF, to a percent 3 4 5
rectangle 10.00 1.00 10.00 by MDS 1.00 1.00 1.00
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: druidjs-mds-of-a-3-4-5-triangle-is-equilateral'
