#!/usr/bin/env bash
# XGBoost takes the zeros that a sparse matrix does not store for missing values, and those of a
# dense matrix for the number 0. One model answers 0.06 or 0.94 to one row, by the container it
# comes in. Neither gives a warning.
#
# Version: XGBoost 1.7.4 (python3-xgboost of Debian 12)
# Guess: The container of a matrix does not change its meaning: an absent entry of a sparse matrix
# is 0, as everywhere in scikit-learn.
# Seen:
#   dense rows 0, -1, 1: 0.06 0.94 0.94
#   csr rows 0, -1, 1: 0.94 0.94 0.94
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-xgboost=1.7.4-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import numpy as np
import scipy.sparse
import xgboost
x = np.array([[0.0], [-1.0], [1.0]] * 30)
y = np.array([0, 1, 1] * 30)
model = xgboost.train({'max_depth': 2, 'objective': 'binary:logistic', 'eta': 1}, xgboost.DMatrix(x, y), 2)
for name, rows in (('dense', x[:3]), ('csr', scipy.sparse.csr_matrix(x[:3]))):
    print(name, 'rows 0, -1, 1:', *(round(float(p), 2) for p in model.predict(xgboost.DMatrix(rows))))
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
dense rows 0, -1, 1: 0.06 0.94 0.94
csr rows 0, -1, 1: 0.94 0.94 0.94
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: xgboost-answers-differently-to-one-matrix-dense-and-sparse'
