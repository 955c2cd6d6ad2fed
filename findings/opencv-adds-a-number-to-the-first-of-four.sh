#!/usr/bin/env bash
# cv2.add of an array of four numbers and a number adds to the first of the four alone: a vector of
# four is read as an OpenCV scalar of four channels, and the number as (1, 0, 0, 0). Vectors of
# three or five are served in full. cv2.multiply of a picture with three channels and a number
# likewise sets the other channels to 0.
#
# Version: OpenCV 4.6.0 (python3-opencv of Debian 12)
# Guess: A number is added to each entry, for four as for five.
# Seen:
#   add 1 to 2 zeros: [1.0, 1.0]
#   add 1 to 3 zeros: [1.0, 1.0, 1.0]
#   add 1 to 4 zeros: [1.0, 0.0, 0.0, 0.0]
#   add 1 to 5 zeros: [1.0, 1.0, 1.0, 1.0, 1.0]
#   multiply a pixel 5 5 5 by 2: [10, 0, 0]
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for package in python3-opencv=4.6.0+dfsg-12; do
  if [ "$(dpkg-query -W -f '${Version}' "${package%%=*}" 2> /dev/null || true)" != "${package#*=}" ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" > /dev/null
  fi
done

cat > run.py <<'END'
import cv2
import numpy as np
for size in (2, 3, 4, 5):
    print('add 1 to', size, 'zeros:', cv2.add(np.zeros(size), 1.0).ravel().tolist())
print('multiply a pixel 5 5 5 by 2:', cv2.multiply(np.full((1, 1, 3), 5, np.uint8), 2.0).ravel().tolist())
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
add 1 to 2 zeros: [1.0, 1.0]
add 1 to 3 zeros: [1.0, 1.0, 1.0]
add 1 to 4 zeros: [1.0, 0.0, 0.0, 0.0]
add 1 to 5 zeros: [1.0, 1.0, 1.0, 1.0, 1.0]
multiply a pixel 5 5 5 by 2: [10, 0, 0]
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: opencv-adds-a-number-to-the-first-of-four'
