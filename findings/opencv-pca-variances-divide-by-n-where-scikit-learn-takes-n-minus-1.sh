#!/usr/bin/env bash
# The eigenvalues that cv2.PCACompute2 returns are variances divided by the number of rows;
# explained_variance_ of scikit-learn divides by one less. With three rows they differ by half, so
# components whitened by one are not white for the other.
#
# Version: OpenCV 4.6.0, scikit-learn 1.2.1 (Debian 12)
# Guess: Both give the sample variances, equal to rounding.
# Seen:
#   OpenCV 1.402
#   scikit-learn 2.1029
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-opencv=4.6.0+dfsg-12 python3-sklearn=1.2.1+dfsg-1; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import cv2
import numpy as np
from sklearn.decomposition import PCA
rows = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.1]])
print('OpenCV', round(float(cv2.PCACompute2(rows, None)[2][0, 0]), 4))
print('scikit-learn', round(float(PCA().fit(rows).explained_variance_[0]), 4))
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
OpenCV 1.402
scikit-learn 2.1029
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: opencv-pca-variances-divide-by-n-where-scikit-learn-takes-n-minus-1'
