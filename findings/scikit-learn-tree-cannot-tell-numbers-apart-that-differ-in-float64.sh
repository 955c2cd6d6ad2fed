#!/usr/bin/env bash
# Decision trees and forests of scikit-learn round the inputs to float32, in fit and predict.
# 16777216 and 16777217 (an id, a time in seconds) become one number, so a tree without limits gets
# half of a separable table wrong. The nearest neighbour and the linear models use float64.
#
# Version: scikit-learn 1.2.1 (python3-sklearn of Debian 12)
# Guess: Inputs are float64 in all estimators; a fully grown tree has no error on rows that differ.
# Seen:
#   DecisionTreeClassifier right 0.5
#   RandomForestClassifier right 0.5
#   KNeighborsClassifier right 1.0
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-sklearn=1.2.1+dfsg-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
x = np.array([[16777216.0], [16777217.0]] * 10)
y = [0, 1] * 10
for model in (DecisionTreeClassifier(), RandomForestClassifier(n_estimators=5, bootstrap=False), KNeighborsClassifier(1)):
    print(type(model).__name__, 'right', model.fit(x, y).score(x, y))
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
DecisionTreeClassifier right 0.5
RandomForestClassifier right 0.5
KNeighborsClassifier right 1.0
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikit-learn-tree-cannot-tell-numbers-apart-that-differ-in-float64'
