#!/usr/bin/env bash
# resize of scikit-image with order 0 (nearest) still blurs before it shrinks, since anti_aliasing
# is on by default for everything but booleans. Labels 0, 60, 120, 180 of a segmentation become nine
# numbers, of which 0 alone is a label. anti_aliasing=False keeps the labels.
#
# Version: scikit-image 0.19.3 (python3-skimage of Debian 12)
# Guess: Nearest neighbour takes a pixel that exists: order 0 is safe for label maps.
# Seen:
#   {} [0, 44, 59, 104, 111, 119, 132, 134, 178]
#   {'anti_aliasing': False} [0, 60, 120, 180]
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-skimage=0.19.3-8; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import numpy as np
from skimage.transform import resize
labels = np.array([[0, 60], [180, 120]], np.uint8).repeat(4, 0).repeat(4, 1)
for options in ({}, {'anti_aliasing': False}):
    print(options, sorted(set(resize(labels, (3, 3), order=0, **options).ravel().tolist())))
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
{} [0, 44, 59, 104, 111, 119, 132, 134, 178]
{'anti_aliasing': False} [0, 60, 120, 180]
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikit-image-resize-of-a-label-map-invents-labels'
