#!/usr/bin/env bash
# resize of scikit-image divides whole numbers by the largest of their type. Pixels 0 to 255 in
# int64, what NumPy makes of a list, become numbers of 1e-17; the same pixels as uint8 become 0 to
# 1, as floats they stay 0 to 255. No warning.
#
# Version: scikit-image 0.19.3 (python3-skimage of Debian 12)
# Guess: The range of the values decides, or the answer is an error: pixel values of 255 are plain
# in any integer type.
# Seen:
#   uint8 1
#   uint16 0.0039
#   int64 2.8e-17
#   float64 2.6e+02
#   preserve_range int64 255
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
for dtype in ('uint8', 'uint16', 'int64', 'float64'):
    pixels = np.full((4, 4), 255).astype(dtype)
    print(dtype, '%.2g' % resize(pixels, (2, 2))[0, 0])
print('preserve_range int64', '%.4g' % resize(np.full((4, 4), 255), (2, 2), preserve_range=True)[0, 0])
END

got=$(/usr/bin/python3 run.py 2> log) || { cat log; exit 1; }
want=$(cat <<'END'
uint8 1
uint16 0.0039
int64 2.8e-17
float64 2.6e+02
preserve_range int64 255
END
)
if [ "$got" != "$want" ]; then
  printf 'changed\nwant:\n%s\ngot:\n%s\n' "$want" "$got"
  exit 1
fi
echo 'holds: scikit-image-resize-of-int64-pixels-gives-nearly-zero'
