#!/usr/bin/env bash
# LinearRegression of scikitjs takes gradient steps from a random start and does not solve. With
# inputs 1, 2, 3, 4 it finds the line through them. With the same inputs times 1000 both of two
# fits miss it, often with an r2 far below 0, and none warns.
#
# Version: scikitjs 1.24.0 on @tensorflow/tfjs 4.22.0
# Guess: Least squares has one solution, which does not depend on the unit of the input: r2 1 in
# both cases.
# Seen:
#   inputs times 1 fits with r2 above 0.999: 2 of 2
#   inputs times 1000 fits with r2 above 0.999: 0 of 2
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts scikitjs@1.24.0 @tensorflow/tfjs@4.22.0 > /dev/null

cat > run.cjs <<'END'
const sk = require('scikitjs')
sk.setBackend(require('@tensorflow/tfjs'))
;(async () => {
  for (const unit of [1, 1000]) {
    const x = [1, 2, 3, 4].map((v) => [v * unit])
    let found = 0
    for (let i = 0; i < 2; i++) {
      const fit = new sk.LinearRegression()
      await fit.fit(x, [2, 4, 6, 8])
      if (fit.score(x, [2, 4, 6, 8]) > 0.999) found += 1
    }
    console.log('inputs times', unit, 'fits with r2 above 0.999:', found, 'of 2')
  }
})()
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
inputs times 1 fits with r2 above 0.999: 2 of 2
inputs times 1000 fits with r2 above 0.999: 0 of 2
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikitjs-linear-regression-misses-a-perfect-line-of-inputs-in-thousands'
