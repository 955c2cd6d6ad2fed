#!/usr/bin/env bash
# PCA of ml-pca by NIPALS gives eigenvalues that are sums of squares. By SVD or by the covariance
# matrix the same data give them divided by the rows minus one. The share of explained variance is
# equal, so that a check of shares does not see it, but each standard deviation is larger by the
# root of rows minus one.
#
# Version: ml-pca 4.1.1
# Guess: The method changes the last digits only: all three give the variances of the components.
# Seen:
#   SVD eigenvalue 23.472 deviation 4.845 share 0.913
#   covarianceMatrix eigenvalue 23.472 deviation 4.845 share 0.913
#   NIPALS eigenvalue 93.890 deviation 9.690 share 0.913
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts ml-pca@4.1.1 > /dev/null

cat > run.mjs <<'END'
import { PCA } from 'ml-pca'
const rows = [[1, 2, 3], [4, 5, 7], [2, 1, 0], [8, 8, 8], [3, 5, 6]]
for (const method of ['SVD', 'covarianceMatrix', 'NIPALS']) {
  const pca = new PCA(rows, { method, nCompNIPALS: 3 })
  console.log(method, 'eigenvalue', pca.getEigenvalues()[0].toFixed(3), 'deviation',
    pca.getStandardDeviations()[0].toFixed(3), 'share', pca.getExplainedVariance()[0].toFixed(3))
}
END

got=$(node run.mjs 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
SVD eigenvalue 23.472 deviation 4.845 share 0.913
covarianceMatrix eigenvalue 23.472 deviation 4.845 share 0.913
NIPALS eigenvalue 93.890 deviation 9.690 share 0.913
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: ml-pca-nipals-eigenvalues-grow-with-the-row-count'
