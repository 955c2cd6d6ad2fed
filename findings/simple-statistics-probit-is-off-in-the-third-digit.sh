#!/usr/bin/env bash
# probit of simple-statistics (the inverse of the normal distribution) is 1.9572 at 0.975, where the
# true value is 1.9600. Its cumulative counterpart does not give the probability back, so an
# interval of 95 percent covers less than that.
#
# Version: simple-statistics 7.12.1, jstat 1.9.6 as the second opinion
# Guess: 1.96, as a table prints it: such functions are good to six digits at least.
# Seen:
#   0.9 probit 1.2811 jstat 1.2816 probability of the probit 0.89991
#   0.975 probit 1.9572 jstat 1.9600 probability of the probit 0.97484
#   0.999 probit 3.0801 jstat 3.0902 probability of the probit 0.99897
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts simple-statistics@7.12.1 jstat@1.9.6 > /dev/null

cat > run.cjs <<'END'
const { probit, errorFunction } = require('simple-statistics')
const { jStat } = require('jstat')
for (const p of [0.9, 0.975, 0.999]) console.log(p, 'probit', probit(p).toFixed(4), 'jstat', jStat.normal.inv(p, 0, 1).toFixed(4), 'probability of the probit', jStat.normal.cdf(probit(p), 0, 1).toFixed(5))
END

got=$(node run.cjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
0.9 probit 1.2811 jstat 1.2816 probability of the probit 0.89991
0.975 probit 1.9572 jstat 1.9600 probability of the probit 0.97484
0.999 probit 3.0801 jstat 3.0902 probability of the probit 0.99897
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: simple-statistics-probit-is-off-in-the-third-digit'
